//! Who sends much and slowly: strangers are answered before they have, and a terminal has its part and no more.

use std::{net::SocketAddr, time::Duration};

use shared::sync::push::PUSH_BATCH;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{limits::batch, *};
use crate::listening::{self, Terms};

async fn listening(world: &World) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let terms = Terms { per_peer: None, ..Terms::usual(false, true) };
    tokio::spawn(listening::answer(listener, world.router.clone(), terms, world.close.subscribe()));
    address
}

fn head(path: &str, length: usize, headers: Option<&SignatureHeaders>) -> String {
    let signed = headers.map_or_else(String::new, |SignatureHeaders { content_digest, signature_input, signature }| {
        format!(
            "{CONTENT_DIGEST}: {content_digest}\r\n{SIGNATURE_INPUT}: {signature_input}\r\n{SIGNATURE}: {signature}\r\n"
        )
    });
    format!("POST {path} HTTP/1.1\r\nhost: x\r\n{signed}content-length: {length}\r\n\r\n")
}

/// What is answered, as far as `end`.
async fn heard(line: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let until = async {
        while !String::from_utf8_lossy(&text).contains(end) {
            assert_ne!(line.read_buf(&mut text).await.unwrap(), 0, "{}", String::from_utf8_lossy(&text));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.expect("no answer");
    String::from_utf8(text).unwrap()
}

/// A push of so many bytes, most of which say nothing.
fn large(world: &World, bytes: usize) -> Vec<u8> {
    let mut body = batch(world, PUSH_BATCH).0;
    body.resize(bytes, b' ');
    body
}

#[tokio::test]
async fn a_stranger_is_answered_before_the_body_has_come_and_terminals_push_meanwhile() {
    let world = World::new().await;
    let address = listening(&world).await;
    let nonce = Nonce::from_random([1; 16]);
    let parameters = Parameters { created_s: NOW.unix_s(), nonce, terminal: world.terminal };
    let forged = http_signature::sign(&parameters, "POST", PUSH_PATH, b"{}", &SigningKey::from_bytes(&[1; 32]));
    let mut strangers = Vec::new();
    for number in 0..64 {
        let mut line = TcpStream::connect(address).await.unwrap();
        let signed = (number % 2 == 0).then_some(&forged);
        line.write_all(head(PUSH_PATH, LARGEST_BODY_BYTES, signed).as_bytes()).await.unwrap();
        line.write_all(&[b' '; 1000]).await.unwrap();
        strangers.push(line);
    }
    for line in &mut strangers {
        let told = heard(line, "}").await;
        assert!(told.starts_with("HTTP/1.1 401 ") && told.ends_with(r#"{"refusal":"unauthenticated"}"#), "{told}");
    }
    let body = large(&world, LARGEST_BODY_BYTES);
    let signed = world.signed(PUSH_PATH, &body, NOW);
    let mut line = TcpStream::connect(address).await.unwrap();
    line.write_all(head(PUSH_PATH, body.len(), Some(&signed)).as_bytes()).await.unwrap();
    line.write_all(&body).await.unwrap();
    let told = heard(&mut line, "receipt").await;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
}

#[tokio::test]
async fn a_terminal_that_is_refused_for_its_clock_hears_it_after_all_it_sent() {
    let world = World::new().await;
    let address = listening(&world).await;
    let body = large(&world, LARGEST_BODY_BYTES);
    let late = world.signed(PUSH_PATH, &body, NOW.minus(TimeDelta::hours(1)));
    let mut line = TcpStream::connect(address).await.unwrap();
    // The connection is good for the next one, too.
    for _ in 0..2 {
        line.write_all(head(PUSH_PATH, body.len(), Some(&late)).as_bytes()).await.unwrap();
        line.write_all(&body).await.unwrap();
        let told = heard(&mut line, "}").await;
        assert!(told.starts_with("HTTP/1.1 401 ") && told.contains("server_time"), "{told}");
    }
}

#[tokio::test]
async fn a_terminal_that_never_ends_what_it_sends_has_its_part_and_gives_it_back() {
    let world = World::new().await;
    let address = listening(&world).await;
    let body = large(&world, LARGEST_BODY_BYTES);
    let mut slow = Vec::new();
    for _ in 0..2 {
        let signed = world.signed(PUSH_PATH, &body, NOW);
        let head = head(PUSH_PATH, body.len(), Some(&signed)).replace("host: x", "host: x\r\nexpect: 100-continue");
        let mut line = TcpStream::connect(address).await.unwrap();
        line.write_all(head.as_bytes()).await.unwrap();
        // Said once the body is waited for.
        assert!(heard(&mut line, "\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
        slow.push(line);
    }
    let pull = async || {
        let body = world.pull_body();
        let signed = world.signed(PULL_PATH, &body, NOW);
        world.post(PULL_PATH, body, &signed).await
    };
    let (status, told) = pull().await;
    assert_eq!((status, told.as_slice()), (StatusCode::SERVICE_UNAVAILABLE, br#"{"error":"unavailable"}"#.as_slice()));
    let mut line = slow.pop().unwrap();
    line.write_all(&body).await.unwrap();
    assert!(heard(&mut line, "receipt").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(pull().await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_not_the_signed_one_is_nobodys() {
    let world = World::new().await;
    let body = world.pull_body();
    let signed = world.signed(PULL_PATH, &body, NOW);
    let mut other = body.clone();
    other.push(b' ');
    assert_eq!(world.refused(PULL_PATH, other, &signed).await, Refusal::Unauthenticated);
    // Nor has it used the nonce up.
    assert_eq!(world.post(PULL_PATH, body, &signed).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_no_signature_covers_is_not_heard() {
    let world = World::new().await;
    let body = world.pull_body();
    let signed = world.signed(PULL_PATH, &body, NOW);
    assert_eq!(world.refused(&format!("{PULL_PATH}?wait=0"), body, &signed).await, Refusal::Malformed);
}
