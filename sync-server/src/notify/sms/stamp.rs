//! Moments and names as the providers write them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use shared::time::{CampusDay, Moment};

use crate::random::{self, NoRandomness};

/// `2023-10-26T10:22:32Z`
pub(super) fn utc_stamp(at: Moment) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2023-10-26`
pub(super) fn utc_date(at: Moment) -> String {
    utc(at).format("%Y-%m-%d").to_string()
}

/// `20231026`, by the campus's clock, which is the providers'.
pub(super) fn compact_day(day: CampusDay) -> String {
    day.date().format("%Y%m%d").to_string()
}

/// What no other request has.
pub(super) fn nonce() -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(random::bytes::<18>()?))
}

fn utc(at: Moment) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.unix_ms()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_count_in_utc_and_list_by_campus_days() {
        let at = CampusDay::parse("2026-11-23").unwrap().at_minute(90);
        assert_eq!(utc_stamp(at), "2026-11-22T17:30:00Z");
        assert_eq!(utc_date(at), "2026-11-22");
        assert_eq!(compact_day(CampusDay::of(at)), "20261123");
        assert_ne!(nonce().unwrap(), nonce().unwrap());
    }
}
