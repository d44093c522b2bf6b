//! Entries of gates, each durable before it is countersigned, beside the same rows put in by nobody who knows anything.

use std::{
    io::Write,
    path::{Path, PathBuf},
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

use super::{
    SERVER,
    caller::Caller,
    gate::{entry, latest},
    issued::{self, Heard},
    told,
};
use crate::spread::middle;

/// Gates that push at once, where the server's CPU is counted.
const GATES: u32 = 8;
/// Times that they do, the bare rows after each.
const TURNS: u32 = 5;
/// One alone, and those of all turns.
const PUSHING: u32 = 1 + GATES * TURNS;

pub(super) fn run(
    outside: &Runtime,
    campus: &Campus,
    entries: u64,
    within: &Path,
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    issued::until_evening(outside, campus, entries * u64::from(PUSHING))?;
    let link = outside.block_on(latest(campus))?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(within)?;
    let database = campus.database();
    let open = |pushes: usize| Bare::open(&database, &folder.path().join(format!("{pushes}.sqlite3")), pushes);
    let mut bare = [open(1)?, open(GATES as usize)?];
    let mut gates = Gates { campus, office: Office::today(), entries, next: 0 };
    let one = outside.block_on(async {
        let mut alone = gates.next().await?;
        let since = now();
        alone.send().await?;
        Ok::<_, Trouble>(since.elapsed())
    })?;
    let mut ours = Vec::new();
    for bare in &mut bare {
        bare.put_new()?;
    }
    let rows = (entries * u64::from(GATES)) as f64;
    for _ in 0..TURNS {
        let (took, cpu) = outside.block_on(gates.push_at_once())?;
        ours.push(rows / took.as_secs_f64());
        for bare in &mut bare {
            let (_, spent) = bare.put_new()?;
            bare.turns.push((rows / spent.as_secs_f64(), rows / cpu.as_secs_f64()));
        }
    }
    let heard = Heard::checked(campus, (u64::from(PUSHING), entries), link)?;
    for bare in &bare {
        bare.must_hold(&heard)?;
    }
    writeln!(out, "\nEntries pushed by 500, checked, told to the other gates, durable and countersigned")?;
    writeln!(out, "  {heard}")?;
    writeln!(out, "  {entries} of one gate in {:.2} s; wanted: 1 s at most", one.as_secs_f64())?;
    writeln!(
        out,
        "  {:.0} for each second of the server's CPU ({:.0} a second of the clock), {GATES} gates at once; wanted: 10,000",
        middle(bare.iter().flat_map(|bare| &bare.turns).map(|(_, ours)| *ours).collect()),
        middle(ours)
    )?;
    writeln!(out, "  the same rows put in by nobody who checks, for each second of CPU, in {TURNS} turns:")?;
    for Bare { pushes, turns, .. } in &bare {
        let shares = turns.iter().map(|(alone, ours)| 100.0 * ours / alone);
        writeln!(
            out,
            "    {pushes} {} in a transaction: {:.0}; ours are {:.0} %{}",
            if *pushes == 1 { "push" } else { "pushes" },
            middle(turns.iter().map(|(alone, _)| *alone).collect()),
            middle(shares.collect()),
            if *pushes == 1 { "; wanted: 50 %" } else { "" }
        )?;
    }
    Ok(())
}

/// Gates nobody has heard of, one after another.
struct Gates<'a> {
    campus: &'a Campus,
    office: Office,
    entries: u64,
    next: u32,
}

impl Gates<'_> {
    async fn next(&mut self) -> Result<Pushes, Trouble> {
        let from = self.entries * u64::from(self.next);
        let caller = Caller::enrolled(self.campus, 900_000 + self.next).await?;
        self.next += 1;
        pushes(caller, &self.office, from, self.entries)
    }

    /// How long it takes, and the server's CPU.
    async fn push_at_once(&mut self) -> Result<(Duration, Duration), Trouble> {
        let mut many = Vec::new();
        for _ in 0..GATES {
            many.push(self.next().await?);
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
        Ok((took, cpu_of_threads(|name| name.starts_with(SERVER))?.saturating_sub(before)))
    }
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
            let body = serde_json::to_string(&entry(office, *number, number - from)?)?;
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

/// Tables of the same shape, into which the rows that entries became are put.
struct Bare {
    from: PathBuf,
    /// As many of them in one transaction.
    pushes: usize,
    /// Rows for each second of CPU: of these alone, and of the server's.
    turns: Vec<(f64, f64)>,
    db: Connection,
    /// The terminal and the link up to which all has been put in.
    last: (i64, i64),
}

impl Bare {
    fn open(from: &Path, to: &Path, pushes: usize) -> Result<Self, Trouble> {
        let source = Connection::open(from).map_err(told)?;
        let db = Connection::open(to).map_err(told)?;
        db.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536; pragma foreign_keys = off",
        )
        .map_err(told)?;
        let tables =
            "select sql from sqlite_schema where tbl_name in ('entry', 'feed') and sql is not null order by type desc";
        let mut shapes = source.prepare(tables).map_err(told)?;
        for shape in shapes.query_map([], |row| row.get::<_, String>(0)).map_err(told)? {
            db.execute_batch(&shape.map_err(told)?).map_err(told)?;
        }
        drop(shapes);
        let mut bare = Self { from: from.to_owned(), pushes, turns: Vec::new(), db, last: (0, 0) };
        bare.last = bare.newest(&source)?;
        Ok(bare)
    }

    fn newest(&self, source: &Connection) -> Result<(i64, i64), Trouble> {
        let newest = |sql| source.query_row(sql, [], |row| row.get(0)).map_err(told);
        let terminal = newest("select ifnull(max(terminal), 0) from entry")?;
        Ok((terminal, newest("select ifnull(max(seq), 0) from feed where campus = 1")?))
    }

    /// All that the office holds, or less was compared with.
    fn must_hold(&self, heard: &Heard) -> Result<(), Trouble> {
        let count = |sql| self.db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(told);
        let held = (count("select count(*) from entry")?, count("select count(*) from feed")?);
        let wanted = (heard.entries.cast_signed(), heard.told.cast_signed());
        if held == wanted {
            Ok(())
        } else {
            Err(told(format!("bare rows of entries and links: {held:?}, wanted: {wanted:?}")))
        }
    }

    /// How long it takes, and its CPU.
    fn put_new(&mut self) -> Result<(Duration, Duration), Trouble> {
        let source = Connection::open(&self.from).map_err(told)?;
        let (terminal, seq) = self.last;
        let entered = rows(&source, "select * from entry where terminal > ?1 order by terminal, seq", terminal)?;
        let feed = rows(&source, "select * from feed where campus = 1 and seq > ?1 order by seq", seq)?;
        self.last = self.newest(&source)?;
        let (db, group) = (&mut self.db, self.pushes * PUSH_BATCH);
        thread::scope(|scope| {
            let putting = thread::Builder::new()
                .name("bare-rows".to_owned())
                .spawn_scoped(scope, || put(db, group, &entered, &feed))?;
            putting.join().map_err(|_| told("the rows were not put in"))?
        })
    }
}

type Row = Vec<Value>;

fn rows(db: &Connection, sql: &str, after: i64) -> Result<Vec<Row>, Trouble> {
    let mut query = db.prepare(sql).map_err(told)?;
    let columns = query.column_count();
    let rows = query.query_map([after], |row| (0..columns).map(|column| row.get(column)).collect()).map_err(told)?;
    rows.collect::<Result<_, _>>().map_err(told)
}

fn put(db: &mut Connection, group: usize, entered: &[Row], feed: &[Row]) -> Result<(Duration, Duration), Trouble> {
    let spent = || cpu_of_threads(|name| name == "bare-rows");
    let (since, before): (Instant, Duration) = (now(), spent()?);
    let work = || -> Result<(), rusqlite::Error> {
        let mut insert_entry = db.prepare("insert into entry values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        let mut insert_feed = db.prepare("insert into feed values (?1, ?2, ?3, ?4, ?5)")?;
        let mut feed = feed.chunks(group);
        for entries in entered.chunks(group) {
            db.execute_batch("begin immediate")?;
            for row in entries {
                insert_entry.execute(params_from_iter(row))?;
            }
            for row in feed.next().unwrap_or_default() {
                insert_feed.execute(params_from_iter(row))?;
            }
            db.execute_batch("commit")?;
        }
        Ok(())
    };
    work().map_err(told)?;
    Ok((since.elapsed(), spent()?.saturating_sub(before)))
}
