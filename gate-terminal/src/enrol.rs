//! Enrolment: a terminal makes its own key, trades a one-time code for its number, and writes down whom it trusts from now on.
//!
//! The private key never leaves its file, and the file must be readable by its owner alone. It is written before the code is
//! spent, so a power cut in between costs a code and not the terminal.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;
use shared::{
    ids::TerminalId,
    seal::{PublicKey, Sealed},
    sync::{
        Protocol,
        enrol::{EnrolClaim, EnrolRequest, InviteCode},
    },
    time::Moment,
};
use zeroize::Zeroizing;

use crate::ports::{Post, Store};

/// The file's name inside the data directory.
pub const KEY_FILE: &str = "terminal.key";

/// What was agreed, for two people to compare over the telephone.
#[derive(Debug, Clone, Copy)]
pub struct Enrolled {
    pub post: Post,
    pub public: PublicKey,
}

/// What the office answered, and nothing of it kept yet.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    pub enrolled: Enrolled,
    server_time: Moment,
}

/// Makes or takes the key in `data_dir`, trades `code`, and keeps the answer. `expected_root` is the root keys' fingerprint as
/// the office told it; any other is refused.
pub async fn enrol<P: Protocol, S: Store>(
    protocol: &P,
    store: &mut S,
    data_dir: &Path,
    code: InviteCode,
    expected_root: Option<&str>,
) -> Result<Enrolled, EnrolError<P::Error, S::Error>> {
    let claimed = claim(protocol, store, data_dir, code, expected_root).await?;
    keep(store, &claimed).map_err(EnrolError::Store)?;
    Ok(claimed.enrolled)
}

/// All of it but the keeping: two people may want to compare first. The code is spent by then.
pub async fn claim<P: Protocol, S: Store>(
    protocol: &P,
    store: &S,
    data_dir: &Path,
    code: InviteCode,
    expected_root: Option<&str>,
) -> Result<Claimed, EnrolError<P::Error, S::Error>> {
    if let Some(post) = store.post().map_err(EnrolError::Store)? {
        return Err(EnrolError::AlreadyEnrolled { terminal: post.terminal, data_dir: data_dir.to_owned() });
    }
    let key = make_or_load_key(data_dir)?;
    let public = PublicKey::of(&key);
    let claim = Sealed::seal(&EnrolClaim { code, public }, None, &key).map_err(EnrolError::Claim)?;
    let answer = protocol.enrol(EnrolRequest { public, claim }).await.map_err(EnrolError::Server)?;
    let roots = answer.roots();
    if let Some(expected) = expected_root
        && !same_fingerprint(expected, &roots.fingerprint())
    {
        return Err(EnrolError::OtherRoot { terminal: answer.terminal, told: roots.fingerprint() });
    }
    let post = Post { terminal: answer.terminal, campus: answer.campus, gate: answer.gate, roots };
    Ok(Claimed { enrolled: Enrolled { post, public }, server_time: answer.server_time })
}

pub fn keep<S: Store>(store: &mut S, claimed: &Claimed) -> Result<(), S::Error> {
    store.keep_post(&claimed.enrolled.post, claimed.server_time)
}

/// After a comparison that failed: the next enrolment makes another key.
pub fn forget_key(data_dir: &Path) -> io::Result<()> {
    fs::remove_file(data_dir.join(KEY_FILE))
}

/// The terminal's key; refused when anybody but its owner could read it.
pub fn load_key(data_dir: &Path) -> Result<SigningKey, KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    match read_key(&path) {
        Ok(Some(key)) => Ok(key),
        Ok(None) => Err(KeyFileError::Absent { path }),
        Err(error) => Err(error),
    }
}

fn make_or_load_key(data_dir: &Path) -> Result<SigningKey, KeyFileError> {
    let path = data_dir.join(KEY_FILE);
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(KeyFileError::NoRandomness)?;
    let key = SigningKey::from_bytes(&bytes);
    write_key(&path, &bytes).map_err(|cause| KeyFileError::Unwritable { path, cause })?;
    Ok(key)
}

fn read_key(path: &Path) -> Result<Option<SigningKey>, KeyFileError> {
    let unreadable = |cause| KeyFileError::Unreadable { path: path.to_owned(), cause };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unreadable(cause)),
    };
    if let Some(mode) = open_to_others(&metadata) {
        return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(unreadable)?);
    let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyFileError::NotAKey { path: path.to_owned() })?;
    Ok(Some(SigningKey::from_bytes(bytes)))
}

/// Never seen half written under its name, and durable before the code is spent.
fn write_key(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let unfinished = path.with_extension("key.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    owner_only(&mut options);
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_directory(path)
}

#[cfg(unix)]
fn owner_only(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| fs::File::open(directory)?.sync_all())
}

/// Elsewhere the data directory's own access list guards the key.
#[cfg(not(unix))]
fn owner_only(_: &mut fs::OpenOptions) {}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// People copy fingerprints with and without the gaps.
fn same_fingerprint(told: &str, ours: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    plain(told) == plain(ours)
}

#[derive(Debug, thiserror::Error)]
pub enum EnrolError<P: std::error::Error, S: std::error::Error> {
    #[error(
        "本机已经登记过，是 {terminal} 号终端。要重新登记（例如被停用以后），先把 {0} 整个移到别处保存，里面可能有没上报的记录。\
         This terminal is enrolled already, as number {terminal}; to enrol it anew, first move {0} away and keep it: what was not sent \
         lies in it",
        data_dir.display()
    )]
    AlreadyEnrolled { terminal: TerminalId, data_dir: PathBuf },
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error("登记请求写不出来 the claim could not be written")]
    Claim(#[source] serde_json::Error),
    #[error("服务器没有登记本机 the server did not enrol this terminal")]
    Server(#[source] P),
    #[error(
        "服务器的根密钥指纹是 {told}，与事先给的不同，什么都没有保存：查清以前不要继续，并请停用终端 {terminal}\
         （sync-server terminal withdraw {terminal}）。若是事先给的写错了，或备用根密钥后来换过，改正后十分钟内用同一个登记码再来。\
         The server's root keys are not the expected ones and nothing is kept: have terminal {terminal} withdrawn; if what was expected \
         is out of date, put it right and use the same code within its ten minutes"
    )]
    OtherRoot { terminal: TerminalId, told: String },
    #[error("登记结果存不下来 the answer could not be stored")]
    Store(#[source] S),
}

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("没有 {}，本机还没有登记 this terminal has not been enrolled", path.display())]
    Absent { path: PathBuf },
    #[error("{0} 别人也能读 can be read by others (mode {mode:o}): chmod 600 {0}", path.display())]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("{} 不是终端密钥 is not a terminal's key", path.display())]
    NotAKey { path: PathBuf },
    #[error("{} 读不了 cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} 写不了 cannot be written", path.display())]
    Unwritable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("本机给不出随机数 the machine gives no random numbers")]
    NoRandomness(#[source] getrandom::Error),
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use shared::{
        pass::Roots,
        sync::{
            Refusal,
            enrol::EnrolAnswer,
            pull::{PullAnswer, PullRequest},
            push::{PushAnswer, PushRequest},
            walk_in::{WalkInAnswer, WalkInRequest},
        },
        time::CampusDay,
    };
    use tempfile::TempDir;

    use super::*;
    use crate::gate::{
        Held, News, Receipt,
        small_campus::{Office, TERMINAL, morning},
    };

    /// An office that takes one code, and only a claim signed by the key it names.
    struct Door {
        code: std::sync::Mutex<Option<InviteCode>>,
    }

    impl Door {
        fn with_code() -> Self {
            Self { code: std::sync::Mutex::new(Some(code())) }
        }
    }

    impl Protocol for Door {
        type Error = Refusal;

        async fn enrol(&self, request: EnrolRequest) -> Result<EnrolAnswer, Refusal> {
            let claim = request.claim.open(&request.public).map_err(|_| Refusal::Unauthenticated)?;
            let mut left = self.code.lock().unwrap();
            if claim.public != request.public || left.as_ref() != Some(&claim.code) {
                return Err(Refusal::Code);
            }
            *left = None;
            let Post { terminal, campus, gate, roots } = Office::open().post();
            let Roots { root, spare } = roots;
            Ok(EnrolAnswer { terminal, campus, gate, root, spare, server_time: morning() })
        }

        async fn pull(&self, _: PullRequest) -> Result<PullAnswer, Refusal> {
            Err(Refusal::Malformed)
        }

        async fn push(&self, _: PushRequest) -> Result<PushAnswer, Refusal> {
            Err(Refusal::Malformed)
        }

        async fn walk_in(&self, _: WalkInRequest) -> Result<WalkInAnswer, Refusal> {
            Err(Refusal::Malformed)
        }
    }

    /// A store that knows posts and nothing else.
    #[derive(Default)]
    struct Posts(RefCell<Option<Post>>);

    impl Store for Posts {
        type Error = io::Error;

        fn post(&self) -> io::Result<Option<Post>> {
            Ok(*self.0.borrow())
        }

        fn keep_post(&mut self, post: &Post, _: Moment) -> io::Result<()> {
            self.0.replace(Some(*post));
            Ok(())
        }

        fn load(&mut self) -> io::Result<Held> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn append(&mut self, _: &shared::entry::Entry) -> io::Result<shared::entry::EntryId> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn entries_after(&mut self, _: u64, _: usize) -> io::Result<(Vec<shared::chain::Link>, shared::chain::Head)> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn keep_receipt(&mut self, _: &Receipt) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn keep_news(&mut self, _: &News) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn forget(&mut self, _: CampusDay) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn forget_all(&mut self, _: crate::ports::Oblivion) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn keep_floor(&mut self, _: Moment) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn keep_walk_ins(&mut self, _: &[crate::ports::WalkIn]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn code() -> InviteCode {
        InviteCode::parse("0123-4567-89AB-CDEF").unwrap()
    }

    type Outcome = Result<Enrolled, EnrolError<Refusal, io::Error>>;

    fn enrol_in(directory: &TempDir, door: &Door, posts: &mut Posts, root: Option<&str>) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(enrol(door, posts, directory.path(), code(), root))
    }

    #[test]
    fn a_code_becomes_a_post_and_a_key_that_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (door, mut posts) = (Door::with_code(), Posts::default());
        assert!(matches!(load_key(directory.path()), Err(KeyFileError::Absent { .. })));
        let enrolled = enrol_in(&directory, &door, &mut posts, None).unwrap();
        assert_eq!((enrolled.post.terminal, posts.post().unwrap().unwrap().terminal), (TERMINAL, TerminalId::new(7)));
        assert_eq!(PublicKey::of(&load_key(directory.path()).unwrap()), enrolled.public);
        let again = enrol_in(&directory, &Door::with_code(), &mut posts, None);
        assert!(matches!(again, Err(EnrolError::AlreadyEnrolled { .. })));
    }

    #[test]
    fn a_refused_code_keeps_the_key_for_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let (door, mut posts) = (Door { code: None.into() }, Posts::default());
        let refused = enrol_in(&directory, &door, &mut posts, None);
        assert!(matches!(refused, Err(EnrolError::Server(Refusal::Code))));
        assert!(posts.post().unwrap().is_none());
        let key = PublicKey::of(&load_key(directory.path()).unwrap());
        assert_eq!(enrol_in(&directory, &Door::with_code(), &mut posts, None).unwrap().public, key);
    }

    #[test]
    fn another_root_than_the_office_told_is_refused() {
        let root = Office::open().post().roots.fingerprint();
        for (told, taken) in [
            (root.clone(), true),
            (root.replace(' ', "").to_uppercase(), true),
            (root.replace(root.chars().next().unwrap(), "g"), false),
            (String::new(), false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let mut posts = Posts::default();
            let outcome = enrol_in(&directory, &Door::with_code(), &mut posts, Some(&told));
            assert_eq!(outcome.is_ok(), taken, "{told}");
            assert_eq!(posts.post().unwrap().is_some(), taken);
        }
    }

    #[test]
    fn what_is_claimed_is_not_kept_before_it_was_compared() {
        let directory = tempfile::tempdir().unwrap();
        let (door, mut posts) = (Door::with_code(), Posts::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let claimed = runtime.block_on(claim(&door, &posts, directory.path(), code(), None)).unwrap();
        assert!(posts.post().unwrap().is_none());
        keep(&mut posts, &claimed).unwrap();
        assert_eq!(posts.post().unwrap().unwrap().terminal, TERMINAL);
        forget_key(directory.path()).unwrap();
        assert!(matches!(load_key(directory.path()), Err(KeyFileError::Absent { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_could_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        enrol_in(&directory, &Door::with_code(), &mut Posts::default(), None).unwrap();
        let path = directory.path().join(KEY_FILE);
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for wide in [0o644, 0o640, 0o604, 0o620, 0o601, 0o666] {
            mode(wide);
            let refused = load_key(directory.path());
            assert!(matches!(refused, Err(KeyFileError::OpenToOthers { mode, .. }) if mode == wide), "{wide:o}");
            let refused = enrol_in(&directory, &Door::with_code(), &mut Posts::default(), None);
            assert!(matches!(refused, Err(EnrolError::Key(KeyFileError::OpenToOthers { .. }))), "{wide:o}");
        }
        mode(0o600);
        assert!(load_key(directory.path()).is_ok());
        fs::write(&path, [0; 31]).unwrap();
        assert!(matches!(load_key(directory.path()), Err(KeyFileError::NotAKey { .. })));
    }
}
