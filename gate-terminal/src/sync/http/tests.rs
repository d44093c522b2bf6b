//! The conversation over a real socket, with a server that answers what the test says.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use shared::{
    seal::PublicKey,
    sync::{http_signature::verifies, pull::Cursor},
    time::Moment,
};

use super::*;
use crate::ports::ClockReading;

const NOON: Moment = Moment::from_unix_s(1_795_406_400);

struct Noon;

impl Clock for Noon {
    fn read(&self) -> ClockReading {
        ClockReading { wall: NOON, since_boot_ms: 1 }
    }
}

fn signer() -> Signer {
    Signer { terminal: TerminalId::new(7), key: SigningKey::from_bytes(&[5; 32]) }
}

/// A request as it came over the wire.
struct Got {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> String {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Its signature's time, when the signature holds.
    fn signed_at(&self) -> Option<Moment> {
        let headers = SignatureHeaders {
            content_digest: self.header(CONTENT_DIGEST),
            signature_input: self.header(SIGNATURE_INPUT),
            signature: self.header(SIGNATURE),
        };
        let parameters = Parameters::parse(&headers.signature_input)?;
        let key = PublicKey::of(&signer().key);
        verifies(&parameters, &headers, "POST", &self.path, &self.body, &key).then(|| parameters.created())
    }
}

fn receive(stream: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, &mut bytes);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let split = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(split).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse::<usize>().unwrap();
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        more(stream, &mut body);
    }
    Got { path, headers, body }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut piece = [0; 4096];
    let count = stream.read(&mut piece).unwrap();
    assert_ne!(count, 0, "the request is cut short");
    bytes.extend_from_slice(&piece[..count]);
}

fn from_the_beginning() -> PullRequest {
    PullRequest {
        terminal: TerminalId::new(7),
        cursor: Cursor::START,
        key_set: 0,
        wait_s: 0,
        snapshot: None,
        ails: Vec::new(),
    }
}

/// Pulls once from a server that gives these answers in turn; what came back, and what the server got.
fn pull_from(answers: &[&str]) -> (Result<PullAnswer, HttpError>, Vec<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let http =
        Http::new(&format!("http://{}", listener.local_addr().unwrap()), Some(signer()), Arc::new(Noon)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::scope(|scope| {
        let serve = scope.spawn(|| {
            let serve = |answer: &&str| {
                let mut stream = listener.accept().unwrap().0;
                let got = receive(&mut stream);
                // A terminal that has heard enough hangs up.
                stream.write_all(answer.as_bytes()).ok();
                got
            };
            answers.iter().map(serve).collect()
        });
        (runtime.block_on(http.pull(from_the_beginning())), serve.join().unwrap())
    })
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

const EMPTY: &str = r#"{"links":[],"beacon":{"body":"{}","key":2,"signature":""}}"#;

#[test]
fn a_pull_is_signed_and_understood() {
    let (answered, got) = pull_from(&[&answer("200 OK", EMPTY)]);
    assert!(answered.unwrap().links.is_empty());
    assert_eq!(got[0].path, PULL_PATH);
    assert_eq!(got[0].signed_at(), Some(NOON));
    assert!(serde_json::from_slice::<PullRequest>(&got[0].body).is_ok());
}

#[test]
fn a_no_that_is_understood_and_one_that_is_not() {
    for (sent, refusal) in [
        (answer("401 Unauthorized", r#"{"refusal":"unauthenticated"}"#), Some(Refusal::Unauthenticated)),
        (answer("409 Conflict", r#"{"refusal":"cursor_ahead"}"#), Some(Refusal::CursorAhead)),
        (answer("404 Not Found", "<h1>nginx</h1>"), None),
        (answer("500 Internal Server Error", r#"{"refusal":"withdrawn"}"#), None),
        (answer("200 OK", "<h1>please log in to the campus network</h1>"), None),
    ] {
        let (answered, got) = pull_from(&[&sent]);
        let error = answered.unwrap_err();
        match (refusal, Http::meaning(&error)) {
            (Some(refusal), SyncFailure::Refused(told)) => assert_eq!(told, refusal),
            (None, SyncFailure::Unreachable(why)) => assert!(!why.is_empty()),
            (expected, told) => panic!("{sent}: {expected:?}, {told:?}"),
        }
        assert_eq!(got.len(), 1, "nothing is sent twice");
    }
}

#[test]
fn a_signed_request_goes_nowhere_else() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let place = elsewhere.local_addr().unwrap();
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (answered, _) = pull_from(&[&answer(&format!("{status}\r\nLocation: http://{place}/"), "")]);
        assert!(matches!(answered, Err(HttpError::Status(_))), "{answered:?}");
        assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{status}");
    }
}

#[test]
fn a_terminal_with_a_wrong_clock_signs_with_the_servers_time() {
    let server_time = NOON.plus(TimeDelta::days(400));
    let refusal = serde_json::to_string(&Refusal::Clock { server_time }).unwrap();
    let no = answer("401 Unauthorized", &refusal);
    let (answered, got) = pull_from(&[&no, &answer("200 OK", EMPTY)]);
    assert!(answered.is_ok());
    assert_eq!(got[1].signed_at(), Some(server_time));
    assert_ne!(got[0].header(SIGNATURE_INPUT), got[1].header(SIGNATURE_INPUT), "another nonce");
    let (answered, _) = pull_from(&[&no, &no]);
    assert!(matches!(answered, Err(HttpError::Refused(Refusal::Clock { .. }))), "once");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", " ".repeat(ANSWER_MAX_BYTES + 1));
    let error = pull_from(&[&endless]).0.unwrap_err();
    assert!(matches!(error, HttpError::TooLong), "{error:?}");
}

#[test]
fn plain_http_goes_no_further_than_this_machine() {
    for (url, taken) in [
        ("https://visit.example.edu.cn", true),
        ("https://127.0.0.1:8460", true),
        ("http://127.0.0.1:8460", true),
        ("http://127.8.8.8", true),
        ("http://localhost:8460/", true),
        ("http://[::1]:8460", true),
        ("http://visit.example.edu.cn", false),
        ("http://192.168.1.5:8460", false),
        ("http://localhost.example.cn", false),
        ("http://0.0.0.0:8460", false),
        ("ftp://127.0.0.1", false),
        ("visit.example.edu.cn", false),
        ("", false),
    ] {
        assert_eq!(Http::new(url, None, Arc::new(Noon)).is_ok(), taken, "{url}");
    }
}

/// A server on this machine that shows a certificate for 127.0.0.1, and the file of the authority that signed it.
fn encrypted(folder: &Path) -> (String, PathBuf, thread::JoinHandle<()>) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    let file = folder.join("ca.pem");
    fs::write(&file, certificate.pem()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let own = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let secret = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![own.der().clone()], secret).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let serve = move || {
        let stream = listener.accept().unwrap().0;
        let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), stream);
        let mut bytes = [0; 8_192];
        // Whoever does not believe the certificate hangs up instead.
        if stream.read(&mut bytes).is_ok_and(|count| count > 0) {
            stream.write_all(answer("200 OK", EMPTY).as_bytes()).ok();
            stream.flush().ok();
        }
    };
    let serve = thread::Builder::new().name("encrypted".to_owned()).spawn(serve).unwrap();
    (url, file, serve)
}

fn pull_believing(authority: Option<&Path>, url: &str) -> Result<PullAnswer, HttpError> {
    let http = Http::believing(authority, url, Some(signer()), Arc::new(Noon))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(http.pull(from_the_beginning()))
}

#[test]
fn a_pinned_authority_is_believed_and_no_other() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_, other, _) = encrypted(theirs.path());
    for (what, pinned) in [("its own", true), ("another campus's", false)] {
        let (url, own, serve) = encrypted(ours.path());
        let answered = pull_believing(Some(if pinned { &own } else { &other }), &url);
        if pinned {
            assert!(answered.is_ok(), "{what}: {answered:?}");
        } else {
            let error = answered.unwrap_err();
            assert!(matches!(error, HttpError::Certificate { .. }), "{what}: {error:?}");
            let SyncFailure::Unreachable(why) = Http::meaning(&error) else { panic!("{error:?}") };
            assert!(why.contains("证书不可信") && why.contains("invalid peer certificate"), "{why}");
        }
        serve.join().unwrap();
    }
    let (url, _, serve) = encrypted(ours.path());
    assert!(matches!(pull_believing(None, &url), Err(HttpError::Certificate { .. })), "the machine knows it no better");
    serve.join().unwrap();
}

#[test]
fn with_a_pinned_authority_there_is_no_way_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let (url, file, _) = encrypted(folder.path());
    let plain = url.replace("https", "http");
    assert!(matches!(pull_believing(Some(&file), &plain), Err(HttpError::Plain)));
    for (text, name) in [("", "empty.pem"), ("no certificate", "words.pem")] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        assert!(matches!(pull_believing(Some(&file), &url), Err(HttpError::Authority { .. })), "{name}");
    }
    assert!(matches!(pull_believing(Some(&folder.path().join("none")), &url), Err(HttpError::Authority { .. })));
}
