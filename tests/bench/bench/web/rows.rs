//! Rows put into a database by one thread that takes all that wait into one transaction, synced to the disk: the least that a
//! booking could cost. Either the very rows that a booking wrote, into the very tables, with their keys and indices; or as many
//! into one table that has neither.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use gatehouse::{Trouble, machine::now};
use rusqlite::{Connection, Statement, Transaction, params_from_iter, types::Value};
use tokio::sync::oneshot;

/// As many bytes as a booking's own row, and as each of its consents, links, notices, parties and counts.
const ROW_BYTES: usize = 600;
const SMALLER_BYTES: usize = 100;

/// What a booking writes: tables, what is different in each of their rows, and which rows are its own.
const WRITTEN: [(&str, Option<Fresh>, &str); 8] = [
    ("booking", None, "id = ?1"),
    ("party_number", None, OF_IT),
    ("consent", None, OF_IT),
    ("link_set", Some(Fresh { column: "number", drawn: false }), OF_IT),
    ("said", None, "id in (select said from notice where booking = ?1)"),
    ("notice", None, OF_IT),
    ("submitted", Some(Fresh { column: "mark", drawn: true }), OF_IT),
    (
        "attempt",
        Some(Fresh { column: "nth", drawn: false }),
        "what = 'booking' and who = (select booked_by from booking where id = ?1) limit 1",
    ),
];
const OF_IT: &str = "booking = ?1";

/// No booking in the copy has a number this far ahead.
const NOBODYS: i64 = 1 << 40;

type Asked = oneshot::Sender<()>;
type Put = dyn FnMut(&Transaction<'_>) -> rusqlite::Result<()> + Send;

#[derive(Debug, Clone)]
pub(super) struct Rows(SyncSender<Asked>);

impl Rows {
    pub(super) const THREAD: &str = "rows";

    /// As many rows as a booking's, in one table.
    pub(super) fn plain(path: &Path, rows: usize) -> Result<Self, Trouble> {
        let db = plain(path).map_err(told)?;
        Self::of(db, Box::new(move |transaction| put_plain(transaction, rows)))
    }

    /// The rows of the bookings in the office at `of`, one after the other, in a copy of it: of many guests, because rows of one
    /// would all be written to the same few pages. Also how many a booking has.
    pub(super) fn same(of: &Path, path: &Path) -> Result<(Self, usize), Trouble> {
        let (db, bookings) = copied(of, path).map_err(told)?;
        let rows = bookings.first().map_or(0, |written| written.len());
        let mut turns = (1..).zip(std::iter::repeat_with(move || bookings.clone()).flatten());
        let put = move |transaction: &Transaction<'_>| match turns.next() {
            Some((turn, written)) => put_same(transaction, &written, turn),
            None => Ok(()),
        };
        Ok((Self::of(db, Box::new(put))?, rows))
    }

    fn of(db: Connection, put: Box<Put>) -> Result<Self, Trouble> {
        let (asking, asked) = sync_channel(1024);
        thread::Builder::new().name(Self::THREAD.to_owned()).spawn(move || put_all(db, put, &asked))?;
        Ok(Self(asking))
    }

    /// Of one booking, and whether they are on the disk.
    pub(super) async fn put(&self) -> bool {
        let (done, is_done) = oneshot::channel();
        self.0.try_send(done).is_ok() && is_done.await.is_ok()
    }

    pub(super) async fn keep_putting(
        &self,
        callers: usize,
        turn: Duration,
        put: &Arc<AtomicU64>,
    ) -> Result<(), Trouble> {
        let putting: Vec<_> = (0..callers)
            .map(|_| {
                let (rows, put) = (self.clone(), put.clone());
                tokio::spawn(async move {
                    let since = now();
                    while since.elapsed() < turn {
                        if !rows.put().await {
                            return Err(Trouble::NotHeld("a row was refused".to_owned()));
                        }
                        put.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        for one in putting {
            one.await.map_err(|error| Trouble::NotHeld(error.to_string()))??;
        }
        Ok(())
    }
}

/// Until nobody asks any more, or the disk refuses: then the callers' answers never come.
fn put_all(mut db: Connection, mut put: Box<Put>, asked: &Receiver<Asked>) {
    while let Ok(first) = asked.recv() {
        let all: Vec<Asked> = std::iter::once(first).chain(asked.try_iter().take(255)).collect();
        if put_each(&mut db, put.as_mut(), all.len()).is_err() {
            return;
        }
        for one in all {
            // Who does not wait any more has its row all the same.
            one.send(()).ok();
        }
    }
}

fn put_each(db: &mut Connection, put: &mut Put, how_many: usize) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    for _ in 0..how_many {
        put(&transaction)?;
    }
    transaction.commit()
}

fn plain(path: &Path) -> rusqlite::Result<Connection> {
    let db = opened(path)?;
    db.execute_batch("create table row (id integer primary key, body blob not null) strict")?;
    Ok(db)
}

fn put_plain(transaction: &Transaction<'_>, rows: usize) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached("insert into row (body) values (?1)")?;
    insert.execute([[7_u8; ROW_BYTES].as_slice()])?;
    for _ in 1..rows {
        insert.execute([[7_u8; SMALLER_BYTES].as_slice()])?;
    }
    Ok(())
}

/// A row to be written again and again.
struct Written {
    insert: String,
    values: Vec<Value>,
    /// Where the booking's number stands.
    booking: Option<usize>,
    fresh: Option<(usize, Fresh)>,
}

#[derive(Clone, Copy)]
struct Fresh {
    column: &'static str,
    /// Lies anywhere, and not behind the one before.
    drawn: bool,
}

/// What each of the bookings wrote.
type Bookings = Vec<Arc<[Written]>>;

fn copied(of: &Path, path: &Path) -> rusqlite::Result<(Connection, Bookings)> {
    Connection::open(of)?.execute("vacuum into ?1", [path.to_string_lossy()])?;
    let db = opened(path)?;
    let ids: Vec<i64> = db
        .prepare("select booking from submitted order by booking")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let bookings = ids.iter().map(|id| written(&db, *id)).collect::<Result<_, _>>()?;
    Ok((db, bookings))
}

fn written(db: &Connection, booking: i64) -> rusqlite::Result<Arc<[Written]>> {
    let mut written = Vec::new();
    for (table, fresh, which) in WRITTEN {
        let before = written.len();
        let mut select = db.prepare_cached(&format!("select * from {table} where {which}"))?;
        read(&mut select, booking, (table, fresh), &mut written)?;
        if written.len() == before {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        }
    }
    Ok(written.into())
}

fn read(
    select: &mut Statement<'_>,
    booking: i64,
    (table, fresh): (&str, Option<Fresh>),
    into: &mut Vec<Written>,
) -> rusqlite::Result<()> {
    let all: Vec<String> = select.column_names().map(str::to_owned).collect();
    // The numbers of bookings and notices are given out by the database.
    let given: Vec<(usize, &String)> = all.iter().enumerate().filter(|(_, column)| *column != "id").collect();
    let columns: Vec<String> = given.iter().map(|(_, column)| format!("\"{column}\"")).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let insert = format!("insert into {table} ({}) values ({places})", columns.join(", "));
    let at = |wanted: &str| given.iter().position(|(_, column)| *column == wanted);
    let mut rows = select.query([booking])?;
    while let Some(row) = rows.next()? {
        let values = given.iter().map(|(at, _)| row.get(*at)).collect::<Result<_, _>>()?;
        let fresh = fresh.and_then(|fresh| Some((at(fresh.column)?, fresh)));
        into.push(Written { insert: insert.clone(), values, booking: at("booking"), fresh });
    }
    Ok(())
}

fn put_same(transaction: &Transaction<'_>, written: &[Written], turn: i64) -> rusqlite::Result<()> {
    let mut booking = None;
    for Written { insert, values, booking: of, fresh } in written {
        let mut values = values.clone();
        let own = fresh.and_then(|(at, fresh)| Some((values.get_mut(at)?, fresh)));
        match own {
            Some((Value::Blob(bytes), Fresh { drawn: true, .. })) => {
                let drawn = turn.wrapping_mul(-7_046_029_254_386_353_131);
                bytes.iter_mut().zip(drawn.to_be_bytes()).for_each(|(to, from)| *to = from);
            }
            Some((Value::Integer(number), _)) => *number = number.wrapping_add(NOBODYS + turn),
            Some(_) | None => {}
        }
        if let (Some(at), Some(id)) = (of.and_then(|at| values.get_mut(at)), booking) {
            *at = Value::Integer(id);
        }
        transaction.prepare_cached(insert)?.execute(params_from_iter(values))?;
        booking = booking.or_else(|| Some(transaction.last_insert_rowid()));
    }
    Ok(())
}

fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    Ok(db)
}

fn told(error: rusqlite::Error) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
