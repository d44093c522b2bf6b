//! A feed with much in it, written where the server reads it.
//!
//! Visitors are drawn by number and differ as real ones do: by hour, tail of phone and document, host, department and reason; what
//! nobody can guess of a pass, its number and its document's tag, looks drawn by lot.

use chrono::TimeDelta;
use gatehouse::{Trouble, office::Office};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use shared::{
    chain::{ChainName, Head},
    entry::{Direction, EntryId},
    identity::{DocumentTag, LastFour},
    ids::{GateIndex, TerminalId},
    sync::change::{Change, PassRecord},
    time::CampusDay,
};
use world::campus::Campus;

use super::{caller::CAMPUS, told};

const DEPARTMENTS: [&str; 12] = [
    "计算机科学与技术学院",
    "文学院",
    "国际合作与交流处",
    "材料学院",
    "机电学院",
    "航天学院",
    "图书馆",
    "后勤产业集团",
    "生命科学与医学院",
    "软件学院",
    "经济与管理学院",
    "信息网络中心",
];
const REASONS: [&str; 9] =
    ["学术交流", "参加学术会议", "面试", "设备维修", "送货", "校友返校", "家长来访", "参观校史馆", "项目评审会"];

/// The visitor of this number on that day.
pub(super) fn visitor(office: &Office, number: u64, day: CampusDay) -> Result<PassRecord, Trouble> {
    let drawn: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    let [a, b, c, d, e, f, ..] = drawn;
    let one = |of: &[&str], by: u8| of.get(usize::from(by) % of.len()).copied().unwrap_or_default().to_owned();
    let tag: String = drawn.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let from = day.at_minute(8 * 60 + u16::from(a % 20) * 30);
    let four = u16::from_be_bytes([b, c]) % 10_000;
    Ok(PassRecord {
        day,
        visit_from: from,
        visit_until: from.plus(TimeDelta::minutes(30 * i64::from(1 + d % 6))),
        phone_tail: format!("{:04}", u16::from_be_bytes([d, e]) % 10_000),
        last_four: LastFour::parse(&format!("{four:04}")).map_err(told)?,
        document_tag: DocumentTag::try_from(tag).map_err(told)?,
        department: one(&DEPARTMENTS, e),
        reason: one(&REASONS, f),
        ..office.record(number)?
    })
}

/// Somebody went in at another gate.
pub(super) fn moved(office: &Office, number: u64, day: CampusDay) -> Result<Change, Trouble> {
    Ok(Change::PassMoved {
        pass: office.record(number)?.pass,
        direction: Direction::In,
        at: day.at_minute(8 * 60).plus(TimeDelta::milliseconds(i64::try_from(number * 2_711).unwrap_or(0))),
        gate: GateIndex::new(1).ok_or_else(|| told("no gate"))?,
        entry: EntryId { terminal: TerminalId::new(2), seq: number + 1 },
        party: Some(1),
    })
}

/// Chained on what the feed holds, as the server would have.
pub(super) fn tell(campus: &Campus, changes: impl Iterator<Item = Result<Change, Trouble>>) -> Result<(), Trouble> {
    let mut db = Connection::open(campus.room().join("server/office.sqlite3")).map_err(told)?;
    db.busy_timeout(std::time::Duration::from_secs(10)).map_err(told)?;
    let transaction = db.transaction().map_err(told)?;
    let sql = "select seq, hash from feed where campus = ?1 and epoch = 1 order by seq desc limit 1";
    let mut head = transaction
        .query_row(sql, [CAMPUS.get()], |row| {
            let seq: i64 = row.get(0)?;
            Ok(Head { seq: seq.unsigned_abs(), hash: shared::chain::ChainHash::from_bytes(row.get(1)?) })
        })
        .map_err(told)?;
    {
        let mut insert = transaction
            .prepare("insert into feed (campus, epoch, seq, body, hash) values (?1, 1, ?2, ?3, ?4)")
            .map_err(told)?;
        for change in changes {
            let body = serde_json::to_string(&change?)?;
            head = head.extend(ChainName::Feed { campus: CAMPUS, epoch: 1 }, &body);
            let seq = i64::try_from(head.seq).map_err(told)?;
            insert.execute(params![CAMPUS.get(), seq, body, head.hash.as_bytes()]).map_err(told)?;
        }
    }
    transaction.commit().map_err(told)
}
