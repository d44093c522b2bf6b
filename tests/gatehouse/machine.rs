//! What the machine says of a process, and a clock for those who measure.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use gate_terminal::{clock::SystemClock, ports::Clock as _};
use shared::time::{CampusDay, Moment};

use crate::Trouble;

#[must_use]
#[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// A pass is good on its day only, so nothing that takes up to `span` is begun shortly before the campus's midnight. Blocks.
pub fn wait_for_a_day_that_lasts(span: Duration) {
    let left = left_of(CampusDay::of(SystemClock.read().wall), SystemClock.read().wall);
    if left < span {
        thread::sleep(left);
    }
}

fn left_of(day: CampusDay, now: Moment) -> Duration {
    day.end().since(now).to_std().unwrap_or_default()
}

/// Memory a process has in RAM, shared libraries and all.
pub fn resident_kib(pid: u32) -> Result<u64, Trouble> {
    let path = Path::new("/proc").join(pid.to_string()).join("status");
    let status = fs::read_to_string(&path).map_err(|cause| Trouble::File(path, cause))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    kib.ok_or_else(|| Trouble::NotHeld(format!("process {pid} has no memory")))
}

/// Linux counts CPU time in hundredths of a second, whatever the machine.
const TICK_MS: u64 = 10;

/// CPU time that those threads of this process have had whose names are `wanted`.
pub fn cpu_of_threads(wanted: impl Fn(&str) -> bool) -> Result<Duration, Trouble> {
    let folder = Path::new("/proc/self/task");
    let mut ticks = 0;
    for task in fs::read_dir(folder).map_err(|cause| Trouble::File(folder.to_owned(), cause))? {
        // A thread that has just ended counts no more.
        let Ok(stat) = fs::read_to_string(task?.path().join("stat")) else { continue };
        let (name, counted) = stat_of(&stat).ok_or_else(|| Trouble::NotHeld(format!("a thread says {stat}")))?;
        ticks += if wanted(name) { counted } else { 0 };
    }
    Ok(Duration::from_millis(ticks * TICK_MS))
}

/// A thread's name, and what it had of the CPU for itself and in the kernel, in ticks.
fn stat_of(stat: &str) -> Option<(&str, u64)> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (own, kernel): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((name, own + kernel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_until_the_campus_s_midnight() {
        let day = CampusDay::parse("2026-11-23").unwrap();
        assert_eq!(left_of(day, day.at_minute(24 * 60 - 5)), Duration::from_secs(300));
    }

    #[test]
    fn a_thread_is_known_by_its_name_and_its_ticks() {
        let stat = "42 (store (1)) S 1 42 42 0 -1 4194304 100 0 0 0 17 25 0 0 20 0 9 0 12345 1 2";
        assert_eq!(stat_of(stat), Some(("store (1)", 42)));
        assert_eq!(stat_of("42 (store) S 1"), None);
    }
}
