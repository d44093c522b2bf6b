//! `conflicts list`: one pass let in twice without leaving between, and by which terminals.
//!
//! Gates that are cut off from each other cannot prevent it, nor can a terminal whose guard overrules it; what they can do is
//! never let it go unseen.

use std::{collections::HashMap, io::Write};

use shared::{entry::EntryId, ids::TerminalId};

use super::{Failure, Office, table};
use crate::store::Conflict;

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let conflicts = office.store.conflicts().await?;
    if conflicts.is_empty() {
        writeln!(out, "没有通行码被重复放行。No pass was let in twice")?;
        return Ok(());
    }
    let terminals = office.store.terminals().await?;
    let places: HashMap<TerminalId, String> = terminals
        .iter()
        .map(|terminal| (terminal.id, format!("{} ({})", terminal.id, office.place(terminal.campus, terminal.gate))))
        .collect();
    let rows: Vec<[String; 5]> = conflicts
        .iter()
        .map(|conflict| {
            [
                conflict.found_at.campus_date_and_clock(),
                conflict.pass.to_string(),
                at_terminals(conflict, &places),
                entry(conflict.first),
                entry(conflict.second),
            ]
        })
        .collect();
    table::print(out, ["发现时间 found", "通行码 pass", "终端 terminals", "第一条 first", "第二条 second"], &rows)?;
    Ok(())
}

fn at_terminals(conflict: &Conflict, places: &HashMap<TerminalId, String>) -> String {
    let place = |id: TerminalId| places.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let (first, second) = (conflict.first.terminal, conflict.second.terminal);
    if first == second { format!("{}，两次", place(first)) } else { format!("{}, {}", place(first), place(second)) }
}

fn entry(id: EntryId) -> String {
    format!("{}/{}", id.terminal, id.seq)
}

#[cfg(test)]
mod tests {
    use shared::{ids::PassId, time::Moment};

    use super::*;

    #[test]
    fn one_terminal_or_two_are_told_apart() {
        let [south, north] = [1, 2].map(TerminalId::new);
        let places = HashMap::from([(south, "1 (南门)".to_owned())]);
        let conflict = |second| Conflict {
            pass: PassId::from_bytes([1; 8]),
            first: EntryId { terminal: south, seq: 1 },
            second: EntryId { terminal: second, seq: 7 },
            found_at: Moment::from_unix_s(0),
        };
        assert_eq!(at_terminals(&conflict(south), &places), "1 (南门)，两次");
        assert_eq!(at_terminals(&conflict(north), &places), "1 (南门), 2");
    }
}
