//! Why the store could not do what it was asked, in words for whoever stands at the machine.

use std::{
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{} 打不开 cannot be opened", path.display())]
    Open {
        path: PathBuf,
        #[source]
        cause: rusqlite::Error,
    },
    #[error("{} 看不到，也许没有权限 it cannot be looked for", path.display())]
    Unseen {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} 建不了或锁不住 cannot be made or locked", path.display())]
    Lock {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("另一个门岗程序正在用这个数据目录 another terminal is running on this data directory ({} is locked)", path.display())]
    InUse { path: PathBuf },
    #[error("SQLite {version} 会损坏数据，要 3.51.3 或更新的 has a known corruption bug; 3.51.3 or newer is needed")]
    OldSqlite { version: &'static str },
    #[error(
        "数据库经不起断电 the database would not survive a power cut (journal {journal}, synchronous {synchronous})"
    )]
    NotDurable { journal: String, synchronous: i64 },
    #[error("数据库损坏 the database is damaged: {report}")]
    Damaged { report: String },
    #[error(
        "{} 已损坏，旁边也没有可用的出入记录副本；请联系保卫处，移走它后重新登记本机 \
         it is damaged and no journal of entries stands beside it; move it away and enrol this terminal again",
        path.display()
    )]
    NoCopy { path: PathBuf },
    #[error(
        "第 {seq} 条出入记录已被改动，旁边的副本里也没有 entry {seq} was altered on the disk, and the journal has no other"
    )]
    Altered { seq: u64 },
    #[error("数据库是更新的程序写的 the database was written by a newer program (schema {found})")]
    NewerSchema { found: u32 },
    #[error("本机还没有登记 this terminal has not been enrolled")]
    NotEnrolled,
    #[error("本机已经登记过 this terminal is enrolled already")]
    AlreadyEnrolled,
    #[error("第 {seq} 条的回执对不上本机记录 the receipt is for another chain than ours at entry {seq}")]
    OtherChain { seq: u64 },
    #[error("数据库里有本程序写不出的内容 the database holds a {what} that this program cannot have written")]
    Foreign { what: &'static str },
    #[error("内容写不出或读不回 a {what} could not be put into words or read back")]
    Json {
        what: &'static str,
        #[source]
        cause: serde_json::Error,
    },
    #[error("数据库出错 the database refused")]
    Sql(#[from] rusqlite::Error),
}

impl StoreError {
    pub(super) fn open(path: &Path, cause: rusqlite::Error) -> Self {
        Self::Open { path: path.to_owned(), cause }
    }

    pub(super) fn json(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |cause| Self::Json { what, cause }
    }
}
