//! What the office remembers: all SQL of the server, and nobody else sees a connection.
//!
//! One writer thread takes many jobs into one transaction and answers each only after the commit, so an answer that somebody got
//! is on the disk; a few readers on connections that cannot write answer the rest. Each family of tables has its file, which adds
//! its methods to [`Store`]. Migrations are only ever added.

mod ailments;
mod attempts;
mod background;
mod backup;
mod booking_rows;
mod bookings;
mod changes;
mod clock_kept;
mod code_book;
mod codes;
mod conflicts;
mod connection;
mod consents;
mod decisions;
mod deputies;
mod directory;
mod drafts;
mod entries;
mod feed;
mod head;
mod held;
mod host_search;
mod invitations;
mod links;
mod migrations;
mod my_data;
mod notice_news;
mod notices;
mod notices_listed;
mod odd_entries;
mod outbox;
mod party;
mod passes;
mod push_faults;
mod readers;
mod receipts;
mod reminders;
mod retention;
mod rows;
mod sealed_anew;
mod sealing;
mod sessions;
mod set_aside;
mod settled;
mod snapshots;
mod submissions;
mod telling;
mod terminals;
mod together;
mod token;
mod turn;
mod unsent;
mod vital;
mod walk_ins;
mod watchlist;
mod writer;

#[cfg(test)]
mod every_row;
#[cfg(test)]
mod office_days;
#[cfg(test)]
pub(crate) mod unreadable;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use thiserror::Error;
use tokio::sync::{Semaphore, watch};

pub use attempts::network;
pub use background::Background;
pub use backup::{BackupFault, Copied, HALF, Restored, backup, is_empty, restore};
pub use bookings::{BookingView, IssuedPass, WAITING_AT_MOST};
pub use changes::{Changed, Changing, Said};
pub use clock_kept::ClockKept;
pub use codes::{Caller, CodeCheck, CodeIssued};
pub use conflicts::Conflict;
pub use consents::Given;
pub use decisions::{EndOutcome, Outcome, Target};
pub use deputies::{Deputy, Naming};
pub use directory::{Imported, Missing};
pub use drafts::DRAFT_FOR;
pub use entries::{EntryFilter, EntryRow};
pub use feed::{Fed, Reached};
pub use held::AsOf;
pub use host_search::BookingLimit;
pub use invitations::Invitation;
pub use links::{CodeTyped, HostLinks, LinkView, Links};
pub use my_data::{ErasedMine, Mine, MyData};
pub use notices::{Followed, Notice, NoticeKey, NoticeState, NoticeStatus};
pub use notices_listed::{ListedNotice, NoticeCounts};
pub use outbox::{Came, GivenUp, Taken};
pub use passes::{Issuing, PassView};
pub use push_faults::PushFault;
pub use receipts::{Receipt, ReceiptKept};
pub use reminders::ReminderDue;
pub use retention::Erased;
pub use sealed_anew::SealedAnew;
pub use sealing::IdentityKey;
pub use sessions::{Proven, Session};
pub use submissions::{OnBehalf, Sent, Submission, Submitted};
pub use terminals::Terminal;
pub use token::{BrowserToken, FormToken, InvitationToken, LinkToken, PageToken, SessionToken};
pub use unsent::{UNSENT_FOR, Unsent};
pub use walk_ins::{WalkInAsked, WalkInHost};
pub use watchlist::{Watched, WatchedPerson};

pub use crate::office::{CodeLimits, Staff};

use crate::office::Together;

use self::{held::Held, readers::Readers, sessions::Seen, writer::Writer};

/// The office's memory. Cheap to clone; the last clone to go closes the database.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Dropped in this order: the writer last, because it closes the log behind itself.
    readers: Readers,
    writer: Writer,
    key: IdentityKey,
    seen: Seen,
    /// Document tags are slow and take 19 MiB each: only so many at once.
    tags: Arc<Semaphore>,
    /// From how many on a host is told of them together; until it is set, never.
    together: OnceLock<Together>,
}

const TAGS_AT_ONCE: usize = 2;

impl Store {
    /// Opens or makes the database. Blocks: called at the start, before anybody is served.
    pub fn open(path: &Path, key: IdentityKey) -> Result<Self, StoreError> {
        let held = Arc::new(Held::default());
        let writer = Writer::open(path, Arc::clone(&held))?;
        let readers = Readers::open(path, held)?;
        let (seen, tags) = (Seen::default(), Arc::new(Semaphore::new(TAGS_AT_ONCE)));
        Ok(Self(Arc::new(Inner { readers, writer, key, seen, tags, together: OnceLock::new() })))
    }

    /// Changes after every commit that added to a feed, this process's or another's.
    #[must_use]
    pub fn feed_signal(&self) -> watch::Receiver<u64> {
        self.0.writer.signals().feed.subscribe()
    }

    /// How many wait for it.
    #[must_use]
    pub fn feed_waiters(&self) -> usize {
        self.0.writer.signals().feed.receiver_count()
    }

    /// Changes after every commit that added a notice, this process's or another's.
    #[must_use]
    pub fn notice_signal(&self) -> watch::Receiver<u64> {
        self.0.writer.signals().notices.subscribe()
    }

    /// Says once, at the start, from how many waiting bookings on a host is told of them together.
    pub fn tell_together(&self, together: Together) {
        // Said twice, the first word stands.
        self.0.together.set(together).ok();
    }

    /// At the end of a server that has more to do than it has time for: what was not begun is not done any more, and who asked is told
    /// so. What was answered is kept, as ever.
    pub fn stop(&self) {
        self.0.writer.stop();
    }

    fn together(&self) -> Option<Together> {
        self.0.together.get().copied()
    }

    fn key(&self) -> &IdentityKey {
        &self.0.key
    }
}

/// Why the store did not do it. Nothing was changed, except after [`StoreError::Lost`], where that is not known.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("打不开数据库文件 {}。The database file cannot be opened", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("SQLite {found} 太旧，需要 {} 或更新。SQLite is too old", connection::OLDEST_SQLITE)]
    TooOld { found: i32 },
    #[error("数据库无法以 {expected} 打开，得到的是 {found}。The database cannot be opened as it must")]
    Setting { expected: &'static str, found: String },
    #[error("数据库已损坏：{0}。The database is damaged")]
    Damaged(String),
    #[error("数据库是更新的版本写的（结构 {found}，本程序只认到 {known}）。It was written by a newer version")]
    Newer { found: u32, known: u32 },
    #[error(
        "数据库一直被另一个程序占用，没有保存任何内容；请过一会再试，仍不行就先停止那个程序（服务或另一个命令）。\
         Another program had the database all the time and nothing was kept: try again, or stop that one first"
    )]
    Busy,
    #[error("数据库拒绝了操作。The database refused")]
    Sqlite(#[source] rusqlite::Error),
    #[error("提交失败，没有保存任何内容：{0}。The commit failed, nothing of it was kept")]
    Commit(String),
    #[error("数据库中的 {what} 读不回来。A stored {what} cannot be read back")]
    Stored { what: &'static str },
    #[error("加密的内容解不开：密钥不对，或内容被改动。A sealed value does not open")]
    Sealed,
    #[error("机器没有给出随机数。The machine gave no random bytes")]
    Random(#[source] getrandom::Error),
    #[error("无法写成 JSON。Cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("无法生成证件比对值。A document tag could not be made")]
    Tag,
    #[error("无法生成通行码：人数或日期超出范围。The pass cannot be written: party or day out of its range")]
    Unissuable,
    #[error("数据库线程无法启动。The store's thread could not be started")]
    Thread(#[source] std::io::Error),
    #[error("数据库已停止。The store has stopped")]
    Stopped,
    #[error(
        "数据库在回答之前停止，操作可能已经完成。The store stopped before it answered: what was asked may have been done"
    )]
    Lost,
}

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        if turn::is_busy(&cause) { Self::Busy } else { Self::Sqlite(cause) }
    }
}

impl StoreError {
    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Sqlite(cause) => matches!(
                cause.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
            ),
            Self::Busy | Self::Commit(_) | Self::Stopped | Self::Lost => true,
            Self::File { .. }
            | Self::TooOld { .. }
            | Self::Setting { .. }
            | Self::Damaged(_)
            | Self::Newer { .. }
            | Self::Stored { .. }
            | Self::Sealed
            | Self::Random(_)
            | Self::Json(_)
            | Self::Tag
            | Self::Unissuable
            | Self::Thread(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::{Choice, Revision},
        store::office_days::{Office, form, key},
    };

    #[tokio::test]
    async fn a_restart_finds_everything_and_another_key_opens_nothing() {
        let office = Office::with_host().await;
        let (booking, links) = office.submit(&form(), 1).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        let before = office.store.booking(booking).await.unwrap().unwrap();
        let head = office.fed().await.head;
        let Office { store, path, now, _dir, .. } = office;
        drop(store);
        let store = Store::open(&path, key()).unwrap();
        let after = store.booking(booking).await.unwrap().unwrap();
        assert_eq!((&after.facts, &after.standing), (&before.facts, &before.standing));
        let page = after.pass.clone().unwrap().page;
        assert!(store.pass_page(&page).await.unwrap().unwrap().text.is_some());
        assert_eq!(store.publish_due(now).await.unwrap(), 0);
        let cursor = shared::sync::pull::Cursor { epoch: 1, seq: head.seq };
        let fed = store.feed_after(office_days::CAMPUS, cursor, 9).await.unwrap().unwrap();
        assert_eq!((fed.head, fed.links.len()), (head, 0));
        drop(store);
        let store = Store::open(&path, IdentityKey::from_bytes(&[4; 32])).unwrap();
        assert!(matches!(store.booking(booking).await, Err(StoreError::Sealed)));
        assert!(matches!(store.pass_page(&page).await, Err(StoreError::Sealed)));
    }
}
