//! The wrong things themselves, in the order of the page: what is put in, what the office finds, and the words of both languages.

use shared::identity::{DocumentError, NameError, PhoneError, PlateError};
use sync_server::office::{Consent, Field, Problem, ReasonError, TimeOfDay};
use world::campus::today;

/// One of them: where it stands, what was put into which row of which field, and the words for it.
pub(super) struct Wrong {
    pub(super) at: Field,
    pub(super) typed: Vec<(&'static str, usize, String)>,
    /// The page itself offers no such thing.
    pub(super) forced: bool,
    pub(super) problem: Problem,
    pub(super) said: [&'static str; 2],
}

/// A number of nobody that is right in itself.
const ANOTHER_NUMBER: &str = "11010519491231002X";

pub(super) fn every_wrong_thing() -> Vec<Wrong> {
    let document = Problem::Document;
    let number = |typed: &'static str, error, chinese, english| {
        wrong(Field::DocumentNumber, &[("document_number", typed)], document(error), [chinese, english])
    };
    let phone = |typed: &'static str, error, chinese, english| {
        wrong(Field::Phone, &[("phone", typed)], Problem::Phone(error), [chinese, english])
    };
    let reason = |typed: &str, problem, chinese, english| {
        wrong(Field::Reason, &[("reason", typed)], problem, [chinese, english])
    };
    let plate = |typed: &str, problem, chinese, english| {
        wrong(Field::Plate { row: 0 }, &[("plate", typed)], problem, [chinese, english])
    };
    let outside = || Problem::OutsideHours { opens: TimeOfDay::MIDNIGHT, closes: TimeOfDay::DAY_END };
    let outside_said = ["可预约的时间是 07:00–22:00", "Visits are possible 07:00–22:00"];
    let missing = ["请填写", "Please fill this in"];
    let choose = ["请选择", "Please choose one"];
    let no_host =
        ["请填写被访人的姓名，以及工号、手机号、部门中的任意一项", "Give the host's name, and their staff number"];
    vec![
        wrong(
            Field::VisitKind,
            &[("visit_kind", "group")],
            Problem::GroupVisit,
            ["团体活动不在这里预约", "Group events are not booked here"],
        ),
        wrong(
            Field::VisitKind,
            &[("visit_kind", "family")],
            Problem::FamilyVisit,
            ["校内住户的亲友请联系", "Families of residents"],
        ),
        wrong(
            Field::VisitKind,
            &[("visit_kind", "party")],
            Problem::VisitKindUnknown,
            ["请从列表中选择", "Please choose one of the list"],
        )
        .forced(),
        wrong(Field::VisitorName, &[("visitor_name", "")], Problem::Missing, missing),
        wrong(
            Field::VisitorName,
            &[("visitor_name", "张<三>")],
            Problem::Name(NameError::Character('<')),
            ["姓名里不能有「<」", "A name cannot contain “<”"],
        ),
        wrong(
            Field::VisitorName,
            &[("visitor_name", "··")],
            Problem::Name(NameError::NoLetter),
            ["姓名里要有汉字或字母", "A name needs at least one letter"],
        ),
        wrong(
            Field::VisitorName,
            &[("visitor_name", &"赵".repeat(101))],
            Problem::Name(NameError::TooLong { max: 100 }),
            ["姓名最多 100 个字", "A name has at most 100 characters"],
        ),
        wrong(
            Field::DocumentKind,
            &[("document_kind", "student_card")],
            Problem::DocumentKindUnknown,
            ["请从列表中选择证件类型", "Please choose a kind from the list"],
        )
        .forced(),
        wrong(Field::DocumentKind, &[("document_kind", "")], Problem::Missing, choose).forced(),
        number("", DocumentError::Empty, missing[0], missing[1]).of(Problem::Missing),
        number(
            "1101051949123100",
            DocumentError::Length { allowed: &[18], found: 16 },
            "这种证件的号码是 18 位，现在填了 16 位",
            "A number of this kind has 18 characters; this one has 16",
        ),
        number(
            "11010519491231A02X",
            DocumentError::Character { symbol: 'A', position: 15 },
            "第 15 位不能是「A」",
            "Character 15 cannot be “A”",
        ),
        number("110105194913310029", DocumentError::BirthDate, "出生日期不存在", "does not exist"),
        number("110105209912310029", DocumentError::BirthInFuture, "出生日期还没有到", "lies in the future"),
        number("110105194912310021", DocumentError::CheckDigit, "校验码不符", "The check digit does not fit"),
        wrong(
            Field::DocumentNumber,
            &[("document_kind", "hk_macao_taiwan_residence")],
            document(DocumentError::Area),
            ["前六位不是居住证的地区代码", "The first six digits are no residence permit's"],
        ),
        wrong(Field::Phone, &[("phone", "")], Problem::Missing, missing),
        phone(
            "1380000",
            PhoneError::Length { found: 7 },
            "大陆手机号是 11 位，现在填了 7 位",
            "has 11 digits; this one has 7",
        ),
        phone("12800000001", PhoneError::NotMobile, "请填写大陆手机号", "Please give a mainland mobile number"),
        phone("138a0000001", PhoneError::Character('a'), "手机号里不能有「a」", "A phone number cannot contain “a”"),
        phone(
            "+8521",
            PhoneError::ForeignLength { found: 4 },
            "境外号码请以 + 和国家或地区代码开头",
            "Write a foreign number with +",
        ),
        phone(
            "+0123456789",
            PhoneError::ForeignCountry,
            "境外号码请以 + 和国家或地区代码开头",
            "Write a foreign number with +",
        ),
        wrong(
            Field::Phone,
            &[("phone", "+85291234567")],
            Problem::PhoneForeign,
            ["境外手机号收不到短信，请由被访人为您代办预约", "please ask your host to book for you"],
        ),
        wrong(
            Field::companion_name(1),
            &[],
            Problem::Name(NameError::Character('<')),
            ["姓名里不能有「<」", "A name cannot contain “<”"],
        )
        .row("companion_name", 1, "<b>"),
        wrong(Field::companion_name(1), &[], Problem::Missing, missing).row("companion_name", 1, "").row(
            "companion_number",
            1,
            ANOTHER_NUMBER,
        ),
        wrong(
            Field::companion_number(0),
            &[("companion_number", "123")],
            document(DocumentError::Length { allowed: &[18], found: 3 }),
            ["这种证件的号码是", "A number of this kind has"],
        ),
        many(Field::Companions, "companion_name", 2..10, "张明", 9, ["最多 9 人", "At most 9 people"]),
        plate("陕", Problem::Plate(PlateError::TooShort { min: 2 }), "车牌号太短", "This plate is too short"),
        plate(
            &"陕".repeat(21),
            Problem::Plate(PlateError::TooLong { max: 20 }),
            "车牌号最多 20 个字",
            "A plate has at most 20 characters",
        ),
        plate(
            "陕A\u{200b}12345",
            Problem::Plate(PlateError::Character('\u{200b}')),
            "看不见的字符 U+200B",
            "an invisible character U+200B",
        ),
        plate("陕A12", Problem::PlateOfNoRule, "普通车牌 7 位、新能源车牌 8 位", "An ordinary plate has 7 characters"),
        plate(
            ANOTHER_NUMBER,
            Problem::DocumentElsewhere,
            "这里不要写证件号码",
            "Please leave document numbers out of here",
        ),
        many(Field::Plates, "plate", 1..4, "陕A12345", 3, ["最多 3 辆", "At most 3 vehicles"]),
        wrong(
            Field::Campus,
            &[("campus", "9")],
            Problem::CampusUnknown,
            ["请从列表中选择校区", "Please choose a campus from the list"],
        )
        .forced(),
        wrong(Field::Campus, &[("campus", "")], Problem::Missing, choose).forced(),
        wrong(Field::Day, &[("day", "")], Problem::Missing, missing),
        wrong(
            Field::Day,
            &[("day", "tomorrow")],
            Problem::DayUnreadable,
            ["请按 2026-01-31 的格式填写日期", "Please write the day like 2026-01-31"],
        )
        .forced(),
        wrong(Field::Day, &[("day", "2026-11-22")], Problem::DayPast, ["日期已经过去", "This day is over"]),
        wrong(
            Field::Day,
            &[("day", "2026-12-24")],
            Problem::DayTooFar { last: today() },
            ["目前最晚可预约到 2026-12-07", "the last day to book is 2026-12-07"],
        ),
        wrong(Field::From, &[("from", "")], Problem::Missing, missing),
        wrong(
            Field::From,
            &[("from", "soon")],
            Problem::TimeUnreadable,
            ["请按 09:30 的格式填写时间", "Please write the time like 09:30"],
        )
        .forced(),
        wrong(Field::From, &[("from", "06:00")], outside(), outside_said),
        wrong(Field::Until, &[("until", "")], Problem::Missing, missing),
        wrong(Field::Until, &[("until", "22:30")], outside(), outside_said),
        wrong(
            Field::Until,
            &[("until", "08:30")],
            Problem::UntilNotAfterFrom,
            ["离开时间要晚于到访时间", "You must leave later than you arrive"],
        ),
        wrong(
            Field::Until,
            &[("from", "07:00"), ("until", "07:30")],
            Problem::TimePast,
            ["这个时间已经过去", "This time is over"],
        ),
        reason("", Problem::Missing, missing[0], missing[1]),
        reason(
            &"学".repeat(201),
            Problem::Reason(ReasonError::TooLong { max: 200 }),
            "最多 200 个字",
            "At most 200 characters",
        ),
        reason(
            "学术\u{202e}交流",
            Problem::Reason(ReasonError::Character('\u{202e}')),
            "看不见的字符 U+202E",
            "an invisible character U+202E",
        ),
        reason(
            "见 www.example.com",
            Problem::Reason(ReasonError::WebAddress),
            "这里不能写网址",
            "No web or mail address",
        ),
        reason(
            ANOTHER_NUMBER,
            Problem::DocumentElsewhere,
            "这里不要写证件号码",
            "Please leave document numbers out of here",
        ),
        wrong(Field::Host, &[("host_number", "")], Problem::HostMissing, no_host),
        wrong(Field::Host, &[("host_name", "")], Problem::HostMissing, no_host),
        wrong(
            Field::Host,
            &[("host_number", "T9999")],
            Problem::HostUnknown,
            ["没有找到相符的教职工", "Nobody on the staff matches this"],
        ),
        unagreed(
            Consent::Notice,
            &[("privacy", "")],
            ["请阅读告知并勾选同意", "Please read the notice and tick the box"],
        ),
        unagreed(
            Consent::DocumentNumber,
            &[("document_consent", "")],
            ["处理证件号码需要单独同意", "needs a consent of its own"],
        ),
        unagreed(
            Consent::Guardian,
            &[("document_number", "110105202001010015")],
            ["需要其监护人同意", "their guardian must agree"],
        ),
    ]
}

fn unagreed(consent: Consent, typed: &[(&'static str, &str)], said: [&'static str; 2]) -> Wrong {
    wrong(Field::Consent(consent), typed, Problem::NotAgreed(consent), said)
}

fn wrong(at: Field, typed: &[(&'static str, &str)], problem: Problem, said: [&'static str; 2]) -> Wrong {
    let typed = typed.iter().map(|(field, value)| (*field, 0, (*value).to_owned())).collect();
    Wrong { at, typed, forced: false, problem, said }
}

/// More rows than the page offers.
fn many(
    at: Field,
    field: &'static str,
    rows: std::ops::Range<usize>,
    value: &str,
    max: usize,
    said: [&'static str; 2],
) -> Wrong {
    let typed = rows.map(|row| (field, row, value.to_owned())).collect();
    Wrong { at, typed, forced: true, problem: Problem::TooMany { max }, said }
}

impl Wrong {
    fn forced(self) -> Self {
        Self { forced: true, ..self }
    }

    fn of(self, problem: Problem) -> Self {
        Self { problem, ..self }
    }

    fn row(mut self, field: &'static str, row: usize, value: &str) -> Self {
        self.typed.push((field, row, value.to_owned()));
        self
    }
}
