//! The terminal as it is, without its window: gate thread, store on the disk, line; until it knows everything and nothing is unsent.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::sync_channel},
    time::Duration,
};

use gate_terminal::{
    card,
    clock::SetClock,
    controller::{Controller, Doors, Handle},
    enrol,
    gate::{HELD_CALL_S, Signal},
    ports::{Lamp, Observer, Store as _, Told},
    store::{DATABASE_FILE, SqliteStore},
    sync::{
        self, SyncThread,
        http::{Http, Signer},
    },
    ui::snapshot::Snapshot,
};
use gatehouse::{Trouble, machine::now, office::Office};
use shared::{
    entry::{Direction, Entry, Outcome, Said},
    ids::GateIndex,
    sync::{beacon::Freshness, change::Change, enrol::InviteCode},
    verdict::Verdict,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use world::campus::{Campus, today};

use super::{
    caller::CAMPUS,
    feed,
    issued::{self, Heard},
    proxy, told,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// What a terminal's first sync takes.
pub(super) fn first(
    outside: &Runtime,
    campus: &Campus,
    passes: u64,
    within: &Path,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let office = Office::today();
    campus_keeps_snapshots(outside, campus)?;
    feed::tell(campus, (0..passes).map(|number| visitor(&office, number)))?;
    let since = now();
    campus_keeps_snapshots(outside, campus)?;
    let made = since.elapsed();
    // One link after it, so that the snapshot is not all there is.
    feed::tell(campus, std::iter::once(feed::moved(&office, 1, today())))?;
    let (address, counted) = outside.block_on(proxy::to(campus.listen(), None))?;
    let folder = outside.block_on(enrolled(campus, within))?;
    counted.take();
    let since = now();
    let gate = Gate::start(campus, folder.path(), &address)?;
    gate.until("everything to be known", |snapshot| snapshot.status.freshness == Freshness::Fresh)?;
    let took = since.elapsed();
    let (up, down) = counted.take();
    drop(gate);
    let held = SqliteStore::open_to_look(&folder.path().join(DATABASE_FILE)).map_err(told)?;
    drop(held);
    let each = |bytes: u64| bytes as f64 / passes.max(1) as f64;
    writeln!(out, "\nA first sync of {passes} passes, until they are stored and known at the gate")?;
    writeln!(
        out,
        "  {:.2} s, {:.1} bytes a pass down and {:.2} up; the server had made the snapshot in {:.2} s; wanted: 2 s, 150 bytes at most",
        took.as_secs_f64(),
        each(down),
        each(up),
        made.as_secs_f64()
    )?;
    Ok(())
}

/// How many passes and movements a terminal missed in a day.
const MISSED: (u64, u64) = (5_000, 10_000);

/// What a day without the line takes over one of 1 Mbit/s.
pub(super) fn backlog(
    outside: &Runtime,
    campus: &Campus,
    entries: u64,
    within: &Path,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let office = Office::today();
    issued::until_evening(outside, campus, entries)?;
    let folder = outside.block_on(enrolled(campus, within))?;
    let (address, counted) = outside.block_on(proxy::to(campus.listen(), None))?;
    let gate = Gate::start(campus, folder.path(), &address)?;
    gate.until("everything to be known", |snapshot| snapshot.status.freshness == Freshness::Fresh)?;
    idle(outside, &counted, out)?;
    drop(gate);
    feed::tell(campus, (0..MISSED.0).map(|number| visitor(&office, number)))?;
    feed::tell(campus, (0..MISSED.1).map(|number| feed::moved(&office, number, today())))?;
    {
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).map_err(told)?;
        for number in 0..entries {
            store.append(&entry(&office, number, number)?).map_err(told)?;
        }
    }
    let (address, counted) = outside.block_on(proxy::to(campus.listen(), Some(1_000_000)))?;
    let seq = outside.block_on(latest(campus))?;
    // What it heard before is not taken for what it has yet to hear.
    campus.later(chrono::TimeDelta::minutes(1));
    let begun = campus.now();
    let since = now();
    let gate = Gate::start(campus, folder.path(), &address)?;
    gate.until("the backlog to be gone", |snapshot| {
        snapshot.status.unsent == 0
            && snapshot.status.freshness == Freshness::Fresh
            && snapshot.status.news_as_of >= Some(begun)
    })?;
    let took = since.elapsed();
    let (up, down) = counted.take();
    drop(gate);
    let known = SqliteStore::open_to_look(&folder.path().join(DATABASE_FILE)).and_then(|mut store| store.load());
    let known = known.map_err(told)?.news.head.seq;
    if known < seq {
        return Err(told(format!("the gate knows the feed up to link {known} of {seq}")));
    }
    let heard = Heard::checked(campus, (1, entries), seq)?;
    let (passes, moves) = MISSED;
    writeln!(
        out,
        "\nA day's backlog over 1 Mbit/s each way: {entries} entries up; {passes} passes and {moves} movements down, link {seq}"
    )?;
    writeln!(
        out,
        "  {:.1} s; {:.2} MB up, {:.2} MB down; wanted: 12 s at most",
        took.as_secs_f64(),
        up as f64 / 1e6,
        down as f64 / 1e6
    )?;
    writeln!(out, "  {heard}")?;
    Ok(())
}

/// One held call's answer and the next call are all that comes and goes in the time for which a call is held.
fn idle(outside: &Runtime, counted: &proxy::Counted, out: &mut dyn Write) -> Result<(), Trouble> {
    counted.take();
    outside.block_on(async { tokio::time::sleep(Duration::from_secs(u64::from(HELD_CALL_S) + 1)).await });
    let (up, down) = counted.take();
    let calls = 3_600 / u64::from(HELD_CALL_S);
    let (up, down) = (up * calls, down * calls);
    writeln!(out, "\nAn idle terminal's hour: {up} bytes up and {down} down, in {calls} held calls")?;
    Ok(())
}

pub(super) async fn latest(campus: &Campus) -> Result<u64, Trouble> {
    let fed = campus.state.store.feed_after(CAMPUS, shared::sync::pull::Cursor::START, 1).await;
    Ok(fed.map_err(told)?.map_err(told)?.latest)
}

fn visitor(office: &Office, number: u64) -> Result<Change, Trouble> {
    Ok(Change::PassIssued(feed::visitor(office, number, today())?.into()))
}

/// The visitor of this number goes in, as so many went before at the same gate; the last ones in the evening.
pub(super) fn entry(office: &Office, number: u64, nth: u64) -> Result<Entry, Trouble> {
    let record = office.record(number)?;
    let name = record.visitor.masked();
    Ok(Entry {
        at: today()
            .at_minute(8 * 60)
            .plus(chrono::TimeDelta::milliseconds(i64::try_from(nth * 1_913).map_err(told)?))
            .min(today().at_minute(20 * 60)),
        clock_trusted: true,
        gate: GateIndex::new(0).ok_or_else(|| told("no gate"))?,
        direction: Direction::In,
        said: Said {
            verdict: Verdict::Admit,
            pass: Some(record.pass),
            name: Some(name),
            foreign_code: None,
            paper: None,
        },
        outcome: Outcome::Passed,
        party: 1,
    })
}

fn campus_keeps_snapshots(outside: &Runtime, campus: &Campus) -> Result<(), Trouble> {
    outside.block_on(campus.state.store.keep_snapshots(campus.now())).map_err(told).map(drop)
}

async fn enrolled(campus: &Campus, within: &Path) -> Result<TempDir, Trouble> {
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(within)?;
    let code = InviteCode::from_random([1; 10]);
    let gate = GateIndex::new(0).ok_or_else(|| told("no gate"))?;
    let (now, store) = (campus.now(), &campus.state.store);
    store.invite(CAMPUS, gate, &code, now.plus(chrono::TimeDelta::minutes(5)), now).await.map_err(told)?;
    let http = Http::new(&campus.url, None, Arc::new(SetClock::at(now))).map_err(told)?;
    let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).map_err(told)?;
    enrol::enrol(&http, &mut store, folder.path(), code, None).await.map_err(told)?;
    Ok(folder)
}

struct Gate {
    gate: Handle,
    woken: std::sync::mpsc::Receiver<()>,
    _sync: SyncThread,
    _cards: card::Asked,
}

impl Gate {
    fn start(campus: &Campus, folder: &Path, address: &str) -> Result<Self, Trouble> {
        let key = enrol::load_key(&PathBuf::from(folder)).map_err(told)?;
        let mut store = SqliteStore::open(&folder.join(DATABASE_FILE)).map_err(told)?;
        store.keep_journal(&key).map_err(told)?;
        let clock = SetClock::at(campus.now());
        let terminal = store.load().map_err(told)?.post.terminal;
        let signer = Signer { terminal, key: key.clone() };
        let http = Http::new(&format!("http://{address}"), Some(signer), Arc::new(clock.clone())).map_err(told)?;
        let (line, lanes) = sync::line();
        let (questions, cards) = card::desk();
        let doors = Doors {
            clock: Box::new(clock),
            line: Box::new(line),
            cards: Box::new(questions),
            lamp: Box::new(Nothing),
            observer: Box::new(Nothing),
            key,
        };
        let (wake, woken) = sync_channel(1);
        let gate = Controller::open(store, doors, Direction::In).map_err(told)?.spawn(move || {
            wake.try_send(()).ok();
        })?;
        let sync = sync::spawn(lanes, http, Http::meaning, gate.events())?;
        Ok(Self { gate, woken, _sync: sync, _cards: cards })
    }

    fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Result<(), Trouble> {
        let since = now();
        loop {
            let snapshot = self.gate.snapshot();
            if wanted(&snapshot) {
                return Ok(());
            }
            let left = PATIENCE.saturating_sub(since.elapsed());
            let waited = || Trouble::Waited(format!("{what}: {:?}", snapshot.status));
            self.woken.recv_timeout(left).map_err(|_| waited())?;
        }
    }
}

struct Nothing;

impl Lamp for Nothing {
    fn shine(&mut self, _: Signal) {}
}

impl Observer for Nothing {
    fn hear(&mut self, _: &Told) {}
}
