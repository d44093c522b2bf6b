//! `bench find`: looking a visitor up among a full list, key by key, as a guard types.
//!
//! Measured from the key's command being handed to the gate thread to the snapshot that lists the hits, with every beginning of
//! what is typed: the first letter meets a tenth of the list and costs the most.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use gate_terminal::ui::{command::Command, snapshot::Found};
use gatehouse::{
    Trouble,
    machine::now,
    office::{Office, pass_id},
};
use shared::{ids::PassId, pass::ShortCode, sync::change::PassRecord};

use crate::{spread::Spread, terminal::Terminal};

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Passes on the terminal
    #[arg(long, default_value_t = 100_000)]
    passes: u64,
    /// How many visitors are looked for, each by all they can say
    #[arg(long, default_value_t = 100)]
    visitors: u64,
    /// Where the terminal's folder is made for the time; by default the system's place for such
    #[arg(long)]
    within: Option<PathBuf>,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { passes, visitors, .. } = *wanted;
    let within = wanted.within.clone().unwrap_or_else(std::env::temp_dir);
    writeln!(out, "Finding a visitor: {visitors} of {passes}, each key pressed, in ms (at most 50 is wanted)")?;
    let office = Office::today();
    let terminal = Terminal::with(&office, passes, &within)?;
    let (mut by, mut missed) = (BTreeMap::<&str, Spread>::new(), 0);
    for visitor in 0..visitors {
        let number = visitor * (passes / visitors.max(1)).max(1);
        let record = office.record(number)?;
        for (what, typed) in said(&record) {
            let took = by.entry(what).or_default();
            let mut last = None;
            for (end, letter) in typed.char_indices() {
                let query = typed.get(..end + letter.len_utf8()).unwrap_or(&typed).to_owned();
                let since = now();
                if !terminal.gate.act(Command::Find(query.clone())) {
                    return Err(Trouble::Waited("the gate".to_owned()));
                }
                let is_it = |found: &Found| found.query == query;
                let snapshot = terminal.until("hits", |snapshot| snapshot.found.as_deref().is_some_and(is_it))?;
                took.note(since.elapsed());
                last = snapshot.found.clone();
            }
            missed += u64::from(!last.is_some_and(|found| is_there(&found, pass_id(number))));
        }
    }
    writeln!(out, "             {}", Spread::HEADING)?;
    for (what, took) in &by {
        writeln!(out, "{what:12} {took}")?;
    }
    writeln!(out, "{missed} searches did not have the visitor among the hits of their last key")?;
    Ok(())
}

/// More people share a name or four digits than a screen holds; then more has to be typed, and that is said on it.
fn is_there(found: &Found, pass: PassId) -> bool {
    found.more > 0 || found.hits.iter().any(|hit| hit.pass == pass)
}

/// What somebody without a telephone can say of themselves.
fn said(record: &PassRecord) -> Vec<(&'static str, String)> {
    let name = record.visitor.as_str();
    let mut said = vec![
        ("name", name.to_owned()),
        ("phone tail", record.phone_tail.clone()),
        ("short code", ShortCode::of(record.pass).digits()),
    ];
    said.extend(initials(name).map(|initials| ("initials", initials)));
    said.extend(record.plates.first().map(|plate| ("plate", plate.clone())));
    said
}

/// Of some names; the benchmark does not know how every character is read.
fn initials(name: &str) -> Option<String> {
    const READ: [(char, char); 40] = [
        ('王', 'w'),
        ('李', 'l'),
        ('张', 'z'),
        ('刘', 'l'),
        ('陈', 'c'),
        ('杨', 'y'),
        ('黄', 'h'),
        ('赵', 'z'),
        ('周', 'z'),
        ('吴', 'w'),
        ('徐', 'x'),
        ('孙', 's'),
        ('马', 'm'),
        ('朱', 'z'),
        ('胡', 'h'),
        ('郭', 'g'),
        ('何', 'h'),
        ('高', 'g'),
        ('林', 'l'),
        ('郑', 'z'),
        ('伟', 'w'),
        ('芳', 'f'),
        ('娜', 'n'),
        ('敏', 'm'),
        ('静', 'j'),
        ('丽', 'l'),
        ('强', 'q'),
        ('磊', 'l'),
        ('军', 'j'),
        ('洋', 'y'),
        ('勇', 'y'),
        ('艳', 'y'),
        ('杰', 'j'),
        ('娟', 'j'),
        ('涛', 't'),
        ('明', 'm'),
        ('超', 'c'),
        ('霞', 'x'),
        ('平', 'p'),
        ('刚', 'g'),
    ];
    let read = |letter| READ.iter().find(|(known, _)| *known == letter).map(|(_, initial)| *initial);
    name.chars().map(read).collect()
}
