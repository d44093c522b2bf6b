//! From the answer to a host's POST that takes a pass back to the last gate that refuses it.

use std::{io::Write, sync::Arc, time::Instant};

use gatehouse::{
    Trouble,
    machine::{cpu_of_threads, now},
};
use shared::{
    chain::Head,
    ids::PassId,
    pass::KeySet,
    sync::{
        PULL_PATH,
        beacon::Beacon,
        change::Change,
        pull::{Cursor, PullAnswer, PullRequest, prove},
    },
};
use tokio::{runtime::Runtime, sync::mpsc};
use world::{
    campus::{Campus, today},
    people::{self, Form},
    person::Person,
};

use super::{SERVER, Spread, caller::Caller, told};

/// One in so many proves what it is told; a campus has a machine at each gate for it, and here all share this one.
const PROVES: u32 = 20;

pub(super) fn run(
    outside: &Runtime,
    campus: &Campus,
    (gates, revocations): (u32, u16),
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    writeln!(out, "A revocation's way to all of {gates} gates, whose calls are held open")?;
    outside.block_on(async {
        let visitor = Person::signed_in(&campus.url, people::VISITOR_PHONE, &campus.mailbox).await?;
        let mut bookings = Vec::new();
        for _ in 0..revocations {
            bookings.push(visitor.booked(&Form::good(today())).await?);
            let [sms, ..] = campus.mailbox.take_three().await?;
            Person::new(&campus.url)?.decide(&sms, "approve").await?;
        }
        let host = Person::signed_in(&campus.url, people::HOST_PHONE, &campus.mailbox).await?;
        let (refused, mut heard) = mpsc::channel(1024);
        let keys = campus.state.keys.now();
        let keys = Arc::new(KeySet::open(&keys.key_set, keys.roots).map_err(told)?);
        let cursor = latest(campus).await?;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..gates {
            let caller = Caller::enrolled(campus, number).await?;
            let proving = number.is_multiple_of(PROVES).then(|| Arc::clone(&keys));
            tasks.spawn(follow(caller, cursor, proving, refused.clone()));
        }
        drop(refused);
        // Whoever is held has asked: the first one that is told comes after all have.
        let mut spread = Spread::default();
        let before = cpu_of_threads(|name| name.starts_with(SERVER))?;
        for booking in &bookings {
            until_held(campus, gates).await?;
            let page = host.press(booking, &format!("{booking}/revoke")).await?;
            let answered = now();
            if page.status != 303 {
                return Err(told(format!("not revoked: {} {}", page.status, page.body)));
            }
            let mut last = answered;
            let mut pass = None;
            for _ in 0..gates {
                let (told_of, at): (PassId, Instant) = tokio::select! {
                    heard = heard.recv() => heard.ok_or_else(|| told("no gate is left"))?,
                    Some(ended) = tasks.join_next() => return Err(told(format!("a gate ended: {ended:?}"))),
                };
                if pass.replace(told_of).is_some_and(|pass| pass != told_of) {
                    return Err(told("a gate was told of another pass"));
                }
                last = last.max(at);
            }
            spread.note(last.duration_since(answered));
        }
        let cpu = cpu_of_threads(|name| name.starts_with(SERVER))?.saturating_sub(before);
        writeln!(out, "  milliseconds from the answer to the last gate's refusal {}", Spread::HEADING)?;
        writeln!(out, "                                                          {spread}")?;
        let each = cpu.as_secs_f64() * 1e6 / f64::from(gates) / f64::from(revocations);
        writeln!(
            out,
            "  {each:.0} microseconds of the server's CPU for each gate told; wanted: p50 300 ms, p99 1 s at most"
        )?;
        tasks.shutdown().await;
        Ok(())
    })
}

/// The place of the newest link.
async fn latest(campus: &Campus) -> Result<(u32, Head), Trouble> {
    let fed = campus.state.store.feed_after(super::caller::CAMPUS, Cursor::START, usize::MAX).await;
    let fed = fed.map_err(told)?.map_err(told)?;
    Ok((fed.epoch, fed.head))
}

/// As many waiters as there are gates: each held call listens for the feed's next link.
async fn until_held(campus: &Campus, gates: u32) -> Result<(), Trouble> {
    let since = now();
    while campus.state.store.feed_waiters() < usize::try_from(gates).map_err(told)? {
        if since.elapsed().as_secs() > 30 {
            return Err(Trouble::Waited("all gates to be held".to_owned()));
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    Ok(())
}

async fn follow(
    mut caller: Caller,
    (epoch, mut held): (u32, Head),
    keys: Option<Arc<KeySet>>,
    refused: mpsc::Sender<(PassId, Instant)>,
) -> Result<(), Trouble> {
    loop {
        let cursor = Cursor { epoch, seq: held.seq };
        let request = PullRequest {
            terminal: caller.terminal,
            cursor,
            key_set: u32::MAX,
            wait_s: 25,
            snapshot: None,
            ails: Vec::new(),
        };
        let answer: PullAnswer = caller.post(PULL_PATH, &request).await?;
        if let Some(keys) = &keys {
            let beacon = Beacon::open(&answer.beacon, keys).map_err(told)?;
            held = prove(held, epoch, &answer.links, &beacon).map_err(told)?;
        }
        for link in &answer.links {
            if keys.is_none() {
                held.seq = link.seq;
            }
            if let Change::PassRevoked { pass, .. } = serde_json::from_str(link.body.get())? {
                let gone = refused.send((pass, now())).await.is_err();
                if gone {
                    return Ok(());
                }
            }
        }
    }
}
