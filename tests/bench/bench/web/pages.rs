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
        HeaderMap,
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

use super::middle;

/// How the names of the server's threads begin, those of its store too.
pub(super) const SERVER: &str = "office";

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
    for Shown { name, address, readers } in pages {
        let (head, bytes) = outside.block_on(answer(&readers, &campus.url, &address))?;
        let bare = office.block_on(bare(head, bytes.clone()))?;
        let (mut ours, mut least) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            ours.push(rate(outside, &readers, &format!("{}{address}", campus.url), &bytes, turn)?);
            least.push(rate(outside, &readers, &bare, &bytes, turn)?);
        }
        let (ours, least) = (middle(ours), middle(least));
        writeln!(out, "{name:22} {ours:7.0} {least:7.0} {:5.0} % {:7}", 100.0 * ours / least, bytes.len())?;
    }
    Ok(())
}

struct Shown {
    name: &'static str,
    address: String,
    readers: Vec<reqwest::Client>,
}

/// How a visit stands, as its visitor sees it; the review page, as a host without a session; the empty form.
async fn pages(campus: &Campus, callers: &[Person]) -> Result<Vec<Shown>, Trouble> {
    let visitor = callers.first().ok_or_else(|| Trouble::NotHeld("nobody calls".to_owned()))?;
    let address = visitor.booked(&Form::good(today())).await?;
    let [notice, ..] = campus.mailbox.take_three().await?;
    let stranger = Person::new(&campus.url)?;
    let readers = |person: &Person| vec![person.http().clone(); callers.len()];
    Ok(vec![
        Shown { name: "status of a visit", address, readers: readers(visitor) },
        Shown { name: "review", address: stranger.path_of(&notice)?, readers: readers(&stranger) },
        Shown { name: "booking form", address: "/book".to_owned(), readers: readers(visitor) },
    ])
}

async fn answer(readers: &[reqwest::Client], url: &str, address: &str) -> Result<(HeaderMap, Bytes), Trouble> {
    let reader = readers.first().ok_or_else(|| Trouble::NotHeld("nobody reads".to_owned()))?;
    let answer = reader.get(format!("{url}{address}")).send().await?.error_for_status()?;
    let mut head = answer.headers().clone();
    // These the server writes by itself.
    for name in [CONTENT_LENGTH, DATE] {
        head.remove(name);
    }
    Ok((head, answer.bytes().await?))
}

/// The least that could answer: the same bytes, head and body, whoever asks.
async fn bare(head: HeaderMap, bytes: Bytes) -> Result<String, Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/", listener.local_addr()?);
    let page = get(move || async move { (head, bytes) });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", page)).await });
    Ok(address)
}

fn rate(
    outside: &Runtime,
    readers: &[reqwest::Client],
    address: &str,
    bytes: &Bytes,
    turn: Duration,
) -> Result<f64, Trouble> {
    let busy = || cpu_of_threads(|name| name.starts_with(SERVER));
    let (read, before) = (Arc::new(AtomicU64::new(0)), busy()?);
    outside.block_on(async {
        let reading = readers.iter().map(|reader| {
            tokio::spawn(keep_reading(reader.clone(), address.to_owned(), bytes.len(), turn, read.clone()))
        });
        for reading in reading.collect::<Vec<_>>() {
            reading.await.map_err(|error| Trouble::NotHeld(error.to_string()))??;
        }
        Ok::<_, Trouble>(())
    })?;
    let read = u32::try_from(read.load(Ordering::Relaxed)).map_or(f64::MAX, f64::from);
    Ok(read / (busy()? - before).as_secs_f64())
}

async fn keep_reading(
    reader: reqwest::Client,
    address: String,
    length: usize,
    turn: Duration,
    read: Arc<AtomicU64>,
) -> Result<(), Trouble> {
    let since = now();
    while since.elapsed() < turn {
        let page = reader.get(&address).send().await?.error_for_status()?.bytes().await?;
        // A random number in a form changes no length.
        if page.len() != length {
            return Err(Trouble::NotHeld(format!("{address} has {} bytes and not {length}", page.len())));
        }
        read.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
