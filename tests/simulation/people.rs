//! Invented people who book, and the hosts they visit.

use shared::{
    identity::{PersonName, Phone},
    ids::{CampusId, StaffNumber},
    time::CampusDay,
};
use sync_server::office::{BookingForm, Staff};

/// None may book for visitors more than a hundred times a day.
#[must_use]
pub fn directory() -> Vec<Staff> {
    (0..4).filter_map(host).collect()
}

#[must_use]
pub fn host(number: u64) -> Option<Staff> {
    Some(Staff {
        number: StaffNumber::parse(&format!("T{number}"))?,
        name: PersonName::parse("李文").ok()?,
        department: "计算机学院".to_owned(),
        phone: Phone::parse(&format!("1380013010{number}")).ok()?,
        wecom_id: None,
        hall_id: None,
    })
}

/// A number that belongs to nobody: passports of no country.
#[must_use]
pub fn passport(visitor: u64) -> String {
    format!("X{visitor:08}")
}

#[must_use]
pub fn form(visitor: u64, campus: CampusId, day: CampusDay, companions: usize) -> BookingForm {
    let text = str::to_owned;
    BookingForm {
        form_id: format!("form-{visitor}"),
        visitor_name: text("张晓明"),
        document_kind: text("passport"),
        document_number: passport(visitor),
        phone: format!("138{:08}", 10_000 + visitor),
        reason: text("学术报告"),
        campus: campus.to_string(),
        day: day.to_string(),
        from: text("10:00"),
        until: text("21:30"),
        companion_name: vec![text("王小二"); companions],
        companion_number: vec![String::new(); companions],
        privacy: text("yes"),
        document_consent: text("yes"),
        visit_kind: text("ordinary"),
        ..BookingForm::default()
    }
}
