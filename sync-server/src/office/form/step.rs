//! The form asked one question at a time, for who prefers that: the same form, the same rules, in ten steps.
//!
//! Whatever is not asked travels with the page, so going back and forth loses nothing, and what is sent in the end is the same form
//! that the one page sends.

use super::{BookingForm, Field};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Who,
    Document,
    Phone,
    Companions,
    Vehicles,
    Place,
    Times,
    Reason,
    Host,
    /// Everything once more, and the consent.
    Overview,
}

impl Step {
    pub const ALL: [Self; 10] = [
        Self::Who,
        Self::Document,
        Self::Phone,
        Self::Companions,
        Self::Vehicles,
        Self::Place,
        Self::Times,
        Self::Reason,
        Self::Host,
        Self::Overview,
    ];

    /// Where a field is asked for.
    #[must_use]
    pub const fn of(field: Field) -> Self {
        match field {
            Field::VisitKind | Field::VisitorName => Self::Who,
            Field::DocumentKind | Field::DocumentNumber => Self::Document,
            Field::Phone => Self::Phone,
            Field::Companions | Field::Companion { .. } => Self::Companions,
            Field::Plates | Field::Plate { .. } => Self::Vehicles,
            Field::Campus | Field::Day => Self::Place,
            Field::From | Field::Until => Self::Times,
            Field::Reason => Self::Reason,
            Field::Host => Self::Host,
            Field::Consent(_) => Self::Overview,
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Document => "document",
            Self::Phone => "phone",
            Self::Companions => "companions",
            Self::Vehicles => "vehicles",
            Self::Place => "place",
            Self::Times => "times",
            Self::Reason => "reason",
            Self::Host => "host",
            Self::Overview => "overview",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// From 1.
    #[must_use]
    pub fn number(self) -> usize {
        Self::ALL.into_iter().take_while(|step| *step <= self).count()
    }

    /// The last one is its own next.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL.into_iter().find(|step| *step > self).unwrap_or(self)
    }

    /// The first one is its own last.
    #[must_use]
    pub fn back(self) -> Self {
        Self::ALL.into_iter().rev().find(|step| *step < self).unwrap_or(self)
    }
}

impl BookingForm {
    /// What a page that asks for `step` alone must carry besides, as inputs of these names.
    #[must_use]
    pub fn beside(&self, step: Step) -> Vec<(&'static str, &str)> {
        let single = [
            (Step::Who, "visit_kind", &self.visit_kind),
            (Step::Who, "visitor_name", &self.visitor_name),
            (Step::Document, "document_kind", &self.document_kind),
            (Step::Document, "document_number", &self.document_number),
            (Step::Phone, "phone", &self.phone),
            (Step::Place, "campus", &self.campus),
            (Step::Place, "day", &self.day),
            (Step::Times, "from", &self.from),
            (Step::Times, "until", &self.until),
            (Step::Reason, "reason", &self.reason),
            (Step::Host, "host_number", &self.host_number),
            (Step::Host, "host_phone", &self.host_phone),
            (Step::Host, "host_name", &self.host_name),
            (Step::Host, "host_department", &self.host_department),
            (Step::Host, "invitation", &self.invitation),
        ];
        let lists = [
            (Step::Companions, "companion_name", &self.companion_name),
            (Step::Companions, "companion_number", &self.companion_number),
            (Step::Vehicles, "plate", &self.plate),
            (Step::Vehicles, "plate_kind", &self.plate_kind),
        ];
        let single = single.into_iter().map(|(asked, name, typed)| (asked, name, typed.as_str()));
        let lists = lists
            .into_iter()
            .flat_map(|(asked, name, rows)| rows.iter().map(move |typed| (asked, name, typed.as_str())));
        single.chain(lists).filter(|(asked, ..)| *asked != step).map(|(_, name, typed)| (name, typed)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_lead_forth_and_back() {
        for (number, step) in (1..).zip(Step::ALL) {
            assert_eq!((Step::from_name(step.name()), step.number()), (Some(step), number));
            assert!(step == Step::Overview || step.next().back() == step);
        }
        assert_eq!((Step::Overview.next(), Step::Who.back()), (Step::Overview, Step::Who));
        assert_eq!(Step::from_name(""), None);
    }

    #[test]
    fn whatever_a_step_does_not_ask_travels_with_it() {
        let texts = |typed: &[&str]| typed.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let form = BookingForm {
            visitor_name: "张三".to_owned(),
            companion_name: texts(&["李四", "", "王五"]),
            plate: texts(&["京A12345"]),
            ..BookingForm::default()
        };
        let names = |step| form.beside(step).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Step::Overview).len(), 15 + 3 + 1);
        assert_eq!(names(Step::Host).len(), 10 + 3 + 1);
        let rows: Vec<_> = form.beside(Step::Who).into_iter().filter(|(name, _)| *name == "companion_name").collect();
        assert_eq!(rows, [("companion_name", "李四"), ("companion_name", ""), ("companion_name", "王五")]);
        assert!(!names(Step::Companions).contains(&"companion_name") && !names(Step::Who).contains(&"visitor_name"));
    }
}
