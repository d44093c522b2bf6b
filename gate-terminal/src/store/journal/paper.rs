//! The journal's file, and whoever writes down what was asked of the disk for it.
//!
//! SQLite's files lie on a file system that a proof can put in place of the machine's; this one does not. So all that is asked of the
//! disk for it goes through here, and is told once it was done: a proof that cuts the power needs to know what was synced by then.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use shared::planted;

/// What the disk has done for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Empty, in place of any before it.
    Made,
    /// At its end.
    Written(&'a [u8]),
    CutTo(u64),
    Synced,
    /// It has this name now, in place of any before it.
    Renamed(&'a str),
    Removed,
}

/// Is told of the journal's files by their names.
pub trait DiskWatch: fmt::Debug + Send + Sync {
    fn asked(&self, name: &str, what: Asked<'_>);
}

#[derive(Debug, Clone, Default)]
pub(in super::super) struct Watched(pub(in super::super) Option<Arc<dyn DiskWatch>>);

impl Watched {
    fn tell(&self, path: &Path, what: Asked<'_>) {
        if let (Some(watch), Some(name)) = (&self.0, path.file_name().and_then(|name| name.to_str())) {
            watch.asked(name, what);
        }
    }

    pub(in super::super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        if let Some(name) = to.file_name().and_then(|name| name.to_str()) {
            self.tell(from, Asked::Renamed(name));
        }
        Ok(())
    }

    /// What is not there is removed.
    pub(in super::super) fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => self.tell(path, Asked::Removed),
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Paper {
    file: File,
    pub(super) path: PathBuf,
    watched: Watched,
}

impl Paper {
    /// Nobody else's to read.
    pub(super) fn make(path: PathBuf, watched: Watched) -> io::Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        watched.tell(&path, Asked::Made);
        Ok(Self { file, path, watched })
    }

    /// Goes on at the end, or where it is cut first.
    pub(super) fn go_on(path: PathBuf, cut_to: Option<u64>, watched: Watched) -> io::Result<Self> {
        let mut file = fs::OpenOptions::new().write(true).open(&path)?;
        if let Some(len) = cut_to {
            file.set_len(len)?;
            watched.tell(&path, Asked::CutTo(len));
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, path, watched })
    }

    /// Whether somebody has removed the file, or put another in its place: what is written to it is found by nobody.
    pub(super) fn is_gone(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let identity = |found: fs::Metadata| (found.dev(), found.ino());
            let (written, found) = (self.file.metadata().map(identity), fs::metadata(&self.path).map(identity));
            written.is_ok_and(|written| {
                found.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |it| it != written)
            })
        }
        #[cfg(not(unix))]
        {
            !self.path.exists()
        }
    }

    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        self.watched.tell(&self.path, Asked::Written(text));
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        planted!("a journal that nobody syncs", return Ok(()), self.file.sync_data())?;
        self.watched.tell(&self.path, Asked::Synced);
        Ok(())
    }

    /// Also what is known about it.
    pub(super) fn sync_whole(&self) -> io::Result<()> {
        self.file.sync_all()?;
        self.watched.tell(&self.path, Asked::Synced);
        Ok(())
    }

    pub(super) fn rename(&mut self, to: PathBuf) -> io::Result<()> {
        self.watched.rename(&self.path, &to)?;
        self.path = to;
        Ok(())
    }
}
