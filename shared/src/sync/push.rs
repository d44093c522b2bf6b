//! Push: entries up, a countersigned receipt down.
//!
//! Entries are links of the terminal's own chain; the terminal signs the head they lead to. The server checks the chain,
//! stores what is new, answers only after its commit, and countersigns the head. Only what a receipt covers may be purged from
//! the terminal. Pushing the same entries again changes nothing and brings the same receipt: a lost answer costs nothing.

use serde::{Deserialize, Serialize};

use crate::{
    chain::{ChainHash, Head, Link},
    ids::TerminalId,
    seal::{Label, Sealable, Sealed},
    time::Moment,
};

/// At most this many entries in one push.
pub const PUSH_BATCH: usize = 500;

/// Several times as much as an entry can be; nobody reads a longer one.
pub const LONGEST_ENTRY: usize = 4 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    pub terminal: TerminalId,
    /// Each body is the JSON of an [`Entry`](crate::entry::Entry).
    pub links: Vec<Link>,
    /// The head the links lead to, signed by the terminal's key.
    pub head: Sealed<EntryHead>,
    /// The first eight digits of the hash after each link, one after another: where links do not lead to the head, they say which
    /// is the first that differs. They prove nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub marks: String,
}

/// How many digits of each hash are a mark.
pub const MARK_DIGITS: usize = 8;

/// The mark of a link that leads to `hash`.
#[must_use]
pub fn mark(hash: ChainHash) -> String {
    let mut digits = hash.to_string();
    digits.truncate(MARK_DIGITS);
    digits
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryHead {
    pub terminal: TerminalId,
    pub head: Head,
}

impl Sealable for EntryHead {
    const LABEL: Label = Label::EntryHead;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushAnswer {
    /// Signed with a beacon key.
    pub receipt: Sealed<EntryReceipt>,
}

/// The server holds every entry of `terminal` up to `head`, durably.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryReceipt {
    pub terminal: TerminalId,
    pub head: Head,
    pub at: Moment,
}

impl Sealable for EntryReceipt {
    const LABEL: Label = Label::EntryReceipt;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        entry::{Direction, Entry, GuardReason, Outcome, PaperCase, Remark, Said},
        identity::PersonName,
        ids::GateIndex,
        verdict::Verdict,
    };

    #[test]
    fn an_entry_in_which_all_is_said_at_length_is_far_from_too_long() {
        let remark = || Remark::parse(&"长".repeat(Remark::MAX_CHARS)).unwrap();
        let paper = PaperCase {
            visitor: PersonName::parse(&"长".repeat(100)).unwrap(),
            phone_tail: "0102".to_owned(),
            host: remark(),
            reason: remark(),
            plates: Vec::new(),
        };
        let said = Said {
            verdict: Verdict::Admit,
            pass: None,
            name: None,
            foreign_code: Some("00112233445566ff".to_owned()),
            paper: Some(Box::new(paper)),
        };
        let entry = Entry {
            at: Moment::from_unix_s(1_000_000),
            clock_trusted: true,
            gate: GateIndex::new(1).unwrap(),
            direction: Direction::In,
            said,
            outcome: Outcome::LetIn { reason: GuardReason::Other { text: remark() } },
            party: u8::MAX,
        };
        let written = serde_json::to_string(&entry).unwrap();
        assert!(2 * written.len() < LONGEST_ENTRY, "{}", written.len());
    }

    #[test]
    fn a_mark_is_the_beginning_of_its_hash() {
        let hash = ChainHash::parse(&"0123456789abcdef".repeat(4)).unwrap();
        assert_eq!(mark(hash), "01234567");
    }
}
