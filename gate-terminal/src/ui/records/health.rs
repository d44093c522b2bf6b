//! Whether the machine is well. What is not known is `None`, and shown as such.

use shared::time::Moment;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    pub disk_free_bytes: Option<u64>,
    pub database_bytes: Option<u64>,
    /// What the gate wrote since it last cleared its write-ahead log.
    pub wal_bytes: Option<u64>,
    pub store: StoreCheck,
    pub camera: CameraHealth,
    /// The moment of the last receipt from the server for our entries.
    pub receipt_at: Option<Moment>,
    /// The server's clock less this machine's.
    pub clock_offset_ms: Option<i64>,
    pub entries_kept: Option<u64>,
    pub passes_kept: Option<u64>,
    pub memory_bytes: Option<u64>,
    pub running_since: Option<Moment>,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreCheck {
    #[default]
    NotYet,
    Sound {
        at: Moment,
    },
    Broken {
        what: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CameraHealth {
    /// Its name and format, as in "Logitech C270 1280x720 MJPG".
    pub name: Option<String>,
    pub frames_per_s: u32,
    /// Frames with a code that was read.
    pub reads_per_minute: u32,
    /// Of a hundred frames in which a code was seen, how many were read.
    pub read_rate_percent: Option<u8>,
    /// Times the capturing process was started anew.
    pub restarts: u32,
}
