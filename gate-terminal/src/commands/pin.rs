//! `gate-terminal pin`: sets the officers' PIN, the first one or another in place of a forgotten one.
//!
//! The old one is not asked for: whoever may write in the data directory could take its file away just as well. The PIN comes
//! from standard input and not as an argument, which every user of the machine could read.

use std::{
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    officer::{Cost, PinError, PinLock},
    ui::records::Pin,
};

pub fn run(data_dir: &Path, prompt: bool, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<(), PinCommandError> {
    if !data_dir.is_dir() {
        return Err(PinCommandError::NoDataDir { data_dir: data_dir.to_owned() });
    }
    if prompt {
        write!(out, "新密码，6 至 12 位数字 new PIN, 6 to 12 digits: ")?;
        out.flush()?;
    }
    let mut typed = Zeroizing::new(String::new());
    input.read_line(&mut typed)?;
    let pin = Pin::parse(typed.trim()).ok_or(PinCommandError::Form)?;
    PinLock::anew(data_dir, Cost::default()).set(&pin)?;
    writeln!(out, "密码已设置 the PIN is set")?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum PinCommandError {
    #[error("密码应为 6 至 12 位数字 a PIN is 6 to 12 digits")]
    Form,
    #[error("没有数据目录 {}，请先登记本机 there is no data directory: enrol first", data_dir.display())]
    NoDataDir { data_dir: PathBuf },
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::officer::Tried;

    fn set(data_dir: &Path, typed: &str) -> Result<(), PinCommandError> {
        run(data_dir, true, &mut typed.as_bytes(), &mut Vec::new())
    }

    #[test]
    fn a_pin_is_set_and_set_again() {
        let folder = tempfile::tempdir().unwrap();
        for digits in ["246810", "135791"] {
            set(folder.path(), &format!(" {digits}\n")).unwrap();
            let mut lock = PinLock::open(folder.path(), Cost::default());
            assert_eq!(lock.try_pin(&Pin::parse(digits).unwrap(), 1).unwrap(), Tried::Right);
        }
    }

    #[test]
    fn what_is_no_pin_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for typed in ["", "12345\n", "1234567890123\n", "abcdef\n"] {
            assert!(matches!(set(folder.path(), typed), Err(PinCommandError::Form)), "{typed}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let none = folder.path().join("none");
        assert!(matches!(set(&none, "246810\n"), Err(PinCommandError::NoDataDir { .. })));
    }
}
