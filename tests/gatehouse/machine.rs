//! What the machine says of a process, and a clock for those who measure.

use std::{fs, path::Path, time::Instant};

use crate::Trouble;

#[must_use]
#[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Memory a process has in RAM, shared libraries and all.
pub fn resident_kib(pid: u32) -> Result<u64, Trouble> {
    let path = Path::new("/proc").join(pid.to_string()).join("status");
    let status = fs::read_to_string(&path).map_err(|cause| Trouble::File(path, cause))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    kib.ok_or_else(|| Trouble::NotHeld(format!("process {pid} has no memory")))
}
