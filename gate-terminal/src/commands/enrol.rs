//! `gate-terminal enrol`: trades the office's one-time code for this terminal's place at a gate.
//!
//! The code comes from standard input and not as an argument, which every user of the machine could read. Two fingerprints are
//! for two people to compare over the telephone, because a wrong root key would make forged passes good: nothing is kept before
//! the next line of standard input says `yes`, unless the configuration names the root key's fingerprint.

use std::{
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use shared::sync::enrol::InviteCode;

use crate::{
    clock::SystemClock,
    config::Config,
    enrol::{self, EnrolError, Enrolled},
    store::{DATABASE_FILE, SqliteStore, StoreError},
    sync::http::{Http, HttpError},
};

pub fn run(
    config: &Config,
    prompt: bool,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), EnrolCommandError> {
    if prompt {
        write!(out, "登记码 enrolment code: ")?;
        out.flush()?;
    }
    let mut typed = String::new();
    input.read_line(&mut typed)?;
    let code = InviteCode::parse(typed.trim()).ok_or(EnrolCommandError::Code)?;
    make_data_dir(&config.data_dir)?;
    let mut store = SqliteStore::open(&config.data_dir.join(DATABASE_FILE))?;
    let http = Http::believing(config.server_ca.as_deref(), &config.server_url, None, Arc::new(SystemClock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let expected = config.root_fingerprint.as_deref();
    let claimed = runtime.block_on(enrol::claim(&http, &store, &config.data_dir, code, expected)).map_err(Box::new)?;
    let Enrolled { post, public } = claimed.enrolled;
    writeln!(out, "终端 terminal {}, 校区 campus {}, 校门 gate {}", post.terminal, post.campus, post.gate)?;
    writeln!(out, "本机指纹 this terminal's fingerprint: {}", public.fingerprint())?;
    writeln!(out, "根密钥指纹 root key's fingerprint:      {}", post.roots.fingerprint())?;
    if expected.is_none() {
        writeln!(
            out,
            "请打电话与服务器管理员逐字核对这两个指纹。Compare both with the administrator, character by character."
        )?;
        if !is_agreed(prompt, input, out)? {
            enrol::forget_key(&config.data_dir)?;
            return Err(EnrolCommandError::Differs);
        }
    }
    enrol::keep(&mut store, &claimed)?;
    writeln!(out, "已登记 enrolled")?;
    Ok(())
}

fn is_agreed(prompt: bool, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<bool> {
    if prompt {
        write!(out, "两个都一致就输入 yes 保存 type yes when both agree: ")?;
        out.flush()?;
    }
    let mut typed = String::new();
    input.read_line(&mut typed)?;
    Ok(typed.trim().eq_ignore_ascii_case("yes"))
}

/// Only for the terminal's own user: its key lies in it.
pub(super) fn make_data_dir(data_dir: &Path) -> Result<(), EnrolCommandError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data_dir).map_err(|cause| EnrolCommandError::DataDir { data_dir: data_dir.to_owned(), cause })
}

#[derive(Debug, thiserror::Error)]
pub enum EnrolCommandError {
    #[error("这不是登记码，应为四组四位 (XXXX-XXXX-XXXX-XXXX). That is no enrolment code: four groups of four")]
    Code,
    #[error(
        "指纹没有确认一致，什么都没有保存；请让保卫处作废这个终端，再要一个登记码。The fingerprints were not confirmed: nothing is kept"
    )]
    Differs,
    #[error("数据目录 {} 建不了 cannot be made", data_dir.display())]
    DataDir {
        data_dir: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("没有登记成 enrolment failed")]
    Enrol(#[from] Box<EnrolError<HttpError, StoreError>>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(config: &Config, typed: &str) -> EnrolCommandError {
        run(config, true, &mut typed.as_bytes(), &mut Vec::new()).unwrap_err()
    }

    #[test]
    fn a_code_that_is_none_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        assert!(matches!(tried(&config, "hello\n"), EnrolCommandError::Code));
        assert!(!config.data_dir.exists());
    }

    #[test]
    fn a_server_elsewhere_must_be_asked_by_https() {
        let folder = tempfile::tempdir().unwrap();
        let server_url = "http://gate.example.edu.cn".to_owned();
        let config = Config { data_dir: folder.path().join("data"), server_url, ..Config::default() };
        assert!(matches!(tried(&config, "0000-0000-0000-0000\n"), EnrolCommandError::Http(HttpError::Plain)));
    }

    #[cfg(unix)]
    #[test]
    fn the_data_directory_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("a/b");
        make_data_dir(&data_dir).unwrap();
        assert_eq!(fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
