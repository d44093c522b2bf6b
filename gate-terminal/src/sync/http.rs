//! The conversation over HTTP: JSON in POSTs, signed with the terminal's key, encrypted except on this very machine.
//!
//! A campus may pin its own authority ([`Http::believing`]); then no other is believed. There is no fall-back to plain HTTP and no redirect is followed: a signed request goes where it was signed for. The server
//! refuses requests whose time is far from its own; a terminal with a wrong clock learns the difference from that refusal and
//! uses it for the signature's time and nothing else, since that answer proves nothing.

use std::{
    error::Error,
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use flate2::read::ZlibDecoder;
use reqwest::{Certificate, Client, StatusCode, Url, header, redirect};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    causes,
    ids::TerminalId,
    sync::{
        DEFLATE, ENROL_PATH, PULL_PATH, PUSH_PATH, Protocol, Refusal, WALK_IN_PATH,
        enrol::{EnrolAnswer, EnrolRequest},
        http_signature::{CONTENT_DIGEST, Nonce, Parameters, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders, sign},
        pull::{PullAnswer, PullRequest},
        push::{PushAnswer, PushRequest},
        walk_in::{WalkInAnswer, WalkInRequest},
    },
};

use crate::ports::{Clock, SyncFailure};

const CONNECT_TIME_OUT: Duration = Duration::from_secs(5);

const ANSWER_TIME_OUT: Duration = Duration::from_secs(15);

/// On top of the time for which the server was asked to hold a pull.
const PULL_GRACE: Duration = Duration::from_secs(10);

/// A full batch of links with long names and reasons stays well below.
const ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Who signs.
pub struct Signer {
    pub terminal: TerminalId,
    pub key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer(terminal {})", self.terminal)
    }
}

pub struct Http {
    client: Client,
    server: Url,
    signer: Option<Signer>,
    clock: Arc<dyn Clock + Send + Sync>,
    /// How far the server's time was ahead of ours when it last refused a signature's time.
    ahead_ms: AtomicI64,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({})", self.server)
    }
}

impl Http {
    /// Without a signer there is only enrolment.
    pub fn new(
        server_url: &str,
        signer: Option<Signer>,
        clock: Arc<dyn Clock + Send + Sync>,
    ) -> Result<Self, HttpError> {
        Self::believing(None, server_url, signer, clock)
    }

    /// The same; with `authority`, a file of certificates, the server must show one that these have signed, and neither the machine's
    /// own authorities nor an unencrypted line are a way around it.
    pub fn believing(
        authority: Option<&Path>,
        server_url: &str,
        signer: Option<Signer>,
        clock: Arc<dyn Clock + Send + Sync>,
    ) -> Result<Self, HttpError> {
        let server = Url::parse(server_url).map_err(|_| HttpError::Address)?;
        let here = match (server.scheme(), is_loopback(&server)) {
            (_, None) => return Err(HttpError::Address),
            ("https", Some(here)) => here,
            ("http", Some(true)) if authority.is_none() => true,
            (_, Some(_)) => return Err(HttpError::Plain),
        };
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIME_OUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("gate-terminal/", env!("CARGO_PKG_VERSION")));
        if here {
            client = client.no_proxy();
        }
        if let Some(file) = authority {
            client = client.tls_certs_only(certificates(file)?);
        }
        let client = client.build().map_err(HttpError::Client)?;
        Ok(Self { client, server, signer, clock, ahead_ms: AtomicI64::new(0) })
    }

    /// What an error means to the gate.
    #[must_use]
    pub fn meaning(error: &HttpError) -> SyncFailure {
        if let HttpError::Refused(refusal) = error {
            return SyncFailure::Refused(refusal.clone());
        }
        // What lies between names the library's parts.
        let mut said = causes::of(error);
        let deepest = said.pop().unwrap_or_default();
        SyncFailure::Unreachable(said.into_iter().next().map_or(deepest.clone(), |error| format!("{error}: {deepest}")))
    }

    async fn signed<Q, A>(&self, path: &str, request: &Q, time_out: Duration) -> Result<A, HttpError>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        let signer = self.signer.as_ref().ok_or(HttpError::Unsigned)?;
        let body = serde_json::to_vec(request).map_err(HttpError::Unwritable)?;
        let first = self.exchange(path, body.clone(), Some(self.sign(signer, path, &body)?), time_out).await;
        let Err(HttpError::Refused(Refusal::Clock { server_time })) = first else { return first };
        let ahead = server_time.since(self.clock.read().wall);
        self.ahead_ms.store(ahead.num_milliseconds(), Ordering::Relaxed);
        self.exchange(path, body.clone(), Some(self.sign(signer, path, &body)?), time_out).await
    }

    fn sign(&self, signer: &Signer, path: &str, body: &[u8]) -> Result<SignatureHeaders, HttpError> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(HttpError::NoRandomness)?;
        let ahead = TimeDelta::try_milliseconds(self.ahead_ms.load(Ordering::Relaxed)).unwrap_or_default();
        let parameters = Parameters {
            created_s: self.clock.read().wall.plus(ahead).unix_s(),
            nonce: Nonce::from_random(bits),
            terminal: signer.terminal,
        };
        Ok(sign(&parameters, "POST", path, body, &signer.key))
    }

    async fn exchange<A: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        signature: Option<SignatureHeaders>,
        time_out: Duration,
    ) -> Result<A, HttpError> {
        let mut url = self.server.clone();
        url.set_path(path);
        let mut request = self.client.post(url).timeout(time_out).header(header::CONTENT_TYPE, "application/json");
        request = request.header(header::ACCEPT_ENCODING, DEFLATE).body(body);
        if let Some(SignatureHeaders { content_digest, signature_input, signature }) = signature {
            request = request
                .header(CONTENT_DIGEST, content_digest)
                .header(SIGNATURE_INPUT, signature_input)
                .header(SIGNATURE, signature);
        }
        let mut response = request.send().await.map_err(HttpError::exchange)?;
        let status = response.status();
        let deflated =
            response.headers().get(header::CONTENT_ENCODING).is_some_and(|how| how.as_bytes() == DEFLATE.as_bytes());
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(HttpError::Exchange)? {
            if answer.len() + piece.len() > ANSWER_MAX_BYTES {
                return Err(HttpError::TooLong);
            }
            answer.extend_from_slice(&piece);
        }
        let answer = if deflated { inflated(&answer)? } else { answer };
        if status == StatusCode::OK {
            return serde_json::from_slice(&answer).map_err(HttpError::Unreadable);
        }
        match serde_json::from_slice(&answer) {
            Ok(refusal) if status.is_client_error() => Err(HttpError::Refused(refusal)),
            Ok(_) | Err(_) => Err(HttpError::Status(status.as_u16())),
        }
    }
}

impl Protocol for Http {
    type Error = HttpError;

    async fn enrol(&self, request: EnrolRequest) -> Result<EnrolAnswer, HttpError> {
        let body = serde_json::to_vec(&request).map_err(HttpError::Unwritable)?;
        self.exchange(ENROL_PATH, body, None, ANSWER_TIME_OUT).await
    }

    async fn pull(&self, request: PullRequest) -> Result<PullAnswer, HttpError> {
        let time_out = Duration::from_secs(u64::from(request.wait_s)) + PULL_GRACE;
        self.signed(PULL_PATH, &request, time_out).await
    }

    async fn push(&self, request: PushRequest) -> Result<PushAnswer, HttpError> {
        self.signed(PUSH_PATH, &request, ANSWER_TIME_OUT).await
    }

    async fn walk_in(&self, request: WalkInRequest) -> Result<WalkInAnswer, HttpError> {
        self.signed(WALK_IN_PATH, &request, ANSWER_TIME_OUT).await
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, HttpError> {
    let unreadable = |cause: Box<dyn Error + Send + Sync>| HttpError::Authority { file: file.to_owned(), cause };
    let text = fs::read(file).map_err(|error| unreadable(error.into()))?;
    let found = Certificate::from_pem_bundle(&text).map_err(|error| unreadable(error.into()))?;
    if found.is_empty() { Err(unreadable("no certificate in it".into())) } else { Ok(found) }
}

/// No longer than any other answer may be: a short text may say a very long one.
pub fn inflated(deflated: &[u8]) -> Result<Vec<u8>, HttpError> {
    let mut answer = Vec::new();
    let most = u64::try_from(ANSWER_MAX_BYTES).unwrap_or(u64::MAX);
    ZlibDecoder::new(deflated).take(most.saturating_add(1)).read_to_end(&mut answer).map_err(HttpError::Deflated)?;
    if answer.len() > ANSWER_MAX_BYTES { Err(HttpError::TooLong) } else { Ok(answer) }
}

impl HttpError {
    /// A certificate that is not believed is for people to look at, and no line that will be back by itself.
    fn exchange(error: reqwest::Error) -> Self {
        let mut cause: Option<&dyn Error> = Some(&error);
        while let Some(error) = cause {
            // The library's own type, wherever it is wrapped.
            if error.to_string().starts_with("invalid peer certificate") {
                return Self::Certificate { why: error.to_string() };
            }
            cause = error.source();
        }
        Self::Exchange(error)
    }
}

/// Whether an address that somebody gives is one and nothing behind it: the calls have paths of their own, and what is cut off without a
/// word is looked for elsewhere. (One that was kept by an older version goes on without its path.)
pub fn is_bare(server_url: &str) -> Result<(), HttpError> {
    let server = Url::parse(server_url).map_err(|_| HttpError::Address)?;
    let bare = server.path() == "/" && server.query().is_none() && server.fragment().is_none();
    if bare || server.cannot_be_a_base() { Ok(()) } else { Err(HttpError::Address) }
}

/// `None` for an address without a host.
fn is_loopback(url: &Url) -> Option<bool> {
    let host = url.host_str()?;
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    Some(host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(
        "服务器地址（server_url）不对，应为 https://主机名，后面没有路径 the server's address is a URL with a host and nothing behind it"
    )]
    Address,
    #[error(
        "服务器地址（server_url）不在本机，或配置了 server_ca 时，必须用 https plain http is only for a server on this very machine, and never with server_ca"
    )]
    Plain,
    #[error(
        "服务器的证书不可信，不是所信任的证书机构签的，请告诉保卫处 the server's certificate is not believed ({why})"
    )]
    Certificate { why: String },
    #[error("证书文件 {} 读不了 the authority's certificates cannot be read", file.display())]
    Authority {
        file: PathBuf,
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    #[error("网络部件启动不了 the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
    #[error("连不上服务器 the server was not reached")]
    Exchange(#[source] reqwest::Error),
    #[error("服务器只回答了状态码 {0} the server answered with status {0} and no reason")]
    Status(u16),
    #[error("服务器的回答解不开 the server's answer cannot be inflated")]
    Deflated(#[source] io::Error),
    #[error("服务器的回答太长 the server's answer is too long")]
    TooLong,
    #[error("服务器的回答看不懂 the server's answer is not understood")]
    Unreadable(#[source] serde_json::Error),
    #[error("请求写不出来 the request could not be written")]
    Unwritable(#[source] serde_json::Error),
    #[error("本机还没有登记 this terminal has not been enrolled")]
    Unsigned,
    #[error("本机给不出随机数 the machine gives no random numbers")]
    NoRandomness(#[source] getrandom::Error),
}

#[cfg(test)]
mod tests;
