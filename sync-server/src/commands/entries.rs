//! `entries list`: what the gates have reported.
//!
//! An entry lies on the day that it claims. What claims none, or one that cannot be, is shown by the day on which it came, so that
//! nothing hides by its time.

use std::{collections::HashMap, io::Write};

use serde_json::{Value, json};
use shared::{
    entry::{Direction, Entry},
    ids::{CampusId, TerminalId},
    time::CampusDay,
};

use super::{
    Failure, Office,
    entry_words::{outcome, verdict},
    table,
};
use crate::store::{EntryFilter, EntryRow};

pub(super) async fn list(
    office: &Office,
    as_json: bool,
    day: Option<CampusDay>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let entries = office.store.entries(EntryFilter { day, ..EntryFilter::default() }).await?;
    print(office, &entries, as_json, out).await?;
    let odd = match day {
        Some(day) => office.store.odd_entries(day).await?,
        // Without a day all of them stand in the list.
        None => Vec::new(),
    };
    if !as_json && !odd.is_empty() {
        writeln!(out)?;
        writeln!(out, "这一天收到的，另有 {} 条无法读取，或时间不合常理（晚于收到时，或早一个月）。", odd.len())?;
        writeln!(out, "不计入上面。So many came that day and cannot be read, or claim a time that cannot be:")?;
    }
    if !odd.is_empty() {
        print(office, &odd, as_json, out).await?;
    }
    let aside = office.store.count_set_aside(day).await?;
    if !as_json && aside > 0 {
        writeln!(out)?;
        writeln!(
            out,
            "停用的终端送来的 {aside} 条记录单独存放，不在其中，请看 entries set-aside。Set aside, not among them"
        )?;
    }
    Ok(())
}

/// What nobody vouches for.
pub(super) async fn set_aside(office: &Office, as_json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    print(office, &office.store.entries_set_aside().await?, as_json, out).await
}

async fn print(office: &Office, entries: &[EntryRow], as_json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if as_json {
        for row in entries {
            writeln!(out, "{}", line(row)?)?;
        }
        return Ok(());
    }
    if entries.is_empty() {
        writeln!(out, "没有出入记录。No entries")?;
        return Ok(());
    }
    let terminals = office.store.terminals().await?;
    let campuses: HashMap<TerminalId, CampusId> =
        terminals.iter().map(|terminal| (terminal.id, terminal.campus)).collect();
    let rows: Vec<[String; 8]> = entries.iter().map(|row| cells(office, &campuses, row)).collect();
    table::print(out, ["记录", "时间", "校门", "方向", "姓名", "核验 verdict", "结果 outcome", "通行码"], &rows)?;
    Ok(())
}

/// The entry as the terminal wrote it, or why it cannot be read; with where and when it arrived.
fn line(row: &EntryRow) -> Result<Value, serde_json::Error> {
    let (said, value) = match &row.entry {
        Ok(entry) => ("entry", serde_json::to_value(entry)?),
        Err(why) => ("unreadable", json!(why)),
    };
    Ok(json!({ "terminal": row.id.terminal, "seq": row.id.seq, "received_at": row.received_at, said: value }))
}

fn cells(office: &Office, campuses: &HashMap<TerminalId, CampusId>, row: &EntryRow) -> [String; 8] {
    let id = format!("{}/{}", row.id.terminal, row.id.seq);
    let entry = match &row.entry {
        Ok(entry) => entry,
        Err(why) => {
            return [
                id,
                row.received_at.campus_date_and_clock(),
                String::new(),
                String::new(),
                String::new(),
                format!("无法读取 unreadable: {why}"),
                String::new(),
                String::new(),
            ];
        }
    };
    let gate = campuses.get(&row.id.terminal).map_or_else(String::new, |campus| office.place(*campus, entry.gate));
    let masked = entry.said.name.as_ref().map(|name| name.as_str().to_owned());
    let on_paper = || entry.said.paper.as_ref().map(|paper| paper.visitor.to_string());
    let name = masked.or_else(on_paper).unwrap_or_default();
    let pass = entry.said.pass.map_or_else(String::new, |pass| pass.to_string());
    [id, time(entry), gate, way(entry.direction).to_owned(), name, verdict(&entry.said.verdict), outcome(entry), pass]
}

/// Marked where the terminal did not trust its own clock.
fn time(entry: &Entry) -> String {
    let mark = if entry.clock_trusted { "" } else { " ?" };
    format!("{}{mark}", entry.at.campus_date_and_clock())
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "入 in",
        Direction::Out => "出 out",
    }
}
