//! Ten thousand ways in which the log of entries is not what it was: each is noticed, and at the right number.
//!
//! They are drawn from a seed: in what a terminal pushes, in its database and in its journal. The server checks the first, the
//! terminal the others, before anything of them leaves it.

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use gate_terminal::{enrol, ports::Store as _, store::SqliteStore};
use gatehouse::chance::Chance;
use rusqlite::{Connection, params};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainName, Head, Link},
    entry::{Direction, Entry, Outcome, Said},
    ids::{GateIndex, PassId, TerminalId},
    seal::{PublicKey, Sealed},
    sync::{
        Refusal,
        push::{EntryHead, PushRequest, mark},
    },
    verdict::Verdict,
};
use world::{
    Trouble,
    campus::{Campus, today},
    terminal::Terminal,
};

const SEED: u64 = 20_261_123;
const PUSHES: u32 = 6_000;
const DATABASES: u32 = 2_000;
const JOURNALS: u32 = 2_000;

/// Entries of each terminal, and how many of them the server has.
const ENTRIES: u64 = 40;
const HELD: u64 = 18;

/// A log as its terminal wrote it.
#[derive(Clone)]
struct Log {
    terminal: TerminalId,
    key: SigningKey,
    bodies: Vec<String>,
}

impl Log {
    fn heads(&self) -> Vec<Head> {
        let name = ChainName::Entries { terminal: self.terminal };
        let follow = |head: &mut Head, body: &String| {
            *head = head.extend(name, body);
            Some(*head)
        };
        self.bodies.iter().scan(Head::START, follow).collect()
    }

    /// All of it, as it would be pushed.
    fn request(&self) -> PushRequest {
        let heads = self.heads();
        let links = self.bodies.iter().zip(1..).map(|(body, seq)| link(seq, body));
        let signed = EntryHead { terminal: self.terminal, head: *heads.last().unwrap() };
        PushRequest {
            terminal: self.terminal,
            links: links.collect(),
            head: Sealed::seal(&signed, None, &self.key).unwrap(),
            marks: heads.iter().map(|head| mark(head.hash)).collect(),
        }
    }
}

fn link(seq: u64, body: &str) -> Link {
    Link { seq, body: RawValue::from_string(body.to_owned()).unwrap() }
}

fn entry(minute: i64, pass: u8) -> Entry {
    Entry {
        at: today().at_minute(8 * 60).plus(TimeDelta::minutes(minute)),
        clock_trusted: true,
        gate: GateIndex::new(0).unwrap(),
        direction: if minute % 2 == 0 { Direction::In } else { Direction::Out },
        said: Said {
            verdict: Verdict::Admit,
            pass: Some(PassId::from_bytes([pass; 8])),
            name: None,
            foreign_code: None,
            paper: None,
        },
        outcome: Outcome::Passed,
        party: 1,
    }
}

/// Its real store, with entries that it wrote.
fn written(terminal: Terminal, pass: u8) -> (std::path::PathBuf, Log) {
    let folder = terminal.directory().to_owned();
    drop(terminal);
    let key = enrol::load_key(&folder).unwrap();
    let mut store = SqliteStore::open(&folder.join("terminal.sqlite3")).unwrap();
    store.keep_journal(&key).unwrap();
    for minute in 0..i64::try_from(ENTRIES).unwrap() {
        store.append(&entry(minute, pass)).unwrap();
    }
    let terminal = store.post().unwrap().unwrap().terminal;
    let (links, _) = store.entries_after(0, 1_000).unwrap();
    let bodies = links.iter().map(|link| link.body.get().to_owned()).collect();
    (folder, Log { terminal, key, bodies })
}

fn below(chance: &mut Chance, bound: u64) -> u64 {
    chance.roll() % bound
}

/// A number of the log, and its place in it.
fn some(chance: &mut Chance, from: u64) -> (u64, usize) {
    let seq = from + below(chance, ENTRIES - from + 1);
    (seq, usize::try_from(seq - 1).unwrap())
}

/// One digit or letter of a JSON text becomes another of its kind.
fn flipped(chance: &mut Chance, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    loop {
        let at = usize::try_from(below(chance, bytes.len() as u64)).unwrap();
        let flipped = bytes[at] ^ (1 << below(chance, 3));
        if bytes[at].is_ascii_digit() && flipped.is_ascii_digit() && flipped != b'0' {
            bytes[at] = flipped;
            let text = String::from_utf8(bytes.clone()).unwrap();
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                return text;
            }
        }
    }
}

/// A push that is not what was written, and at which number that shows.
fn tampered(chance: &mut Chance, log: &Log, other: &Log) -> (&'static str, PushRequest, u64) {
    let mut request = log.request();
    let (seq, at) = some(chance, 1);
    match below(chance, 10) {
        0 => {
            let body = flipped(chance, &log.bodies[at]);
            request.links[at] = link(seq, &body);
            ("a flipped bit", request, seq)
        }
        1 => {
            // Without the first it is a push of the others, which may be.
            let (seq, at) = some(chance, 2);
            request.links.remove(at);
            ("a dropped entry", request, seq)
        }
        2 => {
            let other = usize::try_from(below(chance, ENTRIES)).unwrap();
            let other = if other == at { (at + 1) % log.bodies.len() } else { other };
            let (first, second) = (at.min(other), at.max(other));
            let (one, two) = (request.links[first].body.clone(), request.links[second].body.clone());
            (request.links[first].body, request.links[second].body) = (two, one);
            ("two entries changed places", request, first as u64 + 1)
        }
        3 => {
            let twice = request.links[at].clone();
            request.links.insert(at + 1, twice);
            ("an entry twice", request, seq + 1)
        }
        4 => {
            let mut links = request.links[..at].to_vec();
            links.push(link(seq, &serde_json::to_string(&entry(500, 99)).unwrap()));
            links.extend(request.links[at..].iter().map(|link| Link { seq: link.seq + 1, body: link.body.clone() }));
            request.links = links;
            ("an entry put in", request, seq)
        }
        5 => {
            let body = log.bodies[at].replace("\"party\":1", "\"party\":3");
            request.links[at] = link(seq, &body);
            ("an edited entry", request, seq)
        }
        6 => {
            let cut = HELD + 1 + below(chance, ENTRIES - HELD - 1);
            request.links.truncate(usize::try_from(cut).unwrap());
            ("cut off", request, cut + 1)
        }
        7 => {
            for (link, body) in request.links[at..].iter_mut().zip(&other.bodies[at..]) {
                link.body = RawValue::from_string(body.clone()).unwrap();
            }
            ("spliced with another terminal's", request, seq)
        }
        8 => {
            // Consistent in itself, but for the signature.
            let mut forged = Log { key: SigningKey::from_bytes(&[77; 32]), ..log.clone() };
            forged.bodies[at] = forged.bodies[at].replace("\"party\":1", "\"party\":2");
            ("signed anew by a wrong key", forged.request(), ENTRIES)
        }
        _ => {
            let seq = 1 + below(chance, HELD);
            let mut forked = log.clone();
            let at = usize::try_from(seq - 1).unwrap();
            forked.bodies.truncate(at);
            forked.bodies.extend((0..5).map(|minute| serde_json::to_string(&entry(300 + minute, 44)).unwrap()));
            ("an old disk that went another way", forked.request(), seq)
        }
    }
}

/// Where the server says that it stops holding.
fn located(refusal: &Refusal, request: &PushRequest) -> Option<u64> {
    match refusal {
        Refusal::Fork { seq } | Refusal::Altered { seq } => Some(*seq),
        Refusal::Gap { expected } => Some(*expected),
        Refusal::Head => request.links.last().map(|link| link.seq),
        Refusal::Code
        | Refusal::Malformed
        | Refusal::Unauthenticated
        | Refusal::Withdrawn { .. }
        | Refusal::SetAside { .. }
        | Refusal::Replayed
        | Refusal::Clock { .. }
        | Refusal::CursorAhead => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_one_of_ten_thousand_is_noticed_and_located() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let (south, log) = written(Terminal::enrolled(&campus, 0).await?, 1);
    let (_, other) = written(Terminal::enrolled(&campus, 1).await?, 2);
    let store = &campus.state.store;
    let mut held = log.clone();
    held.bodies.truncate(usize::try_from(HELD).unwrap());
    store.push(log.terminal, &held.request(), campus.now()).await.unwrap().unwrap();
    let mut chance = Chance::of(SEED);
    let mut kinds = std::collections::BTreeMap::<&str, u32>::new();
    for number in 0..PUSHES {
        let (what, request, seq) = tampered(&mut chance, &log, &other);
        let answer = store.push(log.terminal, &request, campus.now()).await.unwrap();
        let refusal = answer.expect_err(what);
        assert_eq!(located(&refusal, &request), Some(seq), "{number}: {what}: {refusal:?}");
        *kinds.entry(what).or_default() += 1;
    }
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    let faults = store.push_faults().await.unwrap();
    assert!(faults.iter().any(|fault| fault.what == "fork") && faults.iter().any(|fault| fault.what == "altered"));
    assert_eq!(campus.log().await?.len() as u64, HELD, "none of it is an entry");

    databases(&mut chance, &south, &log, &other);
    journals(&mut chance, &south, &log, &other);

    // And what was not touched is no false alarm.
    let mut store_of_south = SqliteStore::open(&south.join("terminal.sqlite3")).unwrap();
    let (links, head) = store_of_south.entries_after(0, 1_000).unwrap();
    assert_eq!((links.len() as u64, Some(&head)), (ENTRIES, log.heads().last()));
    assert_eq!(SqliteStore::journal_flaws(&south.join("terminal.sqlite3"), &PublicKey::of(&log.key)), Some(Vec::new()));
    assert_eq!(store.push(log.terminal, &log.request(), campus.now()).await.unwrap(), Ok(head));
    Ok(())
}

/// Rows altered in the file by who has no key. What stands before the first of them is still pushed.
fn databases(chance: &mut Chance, folder: &std::path::Path, log: &Log, other: &Log) {
    let path = folder.join("terminal.sqlite3");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("pragma synchronous = off").unwrap();
    let mut looking = SqliteStore::open_to_look(&path).unwrap();
    let heads = log.heads();
    let set = |seq: u64, body: &str, hash: &[u8]| {
        db.prepare_cached("insert or replace into entry (seq, body, hash, at_ms) values (?1, ?2, ?3, 0)")
            .unwrap()
            .execute(params![seq as i64, body, hash])
            .unwrap();
    };
    for number in 0..DATABASES {
        let (seq, at) = some(chance, 1);
        let hash = heads[at].hash;
        let what = match below(chance, 6) {
            0 => {
                set(seq, &flipped(chance, &log.bodies[at]), hash.as_bytes());
                "a flipped bit of a body"
            }
            1 => {
                let mut bytes = *hash.as_bytes();
                bytes[usize::try_from(below(chance, 32)).unwrap()] ^= 1 << below(chance, 8);
                set(seq, &log.bodies[at], &bytes);
                "a flipped bit of a hash"
            }
            2 => {
                db.execute("delete from entry where seq = ?1 and ?1 < ?2", [seq as i64, ENTRIES as i64]).unwrap();
                if seq == ENTRIES {
                    set(seq, "{}", hash.as_bytes());
                }
                "a row that is gone"
            }
            3 => {
                set(seq, &other.bodies[at], other.heads()[at].hash.as_bytes());
                "a row of another terminal"
            }
            4 => {
                // The hash is made to fit the row before it; what follows does not fit it.
                let before = if at == 0 { Head::START } else { heads[at - 1] };
                let body = log.bodies[at].replace("\"party\":1", "\"party\":2");
                let name = ChainName::Entries { terminal: log.terminal };
                if seq == ENTRIES {
                    set(seq, &body, hash.as_bytes());
                } else {
                    set(seq, &body, before.extend(name, &body).hash.as_bytes());
                }
                "a row with a hash that fits"
            }
            _ => {
                set(seq, "[]", hash.as_bytes());
                "no entry"
            }
        };
        let told = read_all(&mut looking);
        let shows = match what {
            "a row with a hash that fits" if seq < ENTRIES => seq + 1,
            _ => seq,
        };
        assert_eq!(told, shows, "{number}: {what} at {seq}");
        set(seq, &log.bodies[at], hash.as_bytes());
    }
}

/// The number at which reading stops.
fn read_all(store: &mut SqliteStore) -> u64 {
    let mut after = 0;
    loop {
        match store.entries_after(after, 1_000) {
            Ok((links, head)) => {
                assert!(!links.is_empty(), "nothing was noticed");
                // Told from a number that is not the next: a hole, which the server names.
                if links[0].seq != after + 1 {
                    return after + 1;
                }
                after = head.seq;
            }
            Err(error) => return SqliteStore::altered(&error).unwrap(),
        }
    }
}

/// Lines altered in the flat file beside it.
fn journals(chance: &mut Chance, folder: &std::path::Path, log: &Log, other: &Log) {
    let (path, own) = (folder.join("terminal.sqlite3"), PublicKey::of(&log.key));
    let book = folder.join("entries.journal");
    let good = std::fs::read_to_string(&book).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("{\"entry\"")).unwrap();
    let place = |seq: u64| {
        let of = format!("{{\"entry\":{{\"seq\":{seq},");
        lines.iter().position(|line| line.starts_with(&of)).unwrap()
    };
    assert!(first > 0);
    let signed_by_another = |seq: u64| {
        let of = Log { key: other.key.clone(), ..log.clone() };
        let head = EntryHead { terminal: of.terminal, head: of.heads()[usize::try_from(seq - 1).unwrap()] };
        let head = serde_json::to_string(&Sealed::seal(&head, None, &of.key).unwrap()).unwrap();
        let line = lines[place(seq)];
        let at = line.find("\"head\":").unwrap();
        format!("{}\"head\":{head}}}}}", &line[..at])
    };
    for number in 0..JOURNALS {
        let (seq, _) = some(chance, 2);
        let seq = seq.min(ENTRIES - 1);
        let at = place(seq);
        let mut altered: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let (what, shows) = match below(chance, 6) {
            0 => {
                let mut bytes = altered[at].clone().into_bytes();
                let flipped = usize::try_from(below(chance, bytes.len() as u64)).unwrap();
                bytes[flipped] ^= 1 << below(chance, 7);
                if bytes[flipped] == b'\n' {
                    bytes[flipped] = b'#';
                }
                altered[at] = String::from_utf8(bytes).unwrap();
                ("a flipped bit", seq)
            }
            1 => {
                altered.remove(at);
                ("a line that is gone", seq)
            }
            2 => {
                let twice = altered[at].clone();
                altered.insert(at, twice);
                ("a line twice", seq)
            }
            3 => {
                let next = place(seq + 1);
                altered.swap(at, next);
                ("two lines changed places", seq)
            }
            4 => {
                altered[at] = signed_by_another(seq);
                ("signed by a wrong key", seq)
            }
            _ => {
                altered.insert(at, "{\"entry\":{}}".to_owned());
                ("a line put in", seq)
            }
        };
        std::fs::write(&book, altered.join("\n") + "\n").unwrap();
        let flaws = SqliteStore::journal_flaws(&path, &own).unwrap();
        assert_eq!(flaws.first(), Some(&shows), "{number}: {what} at {seq}: {flaws:?}");
    }
    std::fs::write(&book, &good).unwrap();
}
