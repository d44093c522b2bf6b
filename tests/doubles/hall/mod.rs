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

use crate::{Doubles, Fault, cut};

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

/// How a call goes that the dial has turned.
pub(crate) enum Turn {
    /// As it should.
    Well,
    /// Nothing is taken.
    Refused(Response),
    /// It is taken, and nobody is shown anything.
    Dropped,
    /// It is taken, and the line is cut.
    Cut,
}

/// Waits, if the dial says so.
pub(crate) async fn turn(doubles: &Doubles, double: &str) -> Turn {
    meet(doubles.dials.take(double)).await
}

pub(crate) async fn meet(fault: Option<Fault>) -> Turn {
    match fault {
        Some(Fault::Slow(span)) => {
            tokio::time::sleep(span).await;
            Turn::Well
        }
        Some(Fault::Broken) => Turn::Refused(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Some(Fault::CutAfterAccept) => Turn::Cut,
        Some(Fault::SilentDrop) => Turn::Dropped,
        // A hall tells nothing of its own accord.
        Some(Fault::TokenDies | Fault::LateReceipt(_) | Fault::NoReceipt | Fault::ReplayedCallback) | None => {
            Turn::Well
        }
    }
}

impl Turn {
    /// The answer, once the call has been taken as far as this turn lets it: `take` is shown whether anybody may see it.
    pub(crate) fn answered(self, take: impl FnOnce(bool) -> Response) -> Response {
        match self {
            Self::Well => take(true),
            Self::Dropped => take(false),
            Self::Refused(answer) => answer,
            Self::Cut => {
                // What it would have said is lost with the line.
                let said = take(true);
                if said.status().is_success() { cut::off() } else { said }
            }
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
