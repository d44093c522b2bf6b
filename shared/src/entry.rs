//! One line of the entry log: who was seen at a gate, what the gate said, and what came of it.
//!
//! Admissions, refusals and the guard's overrides are all entries. An entry never holds a scanned code (it may open a gate) or
//! a document number: only the pass id, the masked name, and for a foreign code a short keyed mark to tell two of them apart.

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{
    identity::{MaskedName, PersonName, Plate, is_hidden},
    ids::{GateIndex, PassId, TerminalId},
    time::Moment,
    verdict::Verdict,
};

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
}

impl Direction {
    /// How many are inside after `party` went this way, where `inside` were before.
    #[must_use]
    pub const fn counted(self, inside: u8, party: u8) -> u8 {
        match self {
            Self::In => inside.saturating_add(party),
            Self::Out => inside.saturating_sub(party),
        }
    }
}

/// Which way people go at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    #[default]
    In,
    Out,
    /// Decided for each pass: whoever is inside goes out.
    Both,
}

impl From<Direction> for Way {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => Self::In,
            Direction::Out => Self::Out,
        }
    }
}

/// (terminal, number): the number continues from the terminal's store, never from memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId {
    pub terminal: TerminalId,
    pub seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub at: Moment,
    /// Whether the terminal trusted its clock when it wrote `at`.
    pub clock_trusted: bool,
    pub gate: GateIndex,
    pub direction: Direction,
    #[serde(flatten)]
    pub said: Said,
    pub outcome: Outcome,
    /// How many people went through; 0 when nobody did. In a correction, how many it was in truth.
    pub party: u8,
}

/// What was read and what the gate said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<PassId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<MaskedName>,
    /// Of a code that is no pass: the first 8 bytes, as 16 lower-case hex digits, of HMAC-SHA-256(`k`, the code's text in
    /// UTF-8), where `k` is HMAC-SHA-256(the 32 secret bytes of the terminal's own key, `campus-gate/foreign-code/v1`).
    ///
    /// The same code held up twice at one terminal has the same mark; that is all it says. It is keyed because strangers'
    /// codes can be guessed (an ID number, a health code), and a plain hash would let any reader of the log do so. Anything else
    /// in its place cannot be read: it might be of any length, and a code that somebody showed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "a_mark")]
    pub foreign_code: Option<String>,
    /// Of somebody without a booking, taken down by an officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Box<PaperCase>>,
}

fn a_mark<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let mark = Option::<String>::deserialize(from)?;
    let is_mark =
        |mark: &String| mark.len() == 16 && mark.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match mark {
        Some(other) if !is_mark(&other) => Err(D::Error::custom("a mark is 16 lower-case hex digits")),
        mark => Ok(mark),
    }
}

/// What an officer writes down of somebody without a booking while the office cannot be asked: what the paper book asks for, and
/// no document number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperCase {
    pub visitor: PersonName,
    /// The last digits of their telephone; may be empty.
    pub phone_tail: String,
    /// Whom they visit, as they say it.
    pub host: Remark,
    pub reason: Remark,
    pub plates: Vec<Plate>,
}

/// What came of the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// Went through on the verdict alone.
    Passed,
    /// Turned away on the verdict alone.
    Refused,
    /// The guard let them through, and why.
    LetIn { reason: GuardReason },
    /// The guard sent them away, and why.
    SentAway { reason: GuardReason },
    /// The guard was asked and nobody answered.
    Unanswered,
    /// No movement of its own: number `entry` of the same terminal was in truth of as many people as this one says.
    Corrected { entry: u64 },
}

impl Outcome {
    /// Whether somebody went through the gate.
    #[must_use]
    pub const fn went_through(&self) -> bool {
        match self {
            Self::Passed | Self::LetIn { .. } => true,
            Self::Refused | Self::SentAway { .. } | Self::Unanswered | Self::Corrected { .. } => false,
        }
    }
}

/// More people do not stand before one guard, so none writes that more went in.
pub const MOST_COUNTED: u8 = 99;

/// Whether somebody who went in at `came` was stopped by the guard who sent somebody with the same code away at `sent_away`. So
/// soon it is the same person; later it is another with a copy, and whoever went in is inside.
#[must_use]
pub fn is_stopped(came: Moment, sent_away: Moment) -> bool {
    sent_away.since(came).abs() < STOPPED_WITHIN
}

/// Many times as long as a verdict stays on the screen.
const STOPPED_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// Why a guard decided as they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum GuardReason {
    CardChecked,
    HostCalled,
    OfficeCalled,
    /// A security officer took the case down and answers for it.
    OfficerAgreed,
    CardDiffers,
    Other {
        text: Remark,
    },
}

/// A guard's or an officer's own words: one short line, in which no whole document number and no scanned code can stand.
///
/// At most 60 characters, none of them invisible; and apart from signs and spaces no run of 15 or more digits and capital
/// letters, which is what resident ID numbers and codes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Remark(String);

impl Remark {
    pub const MAX_CHARS: usize = 60;

    const LONGEST_RUN: usize = 14;

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        let visible = !text.chars().any(is_hidden);
        (fits && visible && longest_run(text) <= Self::LONGEST_RUN).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Remark {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a remark is one line of 60 characters at most, without document numbers or codes")
    }
}

impl From<Remark> for String {
    fn from(remark: Remark) -> Self {
        remark.0
    }
}

fn longest_run(text: &str) -> usize {
    let narrow = |symbol: char| match symbol {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(symbol) - 0xFEE0).unwrap_or(symbol),
        other => other,
    };
    let (mut longest, mut run) = (0, 0);
    for symbol in text.chars().map(narrow) {
        if symbol.is_ascii_digit() || symbol.is_ascii_uppercase() {
            run += 1;
            longest = longest.max(run);
        } else if symbol.is_alphabetic() {
            run = 0;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_inside_are_counted_and_never_below_none() {
        assert_eq!((Direction::In.counted(2, 3), Direction::Out.counted(5, 3)), (5, 2));
        assert_eq!((Direction::In.counted(254, 3), Direction::Out.counted(2, 3)), (u8::MAX, 0));
        assert_eq!((Way::from(Direction::In), Way::from(Direction::Out)), (Way::In, Way::Out));
    }

    #[test]
    fn a_foreign_code_is_written_down_as_its_mark_and_as_nothing_else() {
        let read = |mark: &str| {
            let text = format!(
                r#"{{"at":0,"clock_trusted":true,"gate":1,"direction":"in","verdict":{{"verdict":"admit"}},"foreign_code":{mark},"outcome":{{"kind":"refused"}},"party":0}}"#
            );
            serde_json::from_str::<Entry>(&text).ok().map(|entry| entry.said.foreign_code)
        };
        assert_eq!(read(r#""00112233445566ff""#), Some(Some("00112233445566ff".to_owned())));
        assert_eq!(read("null"), Some(None));
        let long = format!("{:?}", "a".repeat(4000));
        for other in [r#""""#, r#""00112233445566f""#, r#""00112233445566FF""#, r#""11010519491231002X""#, &long, "1"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn who_was_let_through_went_through() {
        let reason = GuardReason::CardChecked;
        for (outcome, went) in [
            (Outcome::Passed, true),
            (Outcome::LetIn { reason: reason.clone() }, true),
            (Outcome::Refused, false),
            (Outcome::SentAway { reason }, false),
            (Outcome::Unanswered, false),
            (Outcome::Corrected { entry: 1 }, false),
        ] {
            assert_eq!(outcome.went_through(), went, "{outcome:?}");
        }
    }

    #[test]
    fn only_within_a_minute_is_it_the_same_person_who_is_stopped() {
        let came = Moment::from_unix_s(1_000_000);
        for (after_ms, stopped) in [(0, true), (59_999, true), (60_000, false), (-59_999, true), (-60_000, false)] {
            assert_eq!(is_stopped(came, came.plus(TimeDelta::milliseconds(after_ms))), stopped, "{after_ms} ms");
        }
    }

    #[test]
    fn a_remark_is_short_visible_and_holds_no_number_and_no_code() {
        for text in
            ["送样品", " 保卫处王老师 13800130001 同意 ", "Parcel for the lab, host came down", &"长".repeat(60)]
        {
            let remark = Remark::parse(text).unwrap();
            assert_eq!(remark.as_str(), text.trim(), "{text}");
            assert_eq!(serde_json::to_value(&remark).unwrap(), text.trim(), "written down as it was said");
        }
        for text in [
            "",
            "  ",
            &"长".repeat(61),
            "两\n行",
            "藏\u{200B}着",
            "\u{115F}",
            "\u{3164}",
            "\u{2800}",
            "藏\u{61C}着",
            "藏\u{FFFE}着",
            "11010519491231002X",
            "证件 110105 1949 1231 002x",
            "１１０１０５１９４９１２３１００２Ｘ",
            "NCFOXN*TS0BI$ZD.P9UOL97O4",
        ] {
            assert_eq!(Remark::parse(text), None, "{text}");
            assert!(serde_json::from_value::<Remark>(serde_json::json!(text)).is_err());
        }
    }
}
