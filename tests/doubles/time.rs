//! What time it is for the doubles: the machine's, or where a story has put it.

use std::{
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, FixedOffset, Utc};

const CAMPUS_OFFSET_S: i32 = 8 * 60 * 60;

#[derive(Debug, Default)]
pub struct Time(Mutex<Option<i64>>);

impl Time {
    /// Stands still here until it is set again.
    pub fn set(&self, unix_s: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(unix_s);
    }

    #[expect(clippy::disallowed_methods, reason = "a double is a world of its own and has its own clock")]
    pub(crate) fn unix_s(&self) -> i64 {
        let set = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs());
        set.unwrap_or_else(|| i64::try_from(machine()).unwrap_or_default())
    }
}

pub(crate) fn utc(unix_s: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix_s, 0).unwrap_or_default()
}

/// As providers write their lists and receipts.
pub(crate) fn campus(unix_s: i64, format: &str) -> String {
    let offset = FixedOffset::east_opt(CAMPUS_OFFSET_S);
    offset.map_or_else(String::new, |offset| utc(unix_s).with_timezone(&offset).format(format).to_string())
}
