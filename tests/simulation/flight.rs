//! What is on its way between a terminal and the server: a call is answered, lost one way or the other, or waited for in vain.

use gate_terminal::gate::SyncFailure;
use shared::sync::Refusal;

use crate::office::Said;

/// A call of one lane.
#[derive(Debug, Clone)]
pub enum Flight {
    /// Nothing is under way; what the gate asks next goes out.
    None,
    /// The server has answered, and the answer is still on the way.
    Answer { said: Said, since_boot_ms: u64, forged: Option<&'static str> },
    /// Nothing will come, and the terminal waits before it asks again.
    Failing { until_boot_ms: u64, failure: SyncFailure },
}

/// Longer than a held call and its grace: whoever waits so long has given up.
pub const GIVEN_UP_MS: u64 = 35_000;

impl Flight {
    #[must_use]
    pub fn failing(now_boot_ms: u64, wait_ms: u64, why: &str) -> Self {
        Self::Failing { until_boot_ms: now_boot_ms + wait_ms, failure: SyncFailure::Unreachable(why.to_owned()) }
    }
}

/// What an answer that is not "yes" means to the gate, as the terminal's own client reads it.
#[must_use]
pub fn failure(said: &Said) -> SyncFailure {
    match serde_json::from_slice::<Refusal>(&said.body) {
        Ok(refusal) if (400..500).contains(&said.status) => SyncFailure::Refused(refusal),
        Ok(_) | Err(_) => SyncFailure::Unreachable(format!("status {}", said.status)),
    }
}
