//! A paper case on its way into the log: the gate writes it, and only what is found in the log counts as written.

use std::time::Duration;

use super::Terminal;
use crate::{
    ports::{EntryLog, KeptEntry},
    ui::records::PaperForm,
};

/// A gate whose disk is slow is waited for so often, so long.
const LOOKS: u32 = 60;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Many more than a gate writes while it is waited for.
const NEWEST: usize = 1_000;

/// The number of its entry; `None` when the gate did not take it, or did not write it down in time.
pub(super) fn record<L: EntryLog, T: Terminal>(
    log: &L,
    terminal: &mut T,
    form: PaperForm,
) -> Result<Option<u64>, L::Error> {
    let before = log.last()?;
    let (visitor, party, direction) = (form.visitor.clone(), form.party, form.direction);
    if !terminal.paper(form) {
        return Ok(None);
    }
    let is_it = |kept: &KeptEntry| {
        let entry = &kept.entry;
        let of_visitor = entry.said.paper.as_ref().is_some_and(|paper| paper.visitor == visitor);
        of_visitor && (entry.party, entry.direction) == (party, direction)
    };
    for _ in 0..LOOKS {
        if let Some(kept) = log.kept_after(before, NEWEST)?.into_iter().find(is_it) {
            return Ok(Some(kept.seq));
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Ok(None)
}
