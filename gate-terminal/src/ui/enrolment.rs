//! Putting a new terminal into service, as plain data: what the wizard shows and what it asks for.
//!
//! A wrong root key would make forged passes good, so two people compare the fingerprints over the telephone before anything is
//! kept.

use shared::sync::enrol::InviteCode;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// As the configuration says it, or as it was typed last.
    pub server: String,
    pub stage: EnrolStage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolStage {
    /// Address and code are being typed; what was wrong the last time.
    Typing {
        problem: Option<EnrolProblem>,
    },
    /// The server has been asked.
    Asking,
    /// The office must say whether these are its own.
    Comparing(Box<Fingerprints>),
    Done(Box<Fingerprints>),
}

/// What both ends must agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    pub terminal: String,
    pub campus: String,
    pub gate: String,
    /// Of this terminal's own key, in groups of four.
    pub own: String,
    /// Of the office's root key.
    pub root: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolProblem {
    /// The address is none.
    Address,
    /// Nobody answers there, or not in our language.
    Unreachable { why: String },
    /// The code is unknown, spent, or too old.
    Code,
    /// The terminal that this machine was is withdrawn; its key is thrown away.
    Withdrawn,
    /// The configuration names another root key.
    OtherRoot { terminal: String },
    /// This machine's clock is too far from the server's.
    Clock,
    /// Key or store cannot be written here.
    Machine { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolAsk {
    Enrol {
        server: String,
        code: InviteCode,
    },
    /// The fingerprints were compared and agree: keep what was agreed, and run the gate.
    Agree,
    /// They differ: forget all of it.
    Differ,
}
