//! The wording of what can be wrong with a booking form: what is not right, and what would be.
//!
//! Every sentence stands at its field and says what to do. What was typed is repeated at most by one character, so that a message
//! can be read out to somebody without reading out a document number.

use shared::identity::{DocumentError, NameError, PhoneError, PlateError};

use super::{
    elsewhere::Elsewhere,
    language::Language,
    problems::{Problem as Worded, Problems},
};
use crate::office::{CompanionPart, Consent, Field, Problem, ReasonError};

pub(super) fn worded(found: Vec<(Field, Problem)>, elsewhere: &Elsewhere, lang: Language) -> Problems {
    found
        .into_iter()
        .map(|(field, problem)| Worded {
            field: field.id(),
            label: label(field, lang),
            said: said(field, &problem, elsewhere, lang),
        })
        .collect()
}

fn label(field: Field, lang: Language) -> String {
    let numbered = |said: &str, row: usize| said.replace("{}", &(row + 1).to_string());
    let said = match field {
        Field::VisitKind => lang.say("访问类型", "Kind of visit"),
        Field::VisitorName => lang.say("姓名", "Name"),
        Field::DocumentKind => lang.say("证件类型", "Document"),
        Field::DocumentNumber => lang.say("证件号码", "Document number"),
        Field::Phone => lang.say("手机号", "Phone number"),
        Field::Reason => lang.say("事由", "Reason"),
        Field::Campus => lang.say("校区", "Campus"),
        Field::Day => lang.say("日期", "Day"),
        Field::From => lang.say("到访时间", "From"),
        Field::Until => lang.say("离开时间", "Until"),
        Field::Companions => lang.say("随行人员", "Companions"),
        Field::Companion { row, part: CompanionPart::Name } => {
            return numbered(lang.say("随行人员 {} 姓名", "Companion {}, name"), row);
        }
        Field::Companion { row, part: CompanionPart::Number } => {
            return numbered(lang.say("随行人员 {} 证件号码", "Companion {}, document number"), row);
        }
        Field::Plates => lang.say("随行车辆", "Vehicles"),
        Field::Plate { row } => return numbered(lang.say("车辆 {} 车牌号", "Vehicle {}, plate"), row),
        Field::Host => lang.say("被访人", "The host"),
        Field::Consent(Consent::Notice) => lang.say("同意告知", "Consent to the notice"),
        Field::Consent(Consent::DocumentNumber) => lang.say("同意处理证件号码", "Consent to the document number"),
        Field::Consent(Consent::Guardian) => lang.say("监护人同意", "The guardian's consent"),
    };
    said.to_owned()
}

fn said(field: Field, problem: &Problem, elsewhere: &Elsewhere, lang: Language) -> String {
    let say = |chinese: &str, english: &str| lang.say(chinese, english).to_owned();
    match problem {
        Problem::Missing => match field {
            Field::DocumentKind | Field::Campus | Field::VisitKind => say("请选择", "Please choose one"),
            Field::VisitorName
            | Field::DocumentNumber
            | Field::Phone
            | Field::Reason
            | Field::Day
            | Field::From
            | Field::Until
            | Field::Companions
            | Field::Companion { .. }
            | Field::Plates
            | Field::Plate { .. }
            | Field::Host
            | Field::Consent(_) => say("请填写", "Please fill this in"),
        },
        Problem::Name(error) => name(*error, lang),
        Problem::DocumentKindUnknown => say("请从列表中选择证件类型", "Please choose a kind from the list"),
        Problem::Document(error) => document(error, lang),
        Problem::Phone(error) => phone(*error, lang),
        Problem::PhoneForeign => phone_foreign(lang),
        Problem::Reason(error) => reason(*error, lang),
        Problem::DocumentElsewhere => say(
            "这里不要写证件号码，证件号码只填在证件一栏",
            "Please leave document numbers out of here; they belong in their own field only",
        ),
        Problem::CampusUnknown => say("请从列表中选择校区", "Please choose a campus from the list"),
        Problem::DayUnreadable => say("请按 2026-01-31 的格式填写日期", "Please write the day like 2026-01-31"),
        Problem::DayPast => {
            say("日期已经过去，请选择今天或以后的日期", "This day is over; choose today or a later day")
        }
        Problem::DayTooFar { last } => {
            lang.say("目前最晚可预约到 {}", "At present the last day to book is {}").replace("{}", &last.to_string())
        }
        Problem::TimeUnreadable => say("请按 09:30 的格式填写时间", "Please write the time like 09:30"),
        Problem::OutsideHours { opens, closes } => {
            format!("{} {opens}–{closes}", lang.say("可预约的时间是", "Visits are possible"))
        }
        Problem::UntilNotAfterFrom => say("离开时间要晚于到访时间", "You must leave later than you arrive"),
        Problem::TimePast => say("这个时间已经过去，请改晚一些", "This time is over; choose a later one"),
        Problem::TooMany { max } => match field {
            Field::Plates => lang.say("最多 {} 辆", "At most {} vehicles"),
            Field::VisitKind
            | Field::VisitorName
            | Field::DocumentKind
            | Field::DocumentNumber
            | Field::Phone
            | Field::Companions
            | Field::Companion { .. }
            | Field::Plate { .. }
            | Field::Campus
            | Field::Day
            | Field::From
            | Field::Until
            | Field::Reason
            | Field::Host
            | Field::Consent(_) => lang.say("最多 {} 人", "At most {} people"),
        }
        .replace("{}", &max.to_string()),
        Problem::Plate(error) => plate(*error, lang),
        Problem::PlateOfNoRule => say(
            "普通车牌 7 位、新能源车牌 8 位，例如 京A12345、京AD12345。请核对；特殊车牌请选「其他」",
            "An ordinary plate has 7 characters and a new-energy one 8, like 京A12345 or 京AD12345. Please check it; for unusual plates choose “other”",
        ),
        Problem::HostMissing => say(
            "请填写被访人的姓名，以及工号、手机号、部门中的任意一项",
            "Give the host's name, and their staff number, phone number or department",
        ),
        Problem::HostUnknown => say(
            "没有找到相符的教职工。请向被访人核对姓名和工号、手机号或部门后再填",
            "Nobody on the staff matches this. Please check the name and the staff number, phone number or department with your host",
        ),
        Problem::NotAgreed(Consent::Notice) => say(
            "请阅读告知并勾选同意，才能提交预约",
            "Please read the notice and tick the box; we may not book without it",
        ),
        Problem::NotAgreed(Consent::DocumentNumber) => say(
            "处理证件号码需要单独同意，请勾选",
            "The use of the document number needs a consent of its own; please tick the box",
        ),
        Problem::NotAgreed(Consent::Guardian) => say(
            "证件号码显示有人不满十四周岁，需要其监护人同意，请勾选",
            "By the document number somebody is under fourteen: their guardian must agree; please tick the box",
        ),
        Problem::GroupVisit => format!(
            "{}{}",
            lang.say("团体活动不在这里预约，请联系", "Group events are not booked here; please contact "),
            elsewhere.groups
        ),
        Problem::FamilyVisit => format!(
            "{}{}",
            lang.say("校内住户的亲友请联系", "Families of residents, please contact "),
            elsewhere.families
        ),
        Problem::VisitKindUnknown => say("请从列表中选择", "Please choose one of the list"),
    }
}

pub(super) fn name(error: NameError, lang: Language) -> String {
    match error {
        NameError::Empty => lang.say("请填写姓名", "Please give a name").to_owned(),
        NameError::TooLong { max } => {
            lang.say("姓名最多 {} 个字", "A name has at most {} characters").replace("{}", &max.to_string())
        }
        NameError::Character('.') => lang
            .say(
                "姓名中间的点请用「·」，不能用「.」；外文姓名不写缩写点",
                "Please write the dot within a name as “·”, and initials without a full stop",
            )
            .to_owned(),
        NameError::Character(symbol) => lang
            .say(
                "姓名里不能有{}，请填写证件上的汉字或拉丁字母",
                "A name cannot contain {}; use the letters of the document",
            )
            .replace("{}", &shown(symbol, lang)),
        NameError::NoLetter => lang.say("姓名里要有汉字或字母", "A name needs at least one letter").to_owned(),
    }
}

pub(super) fn document(error: &DocumentError, lang: Language) -> String {
    match error {
        DocumentError::Empty => lang.say("请填写证件号码", "Please give the document number").to_owned(),
        DocumentError::Length { allowed, found } => {
            let allowed = lengths(allowed, lang);
            match lang {
                Language::Chinese => format!("这种证件的号码是 {allowed} 位，现在填了 {found} 位"),
                Language::English => format!("A number of this kind has {allowed} characters; this one has {found}"),
            }
        }
        DocumentError::Character { symbol, position } => {
            let symbol = shown(*symbol, lang);
            match lang {
                Language::Chinese => format!("第 {position} 位不能是{symbol}，请核对证件类型和号码"),
                Language::English => {
                    format!("Character {position} cannot be {symbol}; please check the kind and the number")
                }
            }
        }
        DocumentError::Area => lang
            .say(
                "前六位不是居住证的地区代码，请核对证件类型和号码",
                "The first six digits are no residence permit's; please check kind and number",
            )
            .to_owned(),
        DocumentError::BirthDate => lang
            .say("号码里的出生日期不存在，请核对", "The birth date in the number does not exist; please check it")
            .to_owned(),
        DocumentError::BirthInFuture => lang
            .say("号码里的出生日期还没有到，请核对", "The birth date in the number lies in the future; please check it")
            .to_owned(),
        DocumentError::CheckDigit => lang
            .say(
                "校验码不符，号码可能填错了一位，请对照证件核对",
                "The check digit does not fit; one character may be wrong, please compare with the document",
            )
            .to_owned(),
    }
}

/// Lengths that follow on one another are said by the first and the last of them.
fn lengths(allowed: &[usize], lang: Language) -> String {
    match allowed {
        [first, .., last] if allowed.len() > 2 && last - first + 1 == allowed.len() => {
            format!("{first}{}{last}", lang.say(" 到 ", " to "))
        }
        _ => allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(lang.say(" 或 ", " or ")),
    }
}

pub(super) fn phone(error: PhoneError, lang: Language) -> String {
    match error {
        PhoneError::Empty => lang.say("请填写手机号", "Please give a phone number").to_owned(),
        PhoneError::Character(symbol) => {
            lang.say("手机号里不能有{}", "A phone number cannot contain {}").replace("{}", &shown(symbol, lang))
        }
        PhoneError::Length { found } => lang
            .say("大陆手机号是 11 位，现在填了 {} 位", "A mainland mobile number has 11 digits; this one has {}")
            .replace("{}", &found.to_string()),
        PhoneError::NotMobile => lang
            .say("请填写大陆手机号，以 13 到 19 开头", "Please give a mainland mobile number; they begin with 13 to 19")
            .to_owned(),
        PhoneError::ForeignLength { .. } | PhoneError::ForeignCountry => lang
            .say(
                "境外号码请以 + 和国家或地区代码开头，核对位数",
                "Write a foreign number with + and the country code, and check its length",
            )
            .to_owned(),
    }
}

pub(super) fn phone_foreign(lang: Language) -> String {
    lang.say(
        "境外手机号收不到短信，请由被访人为您代办预约",
        "A number outside mainland China receives no text messages from us; please ask your host to book for you",
    )
    .to_owned()
}

fn plate(error: PlateError, lang: Language) -> String {
    match error {
        PlateError::Empty | PlateError::TooShort { .. } => {
            lang.say("车牌号太短，请填写完整", "This plate is too short; please write all of it").to_owned()
        }
        PlateError::TooLong { max } => {
            lang.say("车牌号最多 {} 个字", "A plate has at most {} characters").replace("{}", &max.to_string())
        }
        PlateError::Character(symbol) => {
            lang.say("车牌号里不能有{}", "A plate cannot contain {}").replace("{}", &shown(symbol, lang))
        }
    }
}

pub(super) fn reason(error: ReasonError, lang: Language) -> String {
    match error {
        ReasonError::Empty => lang.say("请填写", "Please fill this in").to_owned(),
        ReasonError::TooLong { max } => lang
            .say("最多 {} 个字，请写短一些", "At most {} characters; please make it shorter")
            .replace("{}", &max.to_string()),
        ReasonError::Character(symbol) => {
            lang.say("这里不能有{}", "This cannot contain {}").replace("{}", &shown(symbol, lang))
        }
        ReasonError::WebAddress => lang
            .say("这里不能写网址或邮箱，请去掉", "No web or mail address can stand here; please take it out")
            .to_owned(),
    }
}

/// One character in quotes, or by its number where there is nothing to see.
fn shown(symbol: char, lang: Language) -> String {
    if symbol.is_control() || symbol.is_whitespace() || !symbol.escape_debug().eq([symbol]) && !symbol.is_ascii() {
        return format!("{}U+{:04X}", lang.say("看不见的字符 ", "an invisible character "), u32::from(symbol));
    }
    match lang {
        Language::Chinese => format!("「{symbol}」"),
        Language::English => format!("“{symbol}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::elsewhere::reached;

    fn said_of(field: Field, problem: Problem) -> [String; 2] {
        let elsewhere = Elsewhere {
            groups: reached("学校办公室", "029-00000001", Language::Chinese),
            families: reached("社区办公室", "029-00000002", Language::Chinese),
        };
        [Language::Chinese, Language::English].map(|lang| said(field, &problem, &elsewhere, lang))
    }

    #[test]
    fn figures_and_characters_are_put_in_their_places() {
        let number = |error| said_of(Field::DocumentNumber, Problem::Document(error));
        let [chinese, english] = number(DocumentError::Length { allowed: &[9, 11], found: 8 });
        assert_eq!(chinese, "这种证件的号码是 9 或 11 位，现在填了 8 位");
        assert_eq!(english, "A number of this kind has 9 or 11 characters; this one has 8");
        let [chinese, english] = number(DocumentError::Length { allowed: &[5, 6, 7, 8], found: 4 });
        assert_eq!(chinese, "这种证件的号码是 5 到 8 位，现在填了 4 位");
        assert_eq!(english, "A number of this kind has 5 to 8 characters; this one has 4");
        let [chinese, _] = number(DocumentError::Character { symbol: 'O', position: 3 });
        assert_eq!(chinese, "第 3 位不能是「O」，请核对证件类型和号码");
        let [chinese, english] = said_of(Field::companion_name(1), Problem::Name(NameError::Character('<')));
        assert!(chinese.starts_with("姓名里不能有「<」"), "{chinese}");
        assert!(english.starts_with("A name cannot contain “<”"), "{english}");
        assert_eq!(label(Field::companion_name(1), Language::Chinese), "随行人员 2 姓名");
    }

    #[test]
    fn what_cannot_be_seen_is_named_by_its_number() {
        for (symbol, chinese) in [
            ('\u{202e}', "看不见的字符 U+202E"),
            ('\t', "看不见的字符 U+0009"),
            ('"', "「\"」"),
            ('𬭎', "「𬭎」"),
            ('\\', "「\\」"),
        ] {
            assert_eq!(shown(symbol, Language::Chinese), chinese);
        }
    }

    #[test]
    fn who_is_elsewhere_is_told_where() {
        let [chinese, english] = said_of(Field::VisitKind, Problem::GroupVisit);
        assert_eq!(chinese, "团体活动不在这里预约，请联系学校办公室，电话 029-00000001");
        assert!(english.starts_with("Group events are not booked here; please contact 学校办公室"), "{english}");
    }
}
