//! `gate-terminal enrol`: trades the office's one-time code for this terminal's place at a gate.
//!
//! The code comes from standard input and not as an argument, which every user of the machine could read. Two fingerprints are
//! for two people to compare over the telephone, because a wrong root key would make forged passes good: nothing is kept before
//! standard input says yes, unless the root keys' fingerprint was told beforehand, on the command line or in the configuration.
//!
//! The fingerprints can only be shown once the code is traded, so an answer must not cost it: what is neither yes nor no is asked
//! again, and where no answer comes the key stays, by which the same code gets the same place until its ten minutes are over. Only
//! a no throws the key away, and the office's word that the terminal of this key is withdrawn.

use std::{
    fs,
    io::{self, BufRead, Read as _, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use shared::{
    ids::TerminalId,
    sync::{Refusal, enrol::InviteCode},
};

use crate::{
    clock::SystemClock,
    config::Config,
    enrol::{self, EnrolError, Enrolled},
    ports::Store as _,
    store::{DATABASE_FILE, SqliteStore, StoreError},
    sync::http::{self, Http, HttpError},
};

/// `echoed`: whoever types sees it, and the line's end, on the screen.
pub fn run(
    config: &Config,
    echoed: bool,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), EnrolCommandError> {
    // Whatever would refuse this machine does so before anybody fetches a code.
    http::is_bare(&config.server_url)?;
    let http = Http::believing(config.server_ca.as_deref(), &config.server_url, None, Arc::new(SystemClock))?;
    let database = config.data_dir.join(DATABASE_FILE);
    if enrol::load_key(&config.data_dir).is_ok_and(|key| SqliteStore::is_lost(&database, &key)) {
        return Err(EnrolCommandError::Lost);
    }
    if SqliteStore::is_there(&database)?
        && let Some(post) = SqliteStore::open(&database)?.post()?
    {
        let (terminal, data_dir) = (post.terminal, config.data_dir.clone());
        return Err(Box::new(EnrolError::AlreadyEnrolled { terminal, data_dir }).into());
    }
    ask(out, "登记码 enrolment code: ")?;
    let typed = heard(echoed, input, out)?.ok_or(EnrolCommandError::NoCode)?;
    let code = InviteCode::parse(typed.trim()).ok_or(EnrolCommandError::Code)?;
    make_data_dir(&config.data_dir)?;
    let mut store = SqliteStore::open(&database)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let expected = config.root_fingerprint.as_deref();
    let claimed = runtime.block_on(enrol::claim(&http, &store, &config.data_dir, code, expected));
    let claimed = claimed.map_err(|error| not_claimed(config, error))?;
    let Enrolled { post, public } = claimed.enrolled;
    writeln!(out, "终端 terminal {}, 校区 campus {}, 校门 gate {}", post.terminal, post.campus, post.gate)?;
    writeln!(out, "本机指纹 this terminal's fingerprint: {}", public.fingerprint())?;
    writeln!(out, "根密钥指纹 root key's fingerprint:      {}", post.roots.fingerprint())?;
    if expected.is_none() {
        writeln!(
            out,
            "请打电话与服务器管理员逐字核对这两个指纹。Compare both with the administrator, character by character."
        )?;
        match answer(echoed, input, out)? {
            Answer::Yes => {}
            Answer::No => {
                enrol::forget_key(&config.data_dir)?;
                return Err(EnrolCommandError::Differs { terminal: post.terminal });
            }
            Answer::None => return Err(EnrolCommandError::Unanswered { terminal: post.terminal }),
        }
    }
    enrol::keep(&mut store, &claimed)?;
    writeln!(out, "已登记 enrolled")?;
    Ok(())
}

/// What it means for the code.
fn not_claimed(config: &Config, error: EnrolError<HttpError, StoreError>) -> EnrolCommandError {
    match error {
        EnrolError::Server(HttpError::Exchange(cause)) if cause.is_connect() => {
            EnrolCommandError::NoServer { server_url: config.server_url.clone(), cause }
        }
        EnrolError::Server(HttpError::Exchange(cause)) => EnrolCommandError::AnswerLost { cause },
        EnrolError::Server(cause @ HttpError::Status(300..=499 | 501 | 511)) => {
            EnrolCommandError::NoOffice { server_url: config.server_url.clone(), cause }
        }
        // A page for people, say, that a portal has put before every address.
        EnrolError::Server(HttpError::Unreadable(cause)) if cause.is_syntax() => {
            EnrolCommandError::NoOffice { server_url: config.server_url.clone(), cause: HttpError::Unreadable(cause) }
        }
        EnrolError::Server(cause @ HttpError::Status(_)) => EnrolCommandError::Busy { cause },
        EnrolError::Server(HttpError::Refused(Refusal::Code)) => EnrolCommandError::CodeRefused,
        EnrolError::Server(HttpError::Refused(Refusal::Withdrawn { .. })) => {
            enrol::forget_key(&config.data_dir).map_or_else(EnrolCommandError::Io, |()| EnrolCommandError::KeyWithdrawn)
        }
        other @ (EnrolError::Server(_)
        | EnrolError::OtherRoot { .. }
        | EnrolError::AlreadyEnrolled { .. }
        | EnrolError::Key(_)
        | EnrolError::Claim(_)
        | EnrolError::Store(_)) => EnrolCommandError::Enrol(Box::new(other)),
    }
}

enum Answer {
    Yes,
    No,
    /// The input has ended, or nothing that was typed is one.
    None,
}

/// Whoever types something else so often does not mean to answer.
const ASKED_AT_MOST: usize = 5;

fn answer(echoed: bool, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Answer> {
    for _ in 0..ASKED_AT_MOST {
        ask(out, "两个都一致吗？一致输入 是，不一致输入 否。Do both agree? yes or no: ")?;
        let Some(typed) = heard(echoed, input, out)? else { break };
        match typed.trim().to_lowercase().as_str() {
            "是" | "是的" | "y" | "yes" => return Ok(Answer::Yes),
            "否" | "n" | "no" => return Ok(Answer::No),
            _ => writeln!(out, "请只回答 是 或 否。Please answer yes or no.")?,
        }
    }
    Ok(Answer::None)
}

/// Also where nobody watches: the log of a script shows what its lines answered.
fn ask(out: &mut dyn Write, question: &str) -> io::Result<()> {
    write!(out, "{question}")?;
    out.flush()
}

/// Longer than any answer; what follows is taken for the next.
const LINE_MAX_BYTES: u64 = 1_024;

/// The next line, whatever letters the console writes it in; `None` at the end.
fn heard(echoed: bool, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut typed = Vec::new();
    let ended = input.take(LINE_MAX_BYTES).read_until(b'\n', &mut typed)? == 0;
    if !echoed || ended {
        writeln!(out)?;
    }
    Ok((!ended).then(|| String::from_utf8_lossy(&typed).into_owned()))
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
        "本机登记过，只是数据库不见了：不用再登记，直接运行 gate-terminal，它从旁边的副本恢复。\
         This terminal has its place and has lost its database: run gate-terminal, which makes it again"
    )]
    Lost,
    #[error("没有读到登记码，输入已经结束；请在标准输入第一行给出。No code: standard input has ended")]
    NoCode,
    #[error(
        "指纹不一致，什么都没有保存；可能有人冒充服务器，查清以前不要继续。请保卫处停用终端 {terminal}\
         （sync-server terminal withdraw {terminal}），再要一个登记码。The fingerprints differ: nothing is kept; have terminal \
         {terminal} withdrawn and ask for another code"
    )]
    Differs { terminal: TerminalId },
    #[error(
        "没有得到 是 或 否 的回答，什么都没有保存，登记码没有作废：十分钟内在本机再运行一次，输入同一个登记码，核对后回答 是。\
         过了时间，请保卫处停用终端 {terminal}（sync-server terminal withdraw {terminal}），再要一个登记码；\
         无人值守时用 --root-fingerprint。No answer, and nothing is kept. On this machine the same code holds until its ten minutes \
         are over: run this again, or later have terminal {terminal} withdrawn and ask for another; \
         without anybody to answer, give --root-fingerprint"
    )]
    Unanswered { terminal: TerminalId },
    #[error(
        "在 {server_url} 没有连上服务器，登记码没有用掉；请核对地址，看服务器是否在运行。\
         No server answers there; the code is not spent"
    )]
    NoServer {
        server_url: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "{server_url} 有程序应答，但不是本系统的服务器，登记码没有用掉；请核对地址。\
         What answers there is no server of this system; the code is not spent"
    )]
    NoOffice {
        server_url: String,
        #[source]
        cause: HttpError,
    },
    #[error(
        "没有收到服务器的答复，登记码也许已经用掉，但十分钟内在本机仍然有效：请用同一个登记码再运行一次。\
         The answer did not arrive; on this machine the same code holds until its ten minutes are over"
    )]
    AnswerLost {
        #[source]
        cause: reqwest::Error,
    },
    #[error(
        "服务器没有接受登记码：写错了就再输一次；用过了或过了十分钟，请再要一个。The code is unknown, used or out of time: type it again, \
         or ask for another"
    )]
    CodeRefused,
    #[error(
        "本机上次登记的终端已被停用，旧密钥已丢弃，登记码没有用掉：请用同一个登记码再运行一次。\
         The terminal that this machine was is withdrawn; its key is thrown away, and the same code holds: run this again"
    )]
    KeyWithdrawn,
    #[error(
        "服务器现在办不了。登记码若已用掉，十分钟内在本机仍然有效：请等一会，用同一个登记码再运行。\
         The server cannot do it now; on this machine the same code holds until its ten minutes are over"
    )]
    Busy {
        #[source]
        cause: HttpError,
    },
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
pub(super) mod tests;
