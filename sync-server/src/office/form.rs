//! What a booking must say, and everything that is wrong with a form at once.
//!
//! The form keeps what was typed, letter by letter; [`BookingForm::check`] reads every field and names the first problem of each,
//! so that nobody mends one field only to be told of the next. Only a form without problems becomes a [`Booking`]. Whether the
//! host exists is the directory's to say.
use unicode_normalization::UnicodeNormalization as _;

use super::{Booking, Companion, Facts, HostAsked, Reason, ReasonError, TimeOfDay};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::{
    identity::{Document, DocumentError, DocumentKind, NameError, PersonName, Phone, PhoneError, Plate, PlateError},
    ids::{CampusId, StaffNumber},
    pass::PartySize,
    time::{CampusDay, Moment},
};

/// The office's settings, as far as a form is judged by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Bookings are taken for today and this many days after.
    pub horizon_days: u16,
    pub opens: TimeOfDay,
    pub closes: TimeOfDay,
    pub max_companions: usize,
    pub max_vehicles: usize,
    pub campuses: Vec<CampusId>,
}

/// The form as typed. Field names are those of the page.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BookingForm {
    /// A random number of this one form, as it was shown.
    pub form_id: String,
    pub visitor_name: String,
    pub document_kind: String,
    pub document_number: String,
    pub phone: String,
    pub reason: String,
    pub campus: String,
    pub day: String,
    pub from: String,
    pub until: String,
    pub companions: String,
    pub plates: String,
    pub host_name: String,
    pub host_number: String,
    pub host_phone: String,
    pub privacy: String,
    pub visit_kind: String,
}

/// What was typed holds document numbers: kept out of logs.
impl BookingForm {
    /// The same for a form that is sent again as it was, by an impatient finger or after going back; another as soon as a
    /// letter is different. None for a form that was not shown by us.
    #[must_use]
    pub fn mark(&self) -> Option<[u8; 32]> {
        let ours = self.form_id.len() == 32 && self.form_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let whole = serde_json::to_vec(self).ok()?;
        ours.then(|| Sha256::digest(whole).into())
    }
}

impl std::fmt::Debug for BookingForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BookingForm(…)")
    }
}

/// A place of the form where a message can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    VisitKind,
    VisitorName,
    DocumentKind,
    DocumentNumber,
    Phone,
    Companions,
    Plates,
    Campus,
    Day,
    From,
    Until,
    Reason,
    /// The host's name, number and phone together: which of them was wrong is not told.
    Host,
    Privacy,
}

impl Field {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VisitKind => "visit_kind",
            Self::VisitorName => "visitor_name",
            Self::DocumentKind => "document_kind",
            Self::DocumentNumber => "document_number",
            Self::Phone => "phone",
            Self::Reason => "reason",
            Self::Campus => "campus",
            Self::Day => "day",
            Self::From => "from",
            Self::Until => "until",
            Self::Companions => "companions",
            Self::Plates => "plates",
            Self::Host => "host",
            Self::Privacy => "privacy",
        }
    }
}

/// What is wrong with a field; the wording is the page's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed or chosen.
    Missing,
    Name(NameError),
    DocumentKindUnknown,
    Document(DocumentError),
    Phone(PhoneError),
    /// A code cannot be sent abroad: the host books for visitors with a foreign number.
    PhoneForeign,
    Reason(ReasonError),
    /// A document number stands in a text that gates and colleagues read.
    DocumentElsewhere,
    CampusUnknown,
    DayUnreadable,
    DayPast,
    DayTooFar {
        last: CampusDay,
    },
    TimeUnreadable,
    OutsideHours {
        opens: TimeOfDay,
        closes: TimeOfDay,
    },
    UntilNotAfterFrom,
    /// The whole appointment is over already.
    TimePast,
    TooMany {
        max: usize,
    },
    /// Something in this line (from 1) of several.
    Line {
        line: usize,
        fault: LineFault,
    },
    /// Name, number or phone: at least one is needed.
    HostMissing,
    /// Nobody in the directory, or more than one, answers to what was given.
    HostUnknown,
    PrivacyNotAgreed,
    /// Group visits are arranged with the office.
    GroupVisit,
    /// Residents' families are registered with the residents' office.
    FamilyVisit,
    VisitKindUnknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    Name(NameError),
    Document(DocumentError),
    Plate(PlateError),
}

/// Who fills in the form.
#[derive(Debug, Clone, Copy)]
enum Books {
    Visitor,
    Host,
    /// The guard, for a visitor who stands at the gate with so many others whom nobody named.
    Gate {
        unnamed: u8,
    },
}

impl BookingForm {
    /// A visitor's own booking.
    pub fn check(&self, rules: &Rules, now: Moment) -> Result<Booking, Vec<(Field, Problem)>> {
        self.read(rules, now, Books::Visitor)
    }

    /// A booking that the host makes for a visitor: no host is asked for, and the visitor's phone may be a foreign one.
    pub fn check_on_behalf(&self, rules: &Rules, now: Moment) -> Result<Booking, Vec<(Field, Problem)>> {
        self.read(rules, now, Books::Host)
    }

    /// A walk-in: the host is found by what the guard was told, and the visitor's phone may be a foreign one.
    pub(super) fn check_walk_in(
        &self,
        unnamed: u8,
        rules: &Rules,
        now: Moment,
    ) -> Result<Booking, Vec<(Field, Problem)>> {
        self.read(rules, now, Books::Gate { unnamed })
    }

    fn read(&self, rules: &Rules, now: Moment, books: Books) -> Result<Booking, Vec<(Field, Problem)>> {
        let mut problems = Vec::new();
        let today = CampusDay::of(now);
        let found = &mut problems;
        noted(found, Field::VisitKind, self.visit_kind());
        let visitor = noted(found, Field::VisitorName, PersonName::parse(&self.visitor_name).map_err(name_problem));
        let kind = noted(found, Field::DocumentKind, self.document_kind());
        // Without a kind there is no rule to judge the number by, but an empty one is empty by every rule.
        let document = match kind {
            Some(kind) => noted(
                found,
                Field::DocumentNumber,
                Document::parse(kind, &self.document_number, today.date()).map_err(document_problem),
            ),
            None => {
                noted(found, Field::DocumentNumber, required(&self.document_number));
                None
            }
        };
        let phone = noted(found, Field::Phone, self.phone(books));
        let reason = noted(found, Field::Reason, Reason::parse(&self.reason).map_err(reason_problem));
        let campus = noted(found, Field::Campus, self.campus(rules));
        let day = noted(found, Field::Day, self.day(rules, today));
        let from = noted(found, Field::From, time(&self.from, rules));
        let until = noted(found, Field::Until, time(&self.until, rules));
        if let (Some(from), Some(until)) = (from, until) {
            if until <= from {
                found.push((Field::Until, Problem::UntilNotAfterFrom));
            } else if day.is_some_and(|day| until.on(day) <= now) {
                found.push((Field::Until, Problem::TimePast));
            }
        }
        let companions = noted(found, Field::Companions, self.companions(rules, today));
        let plates = noted(found, Field::Plates, self.plates(rules));
        let own = document.as_ref().map(Document::number);
        for (field, typed) in [(Field::Reason, &self.reason), (Field::Plates, &self.plates)] {
            if holds_a_document(typed, own, today) && !found.iter().any(|(at, _)| *at == field) {
                found.push((field, Problem::DocumentElsewhere));
            }
        }
        let host = match books {
            Books::Visitor => noted(found, Field::Host, self.host()),
            Books::Host | Books::Gate { .. } => None,
        };
        if self.privacy.trim() != "yes" {
            found.push((Field::Privacy, Problem::PrivacyNotAgreed));
        }
        problems.sort_by_key(|(field, _)| *field);
        let whole = (|| {
            let (companions, document) = (companions?, document?);
            let facts = Facts {
                visitor: visitor?,
                document_kind: document.kind(),
                last_four: document.last_four(),
                phone: phone?,
                reason: reason?,
                campus: campus?,
                day: day?,
                from: from?,
                until: until?,
                companions: companions.iter().map(|companion| companion.name.clone()).collect(),
                unnamed: match books {
                    Books::Visitor | Books::Host => 0,
                    Books::Gate { unnamed } => unnamed,
                },
                plates: plates?,
            };
            Some(Booking::new(facts, document, companions, host))
        })();
        match whole {
            Some(booking) if problems.is_empty() => Ok(booking),
            Some(_) | None => Err(problems),
        }
    }

    fn visit_kind(&self) -> Result<(), Problem> {
        match self.visit_kind.trim() {
            "" | "ordinary" => Ok(()),
            "group" => Err(Problem::GroupVisit),
            "family" => Err(Problem::FamilyVisit),
            _ => Err(Problem::VisitKindUnknown),
        }
    }

    fn document_kind(&self) -> Result<DocumentKind, Problem> {
        let name = required(&self.document_kind)?;
        DocumentKind::from_name(name).ok_or(Problem::DocumentKindUnknown)
    }

    fn phone(&self, books: Books) -> Result<Phone, Problem> {
        let phone = Phone::parse(required(&self.phone)?).map_err(Problem::Phone)?;
        match books {
            Books::Visitor if !phone.is_mainland() => Err(Problem::PhoneForeign),
            Books::Visitor | Books::Host | Books::Gate { .. } => Ok(phone),
        }
    }

    fn campus(&self, rules: &Rules) -> Result<CampusId, Problem> {
        let typed = required(&self.campus)?;
        let campus = typed.parse().map(CampusId::new).map_err(|_| Problem::CampusUnknown)?;
        if rules.campuses.contains(&campus) { Ok(campus) } else { Err(Problem::CampusUnknown) }
    }

    fn day(&self, rules: &Rules, today: CampusDay) -> Result<CampusDay, Problem> {
        let day = CampusDay::parse(required(&self.day)?).ok_or(Problem::DayUnreadable)?;
        let last = today.plus_days(rules.horizon_days);
        if day < today {
            Err(Problem::DayPast)
        } else if day > last {
            Err(Problem::DayTooFar { last })
        } else {
            Ok(day)
        }
    }

    fn companions(&self, rules: &Rules, today: CampusDay) -> Result<Vec<Companion>, Problem> {
        // The pass counts the party in four bits, the visitor included.
        let max = rules.max_companions.min(usize::from(PartySize::MAX) - 1);
        lines(&self.companions, max, |line| {
            let (name, number) = split_companion(line);
            let name = PersonName::parse(name).map_err(LineFault::Name)?;
            let document = number.map(|number| any_document(number, today)).transpose().map_err(LineFault::Document)?;
            Ok(Companion { name, document })
        })
    }

    fn plates(&self, rules: &Rules) -> Result<Vec<Plate>, Problem> {
        lines(&self.plates, rules.max_vehicles, |line| Plate::parse(line).map_err(LineFault::Plate))
    }

    /// Whom the visitor asks for. A number or phone that cannot be one is as unknown as one that nobody has.
    pub fn host(&self) -> Result<HostAsked, Problem> {
        let given = |typed: &str| !typed.trim().is_empty();
        let read = || {
            let number = given(&self.host_number).then(|| StaffNumber::parse(&self.host_number).ok_or(()));
            let name = given(&self.host_name).then(|| PersonName::parse(&self.host_name).map_err(|_| ()));
            let phone = given(&self.host_phone).then(|| Phone::parse(&self.host_phone).map_err(|_| ()));
            Ok::<_, ()>(HostAsked::of(number.transpose()?, name.transpose()?, phone.transpose()?))
        };
        read().map_err(|()| Problem::HostUnknown)?.ok_or(Problem::HostMissing)
    }
}

/// Terminals and colleagues read these lines, and no whole document number may reach them, whatever stands between its symbols.
/// The visitor's own number is known whatever its kind, and a resident id proves itself; of others it is known that fifteen digits
/// in a row, however spaced, are no telephone and no plate.
fn holds_a_document(typed: &str, own: Option<&str>, today: CampusDay) -> bool {
    const TELEPHONES_ARE_SHORTER: usize = 15;
    const RESIDENT_ID: usize = 18;
    let plain: String = typed.nfkc().collect();
    let symbols: Vec<u8> =
        plain.bytes().filter(u8::is_ascii_alphanumeric).map(|symbol| symbol.to_ascii_uppercase()).collect();
    let is_own = |own: &str| symbols.windows(own.len().max(1)).any(|window| window == own.as_bytes());
    let is_resident = |window: &[u8]| {
        let number = std::str::from_utf8(window).unwrap_or_default();
        Document::parse(DocumentKind::ResidentId, number, today.date()).is_ok()
    };
    let spaced = |symbol: &char| {
        symbol.is_whitespace() || matches!(symbol, '-' | '·' | '.' | '_' | '—' | '–' | '\u{2010}'..='\u{2015}')
    };
    let longest = plain.chars().filter(|symbol| !spaced(symbol)).collect::<String>();
    let longest = longest.split(|symbol: char| !symbol.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    longest >= TELEPHONES_ARE_SHORTER || own.is_some_and(is_own) || symbols.windows(RESIDENT_ID).any(is_resident)
}

fn noted<T>(problems: &mut Vec<(Field, Problem)>, field: Field, read: Result<T, Problem>) -> Option<T> {
    read.map_err(|problem| problems.push((field, problem))).ok()
}

fn required(typed: &str) -> Result<&str, Problem> {
    let typed = typed.trim();
    if typed.is_empty() { Err(Problem::Missing) } else { Ok(typed) }
}

fn name_problem(error: NameError) -> Problem {
    if error == NameError::Empty { Problem::Missing } else { Problem::Name(error) }
}

fn document_problem(error: DocumentError) -> Problem {
    if error == DocumentError::Empty { Problem::Missing } else { Problem::Document(error) }
}

fn reason_problem(error: ReasonError) -> Problem {
    if error == ReasonError::Empty { Problem::Missing } else { Problem::Reason(error) }
}

fn time(typed: &str, rules: &Rules) -> Result<TimeOfDay, Problem> {
    let time = TimeOfDay::parse(required(typed)?).ok_or(Problem::TimeUnreadable)?;
    if (rules.opens..=rules.closes).contains(&time) {
        Ok(time)
    } else {
        Err(Problem::OutsideHours { opens: rules.opens, closes: rules.closes })
    }
}

/// Reads what is written one a line; empty lines do not count.
fn lines<T>(typed: &str, max: usize, read: impl Fn(&str) -> Result<T, LineFault>) -> Result<Vec<T>, Problem> {
    let written: Vec<_> = typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    if written.len() > max {
        return Err(Problem::TooMany { max });
    }
    written
        .into_iter()
        .map(|(index, line)| read(line.trim()).map_err(|fault| Problem::Line { line: index + 1, fault }))
        .collect()
}

/// `姓名` or `姓名，证件号`, by a comma of either width or a tab; a last word with a digit in it is a number too.
fn split_companion(line: &str) -> (&str, Option<&str>) {
    if let Some((name, number)) = line.split_once([',', '，', '\t', '、']) {
        return (name, Some(number).filter(|number| !number.trim().is_empty()));
    }
    match line.rsplit_once(char::is_whitespace) {
        Some((name, last)) if last.chars().any(char::is_numeric) => (name, Some(last)),
        Some(_) | None => (line, None),
    }
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
    use super::*;

    /// 2026-11-23, ten past eight.
    fn now() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60 + 10)
    }

    fn rules() -> Rules {
        Rules {
            horizon_days: 14,
            opens: TimeOfDay::of(7, 0).unwrap(),
            closes: TimeOfDay::of(22, 0).unwrap(),
            max_companions: 3,
            max_vehicles: 2,
            campuses: vec![CampusId::new(1), CampusId::new(2)],
        }
    }

    fn form() -> BookingForm {
        let text = str::to_owned;
        BookingForm {
            visitor_name: text("张晓明"),
            document_kind: text("resident_id"),
            document_number: text("11010519491231002x"),
            phone: text("138 0013 0000"),
            reason: text("学术报告"),
            campus: text("1"),
            day: text("2026-11-23"),
            from: text("09:00"),
            until: text("10:30"),
            host_name: text("李文"),
            privacy: text("yes"),
            visit_kind: text("ordinary"),
            ..BookingForm::default()
        }
    }

    #[test]
    fn a_right_form_becomes_a_booking() {
        let typed = BookingForm {
            companions: "李䶮\r\n\r\n 赵㼆，11010519491231002X \nJohn Smith E12345678\n欧阳 娜娜".to_owned(),
            plates: "京a·12345\n".to_owned(),
            ..form()
        };
        let booking = typed.check(&Rules { max_companions: 4, ..rules() }, now()).unwrap();
        let facts = booking.facts();
        assert_eq!(facts.visitor.as_str(), "张晓明");
        assert_eq!(facts.last_four.to_string(), "002X");
        assert_eq!(booking.document().number(), "11010519491231002X");
        assert_eq!(facts.phone.as_str(), "13800130000");
        assert_eq!(facts.plates[0].as_str(), "京A12345");
        let companions: Vec<_> = booking
            .companions()
            .iter()
            .map(|one| (one.name.as_str(), one.document.as_ref().map(|document| document.kind())))
            .collect();
        assert_eq!(
            companions,
            [
                ("李䶮", None),
                ("赵㼆", Some(DocumentKind::ResidentId)),
                ("John Smith", Some(DocumentKind::Passport)),
                ("欧阳 娜娜", None)
            ]
        );
        assert_eq!(booking.host().unwrap().name().unwrap().as_str(), "李文");
    }

    #[test]
    fn each_problem_stands_at_its_field() {
        let opens = rules().opens;
        let closes = rules().closes;
        let day = |text| CampusDay::parse(text).unwrap();
        type Spoil = fn(&mut BookingForm);
        let cases: Vec<(Field, Problem, Spoil)> = vec![
            (Field::VisitorName, Problem::Missing, |f| f.visitor_name = "　 ".into()),
            (Field::VisitorName, Problem::Name(NameError::TooLong { max: 100 }), |f| f.visitor_name = "张".repeat(300)),
            (Field::VisitorName, Problem::Name(NameError::Character('<')), |f| f.visitor_name = "<script>".into()),
            (Field::DocumentKind, Problem::DocumentKindUnknown, |f| f.document_kind = "card".into()),
            (Field::DocumentNumber, Problem::Missing, |f| f.document_number = String::new()),
            (Field::DocumentNumber, Problem::Document(DocumentError::CheckDigit), |f| {
                f.document_number = "110105194912310021".into();
            }),
            (Field::Phone, Problem::Phone(PhoneError::Length { found: 3 }), |f| f.phone = "138".into()),
            (Field::Phone, Problem::PhoneForeign, |f| f.phone = "+85291234567".into()),
            (Field::Reason, Problem::Missing, |f| f.reason = "\n".into()),
            (Field::Reason, Problem::Reason(ReasonError::TooLong { max: 200 }), |f| f.reason = "访".repeat(201)),
            (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "身份证 110105 19491231 002x".into()),
            (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "110105。19491231/002X".into()),
            (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "1.1.0.1.0.5.1.9.4.9.1.2.3.1.0.0.2.X".into()),
            (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "同行 440524/1880、0101(0014)".into()),
            (Field::Reason, Problem::Reason(ReasonError::Character('\u{200b}')), |f| {
                f.reason = "110105\u{200b}19491231002X".into();
            }),
            (Field::Reason, Problem::Reason(ReasonError::Character('\u{2060}')), |f| {
                f.reason = "110105\u{2060}19491231002X".into();
            }),
            (Field::Reason, Problem::Reason(ReasonError::WebAddress), |f| f.reason = "见 http://evil.example/a".into()),
            (Field::Plates, Problem::DocumentElsewhere, |f| f.plates = "１１０１０５１９４９１２３１００２Ｘ".into()),
            (Field::Campus, Problem::Missing, |f| f.campus = String::new()),
            (Field::Campus, Problem::CampusUnknown, |f| f.campus = "3".into()),
            (Field::Campus, Problem::CampusUnknown, |f| f.campus = "x".into()),
            (Field::Day, Problem::DayUnreadable, |f| f.day = "2026-02-30".into()),
            (Field::Day, Problem::DayPast, |f| f.day = "2026-11-22".into()),
            (Field::Day, Problem::DayTooFar { last: day("2026-12-07") }, |f| f.day = "2026-12-08".into()),
            (Field::From, Problem::TimeUnreadable, |f| f.from = "nine".into()),
            (Field::From, Problem::OutsideHours { opens, closes }, |f| f.from = "06:59".into()),
            (Field::Until, Problem::OutsideHours { opens, closes }, |f| f.until = "22:01".into()),
            (Field::Until, Problem::UntilNotAfterFrom, |f| f.until = "09:00".into()),
            (Field::Until, Problem::TimePast, |f| (f.from, f.until) = ("07:00".into(), "08:10".into())),
            (Field::Companions, Problem::TooMany { max: 3 }, |f| f.companions = "张三\n李四\n王五\n赵六".into()),
            (Field::Companions, Problem::Line { line: 3, fault: LineFault::Name(NameError::Character('1')) }, |f| {
                f.companions = "张三\n\n李1".into()
            }),
            (
                Field::Companions,
                Problem::Line { line: 1, fault: LineFault::Document(DocumentError::CheckDigit) },
                |f| f.companions = "张三 110105194912310021".into(),
            ),
            (Field::Plates, Problem::TooMany { max: 2 }, |f| f.plates = "京A1\n京A2\n京A3".into()),
            (Field::Plates, Problem::Line { line: 1, fault: LineFault::Plate(PlateError::TooShort { min: 2 }) }, |f| {
                f.plates = "京".into();
            }),
            (Field::Host, Problem::HostMissing, |f| f.host_name = String::new()),
            (Field::Host, Problem::HostUnknown, |f| f.host_name = "<b>".into()),
            (Field::Host, Problem::HostUnknown, |f| f.host_phone = "12".into()),
            (Field::Host, Problem::HostUnknown, |f| f.host_number = "工号".into()),
            (Field::Privacy, Problem::PrivacyNotAgreed, |f| f.privacy = String::new()),
            (Field::VisitKind, Problem::GroupVisit, |f| f.visit_kind = "group".into()),
            (Field::VisitKind, Problem::FamilyVisit, |f| f.visit_kind = "family".into()),
            (Field::VisitKind, Problem::VisitKindUnknown, |f| f.visit_kind = "x".into()),
        ];
        for (field, problem, spoil) in cases {
            let mut typed = form();
            spoil(&mut typed);
            assert_eq!(typed.check(&rules(), now()), Err(vec![(field, problem)]));
        }
    }

    #[test]
    fn an_empty_form_is_told_everything_at_once_in_the_order_of_the_page() {
        let problems = BookingForm::default().check(&rules(), now()).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|(field, _)| *field).collect();
        let needed = [
            Field::VisitorName,
            Field::DocumentKind,
            Field::DocumentNumber,
            Field::Phone,
            Field::Campus,
            Field::Day,
            Field::From,
            Field::Until,
            Field::Reason,
            Field::Host,
            Field::Privacy,
        ];
        assert_eq!(fields, needed);
    }

    #[test]
    fn the_host_books_for_foreign_numbers_and_names_no_host() {
        let typed = BookingForm { phone: "+85291234567".to_owned(), host_name: String::new(), ..form() };
        let booking = typed.check_on_behalf(&rules(), now()).unwrap();
        assert!(booking.host().is_none());
        assert!(!booking.facts().phone.is_mainland());
        let typed = BookingForm { privacy: String::new(), ..typed };
        assert_eq!(typed.check_on_behalf(&rules(), now()), Err(vec![(Field::Privacy, Problem::PrivacyNotAgreed)]));
    }

    #[test]
    fn who_comes_late_to_a_visit_under_way_may_still_book_it() {
        let typed = BookingForm { from: "08:00".to_owned(), until: "08:11".to_owned(), ..form() };
        assert!(typed.check(&rules(), now()).is_ok());
        let typed =
            BookingForm { day: "2026-12-07".to_owned(), from: "07:00".to_owned(), until: "22:00".to_owned(), ..form() };
        assert!(typed.check(&rules(), now()).is_ok());
    }

    #[test]
    fn two_telephones_are_no_document() {
        for reason in ["联系 13800138000，13900139000", "电话 029-88460000、2026/11/23 到", "房间 110105"] {
            let typed = BookingForm { reason: reason.to_owned(), ..form() };
            assert!(typed.check(&rules(), now()).is_ok(), "{reason}");
        }
    }
}
