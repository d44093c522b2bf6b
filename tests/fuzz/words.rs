//! Words that people type, by hand or through a scanner: names, numbers, plates, codes, days.
//!
//! What was understood is understood the same when it is shown to the reader again, and nothing grows or hides on the way.

use std::fmt::Debug;

use shared::{
    chain::ChainHash,
    entry::Remark,
    identity::{Document, DocumentKind, DocumentTag, LastFour, MaskedName, PersonName, Phone, Plate},
    ids::{PassId, StaffNumber},
    pass::{PassText, ShortCode},
    sync::enrol::InviteCode,
    time::{CampusDay, Moment},
};

use crate::{chosen, text};

pub(crate) fn look(bytes: &[u8]) {
    let Some((reader, bytes)) = chosen(bytes, 16) else { return };
    if reader == 0 {
        return moments(bytes);
    }
    let Some(typed) = text(bytes) else { return };
    match reader {
        1 => name(typed),
        2 => phone(typed),
        3 => plate(typed),
        4 => last_four(typed),
        5 => stays(typed, StaffNumber::parse, |number| number.as_str().to_owned(), 32),
        6 => stays(typed, ShortCode::parse, |code| code.digits(), 8),
        7 => short(typed),
        _ => document(DocumentKind::ALL[usize::from(reader) - 8], typed),
    }
}

/// Reads what was typed, and then what is made of it.
fn stays<T: PartialEq + Debug>(
    typed: &str,
    read: impl Fn(&str) -> Option<T>,
    shown: impl Fn(&T) -> String,
    most: usize,
) {
    let Some(meant) = read(typed) else { return };
    let shown = shown(&meant);
    assert_eq!(read(&shown).as_ref(), Some(&meant), "{typed:?} was shown as {shown:?} and read as something else");
    assert!(shown.len() <= most, "{typed:?} became {} bytes", shown.len());
}

/// For words that have one spelling.
fn one_spelling<T>(typed: &str, read: impl Fn(&str) -> Option<T>, shown: impl Fn(&T) -> String) {
    if let Some(meant) = read(typed) {
        assert_eq!(shown(&meant), typed, "a second spelling");
    }
}

fn name(typed: &str) {
    stays(typed, |typed| PersonName::parse(typed).ok(), |name| name.as_str().to_owned(), 4 * typed.len());
    one_spelling(typed, |typed| MaskedName::parse(typed).ok(), |name| name.as_str().to_owned());
    let Ok(name) = PersonName::parse(typed) else { return };
    let masked = name.masked();
    assert_eq!(MaskedName::parse(masked.as_str()).as_ref(), Ok(&masked), "a mask that no pass can carry");
    if let Ok(folded) = PersonName::parse(&name.folded()) {
        assert_eq!(folded.folded(), name.folded(), "found by one spelling and not by another");
    }
}

fn phone(typed: &str) {
    stays(typed, |typed| Phone::parse(typed).ok(), |phone| phone.as_str().to_owned(), 16);
    let Ok(phone) = Phone::parse(typed) else { return };
    let (masked, whole) = (phone.masked(), phone.as_str());
    assert_eq!(masked.len(), whole.len());
    assert!(masked.bytes().filter(|symbol| *symbol == b'*').count() >= whole.len() / 3, "{whole} is shown as {masked}");
    assert_eq!(phone.tail().len(), 4);
}

fn plate(typed: &str) {
    stays(typed, |typed| Plate::parse(typed).ok(), |plate| plate.as_str().to_owned(), 80);
}

fn last_four(typed: &str) {
    let four = LastFour::of(typed);
    assert_eq!(LastFour::parse(&four.to_string()), Ok(four));
    assert_eq!(LastFour::from_bits(four.bits()), Some(four));
    one_spelling(typed, |typed| LastFour::parse(typed).ok(), LastFour::to_string);
}

fn short(typed: &str) {
    stays(typed, Remark::parse, |remark| remark.as_str().to_owned(), 4 * Remark::MAX_CHARS);
    stays(typed, InviteCode::parse, InviteCode::to_string, 19);
    one_spelling(typed, PassId::parse, PassId::to_string);
    one_spelling(typed, ChainHash::parse, ChainHash::to_string);
    one_spelling(typed, CampusDay::parse, CampusDay::to_string);
    one_spelling(typed, |typed| PassText::parse(typed).ok(), |text| text.as_str().to_owned());
    one_spelling(typed, |typed| DocumentTag::try_from(typed.to_owned()).ok(), DocumentTag::to_string);
}

fn document(kind: DocumentKind, typed: &str) {
    let today = CampusDay::parse("2026-11-23").expect("a day").date();
    let read = |typed: &str| Document::parse(kind, typed, today).ok();
    stays(typed, read, |document| document.number().to_owned(), 18);
    let Some(document) = read(typed) else { return };
    let (number, masked) = (document.number(), document.masked());
    assert!(2 * masked.bytes().filter(|symbol| *symbol == b'*').count() >= number.len(), "too much is shown: {masked}");
    assert!(!format!("{document:?}").contains(number), "a whole number in a log");
    assert_eq!(LastFour::of(number), document.last_four());
    assert!(document.birth_date().is_none_or(|birth| birth <= today && document.age_on(today).is_some()));
    let stored = String::from(document.clone());
    assert_eq!(Document::try_from(stored), Ok(document), "kept, and not the same when it is fetched");
}

/// Clocks say what they like.
fn moments(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((second, rest)) = rest.split_first_chunk::<8>() else { return };
    let (one, other) =
        (Moment::from_unix_ms(i64::from_le_bytes(*first)), Moment::from_unix_ms(i64::from_le_bytes(*second)));
    let days = rest.first().copied().map(u16::from).unwrap_or_default();
    assert_eq!(other.since(one) >= one.since(other), other >= one, "{one:?} {other:?}");
    let day = CampusDay::of(one);
    assert!(day.plus_days(days) >= day && day.minus_days(days) <= day);
    assert!(!one.campus_clock().is_empty() && !day.clock(one).is_empty() && !one.campus_date_and_clock().is_empty());
    let in_the_calendar = one.campus_clock() != "--:--";
    if in_the_calendar {
        assert!(day.start() <= one && one < day.end(), "{one:?} is not within its day");
    }
    let shown = day.to_string();
    if shown.len() == 10 {
        assert_eq!(CampusDay::parse(&shown), Some(day), "{shown}");
    }
}
