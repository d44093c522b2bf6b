//! Whether the machine is well: its disk, its memory, and the store's own account of itself.
//!
//! What cannot be found out is not known, and that is no error: an officer looks here when something else is wrong already.

use std::{fs, path::Path};

use shared::{causes, time::Moment};

use crate::{
    ports::{EntryLog, StoreSize},
    ui::records::{CameraHealth, Health, StoreCheck},
};

/// Everything but the store's check, which stays as it was found last.
pub(super) fn look<L: EntryLog>(
    log: &L,
    data_dir: &Path,
    known: &Health,
    camera: CameraHealth,
    offset_ms: Option<i64>,
) -> Health {
    let size = log.size().inspect_err(|error| tracing::warn!(%error, "the store's size is not known")).ok();
    let receipt = log.receipt().inspect_err(|error| tracing::warn!(%error, "the receipt is not known")).ok().flatten();
    let size = |of: fn(StoreSize) -> u64| size.map(of);
    Health {
        disk_free_bytes: disk_free_bytes(data_dir),
        database_bytes: size(|size| size.database_bytes),
        wal_bytes: size(|size| size.wal_bytes),
        store: known.store.clone(),
        camera,
        receipt_at: receipt.map(|(_, at)| at),
        clock_offset_ms: offset_ms,
        entries_kept: size(|size| size.entries),
        passes_kept: size(|size| size.passes),
        memory_bytes: memory_bytes(),
        running_since: known.running_since,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

pub(super) fn check<L: EntryLog>(log: &L, now: Moment) -> StoreCheck {
    match log.damage() {
        Ok(None) => StoreCheck::Sound { at: now },
        Ok(Some(what)) => StoreCheck::Broken { what },
        Err(error) => StoreCheck::Broken { what: causes::in_one_line(&error) },
    }
}

#[cfg(target_os = "linux")]
fn disk_free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(target_os = "linux"))]
fn disk_free_bytes(_: &Path) -> Option<u64> {
    None
}

/// What of this process lies in memory, as Linux counts it; elsewhere there is no such file.
fn memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_disk_and_this_process_memory() {
        let folder = tempfile::tempdir().unwrap();
        assert!(disk_free_bytes(folder.path()).unwrap() > 0);
        assert_eq!(disk_free_bytes(&folder.path().join("none")), None);
        assert!((1_000_000..100_000_000_000).contains(&memory_bytes().unwrap()));
    }
}
