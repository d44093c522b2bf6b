//! What an officer can set at the terminal itself.

use std::path::PathBuf;

use crate::ui::{snapshot::Way, words::Language};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    pub camera: CameraChoice,
    pub way: Way,
    pub language: Language,
    pub theme: ThemeChoice,
    /// The whole screen, closed by an officer only.
    pub kiosk: bool,
    /// Where exports go, a USB stick for instance; else a folder of the data directory.
    pub export_folder: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CameraChoice {
    /// What the configuration file says.
    #[default]
    AsConfigured,
    Off,
    /// The [`CameraOffered::id`] of one.
    Device(String),
}

/// A camera that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraOffered {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    Light,
    Dark,
    /// Dark from 18:30 to 6:30.
    #[default]
    Auto,
}

/// The three sounds of a gate, for the test of the loudspeaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Admit,
    Ask,
    Refuse,
}
