//! Pages per second of the server's CPU.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONTENT_LENGTH, DATE},
    },
    routing::get,
};
use gatehouse::{
    Trouble,
    machine::{cpu_of_threads, now},
};
use tokio::{net::TcpListener, runtime::Runtime};
use world::{
    campus::{Campus, today},
    people::Form,
    person::Person,
};

use super::{SERVER, line::Line, middle};

pub(super) fn run(
    office: &Runtime,
    outside: &Runtime,
    campus: &Campus,
    callers: &[Person],
    (turn, turns): (Duration, u8),
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let pages = outside.block_on(pages(campus, callers))?;
    writeln!(out, "pages per second of CPU   ours    bare   share   bytes   (at least 50 % is wanted)")?;
    for Shown { name, address, reader } in pages {
        let asked = reader.asking(&address);
        let (head, bytes) = outside.block_on(answer(&campus.listen(), &asked, 200))?;
        let bare = office.block_on(bare(&address, head, bytes.clone()))?;
        let (mut ours, mut least) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            for (server, rates) in [(&campus.listen(), &mut ours), (&bare, &mut least)] {
                rates.push(rate(outside, (server, &asked), callers.len(), bytes.len(), turn)?);
            }
        }
        let (ours, least) = (middle(ours), middle(least));
        writeln!(out, "{name:22} {ours:7.0} {least:7.0} {:5.0} % {:7}", 100.0 * ours / least, bytes.len())?;
    }
    Ok(())
}

struct Shown {
    name: &'static str,
    address: String,
    reader: Person,
}

/// How a visit stands, as its visitor sees it; the review page, as a host without a session; the empty form.
async fn pages(campus: &Campus, callers: &[Person]) -> Result<Vec<Shown>, Trouble> {
    let visitor = callers.first().ok_or_else(|| Trouble::NotHeld("nobody calls".to_owned()))?;
    let address = visitor.booked(&Form::good(today())).await?;
    let [notice, ..] = campus.mailbox.take_three().await?;
    let stranger = Person::new(&campus.url)?;
    Ok(vec![
        Shown { name: "status of a visit", address, reader: visitor.clone() },
        Shown { name: "review", address: stranger.path_of(&notice)?, reader: stranger },
        Shown { name: "booking form", address: "/book".to_owned(), reader: visitor.clone() },
    ])
}

pub(super) async fn answer(server: &str, asked: &str, status: u16) -> Result<(HeaderMap, Bytes), Trouble> {
    let mut line = Line::to(server).await?;
    let answer = line.ask(asked).await?;
    answer.must_be(status)?;
    let mut head = HeaderMap::new();
    for (name, value) in answer.fields() {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) else {
            return Err(Trouble::NotHeld(format!("the server says {name}: {value}")));
        };
        // These the server writes by itself.
        if name != CONTENT_LENGTH && name != DATE {
            head.append(name, value);
        }
    }
    Ok((head, Bytes::copy_from_slice(answer.body)))
}

/// The least that could answer: at the same address the same bytes, head and body, whoever asks.
async fn bare(address: &str, head: HeaderMap, bytes: Bytes) -> Result<String, Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?.to_string();
    let router = Router::new().route(address, get(move || async move { (head, bytes) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(server)
}

fn rate(
    outside: &Runtime,
    (server, asked): (&str, &str),
    at_once: usize,
    length: usize,
    turn: Duration,
) -> Result<f64, Trouble> {
    let busy = || cpu_of_threads(|name| name.starts_with(SERVER));
    let (read, before) = (Arc::new(AtomicU64::new(0)), busy()?);
    outside.block_on(async {
        let reading = (0..at_once)
            .map(|_| tokio::spawn(keep_reading(server.to_owned(), asked.to_owned(), length, turn, read.clone())));
        for reading in reading.collect::<Vec<_>>() {
            reading.await.map_err(|error| Trouble::NotHeld(error.to_string()))??;
        }
        Ok::<_, Trouble>(())
    })?;
    let read = u32::try_from(read.load(Ordering::Relaxed)).map_or(f64::MAX, f64::from);
    Ok(read / (busy()? - before).as_secs_f64())
}

async fn keep_reading(
    server: String,
    asked: String,
    length: usize,
    turn: Duration,
    read: Arc<AtomicU64>,
) -> Result<(), Trouble> {
    let mut line = Line::to(&server).await?;
    let since = now();
    while since.elapsed() < turn {
        let answer = line.ask(&asked).await?;
        answer.must_be(200)?;
        // A random number in a form changes no length.
        if answer.body.len() != length {
            return Err(Trouble::NotHeld(format!("a page has {} bytes and not {length}", answer.body.len())));
        }
        read.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
