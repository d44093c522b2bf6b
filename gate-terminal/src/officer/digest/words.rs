//! What of an entry can be searched for: names as characters, pinyin and first letters, plates, tails, and written reasons.
//!
//! The entry has only the masked name; the rest comes from the list while it holds the pass.

use pinyin::ToPinyinMulti as _;
use shared::{
    entry::{Entry, GuardReason, Outcome},
    sync::change::PassRecord,
};

/// A name has few characters with several readings; beyond this many spellings nobody misses one.
const MOST_SPELLINGS: usize = 8;

/// Stands between two words: nothing that is typed contains it.
const NEXT: char = '\n';

pub(super) fn of(entry: &Entry, record: Option<&PassRecord>) -> Box<str> {
    let mut words = String::new();
    let mut add = |word: &str| {
        let plain = plain(word);
        if !plain.is_empty() {
            words.push_str(&plain);
            words.push(NEXT);
        }
    };
    if let Some(name) = &entry.said.name {
        add(name.as_str());
    }
    if let Outcome::LetIn { reason: GuardReason::Other { text } }
    | Outcome::SentAway { reason: GuardReason::Other { text } } = &entry.outcome
    {
        add(text.as_str());
    }
    if let Some(paper) = &entry.said.paper {
        add(paper.visitor.as_str());
        spellings(paper.visitor.as_str()).iter().for_each(|spelling| add(spelling));
        paper.plates.iter().for_each(|plate| add(plate.as_str()));
        for word in [&paper.phone_tail, paper.host.as_str(), paper.reason.as_str()] {
            add(word);
        }
    }
    if let Some(record) = record {
        for name in std::iter::once(&record.visitor).chain(&record.companions) {
            add(name.as_str());
            spellings(name.as_str()).iter().for_each(|spelling| add(spelling));
        }
        record.plates.iter().for_each(|plate| add(plate));
        for word in [&record.phone_tail, record.host.as_str(), &record.department, &record.reason] {
            add(word);
        }
    }
    words.into()
}

/// Case, width and gaps are typed as they come, so none of them counts.
pub(in super::super) fn plain(typed: &str) -> String {
    typed
        .chars()
        .map(|typed| match typed {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(typed) - 0xFEE0).unwrap_or(typed),
            _ => typed,
        })
        .filter(|typed| !typed.is_whitespace() && !typed.is_control() && !matches!(typed, '-' | '·' | '\'' | '’' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// By first letters and in full, with every reading of a character.
fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![(String::new(), String::new())];
    for character in name.chars() {
        let Some(readings) = character.to_pinyin_multi() else {
            spellings.iter_mut().for_each(|(letters, whole)| {
                letters.push(character);
                whole.push(character);
            });
            continue;
        };
        let mut next: Vec<(String, String)> = Vec::new();
        for (letters, whole) in &spellings {
            for reading in readings {
                let spelling = (format!("{letters}{}", reading.first_letter()), format!("{whole}{}", reading.plain()));
                if next.len() < MOST_SPELLINGS && !next.contains(&spelling) {
                    next.push(spelling);
                }
            }
        }
        spellings = next;
    }
    let mut all: Vec<String> = spellings.into_iter().flat_map(|(letters, whole)| [letters, whole]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_with_every_reading() {
        let spelt = spellings("单晓明");
        for expected in ["sxm", "dxm", "shanxiaoming", "danxiaoming"] {
            assert!(spelt.contains(&expected.to_owned()), "{expected} not in {spelt:?}");
        }
        assert_eq!(spellings("John"), ["John"]);
        assert!(spellings(&"单".repeat(100)).len() <= 2 * MOST_SPELLINGS);
    }

    #[test]
    fn width_case_and_gaps_do_not_count() {
        for (typed, plainly) in [
            ("京Ａ１２３４５", "京a12345"),
            (" John  SMITH ", "johnsmith"),
            ("阿卜杜拉·艾山", "阿卜杜拉艾山"),
            ("\n\t", ""),
        ] {
            assert_eq!(plain(typed), plainly);
        }
    }
}
