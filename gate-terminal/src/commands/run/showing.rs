//! A file shown to whoever stands there, or printed: at most one program at a time, and not one for each time a key is struck.
//!
//! Anybody may strike the roll-call's key. On an open desktop a viewer shows the list; a kiosk must not open one, because a
//! browser is a way out of it, so there the list is only printed, where a printer is.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command as Program, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Viewers hand the file on and end at once: that the last has ended is not enough.
const NOT_WITHIN_MS: u64 = 3_000;

#[derive(Debug)]
pub(super) struct Showing {
    viewer: PathBuf,
    printer: PathBuf,
    under_way: Arc<AtomicBool>,
    last_ms: Option<u64>,
}

impl Default for Showing {
    fn default() -> Self {
        Self::with("xdg-open", "lp")
    }
}

impl Showing {
    fn with(viewer: impl Into<PathBuf>, printer: impl Into<PathBuf>) -> Self {
        Self { viewer: viewer.into(), printer: printer.into(), under_way: Arc::default(), last_ms: None }
    }

    /// `false` when the last one is too fresh. Waits for no program.
    pub(super) fn show(&mut self, file: &Path, kiosk: bool, since_boot_ms: u64) -> bool {
        let too_soon = self.last_ms.is_some_and(|last_ms| since_boot_ms.saturating_sub(last_ms) < NOT_WITHIN_MS);
        if too_soon || self.under_way.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.last_ms = Some(since_boot_ms);
        let viewer = (!kiosk).then(|| self.viewer.clone());
        let (printer, file, over) = (self.printer.clone(), file.to_owned(), Arc::clone(&self.under_way));
        let started = std::thread::Builder::new().name("show".to_owned()).spawn(move || {
            let shown = viewer.map_or(Err(io::ErrorKind::Unsupported.into()), |viewer| opened(&viewer, &file));
            if let Err(error) = shown.or_else(|_| opened(&printer, &file)) {
                tracing::info!(%error, "nothing here shows or prints a file");
            }
            over.store(false, Ordering::Release);
        });
        if let Err(error) = &started {
            tracing::warn!(%error, "a file could not be shown");
            self.under_way.store(false, Ordering::Release);
        }
        started.is_ok()
    }
}

/// Waits until the program has taken the file.
fn opened(program: &Path, file: &Path) -> io::Result<()> {
    let quiet = || Stdio::null();
    let status = Program::new(program).arg(file).stdin(quiet()).stdout(quiet()).stderr(quiet()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{} ended with {status}", program.display()))) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    /// A program that notes each time it is started and then does `after`.
    fn noting(folder: &Path, name: &str, after: &str) -> PathBuf {
        let (program, notes) = (folder.join(name), folder.join(format!("{name}.notes")));
        let script = format!("#!/bin/sh\necho \"$1\" >>{}\n{after}\n", notes.display());
        // By another process: of a file that this one has open to write, whatever is started beside keeps a handle for a moment, and
        // until then it cannot be run.
        let write = r#"printf %s "$1" >"$0" && chmod 700 "$0""#;
        let written = Program::new("/bin/sh").arg("-c").arg(write).arg(&program).arg(script).status().unwrap();
        assert!(written.success());
        program
    }

    fn notes(folder: &Path, name: &str) -> Vec<String> {
        let text = fs::read_to_string(folder.join(format!("{name}.notes"))).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn over(showing: &Showing) {
        for _ in 0..1_000 {
            if !showing.under_way.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never ends");
    }

    #[test]
    fn a_key_struck_again_and_again_starts_one_program() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut showing = Showing::with(noting(folder, "viewer", "exit 0"), folder.join("none"));
        let list = Path::new("list.html");
        let taken = (0..15).filter(|press| showing.show(list, false, 1_000 + press * 150)).count();
        over(&showing);
        assert_eq!((taken, notes(folder, "viewer")), (1, vec!["list.html".to_owned()]));
        assert!(!showing.show(list, false, 3_999));
        assert!(showing.show(list, false, 4_000));
        over(&showing);
        assert_eq!(notes(folder, "viewer").len(), 2);

        let mut showing = Showing::with(noting(folder, "slow", "sleep 1"), folder.join("none"));
        assert!(showing.show(list, false, 10_000));
        assert!(!showing.show(list, false, 60_000), "the first still runs");
        over(&showing);
    }

    #[test]
    fn a_kiosk_opens_no_viewer_and_prints_where_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (viewer, printer) = (noting(folder, "viewer", "exit 1"), noting(folder, "printer", "exit 0"));
        let list = Path::new("list.html");
        let mut showing = Showing::with(&viewer, &printer);
        assert!(showing.show(list, true, 10_000));
        over(&showing);
        assert_eq!((notes(folder, "viewer").len(), notes(folder, "printer").len()), (0, 1));
        assert!(showing.show(list, false, 20_000));
        over(&showing);
        assert_eq!(
            (notes(folder, "viewer").len(), notes(folder, "printer").len()),
            (1, 2),
            "what shows nothing prints"
        );
        let mut showing = Showing::with(&viewer, folder.join("none"));
        assert!(showing.show(list, true, 10_000));
        over(&showing);
        assert_eq!(notes(folder, "viewer").len(), 1);
    }
}
