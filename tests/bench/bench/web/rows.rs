//! Rows put into a database by one thread that takes all that wait into one transaction, synced to the disk: the least that a
//! booking could cost, which is a row of its own and a dozen smaller ones.

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
use rusqlite::Connection;
use tokio::sync::oneshot;

/// As many bytes as a booking's own row.
const ROW_BYTES: usize = 600;
/// Its consents, links, notices, parties and counts.
const SMALLER: usize = 12;
const SMALLER_BYTES: usize = 100;

type Asked = oneshot::Sender<()>;

#[derive(Debug, Clone)]
pub(super) struct Rows(SyncSender<Asked>);

impl Rows {
    pub(super) const THREAD: &str = "rows";

    pub(super) fn open(path: &Path) -> Result<Self, Trouble> {
        let db = opened(path).map_err(|error| Trouble::NotHeld(error.to_string()))?;
        let (asking, asked) = sync_channel(1024);
        thread::Builder::new().name(Self::THREAD.to_owned()).spawn(move || put_all(db, &asked))?;
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

fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.execute_batch("create table row (id integer primary key, body blob not null) strict")?;
    Ok(db)
}

/// Until nobody asks any more, or the disk refuses: then the callers' answers never come.
fn put_all(mut db: Connection, asked: &Receiver<Asked>) {
    while let Ok(first) = asked.recv() {
        let all: Vec<Asked> = std::iter::once(first).chain(asked.try_iter().take(255)).collect();
        if put(&mut db, all.len()).is_err() {
            return;
        }
        for one in all {
            // Who does not wait any more has its row all the same.
            one.send(()).ok();
        }
    }
}

fn put(db: &mut Connection, how_many: usize) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let mut insert = transaction.prepare("insert into row (body) values (?1)")?;
    for _ in 0..how_many {
        insert.execute([[7_u8; ROW_BYTES].as_slice()])?;
        for _ in 0..SMALLER {
            insert.execute([[7_u8; SMALLER_BYTES].as_slice()])?;
        }
    }
    drop(insert);
    transaction.commit()
}
