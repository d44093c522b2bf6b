//! An identity card, read by a card reader or typed: who of the list has it?
//!
//! The list has no document numbers, only slow salted hashes of them. So the number goes out in an effect to be hashed beside the
//! gate's thread, and what is kept here meanwhile is the mark that a stranger's code leaves, should nobody on the list have it.

use shared::{
    identity::{Document, DocumentKind, DocumentTag, LastFour},
    ids::CampusId,
    time::CampusDay,
};

use super::desk::Now;

/// The numbers of 18 symbols with a check digit: told from anything else that is typed or scanned.
const PROVEN_KINDS: [DocumentKind; 3] =
    [DocumentKind::ResidentId, DocumentKind::HkMacaoResidence, DocumentKind::ForeignPermanentResidence];

const SYMBOLS: usize = 18;

/// What is to be hashed, slowly and elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardQuestion {
    pub number: u64,
    /// The same number, as each kind of document it may be.
    pub documents: Vec<Document>,
    pub campus: CampusId,
    pub days: [CampusDay; 2],
}

impl CardQuestion {
    /// Takes tens of milliseconds for each kind and day.
    #[must_use]
    pub fn answer(&self) -> CardAnswer {
        let pairs = self.days.into_iter().flat_map(|day| self.documents.iter().map(move |document| (day, document)));
        let tags = pairs.filter_map(|(day, document)| Some((day, DocumentTag::of(document, self.campus, day)?)));
        CardAnswer { number: self.number, tags: tags.collect() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardAnswer {
    pub number: u64,
    pub tags: Vec<(CampusDay, DocumentTag)>,
}

/// A card that is being looked up.
#[derive(Debug)]
pub(super) struct Card {
    pub number: u64,
    /// Of its text as a stranger's code.
    pub mark: String,
    pub last_four: LastFour,
    pub asked_boot_ms: u64,
}

/// Longer than a hash takes. A reader that repeats a card faster than it is looked up would take the answer away from each before.
const LOOKED_UP_WITHIN_MS: u64 = 1_000;

impl Card {
    pub(super) fn is_looked_up(&self, mark: &str, now: &Now) -> bool {
        self.mark == mark && now.since_boot_ms.saturating_sub(self.asked_boot_ms) < LOOKED_UP_WITHIN_MS
    }
}

/// The documents whose number stands in `text`, which may hold more, as readers type whole cards.
pub(super) fn documents(text: &str, today: CampusDay) -> Vec<Document> {
    let runs = text.split(|symbol: char| !symbol.is_ascii_alphanumeric()).filter(|run| run.len() == SYMBOLS);
    runs.flat_map(|run| PROVEN_KINDS.map(|kind| Document::parse(kind, run, today.date()).ok())).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::{super::small_campus::day, *};

    #[test]
    fn a_number_is_found_in_whatever_a_reader_types() {
        for (text, kinds) in [
            ("11010519491231002X", 1),
            ("11010519491231002x\r\n", 1),
            ("张晓明,男,汉,19491231,北京市东城区,11010519491231002X,2020.01.01-长期", 1),
            ("110105194912310021", 0),
            ("1234567890", 0),
            ("HTTPS://EXAMPLE.EDU.CN/110105194912310021AB", 0),
            ("", 0),
        ] {
            assert_eq!(documents(text, day()).len(), kinds, "{text}");
        }
        assert!(!format!("{:?}", documents("11010519491231002X", day())).contains("11010519491231002X"));
    }

    #[test]
    fn the_answer_is_what_the_office_puts_on_the_list() {
        let documents = documents("11010519491231002X", day());
        let days = [day(), day().plus_days(1)];
        let question = CardQuestion { number: 1, documents: documents.clone(), campus: CampusId::new(1), days };
        let tag = |day| DocumentTag::of(&documents[0], CampusId::new(1), day).unwrap();
        assert_eq!(question.answer(), CardAnswer { number: 1, tags: days.map(|day| (day, tag(day))).to_vec() });
    }
}
