//! Service halls: what each checks and how it answers, and what its dials do to a call.
//!
//! All of them know the same few people, hall names as directories have them; whoever else is written to is nobody.

pub mod message_centre;
pub mod weaver;
pub mod webhook;
pub mod wisedu;

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use serde_json::Value;

use crate::{Doubles, Fault, cut, shown::Showing};

/// What the halls of one rehearsal know and remember.
#[derive(Debug)]
pub struct Halls {
    people: Mutex<BTreeSet<String>>,
    /// A story's own time, in seconds since 1970; else it is the machine's.
    now: Mutex<Option<i64>>,
    pub(crate) centre: message_centre::Remembered,
    pub(crate) weaver: weaver::Remembered,
    pub(crate) webhook: webhook::Remembered,
}

impl Default for Halls {
    fn default() -> Self {
        let people = ["T2001", "T2002", "T2003"].map(str::to_owned).into();
        Self {
            people: Mutex::new(people),
            now: Mutex::default(),
            centre: message_centre::Remembered::default(),
            weaver: weaver::Remembered::default(),
            webhook: webhook::Remembered::default(),
        }
    }
}

impl Halls {
    /// Also known from now on.
    pub fn welcome(&self, name: &str) {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    pub fn set_clock(&self, unix_s: Option<i64>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = unix_s;
    }

    pub const fn centre(&self) -> &message_centre::Remembered {
        &self.centre
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    #[expect(clippy::disallowed_methods, reason = "a double has a clock of its own, as its provider has")]
    pub(crate) fn now(&self) -> i64 {
        let set = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
        set.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }
}

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new()
        .merge(wisedu::router(doubles))
        .merge(message_centre::router(doubles))
        .merge(weaver::router(doubles))
        .merge(webhook::router(doubles))
}

/// The answer to a call that meets this fault: `take` takes it as far as it is taken, and knows when anybody may see it.
pub(crate) async fn answered(fault: Option<Fault>, take: impl FnOnce(Showing) -> Response) -> Response {
    if fault == Some(Fault::Broken) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let said = take(Showing::with(fault));
    match fault {
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        // What it would have said is lost with the line.
        Some(Fault::CutAfterAccept) if said.status().is_success() => return cut::off(),
        _ => {}
    }
    said
}

/// Whom a call is about, where its body says so there.
pub(crate) fn person(body: &[u8], place: &str) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
