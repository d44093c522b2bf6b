//! Files that appear whole or not at all, and that nobody but the terminal's own user reads.
//!
//! Names and plates stand in them, and the power may go while one is written: what is half done lies beside, under a name that
//! nobody takes for the real one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Not there under its name before [`finish`](Self::finish); dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct PrivateFile {
    file: fs::File,
    unfinished: Option<PathBuf>,
    path: PathBuf,
}

impl PrivateFile {
    /// What stood there before is replaced when it is finished.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(".part");
        let unfinished = path.with_file_name(name);
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&unfinished)?;
        Ok(Self { file, unfinished: Some(unfinished), path: path.to_owned() })
    }

    pub(super) const fn file(&mut self) -> &mut fs::File {
        &mut self.file
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(unfinished) = &self.unfinished {
            fs::rename(unfinished, &self.path)?;
        }
        self.unfinished = None;
        sync_directory(&self.path)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(unfinished) = &self.unfinished {
            fs::remove_file(unfinished).ok();
        }
    }
}

/// Puts `bytes` there, durably.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = PrivateFile::create(path)?;
    io::Write::write_all(file.file(), bytes)?;
    file.finish()
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| fs::File::open(directory)?.sync_all())
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_not_finished_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("entries.csv");
        fs::write(&path, "before").unwrap();
        let mut file = PrivateFile::create(&path).unwrap();
        file.file().write_all(b"half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&path, b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
