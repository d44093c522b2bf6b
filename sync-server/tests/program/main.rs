//! The program as it is started: what is wrong in its settings is said at once, by the setting's name, and nothing is served.
//!
//! That this test is here also makes cargo build the program before any test of the workspace runs; stories that start it find it as
//! it is now.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use ed25519_dalek::SigningKey;
use rustix::process::{Pid, Signal, kill_process};
use shared::{
    seal::{PublicKey, Sealed},
    sync::enrol::{EnrolClaim, EnrolRequest, InviteCode},
};

/// An office of its own, with keys.
struct Room {
    room: tempfile::TempDir,
}

#[cfg(test)]
impl Room {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join("office.toml"), "listen = '127.0.0.1:0'\n").unwrap();
        let this = Self { room };
        let [root, spare] = ["root.key", "spare.key"].map(|name| this.path().join(name));
        let made =
            this.command().args(["keys", "init", "--root"]).arg(root).arg("--spare").arg(spare).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        this
    }

    fn path(&self) -> &Path {
        self.room.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
        command.arg("--config").arg(self.path().join("office.toml"));
        command
    }

    /// One that serves, and where.
    fn serves(&self) -> (Child, String) {
        let mut serving = self.command().arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned)).unwrap();
        (serving, address)
    }
}

/// What is asked of a database that another process has cannot be done, and holds the end up no longer than it must.
#[test]
fn a_server_that_cannot_write_ends_within_seconds_of_being_told() {
    let office = Room::new();
    let invited = office.command().args(["terminal", "invite", "--campus", "1", "--gate", "0"]).output().unwrap();
    let invited = String::from_utf8(invited.stdout).unwrap();
    let code = invited.lines().find_map(|line| InviteCode::parse(line.trim())).unwrap();
    let (mut serving, address) = office.serves();
    let other = rusqlite::Connection::open(office.path().join("data/office.sqlite3")).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("begin immediate").unwrap();

    let key = SigningKey::from_bytes(&[7; 32]);
    let claim = Sealed::seal(&EnrolClaim { code, public: PublicKey::of(&key) }, None, &key).unwrap();
    let body = serde_json::to_vec(&EnrolRequest { public: PublicKey::of(&key), claim }).unwrap();
    let mut line = TcpStream::connect(address).unwrap();
    let head = "POST /sync/v1/enrol HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n";
    write!(line, "{head}content-length: {}\r\n\r\n", body.len()).unwrap();
    // Said once the body is waited for.
    let mut said = [0; 12];
    line.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100");
    line.write_all(&body).unwrap();

    kill_process(Pid::from_child(&serving), Signal::TERM).unwrap();
    // It takes four seconds; to wait a taken database out would take thirty.
    let ended = (0..1_250).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        serving.try_wait().unwrap()
    });
    serving.kill().ok();
    serving.wait().unwrap();
    assert!(ended.expect("it goes on").success());
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 503 "), "nobody is told that it was done: {answer}");
}

#[test]
fn a_server_that_runs_is_to_be_stopped_before_a_copy_takes_its_place() {
    let office = Room::new();
    let (mut serving, _) = office.serves();
    let restored = office.command().arg("restore").arg(office.path().join("copy.sqlite3")).output().unwrap();
    serving.kill().unwrap();
    serving.wait().unwrap();
    let said = String::from_utf8(restored.stderr).unwrap();
    assert!(!restored.status.success() && said.contains("stop it first"), "{said}");
}

#[test]
fn who_has_read_enough_hears_no_complaint() {
    let office = Room::new();
    let mut listing =
        office.command().args(["entries", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(listing.stdout.take());
    let ended = listing.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap()), (Some(141), String::new()));
}

#[test]
fn a_wrong_setting_keeps_it_down_and_is_named() {
    let room = tempfile::tempdir().unwrap();
    let settings = room.path().join("office.toml");
    for (text, named) in [
        ("[notify.hall]\nadapter = 'fax'\n", "adapter"),
        ("[notify.sms]\nprovider = 'aliyun'\nkey_id = ''\nsign_name = '某某大学'\n", "notify.sms.key_id"),
        ("[notify.wecom]\ncorp_id = 'ww0123456789abcdef'\nagent_id = 0\n", "notify.wecom.agent_id"),
        ("[sign_in]\nattempts = 0\n", "sign_in.attempts"),
        ("lisen = 1\n", "lisen"),
    ] {
        fs::write(&settings, text).unwrap();
        let ended = Command::new(env!("CARGO_BIN_EXE_sync-server"))
            .arg("--config")
            .arg(&settings)
            .arg("serve")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains(named), "{text}: {said}");
        assert!(!room.path().join("data").exists(), "{text}: nothing is made");
    }
}

#[test]
fn without_a_table_for_text_messages_it_serves_and_says_so_by_the_setting_s_name() {
    let room = tempfile::tempdir().unwrap();
    let settings = room.path().join("office.toml");
    fs::write(&settings, "listen = '127.0.0.1:0'\n").unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
        command.arg("--config").arg(&settings);
        command
    };
    let [root, spare] = ["root.key", "spare.key"].map(|name| room.path().join(name));
    let made = command().args(["keys", "init", "--root"]).arg(root).arg("--spare").arg(spare).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut serving = command().arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(serving.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<_> = lines.take_while(|line| !line.starts_with("listening on ")).collect();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(said.iter().any(|line| line.contains("没有设置 notify.sms")), "{said:?}");
}
