//! A secret on the disk: 32 bytes in base64, in a file that only its owner may read.
//!
//! The permission is checked when the file is read, not only when it is written: a restore from a backup or a hurried `chmod -R` is
//! how secrets become readable, and a server that refuses to start is noticed the same day.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::owner;

pub(super) type Secret = Zeroizing<[u8; 32]>;

pub(super) fn read(path: &Path) -> Result<Secret, SecretFault> {
    read_where(path, |_| true)
}

/// The same of a root key, which lies on a stick.
pub(super) fn read_root(path: &Path) -> Result<Secret, SecretFault> {
    read_where(path, |file| rustix::fs::fstatfs(file).map_or(true, |found| keeps_modes(i128::from(found.f_type))))
}

/// FAT, exFAT and NTFS, as sticks have them, keep no modes and show the same of every file.
const fn keeps_modes(file_system: i128) -> bool {
    const MSDOS: i128 = 0x4d44;
    const EXFAT: i128 = 0x2011_bab0;
    const NTFS3: i128 = 0x7366_746e;
    const FUSE: i128 = 0x6573_5546;
    !matches!(file_system, MSDOS | EXFAT | NTFS3 | FUSE)
}

fn read_where(path: &Path, must_be_private: impl FnOnce(&fs::File) -> bool) -> Result<Secret, SecretFault> {
    let unreadable = |cause| SecretFault::Io { path: path.to_owned(), cause };
    let file = fs::File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if found.is_dir() {
        return Err(SecretFault::NotASecret { path: path.to_owned() });
    }
    let mode = found.permissions().mode();
    if mode & 0o077 != 0 && must_be_private(&file) {
        return Err(SecretFault::Open { path: path.to_owned(), mode: mode & 0o777 });
    }
    let text = Zeroizing::new(io::read_to_string(file).map_err(unreadable)?);
    let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
    let secret = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    secret.map(Zeroizing::new).ok_or_else(|| SecretFault::NotASecret { path: path.to_owned() })
}

/// Writes a new file, durably, or leaves none; one that exists is never overwritten.
pub(super) fn create(path: &Path, secret: &Secret) -> Result<(), SecretFault> {
    let unwritten = |cause| SecretFault::Io { path: path.to_owned(), cause };
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(secret.as_slice())));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritten)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|cause| {
        fs::remove_file(path).ok();
        unwritten(cause)
    })?;
    give_to_the_owner_of_its_folder(path);
    Ok(())
}

/// Who runs the command may be root and the server another. A stick's file system may know no owners, and needs none.
pub(super) fn give_to_the_owner_of_its_folder(path: &Path) {
    path.parent().and_then(|folder| owner::give_as(path, folder).ok());
}

/// A secret of no more use. One that is gone already is no fault.
pub(super) fn remove(path: &Path) -> Result<(), SecretFault> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(SecretFault::Io { path: path.to_owned(), cause }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A directory only its owner may enter; one that exists is left as it is.
pub(super) fn create_dir(path: &Path) -> Result<(), SecretFault> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|cause| SecretFault::Io { path: path.to_owned(), cause })?;
    give_to_the_owner_of_its_folder(path);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum SecretFault {
    #[error("读写不了 {}。It cannot be read or written", .path.display())]
    Io {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "没有 {path}：请把提供方给的密钥写进这个文件，只写一行，再运行 chmod 600 {path}。There is no such file: the secret goes into it, \
         one line, for its owner alone",
        path = .path.display()
    )]
    Absent { path: PathBuf },
    #[error("{path} 可被他人读写（权限 {mode:03o}），请运行 chmod 600 {path}。It is readable or writable by others", path = .path.display())]
    Open { path: PathBuf, mode: u32 },
    #[error("{} 中不是 32 字节的 base64。It does not hold 32 bytes in base64", .path.display())]
    NotASecret { path: PathBuf },
    #[error("{} 是空的。It is empty", .path.display())]
    Empty { path: PathBuf },
    #[error("{} 有 {lines} 行，密钥应只有一行。It has {lines} lines, and a secret is one", .path.display())]
    Lines { path: PathBuf, lines: usize },
    #[error("{} 以 BOM（字节顺序标记）开头，请另存为不带 BOM 的 UTF-8。It begins with a byte order mark", .path.display())]
    Marked { path: PathBuf },
    #[error("{} 里有 ASCII 以外的字符，这种密钥里不会有。It holds something that is not ASCII", .path.display())]
    Foreign { path: PathBuf },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass.key");
        let secret = Zeroizing::new([7; 32]);
        create(&path, &secret).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(*read(&path).unwrap(), [7; 32]);
        assert!(matches!(create(&path, &secret), Err(SecretFault::Io { .. })), "never overwritten");
    }

    #[test]
    fn a_file_others_may_touch_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass.key");
        create(&path, &Zeroizing::new([7; 32])).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = read(&path).unwrap_err().to_string();
            assert!(told.contains(&format!("chmod 600 {}", path.display())), "{told}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn only_where_a_file_system_keeps_modes_do_they_say_anything() {
        // vfat, exfat, ntfs3 and what a program mounts; ext4, xfs, btrfs and tmpfs.
        assert!([0x4d44, 0x2011_bab0, 0x7366_746e, 0x6573_5546].iter().all(|stick| !keeps_modes(*stick)));
        assert!([0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994].iter().all(|disk| keeps_modes(*disk)));
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.key");
        create(&root, &Zeroizing::new([7; 32])).unwrap();
        assert!(read_root(&root).is_ok());
        fs::set_permissions(&root, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read_root(&root), Err(SecretFault::Open { .. })), "on a disk it is for its owner alone");
        assert!(matches!(read_root(dir.path()), Err(SecretFault::NotASecret { .. })), "a folder is no key");
    }

    #[test]
    fn another_length_is_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pass.key");
        for wrong in ["", "AAAA", "not base64 at all", &STANDARD.encode([0; 33])] {
            fs::write(&path, wrong).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(read(&path), Err(SecretFault::NotASecret { .. })), "{wrong}");
        }
    }
}
