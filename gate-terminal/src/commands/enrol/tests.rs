//! What enrolment says to people and scripts before and after the code is spent.

use std::{
    io::{BufReader, Read as _},
    net::{TcpListener, TcpStream},
    thread,
};

use shared::sync::enrol::EnrolAnswer;

use super::*;
use crate::{
    enrol::{KEY_FILE, load_key},
    gate::small_campus::{Office, morning},
};

const CODE: &str = "0000-0000-0000-0000";

struct Desk {
    _folder: tempfile::TempDir,
    config: Config,
}

impl Desk {
    fn at(server_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        Self { config: Config { data_dir, server_url: server_url.to_owned(), ..Config::default() }, _folder: folder }
    }

    fn types(&self, typed: impl AsRef<[u8]>) -> (Result<(), EnrolCommandError>, String) {
        let mut said = Vec::new();
        let ended = run(&self.config, false, &mut typed.as_ref(), &mut said);
        (ended, String::from_utf8(said).unwrap())
    }

    fn has_place(&self) -> bool {
        let database = self.config.data_dir.join(DATABASE_FILE);
        database.exists() && SqliteStore::open(&database).unwrap().post().unwrap().is_some()
    }

    fn key(&self) -> Option<[u8; 32]> {
        load_key(&self.config.data_dir).ok().map(|key| key.to_bytes())
    }
}

/// A status and a body.
type Answer = (&'static str, Vec<u8>);

/// A server on this machine that gives each caller the next of these answers; without any it hangs up.
pub(in crate::commands) fn server(
    answers: impl IntoIterator<Item = Option<Answer>, IntoIter: Send> + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::Builder::new()
        .name("office".to_owned())
        .spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                reply(stream, answer);
            }
        })
        .unwrap();
    format!("http://{address}")
}

fn reply(mut stream: TcpStream, answer: Option<Answer>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let Some((status, body)) = answer else { return };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
}

pub(in crate::commands) fn taken() -> Option<Answer> {
    let post = Office::open().post();
    let answer = EnrolAnswer {
        terminal: post.terminal,
        campus: post.campus,
        gate: post.gate,
        root: post.roots.root,
        spare: post.roots.spare,
        server_time: morning(),
    };
    Some(("200 OK", serde_json::to_vec(&answer).unwrap()))
}

#[test]
fn yes_and_no_are_understood_as_people_write_them() {
    for yes in ["是", "是的", "y", "Y", "yes", "YES", "  Yes \r", "\u{3000}是 "] {
        let desk = Desk::at(&server(vec![taken()]));
        let (ended, said) = desk.types(format!("{CODE}\n{yes}\n"));
        assert!(ended.is_ok() && desk.has_place() && said.contains("已登记"), "{yes}: {ended:?}");
    }
    for no in ["否", "n", "N", "no", " No "] {
        let desk = Desk::at(&server(vec![taken()]));
        let (ended, _) = desk.types(format!("{CODE}\n{no}\n"));
        let told = ended.unwrap_err().to_string();
        assert!(told.contains("sync-server terminal withdraw 7"), "{told}");
        assert!(!desk.has_place() && desk.key().is_none(), "another key next time");
    }
}

#[test]
fn anything_else_is_asked_again_and_costs_nothing() {
    let desk = Desk::at(&server(vec![taken()]));
    // The third is 是 as a console of GBK writes it.
    let (ended, said) =
        desk.types([format!("{CODE}\n\nmaybe\n").as_bytes(), b"\xca\xc7\n", "是\n".as_bytes()].concat());
    assert!(ended.is_ok() && desk.has_place(), "{ended:?}");
    assert_eq!((said.matches("两个都一致吗").count(), said.matches("请只回答").count()), (4, 3), "{said}");
}

#[test]
fn without_an_answer_the_same_code_and_key_can_come_again() {
    for silence in [String::new(), "什么\n".repeat(ASKED_AT_MOST) + "yes\n"] {
        let desk = Desk::at(&server(vec![taken(), taken()]));
        let (ended, said) = desk.types(format!("{CODE}\n{silence}"));
        let told = ended.unwrap_err().to_string();
        assert!(said.contains("登记码") && said.contains("两个都一致吗"), "the questions are always shown: {said}");
        assert!(told.starts_with("没有得到 是 或 否 的回答") && told.contains("terminal withdraw 7"), "{told}");
        assert!(told.contains("No answer") && told.contains("--root-fingerprint"), "{told}");
        let key = desk.key();
        assert!(key.is_some() && !desk.has_place());
        assert!(desk.types(format!("{CODE}\n是\n")).0.is_ok() && desk.has_place());
        assert_eq!(desk.key(), key, "by which the server knows it again");
    }
}

#[test]
fn a_fingerprint_that_was_told_needs_no_answer() {
    let root = Office::open().post().roots.fingerprint();
    for (told, taken_in) in [(root.clone(), true), (root.replace(' ', ""), true), ("0".repeat(32), false)] {
        let mut desk = Desk::at(&server(vec![taken()]));
        desk.config.root_fingerprint = Some(told);
        let (ended, said) = desk.types(CODE);
        assert!(
            ended.is_ok() == taken_in && desk.has_place() == taken_in && !said.contains("两个都一致吗"),
            "{ended:?}"
        );
    }
}

#[test]
fn what_became_of_the_code_is_said() {
    let nobody = Desk::at("http://127.0.0.1:1");
    let told = nobody.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("http://127.0.0.1:1 没有连上服务器，登记码没有用掉") && told.contains("not spent"), "{told}");

    let cut = Desk::at(&server(vec![None]));
    let told = cut.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("没有收到服务器的答复") && told.contains("仍然有效"), "{told}");
    assert!(cut.key().is_some(), "the same code, the same key");

    let refused = serde_json::to_vec(&Refusal::Code).unwrap();
    let refused = Desk::at(&server(vec![Some(("403 Forbidden", refused))]));
    let told = refused.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("服务器没有接受登记码"), "{told}");
    assert!(refused.key().is_some(), "it was mistyped, perhaps, and another place is waiting for this key");

    let withdrawn = serde_json::to_vec(&Refusal::Withdrawn { proof: None }).unwrap();
    let withdrawn = Desk::at(&server(vec![Some(("403 Forbidden", withdrawn)), taken()]));
    let told = withdrawn.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("用同一个登记码再运行一次") && withdrawn.key().is_none(), "{told}");
    withdrawn.types(format!("{CODE}\n是\n")).0.unwrap();

    let other = Desk::at(&server(vec![Some(("404 Not Found", b"nothing here".to_vec()))]));
    let told = other.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("不是本系统的服务器，登记码没有用掉") && told.contains("not spent"), "{told}");
    assert!(other.key().is_some());

    let portal = Desk::at(&server(vec![Some(("200 OK", b"<!doctype html><title>Sign in</title>".to_vec()))]));
    let told = portal.types(CODE).0.unwrap_err().to_string();
    assert!(told.contains("不是本系统的服务器，登记码没有用掉"), "{told}");

    let newer = Desk::at(&server(vec![Some(("200 OK", b"{}".to_vec()))]));
    let ended = newer.types(CODE).0.unwrap_err();
    assert!(
        matches!(&ended, EnrolCommandError::Enrol(_)),
        "an office that speaks otherwise may have taken it: {ended:?}"
    );

    let broken = Desk::at(&server(vec![Some(("502 Bad Gateway", b"upstream".to_vec()))]));
    let ended = broken.types(CODE).0.unwrap_err();
    assert!(
        matches!(&ended, EnrolCommandError::Busy { .. }) && ended.to_string().contains("同一个登记码"),
        "{ended:?}"
    );
}

#[test]
fn whatever_refuses_this_machine_does_so_before_a_code_is_asked_for() {
    for address in ["http://gate.example.edu.cn", "nowhere", "https://", "https://gate.example.edu.cn/visit"] {
        let desk = Desk::at(address);
        let (ended, said) = desk.types(CODE);
        assert!(matches!(ended, Err(EnrolCommandError::Http(HttpError::Plain | HttpError::Address))), "{ended:?}");
        assert!(said.is_empty() && !desk.config.data_dir.exists(), "{said}");
    }
    let desk = Desk::at(&server(vec![taken()]));
    desk.types(format!("{CODE}\n是\n")).0.unwrap();
    let (ended, said) = desk.types(CODE);
    let EnrolCommandError::Enrol(why) = ended.unwrap_err() else { panic!("{said}") };
    assert!(why.to_string().contains(&desk.config.data_dir.display().to_string()) && said.is_empty(), "{why}");

    // Its key is what the journal is read by, so it must not be thrown away over another code.
    let database = desk.config.data_dir.join(DATABASE_FILE);
    let key = load_key(&desk.config.data_dir).unwrap();
    SqliteStore::open(&database).unwrap().keep_journal(&key).unwrap();
    fs::remove_file(&database).unwrap();
    let (ended, said) = desk.types(CODE);
    assert!(
        matches!(ended, Err(EnrolCommandError::Lost)) && said.is_empty() && desk.key().is_some(),
        "{ended:?} {said}"
    );
}

#[test]
fn a_code_that_is_none_is_refused_before_anything_is_made() {
    let desk = Desk::at("http://127.0.0.1:1");
    assert!(matches!(desk.types("hello\n").0, Err(EnrolCommandError::Code)));
    let (ended, said) = desk.types("");
    assert!(matches!(ended, Err(EnrolCommandError::NoCode)) && said.contains("登记码"), "{ended:?}");
    assert!(!desk.config.data_dir.join(KEY_FILE).exists() && !desk.config.data_dir.exists());
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
