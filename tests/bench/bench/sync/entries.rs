//! Entries of gates, each durable before it is countersigned, beside the same rows put in by nobody who knows anything.

use std::{
    io::Write,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use gatehouse::{
    Trouble,
    machine::{cpu_of_threads, now},
    office::Office,
};
use rusqlite::{Connection, params_from_iter, types::Value};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainName, Head, Link},
    seal::Sealed,
    sync::{
        PUSH_PATH,
        push::{EntryHead, PUSH_BATCH, PushAnswer, PushRequest, mark},
    },
};
use tokio::runtime::Runtime;
use world::campus::Campus;

use super::{SERVER, caller::Caller, gate::entry, told};

/// Gates that push at once, where the server's CPU is counted.
const GATES: u32 = 8;

pub(super) fn run(
    outside: &Runtime,
    campus: &Campus,
    entries: u64,
    within: &Path,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let office = Office::today();
    let (one, cpu, rate, all) = outside.block_on(async {
        let mut alone = pushes(Caller::enrolled(campus, 900_000).await?, &office, 0, entries)?;
        let since = now();
        alone.send().await?;
        let one = since.elapsed();
        let mut many = Vec::new();
        for number in 1..=GATES {
            let from = entries * u64::from(number);
            many.push(pushes(Caller::enrolled(campus, 900_000 + number).await?, &office, from, entries)?);
        }
        let before = cpu_of_threads(|name| name.starts_with(SERVER))?;
        let since = now();
        let mut sending = tokio::task::JoinSet::new();
        many.into_iter().for_each(|mut pushes| {
            sending.spawn(async move { pushes.send().await });
        });
        while let Some(sent) = sending.join_next().await {
            sent.map_err(told)??;
        }
        let took = since.elapsed();
        let cpu = cpu_of_threads(|name| name.starts_with(SERVER))?.saturating_sub(before);
        let all = entries * u64::from(GATES);
        Ok::<_, Trouble>((one, cpu, all as f64 / took.as_secs_f64(), all))
    })?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(within)?;
    let (bare_took, bare_cpu) =
        bare(&campus.room().join("server/office.sqlite3"), &folder.path().join("bare.sqlite3"), all)?;
    let per_cpu = all as f64 / cpu.as_secs_f64();
    let bare_per_cpu = all as f64 / bare_cpu.as_secs_f64();
    writeln!(out, "\nEntries pushed by 500, checked, told to the other gates, durable and countersigned")?;
    writeln!(out, "  {entries} of one gate in {:.2} s; wanted: 1 s at most", one.as_secs_f64())?;
    writeln!(
        out,
        "  {per_cpu:.0} for each second of the server's CPU ({rate:.0} a second of the clock, {GATES} gates at once); wanted: 10,000"
    )?;
    writeln!(
        out,
        "  the same rows put in by groups alone: {bare_per_cpu:.0} for each second of CPU ({:.0} of the clock); ours are {:.0} %; wanted: 50 %",
        all as f64 / bare_took.as_secs_f64(),
        100.0 * per_cpu / bare_per_cpu
    )?;
    Ok(())
}

struct Pushes {
    caller: Caller,
    requests: Vec<PushRequest>,
}

impl Pushes {
    async fn send(&mut self) -> Result<(), Trouble> {
        for request in &self.requests {
            let _: PushAnswer = self.caller.post(PUSH_PATH, request).await?;
        }
        Ok(())
    }
}

fn pushes(caller: Caller, office: &Office, from: u64, entries: u64) -> Result<Pushes, Trouble> {
    let name = ChainName::Entries { terminal: caller.terminal };
    let (mut head, mut requests) = (Head::START, Vec::new());
    let numbers: Vec<u64> = (from..from + entries).collect();
    for numbers in numbers.chunks(PUSH_BATCH) {
        let (mut links, mut marks) = (Vec::new(), String::new());
        for number in numbers {
            let body = serde_json::to_string(&entry(office, *number)?)?;
            head = head.extend(name, &body);
            marks.push_str(&mark(head.hash));
            links.push(Link { seq: head.seq, body: RawValue::from_string(body)? });
        }
        let signed = EntryHead { terminal: caller.terminal, head };
        let head = Sealed::seal(&signed, None, &caller.key)?;
        requests.push(PushRequest { terminal: caller.terminal, links, head, marks });
    }
    Ok(Pushes { caller, requests })
}

/// The newest rows that entries became, put into empty tables of the same shape by transactions of as many as a push has.
fn bare(from: &Path, to: &Path, entries: u64) -> Result<(Duration, Duration), Trouble> {
    let source = Connection::open(from).map_err(told)?;
    let db = Connection::open(to).map_err(told)?;
    db.execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536")
        .map_err(told)?;
    let tables =
        "select sql from sqlite_schema where tbl_name in ('entry', 'feed') and sql is not null order by type desc";
    let mut shapes = source.prepare(tables).map_err(told)?;
    for shape in shapes.query_map([], |row| row.get::<_, String>(0)).map_err(told)? {
        db.execute_batch(&shape.map_err(told)?).map_err(told)?;
    }
    let entered =
        rows(&source, "select * from entry where terminal > (select min(terminal) from entry) order by terminal, seq")?;
    let feed = rows(
        &source,
        &format!("select * from (select * from feed where campus = 1 order by seq desc limit {entries}) order by seq"),
    )?;
    let threads = thread::Builder::new().name("bare-rows".to_owned()).spawn(move || put(&db, &entered, &feed))?;
    threads.join().map_err(|_| told("the rows were not put in"))?
}

type Row = Vec<Value>;

fn rows(db: &Connection, sql: &str) -> Result<Vec<Row>, Trouble> {
    let mut query = db.prepare(sql).map_err(told)?;
    let columns = query.column_count();
    let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).map_err(told)?;
    rows.collect::<Result<_, _>>().map_err(told)
}

fn put(db: &Connection, entered: &[Row], feed: &[Row]) -> Result<(Duration, Duration), Trouble> {
    let spent = || cpu_of_threads(|name| name == "bare-rows");
    let (since, before): (Instant, Duration) = (now(), spent()?);
    let work = || -> Result<(), rusqlite::Error> {
        let mut insert_entry = db.prepare("insert into entry values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        let mut insert_feed = db.prepare("insert into feed values (?1, ?2, ?3, ?4, ?5)")?;
        for (entries, links) in entered.chunks(PUSH_BATCH).zip(feed.chunks(PUSH_BATCH)) {
            db.execute_batch("begin immediate")?;
            for row in entries {
                insert_entry.execute(params_from_iter(row))?;
            }
            for row in links {
                insert_feed.execute(params_from_iter(row))?;
            }
            db.execute_batch("commit")?;
        }
        Ok(())
    };
    db.execute_batch("pragma foreign_keys = off").map_err(told)?;
    work().map_err(told)?;
    Ok((since.elapsed(), spent()?.saturating_sub(before)))
}
