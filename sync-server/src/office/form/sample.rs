//! The form that stories begin with: everything in it is right, for 2026-11-23 from ten to eleven.

use super::BookingForm;

pub(crate) fn form() -> BookingForm {
    let text = str::to_owned;
    BookingForm {
        visitor_name: text("张晓明"),
        document_kind: text("resident_id"),
        document_number: text("11010519491231002X"),
        phone: text("13800130000"),
        reason: text("学术报告"),
        campus: text("1"),
        day: text("2026-11-23"),
        from: text("10:00"),
        until: text("11:00"),
        host_name: text("李文"),
        host_number: text("T1"),
        privacy: text("yes"),
        document_consent: text("yes"),
        visit_kind: text("ordinary"),
        ..BookingForm::default()
    }
}
