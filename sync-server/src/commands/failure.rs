//! Why a command did not do what it was asked.

use std::{io, path::PathBuf};

use shared::{
    ids::{CampusId, GateIndex, PassId, StaffNumber, TerminalId},
    time::Moment,
};

use super::directory::BadFile;
use crate::{
    config::ConfigError,
    keys::KeysFault,
    pages::in_chinese,
    random::NoRandomness,
    serve::ServeFault,
    store::{BackupFault, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] KeysFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Backup(#[from] BackupFault),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Serve(#[from] ServeFault),
    #[error(transparent)]
    File(#[from] BadFile),
    #[error("log.filter 不是有效的日志过滤规则。It is no filter of levels and targets")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    #[error("输入或输出失败。Input or output failed")]
    Io(#[from] io::Error),
    #[error("结果无法写成 JSON。The answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("设置里校区 {campus} 没有校门 {gate}。The settings have no such gate; they have:{known}")]
    UnknownGate { campus: CampusId, gate: GateIndex, known: String },
    #[error("没有终端 {0}，请看 sync-server terminal list。There is no such terminal")]
    UnknownTerminal(TerminalId),
    #[error("名录中没有工号 {0}。There is nobody of this number in the directory")]
    UnknownStaff(StaffNumber),
    #[error("没有设置任何通知渠道。No channel is configured")]
    NoChannel,
    #[error("没有设置 [notify.sms]，没有短信模板可试。Without [notify.sms] there is no template to try")]
    NoTexts,
    #[error(
        "设置里没有「{name}」这种短信模板，有：{known}。The settings have no template of this kind or id; they have those kinds"
    )]
    UnknownTemplate { name: String, known: String },
    #[error("有 {0} 项没有通过测试。{0} did not pass")]
    ChannelsFailed(usize),
    #[error(
        "自 {} 起服务没有运行，或本机时钟不对；密钥要带日期，时钟正确就先运行 sync-server clock accept。\
         The server was off, or its clock is wrong: keys bear its dates, so accept it first",
        .since.campus_date_and_clock()
    )]
    ClockUnsure { since: Moment },
    #[error("没有通行码 {0}。There is no such pass")]
    UnknownPass(PassId),
    #[error("通行码 {pass} 此前已失效（{standing}）。The pass had ended before")]
    EndedBefore { pass: PassId, standing: &'static str },
    #[error(
        "没有导入：名录中 {before} 人有 {missing} 人不在这个文件里；若他们都已离校，请加 --yes。\
         Nothing was imported: {missing} of the {before} in the directory do not stand in this file"
    )]
    CutShort { before: usize, missing: usize },
    #[error(
        "没有导入：名录里有 {people} 人在{column}的账号，这个文件里一个也没有，导入就会清空；若是本意，请加 --yes。\
         Nothing was imported: it would forget the names that {people} people have there"
    )]
    NamesLost { column: &'static str, people: usize },
    #[error("证件号码不对：{chinese}。The document number: {english}", chinese = in_chinese::document(.0), english = .0)]
    Document(#[from] shared::identity::DocumentError),
    #[error("黑名单中没有持此证件的人。Nobody with this document is on the watchlist")]
    NotWatched,
    #[error(
        "服务正在运行（{} 已被锁定），请先停止服务再恢复。The server is running: stop it first, then restore",
        path.display()
    )]
    StopFirst { path: PathBuf },
}

impl Failure {
    /// Whether nobody reads any more what a command prints.
    #[must_use]
    pub fn is_of_a_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}
