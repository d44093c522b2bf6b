//! How much of a booking a change touches, and so whether the host is to be asked again.
//!
//! Once approved, what a guard merely compares may change at once: plates, times within the day, and that fewer come. Who comes,
//! where, on which day and why is what the host said yes to.

use shared::identity::Document;

use super::{Booking, Companion, Facts};

/// What a booking says, with the documents that its facts leave out.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    pub facts: &'a Facts,
    pub document: &'a Document,
    pub companions: &'a [Companion],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Nothing,
    /// It takes effect at once.
    Small,
    /// It waits for a decision.
    Large,
}

#[must_use]
pub fn extent(before: Stated<'_>, after: &Booking) -> Extent {
    let now = after.facts();
    if *after.document() != *before.document || !all_of(after.companions(), before.companions) {
        return Extent::Large;
    }
    let Facts {
        visitor,
        document_kind,
        last_four,
        phone,
        reason,
        campus,
        day,
        from,
        until,
        companions,
        unnamed,
        plates,
    } = now;
    let was = before.facts;
    let as_decided = (visitor, document_kind, last_four, phone, reason)
        == (&was.visitor, &was.document_kind, &was.last_four, &was.phone, &was.reason)
        && (campus, day, unnamed) == (&was.campus, &was.day, &was.unnamed);
    if !as_decided {
        return Extent::Large;
    }
    let same =
        (from, until, plates) == (&was.from, &was.until, &was.plates) && companions.len() == was.companions.len();
    if same { Extent::Nothing } else { Extent::Small }
}

/// Whether everybody of `some` is among `all`, each as often.
fn all_of(some: &[Companion], all: &[Companion]) -> bool {
    let mut left: Vec<_> = all.iter().collect();
    some.iter().all(|one| left.iter().position(|other| *other == one).map(|place| left.swap_remove(place)).is_some())
}

#[cfg(test)]
mod tests {
    use shared::{
        ids::CampusId,
        time::{CampusDay, Moment},
    };

    use super::*;
    use crate::office::{BookingForm, CompanionDocuments, Rules, TimeOfDay, form::sample};

    fn now() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60)
    }

    fn booked(form: &BookingForm) -> Booking {
        let rules = Rules {
            horizon_days: 14,
            opens: TimeOfDay::MIDNIGHT,
            closes: TimeOfDay::DAY_END,
            max_companions: 9,
            max_vehicles: 3,
            companion_documents: CompanionDocuments::Optional,
            foreign_phones: false,
            campuses: vec![CampusId::new(1), CampusId::new(2)],
        };
        form.check(&rules, now()).unwrap()
    }

    fn texts(typed: &[&str]) -> Vec<String> {
        typed.iter().map(|text| (*text).to_owned()).collect()
    }

    fn form() -> BookingForm {
        BookingForm {
            companion_name: texts(&["李䶮", "赵㼆", "李䶮"]),
            companion_number: texts(&["", "E12345678", ""]),
            plate: texts(&["京A12345"]),
            ..sample::form()
        }
    }

    #[test]
    fn only_what_a_guard_compares_changes_without_the_host() {
        type Mend = fn(&mut BookingForm);
        let before = booked(&form());
        let before = Stated { facts: before.facts(), document: before.document(), companions: before.companions() };
        let cases: [(&str, Extent, Mend); 22] = [
            ("nothing", Extent::Nothing, |_| {}),
            ("the order of companions", Extent::Nothing, |f| {
                f.companion_name = texts(&["李䶮", "李䶮", "赵㼆"]);
                f.companion_number = texts(&["", "", "E12345678"]);
            }),
            ("the writing of a plate", Extent::Nothing, |f| f.plate = texts(&["京a·12345"])),
            ("the host, who is not asked for", Extent::Nothing, |f| f.host_number = "T2".into()),
            ("a plate", Extent::Small, |f| f.plate = texts(&["京A54321"])),
            ("another vehicle", Extent::Small, |f| f.plate.push("京A54321".into())),
            ("no vehicle", Extent::Small, |f| f.plate.clear()),
            ("earlier", Extent::Small, |f| f.from = "08:30".into()),
            ("later", Extent::Small, |f| f.until = "18:00".into()),
            ("fewer", Extent::Small, |f| {
                f.companion_name = texts(&["李䶮"]);
                f.companion_number.clear();
            }),
            ("alone, in another car", Extent::Small, |f| {
                f.companion_name.clear();
                f.companion_number.clear();
                f.plate = texts(&["京A54321"]);
            }),
            ("more", Extent::Large, |f| f.companion_name.push("王五".into())),
            ("one twice", Extent::Large, |f| {
                f.companion_name = texts(&["赵㼆", "赵㼆"]);
                f.companion_number = texts(&["E12345678", "E12345678"]);
            }),
            ("somebody else", Extent::Large, |f| {
                f.companion_name = texts(&["王五"]);
                f.companion_number.clear();
            }),
            ("a companion's document", Extent::Large, |f| f.companion_number = texts(&["", "E12345679", ""])),
            ("the visitor", Extent::Large, |f| f.visitor_name = "张小明".into()),
            ("the document", Extent::Large, |f| f.document_number = "440524188001010014".into()),
            ("the telephone", Extent::Large, |f| f.phone = "13800130001".into()),
            ("the reason", Extent::Large, |f| f.reason = "设备安装".into()),
            ("the campus", Extent::Large, |f| f.campus = "2".into()),
            ("the day", Extent::Large, |f| f.day = "2026-11-24".into()),
            ("a small thing and a large one", Extent::Large, |f| {
                f.plate.clear();
                f.reason = "设备安装".into();
            }),
        ];
        for (what, expected, mend) in cases {
            let mut after = form();
            mend(&mut after);
            assert_eq!(extent(before, &booked(&after)), expected, "{what}");
        }
    }
}
