//! Who comes along and in what: the rows of two lists, of which empty ones do not count.
//!
//! What is wrong stands at the input it was typed into. A plate is judged by the kind that was chosen for it, so that a slip is
//! seen before the gate sees it; who chooses "other" is refused nothing, and the guard looks.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use shared::{
    identity::{Document, DocumentError, DocumentKind, PersonName, Plate, PlateKind},
    pass::PartySize,
    time::CampusDay,
};

use super::{BookingForm, Field, Problem, Rules, document_problem, name_problem, noted};
use crate::office::Companion;

/// Rows that a page shows before anybody asks for more.
const ROWS_AT_FIRST: usize = 2;

/// No list that anybody fills in has more, and what is sent beyond is not read: each row is looked at, worded and drawn.
const ROWS_READ: usize = 64;

/// A list as it was sent, as far as it is read.
pub(super) fn few_rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Rows;

    impl<'de> Visitor<'de> for Rows {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut rows = Vec::new();
            while rows.len() < ROWS_READ
                && let Some(row) = list.next_element()?
            {
                rows.push(row);
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(Rows)
}

/// Whether companions are asked for their documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanionDocuments {
    #[default]
    No,
    Optional,
    Required,
}

impl Rules {
    /// The pass counts the party in four bits, the visitor included.
    #[must_use]
    pub fn most_companions(&self) -> usize {
        self.max_companions.min(usize::from(PartySize::MAX) - 1)
    }
}

impl BookingForm {
    #[must_use]
    pub fn companion_rows(&self, rules: &Rules) -> usize {
        rows(self.companion_name.len(), rules.most_companions())
    }

    #[must_use]
    pub fn vehicle_rows(&self, rules: &Rules) -> usize {
        rows(self.plate.len(), rules.max_vehicles)
    }

    /// With one more row in the list that was asked for, as long as there may be more.
    #[must_use]
    pub fn grown(mut self, rules: &Rules) -> Self {
        let one_more = |rows: usize, most: usize| (rows + 1).min(most.max(rows));
        match self.add.as_str() {
            "companion" => {
                let rows = one_more(self.companion_rows(rules), rules.most_companions());
                self.companion_name.resize(rows, String::new());
            }
            "vehicle" => {
                let rows = one_more(self.vehicle_rows(rules), rules.max_vehicles);
                self.plate.resize(rows, String::new());
            }
            _ => {}
        }
        self
    }

    pub(super) fn companions(
        &self,
        rules: &Rules,
        today: CampusDay,
        found: &mut Vec<(Field, Problem)>,
    ) -> Vec<Companion> {
        let asked = rules.companion_documents;
        let number = |row: usize| match asked {
            CompanionDocuments::No => "",
            CompanionDocuments::Optional | CompanionDocuments::Required => typed(&self.companion_number, row),
        };
        let all = 0..self.companion_name.len().max(self.companion_number.len());
        let filled: Vec<_> = all
            .map(|row| (row, typed(&self.companion_name, row), number(row)))
            .filter(|(_, name, number)| !(name.is_empty() && number.is_empty()))
            .collect();
        if filled.len() > rules.most_companions() {
            found.push((Field::Companions, Problem::TooMany { max: rules.most_companions() }));
        }
        let mut companions = Vec::new();
        for (row, name, number) in filled {
            let name = noted(found, Field::companion_name(row), PersonName::parse(name).map_err(name_problem));
            let document = match (number, asked) {
                ("", CompanionDocuments::Required) => Err(Problem::Missing),
                ("", CompanionDocuments::No | CompanionDocuments::Optional) => Ok(None),
                (number, _) => any_document(number, today).map(Some).map_err(document_problem),
            };
            let document = noted(found, Field::companion_number(row), document);
            if let (Some(name), Some(document)) = (name, document) {
                companions.push(Companion { name, document });
            }
        }
        companions
    }

    /// `elsewhere` knows what must not stand in a text that gates read.
    pub(super) fn plates(
        &self,
        rules: &Rules,
        elsewhere: impl Fn(&str) -> bool,
        found: &mut Vec<(Field, Problem)>,
    ) -> Vec<Plate> {
        let rows = self.plate.iter().enumerate().map(|(row, plate)| (row, plate.trim()));
        let filled: Vec<_> = rows.filter(|(_, plate)| !plate.is_empty()).collect();
        if filled.len() > rules.max_vehicles {
            found.push((Field::Plates, Problem::TooMany { max: rules.max_vehicles }));
        }
        let read = |(row, text): (usize, &str)| {
            let plate = if elsewhere(text) {
                Err(Problem::DocumentElsewhere)
            } else {
                plate(text, typed(&self.plate_kind, row))
            };
            noted(found, Field::Plate { row }, plate)
        };
        let mut plates = Vec::new();
        for plate in filled.into_iter().filter_map(read) {
            // A vehicle typed twice comes once.
            if !plates.contains(&plate) {
                plates.push(plate);
            }
        }
        plates
    }
}

/// A plate's kind as the form names it.
pub(super) const fn kind_name(kind: PlateKind) -> &'static str {
    match kind {
        PlateKind::Ordinary => "ordinary",
        PlateKind::NewEnergySmall | PlateKind::NewEnergyLarge => "new_energy",
        PlateKind::Other => "other",
    }
}

/// Ordinary or new energy, either is met by what a rule knows; who chose the wrong one of the two has told the guard all the same.
fn plate(typed: &str, chosen: &str) -> Result<Plate, Problem> {
    let plate = Plate::parse(typed).map_err(Problem::Plate)?;
    match chosen {
        "ordinary" | "new_energy" if plate.guard_to_confirm() => Err(Problem::PlateOfNoRule),
        _ => Ok(plate),
    }
}

fn typed(rows: &[String], row: usize) -> &str {
    rows.get(row).map(|typed| typed.trim()).unwrap_or_default()
}

/// What was typed is shown, however much it is.
fn rows(typed: usize, most: usize) -> usize {
    typed.max(ROWS_AT_FIRST.min(most))
}

/// The first kind whose rule the number meets, the passport's last because it is the loosest. When none does, the resident id's
/// own word on it.
fn any_document(number: &str, today: CampusDay) -> Result<Document, DocumentError> {
    let parse = |kind| Document::parse(kind, number, today.date());
    let first = parse(DocumentKind::ResidentId);
    let others = DocumentKind::ALL.into_iter().filter(|kind| *kind != DocumentKind::Passport);
    match &first {
        Ok(_) => first,
        Err(_) => others.chain([DocumentKind::Passport]).find_map(|kind| parse(kind).ok()).map_or(first, Ok),
    }
}

#[cfg(test)]
mod tests {
    use shared::identity::{NameError, PlateError};

    use super::*;
    use crate::office::TimeOfDay;

    fn rules(companion_documents: CompanionDocuments) -> Rules {
        Rules {
            horizon_days: 14,
            opens: TimeOfDay::MIDNIGHT,
            closes: TimeOfDay::DAY_END,
            max_companions: 3,
            max_vehicles: 3,
            companion_documents,
            foreign_phones: false,
            campuses: Vec::new(),
        }
    }

    fn texts(typed: &[&str]) -> Vec<String> {
        typed.iter().map(|text| (*text).to_owned()).collect()
    }

    type Read = (Vec<(String, Option<DocumentKind>)>, Vec<(Field, Problem)>);

    fn companions(asked: CompanionDocuments, names: &[&str], numbers: &[&str]) -> Read {
        let form =
            BookingForm { companion_name: texts(names), companion_number: texts(numbers), ..BookingForm::default() };
        let mut found = Vec::new();
        let read = form.companions(&rules(asked), CampusDay::parse("2026-11-23").unwrap(), &mut found);
        let read = read.into_iter().map(|one| (one.name.to_string(), one.document.map(|document| document.kind())));
        (read.collect(), found)
    }

    #[test]
    fn empty_rows_do_not_count_and_each_problem_stands_in_its_row() {
        use CompanionDocuments::{No, Optional, Required};
        let nothing: Read = (Vec::new(), Vec::new());
        assert_eq!(companions(Optional, &["", " ", "　"], &["", ""]), nothing);
        let (read, found) =
            companions(Optional, &["李䶮", "", "赵㼆", "John Smith"], &["", "", "11010519491231002x", "E12345678"]);
        let kinds = [None, Some(DocumentKind::ResidentId), Some(DocumentKind::Passport)];
        assert_eq!(read.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), kinds);
        assert_eq!(found, []);
        let checks = Problem::Document(DocumentError::CheckDigit);
        for (asked, names, numbers, problems) in [
            (
                Optional,
                &["张三", "李1"][..],
                &["", ""][..],
                vec![(Field::companion_name(1), Problem::Name(NameError::Character('1')))],
            ),
            (Optional, &["张三"], &["110105194912310021"], vec![(Field::companion_number(0), checks)]),
            (Optional, &["", ""], &["", "E12345678"], vec![(Field::companion_name(1), Problem::Missing)]),
            (Required, &["张三"], &[], vec![(Field::companion_number(0), Problem::Missing)]),
            (Required, &["张三"], &["E12345678"], Vec::new()),
            (No, &["张三"], &["nothing of a document"], Vec::new()),
            (No, &["", ""], &["", "E12345678"], Vec::new()),
            (No, &["张三", "", "李四", "王五", "赵六"], &[], vec![(Field::Companions, Problem::TooMany { max: 3 })]),
        ] {
            assert_eq!(companions(asked, names, numbers).1, problems, "{asked:?} {names:?} {numbers:?}");
        }
    }

    #[test]
    fn a_document_that_is_not_asked_for_is_not_taken() {
        assert_eq!(companions(CompanionDocuments::No, &["张三"], &["E12345678"]).0, [("张三".to_owned(), None)]);
    }

    #[test]
    fn a_plate_is_judged_by_the_kind_chosen_for_it() {
        let short = Problem::Plate(PlateError::TooShort { min: 2 });
        for (typed, chosen, problem) in [
            ("京A·12345", "ordinary", None),
            ("京AD12345", "new_energy", None),
            ("京AD12345", "ordinary", None),
            ("京A12345", "new_energy", None),
            ("京A1234", "ordinary", Some(Problem::PlateOfNoRule)),
            ("京AD123", "new_energy", Some(Problem::PlateOfNoRule)),
            ("使123456", "ordinary", Some(Problem::PlateOfNoRule)),
            ("使123456", "other", None),
            ("未上牌", "other", None),
            ("使123456", "", None),
            ("京", "other", Some(short)),
            ("证件", "other", Some(Problem::DocumentElsewhere)),
        ] {
            let form = BookingForm {
                plate: texts(&["", typed]),
                plate_kind: texts(&["ordinary", chosen]),
                ..BookingForm::default()
            };
            let mut found = Vec::new();
            let read = form.plates(&rules(CompanionDocuments::No), |text| text == "证件", &mut found);
            assert_eq!(read.len(), usize::from(problem.is_none()), "{typed} {chosen}");
            let problem: Vec<_> = problem.into_iter().map(|problem| (Field::Plate { row: 1 }, problem)).collect();
            assert_eq!(found, problem, "{typed} {chosen}");
        }
        let twice = BookingForm { plate: texts(&["京A·12345", "京B54321", "京a 12345"]), ..BookingForm::default() };
        let mut found = Vec::new();
        let read = twice.plates(&rules(CompanionDocuments::No), |_| false, &mut found);
        assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), ["京A12345", "京B54321"]);
        let many = BookingForm {
            plate: texts(&["京A12341", "京A12342", "京A12343", "京A12344"]),
            ..BookingForm::default()
        };
        let mut found = Vec::new();
        many.plates(&rules(CompanionDocuments::No), |_| false, &mut found);
        assert_eq!(found, [(Field::Plates, Problem::TooMany { max: 3 })]);
    }

    #[test]
    fn rows_grow_one_by_one_up_to_the_limit_and_keep_what_was_typed() {
        let rules = rules(CompanionDocuments::Optional);
        let mut form =
            BookingForm { add: "companion".to_owned(), companion_name: texts(&["张三"]), ..BookingForm::default() };
        assert_eq!((form.companion_rows(&rules), form.vehicle_rows(&rules)), (2, 2));
        for rows in [3, 3] {
            form = form.grown(&rules);
            assert_eq!((form.companion_rows(&rules), form.vehicle_rows(&rules)), (rows, 2));
        }
        assert_eq!(form.companion_name, ["张三", "", ""]);
        let form = BookingForm { add: "vehicle".to_owned(), ..form }.grown(&rules);
        assert_eq!((form.companion_rows(&rules), form.vehicle_rows(&rules)), (3, 3));
        let crowd = BookingForm { companion_name: vec!["张三".to_owned(); 9], add: "companion".to_owned(), ..form };
        assert_eq!(crowd.grown(&rules).companion_rows(&rules), 9, "what was typed is not cut off");
        let alone = Rules { max_companions: 0, max_vehicles: 1, ..rules };
        assert_eq!(BookingForm::default().companion_rows(&alone), 0);
        assert_eq!(BookingForm::default().vehicle_rows(&alone), 1);
    }
}
