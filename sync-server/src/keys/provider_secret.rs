//! What a provider gave us to prove ourselves with: a line of text, in a file that only its owner may read.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use zeroize::Zeroizing;

use super::SecretFault;

/// The one line of `<data_dir>/secrets/<name>`, in ASCII as a provider gives its secrets.
pub fn provider_secret(data_dir: &Path, name: &str) -> Result<Zeroizing<String>, SecretFault> {
    let line = provider_line(data_dir, name)?;
    let known = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if line.bytes().all(known) {
        Ok(line)
    } else {
        Err(SecretFault::Foreign { path: data_dir.join("secrets").join(name) })
    }
}

/// The same of a secret that two agreed on in letters of their own.
pub fn provider_line(data_dir: &Path, name: &str) -> Result<Zeroizing<String>, SecretFault> {
    let path = data_dir.join("secrets").join(name);
    let unreadable = |cause: io::Error| {
        let path = path.clone();
        if cause.kind() == io::ErrorKind::NotFound {
            SecretFault::Absent { path }
        } else {
            SecretFault::Io { path, cause }
        }
    };
    let file = fs::File::open(&path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(SecretFault::Open { path, mode: mode & 0o777 });
    }
    let text = Zeroizing::new(io::read_to_string(file).map_err(unreadable)?);
    match text.trim() {
        "" => Err(SecretFault::Empty { path }),
        text if text.starts_with('\u{feff}') => Err(SecretFault::Marked { path }),
        text if text.contains(['\n', '\r']) => Err(SecretFault::Lines { lines: text.lines().count(), path }),
        line => Ok(Zeroizing::new(line.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_line_and_only_its_owner_s() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets/sms.secret");
        fs::create_dir(dir.path().join("secrets")).unwrap();
        let read = || provider_secret(dir.path(), "sms.secret");
        assert!(matches!(read(), Err(SecretFault::Absent { .. })));
        for (text, mode, expected) in [
            ("made-up\n", 0o600, Ok("made-up")),
            ("made-up\r\n", 0o600, Ok("made-up")),
            ("made-up\n", 0o640, Err("chmod 600")),
            (" \n", 0o600, Err("空")),
            ("made-up\nold-one\n", 0o600, Err("有 2 行")),
            ("\u{feff}made-up\n", 0o600, Err("BOM")),
            ("made-up（旧）\n", 0o600, Err("ASCII")),
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match (read(), expected) {
                (Ok(read), Ok(line)) => assert_eq!(*read, line),
                (Err(fault), Err(said)) => assert!(fault.to_string().contains(said), "{fault}"),
                (read, _) => panic!("{text:?} {mode:o}: {read:?}"),
            }
        }
    }
}
