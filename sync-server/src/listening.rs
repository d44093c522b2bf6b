//! Connections: how many there may be, and for how long each may keep us waiting.
//!
//! Whoever opens a connection and says nothing costs them little and us a file descriptor, and a server without descriptors is a
//! server that is down. So a request has to arrive within a time, nobody has more than their share, and no connection lasts for
//! ever. Behind a proxy everybody comes from one address, and shares are the proxy's to keep.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    response::{IntoResponse as _, Response},
};
use http::{Request, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time,
};
use tower::ServiceExt as _;

use crate::headers;

#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// From the first wait for a request to the last line of its head; a connection that is merely kept open ends so, too.
    pub head_within: Duration,
    /// From the head to the answer: more than the longest held call.
    pub answer_within: Duration,
    /// Open at once from one address.
    pub per_peer: Option<usize>,
    /// Whether people reach us by TLS.
    pub https: bool,
}

impl Terms {
    #[must_use]
    pub fn usual(behind_proxy: bool, https: bool) -> Self {
        Self {
            head_within: Duration::from_secs(20),
            answer_within: Duration::from_secs(60),
            // A campus may stand behind one address, and a browser opens half a dozen.
            per_peer: (!behind_proxy).then_some(512),
            https,
        }
    }
}

/// Even one that is always busy begins anew after this: a reader who takes nothing would hold it for ever.
const CONNECTION_LASTS: Duration = Duration::from_mins(10);

/// What one connection holds of what nobody has read yet; a head must fit in.
const BUFFER_BYTES: usize = 64 * 1024;

/// Files that are not connections: the database, its log, keys and what the machine's libraries open.
const OTHER_FILES: u64 = 128;

/// As many files as the machine allows this process, not as few as a shell begins with.
pub fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(cause) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%cause, ?current, "the limit of open files cannot be raised");
    }
}

/// Answers until `closing` turns true, and then until the last answer has left.
pub async fn answer(listener: TcpListener, router: Router, terms: Terms, mut closing: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(most_open()));
    let peers = Arc::new(Peers { most: terms.per_peer, open: Mutex::default() });
    let mut conversations = JoinSet::new();
    while !*closing.borrow() {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = conversations.join_next() => continue,
            () = closed(&mut closing) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(share) = peers.clone().share(peer.ip()) else {
                    tracing::debug!(%peer, "too many connections from one address");
                    continue;
                };
                let (router, closing) = (router.clone(), closing.clone());
                conversations.spawn(async move {
                    converse(stream, peer, router, terms, closing).await;
                    drop((place, share));
                });
            }
            Err(cause) if is_the_peers(&cause) => {}
            Err(cause) => {
                tracing::error!(%cause, "no connection can be accepted just now");
                time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    drop(listener);
    while conversations.join_next().await.is_some() {}
}

/// A sender that is gone is a server that stops, too.
pub async fn closed(closing: &mut watch::Receiver<bool>) {
    closing.wait_for(|closing| *closing).await.ok();
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    terms: Terms,
    mut closing: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| in_time(router.clone(), peer, terms, request));
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(terms.head_within)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(conversation);
    tokio::select! {
        // Peers hang up in many ways; none of them is news.
        _ = &mut conversation => return,
        () = closed(&mut closing) => {}
        () = time::sleep(CONNECTION_LASTS) => {}
    }
    conversation.as_mut().graceful_shutdown();
    drop(time::timeout(terms.answer_within, conversation).await);
}

/// What stands around every answer; what no page gives bears the headers of every answer, too.
async fn in_time(
    router: Router,
    peer: SocketAddr,
    terms: Terms,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = match time::timeout(terms.answer_within, router.oneshot(request)).await {
        Ok(answered) => answered?,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    headers::put_on(&mut response, None, terms.https);
    Ok(response)
}

fn most_open() -> usize {
    let files =
        getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files.saturating_sub(OTHER_FILES)).ok());
    files.map_or(Semaphore::MAX_PERMITS, |files| files.clamp(1, Semaphore::MAX_PERMITS))
}

fn is_the_peers(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

/// Who has how many connections open.
#[derive(Debug)]
struct Peers {
    most: Option<usize>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One of a peer's connections, for as long as it is held.
struct Share {
    peers: Arc<Peers>,
    network: IpAddr,
}

impl Peers {
    fn share(self: Arc<Self>, peer: IpAddr) -> Option<Share> {
        let network = network(peer);
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(network).or_default();
            if self.most.is_some_and(|most| *count >= most) {
                return None;
            }
            *count += 1;
        }
        Some(Share { peers: self, network })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut open = self.peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// Whoever has one IPv6 address has the whole /64.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SOON: Duration = Duration::from_millis(300);

    async fn listening(per_peer: Option<usize>) -> (SocketAddr, watch::Sender<bool>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (close, closing) = watch::channel(false);
        let router = Router::new()
            .route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
            .route("/", post(|body: String| async move { body }));
        // Whose share is counted is not timed as well.
        let within = if per_peer.is_some() { 100 * SOON } else { SOON };
        let terms = Terms { head_within: within, answer_within: within, per_peer, https: true };
        tokio::spawn(answer(listener, router, terms, closing));
        (address, close)
    }

    /// All that comes until the other side hangs up, which must be soon.
    async fn heard(line: &mut TcpStream) -> String {
        let mut text = String::new();
        time::timeout(100 * SOON, line.read_to_string(&mut text)).await.expect("still open").unwrap_or_default();
        text
    }

    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn who_keeps_us_waiting_is_hung_up_on_and_others_are_answered() {
        let (address, _close) = listening(None).await;
        let mut waiting = Vec::new();
        for said in ["", "GET / HTTP/1.1\r\nhost:", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"] {
            let mut line = TcpStream::connect(address).await.unwrap();
            line.write_all(said.as_bytes()).await.unwrap();
            waiting.push(line);
        }
        let mut kept_open = TcpStream::connect(address).await.unwrap();
        kept_open.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut line = TcpStream::connect(address).await.unwrap();
        line.write_all(WHOLE).await.unwrap();
        assert!(heard(&mut line).await.ends_with("127.0.0.1"));
        let kept = heard(&mut kept_open).await;
        assert!(kept.ends_with("127.0.0.1"));
        for header in ["default-src 'none'", "nosniff", "no-referrer", "permissions-policy", "max-age=31536000"] {
            assert!(kept.contains(header), "{header} in {kept}");
        }
        let mut said = Vec::new();
        for line in &mut waiting {
            said.push(heard(line).await);
        }
        assert!(said.iter().all(|said| !said.contains("200 OK")));
        // What never became a request has no answer of ours; half a request has.
        let half = said.last().unwrap();
        assert!(half.contains(" 408 ") && half.contains("frame-ancestors 'none'"), "{half}");
    }

    #[tokio::test]
    async fn nobody_has_more_than_their_share() {
        let (address, _close) = listening(Some(2)).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(WHOLE).await.ok();
        assert_eq!(heard(&mut third).await, "");
        first.write_all(WHOLE).await.unwrap();
        assert!(heard(&mut first).await.contains("200 OK"));
        let mut fourth = TcpStream::connect(address).await.unwrap();
        fourth.write_all(WHOLE).await.unwrap();
        assert!(heard(&mut fourth).await.contains("200 OK"));
    }

    #[test]
    fn a_share_is_given_back_and_one_ipv6_network_is_one_peer() {
        let peers = Arc::new(Peers { most: Some(1), open: Mutex::default() });
        let share = |text: &str| Arc::clone(&peers).share(text.parse().unwrap());
        let held = share("2001:db8::1").unwrap();
        assert!(share("2001:db8::2").is_none());
        let _others = (share("2001:db8:0:1::1").unwrap(), share("10.0.0.1").unwrap());
        assert!(share("::ffff:10.0.0.1").is_none());
        drop(held);
        assert!(share("2001:db8::2").is_some());
    }

    #[test]
    fn the_limit_of_open_files_is_the_machine_s() {
        raise_open_files();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
    }
}
