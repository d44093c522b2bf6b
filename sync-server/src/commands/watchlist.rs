//! `watchlist add`, `remove`, `list`: people who are not to be admitted.
//!
//! The number is read from standard input, because what stands on a command line is seen by every user of the machine and kept in
//! the shell's history. It is kept as a keyed hash, so the list can show no more than its last four.

use std::io::{BufRead, Write};

use shared::{
    identity::{Document, DocumentKind},
    time::CampusDay,
};

use super::{Failure, Office, table};

pub(super) async fn add(
    office: &Office,
    kind: DocumentKind,
    note: &str,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let document = read_document(office, kind, input, out)?;
    let watched = office.store.watch(&document, note, office.now()).await?;
    let before = if watched.added { "已" } else { "此前已" };
    writeln!(out, "{} {before}列入黑名单。It is on the watchlist", document.masked())?;
    if watched.passes > 0 {
        writeln!(out, "从现在起 {} 个通行码在校门被拒绝。So many passes are refused from now on", watched.passes)?;
    }
    Ok(())
}

pub(super) async fn remove(
    office: &Office,
    kind: DocumentKind,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let document = read_document(office, kind, input, out)?;
    if !office.store.unwatch(&document, office.now()).await? {
        return Err(Failure::NotWatched);
    }
    writeln!(out, "{} 已移出黑名单。It is no longer on the watchlist", document.masked())?;
    Ok(())
}

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let people = office.store.watchlist().await?;
    if people.is_empty() {
        writeln!(out, "黑名单是空的。The watchlist is empty")?;
        return Ok(());
    }
    let rows: Vec<[String; 4]> = people
        .iter()
        .map(|person| {
            [
                person.since.campus_date_and_clock(),
                person.kind.name().to_owned(),
                person.last_four.to_string(),
                person.note.clone(),
            ]
        })
        .collect();
    table::print(out, ["列入时间 since", "证件 kind", "后四位 last four", "备注 note"], &rows)?;
    Ok(())
}

/// One line: typed by a person, or piped in.
fn read_document(
    office: &Office,
    kind: DocumentKind,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<Document, Failure> {
    writeln!(out, "请输入证件号码（{}），然后回车。Document number, then Enter:", kind.name())?;
    out.flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(Document::parse(kind, &line, CampusDay::of(office.now()).date())?)
}
