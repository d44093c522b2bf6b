//! Invented people with valid check digits, and the form they fill in.

use std::collections::BTreeMap;

use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
    time::CampusDay,
};
use sync_server::office::Staff;

/// The staff directory of the story, as the office imports it.
pub const DIRECTORY_CSV: &str = "\
number,name,department,phone,wecom,hall
T2001,王建国,计算机学院,13900000001,wangjg,T2001
T2002,李思敏,文学院,13900000002,lism,T2002
T2003,阿依古丽·买买提,国际处,13900000003,ayiguli,T2003
";

/// The same, as the server's store takes it.
#[must_use]
pub fn directory() -> Vec<Staff> {
    DIRECTORY_CSV.lines().skip(1).filter_map(staff).collect()
}

fn staff(line: &str) -> Option<Staff> {
    let mut columns = line.split(',');
    Some(Staff {
        number: StaffNumber::parse(columns.next()?)?,
        name: PersonName::parse(columns.next()?).ok()?,
        department: columns.next()?.to_owned(),
        phone: Phone::parse(columns.next()?).ok()?,
        wecom_id: columns.next().map(str::to_owned),
        hall_id: columns.next().map(str::to_owned),
    })
}

pub const HOST_NUMBER: &str = "T2001";
pub const HOST_NAME: &str = "王建国";
pub const HOST_PHONE: &str = "13900000001";
pub const VISITOR_PHONE: &str = "13800000001";

/// A resident number of nobody: made-up area and birth date, `sequence` 0 to 999, and the check digit the rule asks for.
#[must_use]
pub fn resident_number(sequence: u16) -> String {
    let seventeen = format!("99010019900101{:03}", sequence % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = seventeen.chars().zip(weights).filter_map(|(c, weight)| Some(c.to_digit(10)? * weight)).sum();
    let check = "10X98765432".chars().nth(usize::try_from(sum % 11).unwrap_or(0)).unwrap_or('X');
    format!("{seventeen}{check}")
}

/// The booking form, field by field, as it is typed.
#[derive(Debug, Clone)]
pub struct Form(BTreeMap<&'static str, Vec<String>>);

impl Form {
    /// A good booking for `day` at 长安校区.
    #[must_use]
    pub fn good(day: CampusDay) -> Self {
        let fields = [
            ("visitor_name", "欧阳娜".to_owned()),
            ("document_kind", "resident_id".to_owned()),
            ("document_number", resident_number(12)),
            ("phone", VISITOR_PHONE.to_owned()),
            ("reason", "学术交流".to_owned()),
            ("campus", "1".to_owned()),
            ("day", day.to_string()),
            ("from", "09:00".to_owned()),
            ("until", "21:59".to_owned()),
            ("plate", "陕AD12345".to_owned()),
            ("plate_kind", "new_energy".to_owned()),
            ("host_name", HOST_NAME.to_owned()),
            ("host_number", HOST_NUMBER.to_owned()),
            ("host_phone", HOST_PHONE.to_owned()),
            ("privacy", "yes".to_owned()),
            ("document_consent", "yes".to_owned()),
            ("visit_kind", "ordinary".to_owned()),
        ];
        let form = Self(fields.into_iter().map(|(field, typed)| (field, vec![typed])).collect());
        form.with_rows("companion_name", &["𬭎䶮", "阿卜杜拉·艾山"])
    }

    #[must_use]
    pub fn with(mut self, field: &'static str, typed: impl Into<String>) -> Self {
        self.0.insert(field, vec![typed.into()]);
        self
    }

    /// A field that stands there once in each row of a list.
    #[must_use]
    pub fn with_rows(mut self, field: &'static str, typed: &[&str]) -> Self {
        self.0.insert(field, typed.iter().map(|row| (*row).to_owned()).collect());
        self
    }

    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.0.remove(field);
        self
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(field, rows)| rows.iter().map(|typed| (*field, typed.as_str())))
    }
}
