//! What the security officer's screens show and ask for, as plain data: the officer thread makes it, the window only draws it.
//!
//! The log can be long and its files slow, so none of this passes through the gate thread. Everything is answered only while
//! the lock is open but [`Ask::Unlock`], [`Ask::RollCall`], because a fire waits for no PIN, and, right after enrolment, the first
//! [`Ask::SetPin`].

mod health;
mod log;
mod pin;
mod settings;

use std::{path::PathBuf, sync::Arc};

/// Their words, as far as [`Settings`] needs them.
pub use super::{snapshot::Way, words::Language};
pub use health::{CameraHealth, Health, StoreCheck};
pub use log::{Conflict, LogFilter, LogLine, LogPage, OutcomeKind, Proof, VerdictKind};
pub use pin::Pin;
pub use settings::{CameraChoice, CameraOffered, Settings, ThemeChoice, Tone};
use shared::{entry::Direction, identity::PersonName, time::Moment};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    pub lock: Lock,
    /// The answer to the newest [`Ask::Look`]; gone when the lock closes.
    pub page: Option<Arc<LogPage>>,
    pub health: Health,
    pub settings: Settings,
    /// What can be chosen for [`Settings::camera`].
    pub cameras: Arc<[CameraOffered]>,
    pub answer: Option<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lock {
    /// Nobody has set one yet: the first officer does, here right after enrolment, later only by `gate-terminal pin`.
    #[default]
    NoPin,
    /// After wrong PINs no other is looked at before `retry_at`.
    Locked { retry_at: Option<Moment> },
    /// Closes by itself at `until`; each [`Ask`] puts that off.
    Open { until: Moment },
}

impl Lock {
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// What came of an [`Ask`]; the number grows, so that the same words said twice are two answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub number: u64,
    pub said: OfficerSaid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfficerSaid {
    WrongPin { left_s: u32 },
    PinSet,
    SettingsKept,
    Exported { path: PathBuf, lines: usize },
    RollCall { path: PathBuf, people: usize },
    PaperRecorded { seq: u64 },
    Failed { what: Failed, why: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    Pin,
    Log,
    Export,
    RollCall,
    Paper,
    Settings,
}

/// What an officer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Unlock(Pin),
    /// `old` is looked at only when there is a PIN.
    SetPin {
        old: Option<Pin>,
        new: Pin,
    },
    Lock,
    Look(LogFilter),
    /// Everything the filter lets through, not only what is on the screen.
    Export {
        filter: LogFilter,
        kind: ExportKind,
    },
    /// A printable list of everybody inside; also while the lock is closed.
    RollCall,
    /// Read the whole store through; the answer is in [`Health::store`].
    CheckStore,
    Paper(Box<PaperForm>),
    Change(Settings),
    TestSound(Tone),
    EndProgram,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    Csv,
    Xlsx,
}

/// A visitor without a booking while the server is out of reach: let in by an officer, on paper as it were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperForm {
    pub visitor: PersonName,
    pub phone_tail: String,
    pub host: String,
    pub reason: String,
    pub plates: Vec<String>,
    /// The visitor counted.
    pub party: u8,
    pub direction: Direction,
}
