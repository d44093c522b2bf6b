//! Why a command did not do what it was asked.

use std::io;

use shared::ids::{CampusId, GateIndex, PassId, TerminalId};

use super::directory::BadFile;
use crate::{config::ConfigError, keys::KeysFault, random::NoRandomness, serve::ServeFault, store::StoreError};

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] KeysFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Serve(#[from] ServeFault),
    #[error(transparent)]
    File(#[from] BadFile),
    #[error("log.filter is no filter of levels and targets")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    #[error("input or output failed")]
    Io(#[from] io::Error),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the settings have no gate {gate} at campus {campus}; they have:{known}")]
    UnknownGate { campus: CampusId, gate: GateIndex, known: String },
    #[error("there is no terminal {0}; see: sync-server terminal list")]
    UnknownTerminal(TerminalId),
    #[error("there is no pass {0}")]
    UnknownPass(PassId),
    #[error("pass {pass} had ended before: {standing}")]
    EndedBefore { pass: PassId, standing: &'static str },
    #[error(
        "nothing was imported: {missing} of the {before} in the directory do not stand in this file; if they have all \
         left, say so with --yes"
    )]
    CutShort { before: usize, missing: usize },
    #[error("the document number: {0}")]
    Document(#[from] shared::identity::DocumentError),
    #[error("nobody with this document is on the watchlist")]
    NotWatched,
}
