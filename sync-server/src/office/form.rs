//! What a booking must say, and everything that is wrong with a form at once.
//!
//! The form keeps what was typed, letter by letter; [`BookingForm::check`] reads every field and names the first problem of each,
//! so that nobody mends one field only to be told of the next. Only a form without problems becomes a [`Booking`]. Whether the
//! host exists is the directory's to say.
mod party;
mod problem;
#[cfg(test)]
pub(crate) mod sample;
mod step;

pub use party::CompanionDocuments;
pub use problem::{CompanionPart, Field, Problem};
pub use step::Step;

use std::borrow::Cow;

use super::{Booking, Companion, Consent, Facts, HostAsked, Reason, ReasonError, TimeOfDay, consent::needs_guardian};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::{
    identity::{Document, DocumentError, DocumentKind, NameError, PersonName, Phone},
    ids::{BookingId, CampusId, StaffNumber},
    time::{CampusDay, Moment},
};
use unicode_normalization::UnicodeNormalization as _;

/// The office's settings, as far as a form is judged by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Bookings are taken for today and this many days after.
    pub horizon_days: u16,
    pub opens: TimeOfDay,
    pub closes: TimeOfDay,
    pub max_companions: usize,
    pub max_vehicles: usize,
    pub companion_documents: CompanionDocuments,
    /// Whether a message reaches numbers outside mainland China.
    pub foreign_phones: bool,
    pub campuses: Vec<CampusId>,
}

/// What a form is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    OwnVisit,
    /// A host's booking for a visitor.
    OnBehalf,
    /// What this booking is to say from now on.
    Change(BookingId),
}

impl FormKind {
    /// The name in the database, where it is only ever compared.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::OwnVisit => Cow::Borrowed("own_visit"),
            Self::OnBehalf => Cow::Borrowed("on_behalf"),
            Self::Change(booking) => Cow::Owned(format!("change {booking}")),
        }
    }
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
    /// One of each in every row of companions, filled in or not.
    #[serde(deserialize_with = "party::few_rows")]
    pub companion_name: Vec<String>,
    #[serde(deserialize_with = "party::few_rows")]
    pub companion_number: Vec<String>,
    /// One of each in every row of vehicles.
    #[serde(deserialize_with = "party::few_rows")]
    pub plate: Vec<String>,
    #[serde(deserialize_with = "party::few_rows")]
    pub plate_kind: Vec<String>,
    pub host_name: String,
    pub host_department: String,
    pub host_number: String,
    pub host_phone: String,
    /// The host's own invitation, in place of what else would say who they are.
    pub invitation: String,
    pub privacy: String,
    pub document_consent: String,
    pub guardian: String,
    pub visit_kind: String,
    /// Which question is asked, where they are asked one by one; see [`Step`].
    pub step: String,
    /// Which list is to have another row, when that button was pressed.
    #[serde(skip_serializing)]
    pub add: String,
    /// Which other button was pressed; empty when the form was sent.
    #[serde(skip_serializing)]
    pub press: String,
}

/// What was typed holds document numbers: kept out of logs.
impl BookingForm {
    /// The same for a form that is sent again as it was, by an impatient finger or after going back; another as soon as a
    /// letter is different. None for a form that was not shown by us.
    #[must_use]
    pub fn mark(&self) -> Option<[u8; 32]> {
        let ours = self.form_id.len() == 32 && self.form_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let whole = if ours { serde_json::to_vec(self).ok()? } else { return None };
        Some(Sha256::digest(whole).into())
    }

    /// A booking as the form that would say it: to be changed, or to be asked for again. The document's number stands in it while
    /// it is kept; nobody has agreed to anything, and the host is not named.
    #[must_use]
    pub fn of(facts: &Facts, document: Option<&Document>, companions: &[Companion]) -> Self {
        let number = |document: Option<&Document>| document.map(|one| one.number().to_owned()).unwrap_or_default();
        Self {
            visit_kind: "ordinary".to_owned(),
            visitor_name: facts.visitor.to_string(),
            document_kind: facts.document_kind.name().to_owned(),
            document_number: number(document),
            phone: facts.phone.as_str().to_owned(),
            reason: facts.reason.to_string(),
            campus: facts.campus.to_string(),
            day: facts.day.to_string(),
            from: facts.from.to_string(),
            until: facts.until.to_string(),
            companion_name: companions.iter().map(|one| one.name.to_string()).collect(),
            companion_number: companions.iter().map(|one| number(one.document.as_ref())).collect(),
            plate: facts.plates.iter().map(ToString::to_string).collect(),
            plate_kind: facts.plates.iter().map(|plate| party::kind_name(plate.kind()).to_owned()).collect(),
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for BookingForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BookingForm(…)")
    }
}

/// Who fills in the form.
#[derive(Debug, Clone, Copy)]
enum Books {
    Visitor,
    /// Who booked, once more: the host stays.
    Change,
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

    /// What a booking is to say from now on. Its host stays.
    pub fn check_change(&self, rules: &Rules, now: Moment) -> Result<Booking, Vec<(Field, Problem)>> {
        self.read(rules, now, Books::Change)
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
        let phone = noted(found, Field::Phone, self.phone(rules, books));
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
        let companions = self.companions(rules, today, found);
        let own = document.as_ref().map(Document::number);
        let elsewhere = |typed: &str| holds_a_document(typed, own, today);
        let plates = self.plates(rules, elsewhere, found);
        if elsewhere(&self.reason) && !found.iter().any(|(at, _)| *at == Field::Reason) {
            found.push((Field::Reason, Problem::DocumentElsewhere));
        }
        let host = match books {
            Books::Visitor if !self.is_invited() => noted(found, Field::Host, self.host()),
            Books::Visitor | Books::Change | Books::Host | Books::Gate { .. } => None,
        };
        let child = document
            .iter()
            .chain(companions.iter().filter_map(|companion| companion.document.as_ref()))
            .any(|document| needs_guardian(document, today.date()));
        let agreed = self.agreed(books, child, found);
        problems.sort_by_key(|(field, _)| *field);
        let whole = (|| {
            let document = document?;
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
                    Books::Visitor | Books::Change | Books::Host => 0,
                    Books::Gate { unnamed } => unnamed,
                },
                plates,
            };
            Some(Booking::new(facts, document, companions, host, agreed))
        })();
        match whole {
            Some(booking) if problems.is_empty() => Ok(booking),
            Some(_) | None => Err(problems),
        }
    }

    /// What is agreed to, tick by tick; what had to be and was not is a problem.
    fn agreed(&self, books: Books, child: bool, found: &mut Vec<(Field, Problem)>) -> Vec<Consent> {
        if let Books::Gate { .. } = books {
            // The guard has shown the notice; a child stands there with whoever cares for it.
            return vec![Consent::Notice, Consent::DocumentNumber];
        }
        let needed = Consent::ALL.into_iter().filter(|consent| *consent != Consent::Guardian || child);
        let missing = needed.filter(|consent| !self.agrees_to(*consent));
        found.extend(missing.map(|consent| (Field::Consent(consent), Problem::NotAgreed(consent))));
        Consent::ALL.into_iter().filter(|consent| self.agrees_to(*consent)).collect()
    }

    #[must_use]
    pub fn agrees_to(&self, consent: Consent) -> bool {
        let ticked = match consent {
            Consent::Notice => &self.privacy,
            Consent::DocumentNumber => &self.document_consent,
            Consent::Guardian => &self.guardian,
        };
        ticked.trim() == "yes"
    }

    /// Nothing is agreed to any more: whoever sends the form agrees anew.
    #[must_use]
    pub fn without_consent(self) -> Self {
        Self { privacy: String::new(), document_consent: String::new(), guardian: String::new(), ..self }
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

    fn phone(&self, rules: &Rules, books: Books) -> Result<Phone, Problem> {
        let phone = Phone::parse(required(&self.phone)?).map_err(Problem::Phone)?;
        match books {
            Books::Visitor | Books::Change if !phone.is_mainland() && !rules.foreign_phones => {
                Err(Problem::PhoneForeign)
            }
            Books::Visitor | Books::Change | Books::Host | Books::Gate { .. } => Ok(phone),
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

    /// Whether the host need not be asked for.
    #[must_use]
    pub fn is_invited(&self) -> bool {
        !self.invitation.is_empty()
    }

    /// Whether the page was left with it, and nobody pressed anything.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.press == "draft"
    }

    /// The same for some other host.
    #[must_use]
    pub fn uninvited(self) -> Self {
        Self { invitation: String::new(), host_name: String::new(), host_department: String::new(), ..self }
    }

    /// Whom the visitor asks for: by name and one thing more, so that who knows no name learns of no number whether it is
    /// anybody's. A number or phone that cannot be one is as unknown as one that nobody has.
    pub fn host(&self) -> Result<HostAsked, Problem> {
        let given = |typed: &str| !typed.trim().is_empty();
        let more = [&self.host_number, &self.host_phone, &self.host_department];
        if !given(&self.host_name) || !more.into_iter().any(|typed| given(typed)) {
            return Err(Problem::HostMissing);
        }
        let read = || {
            let number = given(&self.host_number).then(|| StaffNumber::parse(&self.host_number).ok_or(()));
            let name = given(&self.host_name).then(|| PersonName::parse(&self.host_name).map_err(|_| ()));
            let phone = given(&self.host_phone).then(|| Phone::parse(&self.host_phone).map_err(|_| ()));
            Ok::<_, ()>(HostAsked::of(number.transpose()?, name.transpose()?, phone.transpose()?))
        };
        let asked = read().map_err(|()| Problem::HostUnknown)?.ok_or(Problem::HostMissing)?;
        let asked = asked.in_department(&self.host_department);
        if asked.means_one() { Ok(asked) } else { Err(Problem::HostMissing) }
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

#[cfg(test)]
mod tests;
