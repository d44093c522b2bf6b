//! The name of a person, as on the document, and the little of it that a pass carries.
//!
//! Names are kept in NFC: compatibility normalisation would change characters that cards bear. Han with all its
//! extensions and Latin are written on the documents accepted here; everything else is refused with the character that
//! was at fault, which also keeps markup, digits and characters that reorder text off every screen behind this door.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{half_width, is_hidden, is_hyphen, is_middle_dot, is_space};

const MAX_CHARACTERS: usize = 100;
/// The room for a name on a pass.
const MAX_MASKED_BYTES: usize = 12;
/// A letter that has no composed form may bear this many marks; a tower of them covers the lines around it.
const MAX_MARKS: usize = 2;

/// A name of 1 to 100 characters with at least one letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    pub fn parse(typed: &str) -> Result<Self, NameError> {
        let mut name = String::new();
        let mut characters = 0;
        let mut marks_left = 0;
        let mut has_letter = false;
        for symbol in typed.chars().map(respelled).nfc() {
            match Part::of(symbol) {
                Part::Letter { marks } => {
                    has_letter = true;
                    marks_left = marks;
                }
                Part::Mark if marks_left > 0 => marks_left -= 1,
                Part::Separator => marks_left = 0,
                Part::Mark | Part::Foreign => return Err(NameError::Character(symbol)),
            }
            if symbol == ' ' && (name.is_empty() || name.ends_with(' ')) {
                continue;
            }
            name.push(symbol);
            characters += 1;
        }
        if name.ends_with(' ') {
            name.pop();
            characters -= 1;
        }
        match characters {
            0 => Err(NameError::Empty),
            1..=MAX_CHARACTERS if has_letter => Ok(Self(name)),
            1..=MAX_CHARACTERS => Err(NameError::NoLetter),
            _ => Err(NameError::TooLong { max: MAX_CHARACTERS }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key for comparing and finding: case folded beyond ASCII too, without separators and spaces. Not for showing.
    pub fn folded(&self) -> String {
        // Down, up and down again meets what one step misses: ẞ, ß and SS become the same.
        self.0
            .chars()
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .map(respelled)
            .filter(|symbol| !is_separator(*symbol))
            .nfc()
            .collect()
    }

    /// 张*明 of three letters and more, 张* of fewer.
    pub fn masked(&self) -> MaskedName {
        let letters: String = self.0.chars().filter(|symbol| !is_separator(*symbol)).collect();
        let mut graphemes = letters.graphemes(true);
        let first = graphemes.next().unwrap_or_default();
        let masked = match (graphemes.next(), graphemes.next_back()) {
            (Some(_), Some(last)) if first.len() + 1 + last.len() <= MAX_MASKED_BYTES => format!("{first}*{last}"),
            _ if first.len() < MAX_MASKED_BYTES => format!("{first}*"),
            _ => "*".to_owned(),
        };
        MaskedName(masked)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    #[error("no name")]
    Empty,
    #[error("a name has at most {max} characters")]
    TooLong { max: usize },
    #[error("{0:?} cannot stand there in a name")]
    Character(char),
    #[error("a name has at least one letter")]
    NoLetter,
}

/// What a pass carries of a name: 1 to 12 bytes, enough for a guard to notice somebody else's pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MaskedName(String);

impl MaskedName {
    /// The way back from a pass. Nothing is normalised, so that decoding and encoding give the same bytes.
    pub fn parse(text: &str) -> Result<Self, MaskedNameError> {
        if let Some(symbol) = text.chars().find(|symbol| is_hidden(*symbol)) {
            return Err(MaskedNameError::Character(symbol));
        }
        match text.len() {
            0 => Err(MaskedNameError::Empty),
            1..=MAX_MASKED_BYTES => Ok(Self(text.to_owned())),
            _ => Err(MaskedNameError::TooLong { max_bytes: MAX_MASKED_BYTES }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaskedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<MaskedName> for String {
    fn from(name: MaskedName) -> Self {
        name.0
    }
}

impl TryFrom<String> for MaskedName {
    type Error = MaskedNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a masked name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MaskedNameError {
    #[error("no masked name")]
    Empty,
    #[error("a masked name has at most {max_bytes} bytes")]
    TooLong { max_bytes: usize },
    #[error("{0:?} cannot be seen, so it cannot stand in a masked name")]
    Character(char),
}

/// One spelling for what keyboards spell in many ways.
fn respelled(typed: char) -> char {
    match typed {
        _ if is_middle_dot(typed) => '\u{B7}',
        _ if is_hyphen(typed) => '-',
        _ if is_space(typed) => ' ',
        '\u{2018}' | '\u{2019}' | '\u{2BB}' | '\u{2BC}' => '\'',
        _ => half_width(typed),
    }
}

fn is_separator(symbol: char) -> bool {
    matches!(symbol, ' ' | '\u{B7}' | '-' | '\'')
}

/// The part a character plays in a name.
enum Part {
    Letter { marks: usize },
    Mark,
    Separator,
    Foreign,
}

impl Part {
    fn of(symbol: char) -> Self {
        // 〇 counts as a number in Unicode and as a character in names.
        let is_letter = symbol == '〇' || (symbol.is_alphabetic() && !symbol.is_numeric());
        let script = symbol.script();
        if is_letter && script == Script::Han {
            Self::Letter { marks: 0 }
        } else if is_letter && script == Script::Latin {
            Self::Letter { marks: MAX_MARKS }
        } else if matches!(symbol, '\u{300}'..='\u{36F}') && !is_hidden(symbol) {
            Self::Mark
        } else if is_separator(symbol) {
            Self::Separator
        } else {
            Self::Foreign
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_hold() {
        for (typed, name) in [
            ("张晓明", "张晓明"),
            ("  张 晓明\u{3000}", "张 晓明"),
            ("王𬭎", "王𬭎"),
            ("李䶮", "李䶮"),
            ("赵㼆", "赵㼆"),
            ("钱𬀩", "钱𬀩"),
            ("孙𫖯", "孙𫖯"),
            ("周𠮷", "周𠮷"),
            ("吴\u{30000}", "吴\u{30000}"),
            ("郑\u{2EBF0}", "郑\u{2EBF0}"),
            ("刘〇", "刘〇"),
            ("佐々木", "佐々木"),
            ("阿卜杜拉·艾山", "阿卜杜拉·艾山"),
            ("阿卜杜拉•艾山", "阿卜杜拉·艾山"),
            ("阿卜杜拉・艾山", "阿卜杜拉·艾山"),
            ("阿卜杜拉‧艾山", "阿卜杜拉·艾山"),
            ("阿卜杜拉．艾山", "阿卜杜拉·艾山"),
            ("阿卜杜拉᛫艾山", "阿卜杜拉·艾山"),
            ("John   Smith", "John Smith"),
            ("ＪＯＨＮ　Ｓｍｉｔｈ", "JOHN Smith"),
            ("O’Brien-Ñúñez", "O'Brien-Ñúñez"),
            ("Jose\u{301}", "José"),
            ("Nguyễn Văn Đức", "Nguyễn Văn Đức"),
            ("Adé\u{329}", "Adé\u{329}".nfc().collect::<String>().as_str()),
            ("'t Hooft", "'t Hooft"),
            ("A", "A"),
            // Of the compatibility block, but a character of its own: NFC and the card agree.
            ("\u{FA0E}", "\u{FA0E}"),
        ] {
            assert_eq!(PersonName::parse(typed).as_ref().map(PersonName::as_str), Ok(name), "{typed}");
        }
        assert!(PersonName::parse(&"𬭎".repeat(100)).is_ok());
        assert!(PersonName::parse(&format!("张{}三", " ".repeat(500))).is_ok());
    }

    #[test]
    fn names_that_do_not_hold_say_why() {
        for (typed, error) in [
            ("", NameError::Empty),
            (" \u{3000}\u{A0}", NameError::Empty),
            ("- ·", NameError::NoLetter),
            ("<script>", NameError::Character('<')),
            ("＜script＞", NameError::Character('<')),
            ("张三1", NameError::Character('1')),
            ("张三１", NameError::Character('1')),
            ("张〡", NameError::Character('〡')),
            ("张Ⅳ", NameError::Character('Ⅳ')),
            ("张\u{202E}三", NameError::Character('\u{202E}')),
            ("张\u{200B}三", NameError::Character('\u{200B}')),
            ("张\u{FEFF}三", NameError::Character('\u{FEFF}')),
            ("张\n三", NameError::Character('\n')),
            ("张三\t", NameError::Character('\t')),
            ("张\0", NameError::Character('\0')),
            ("张\u{E0100}", NameError::Character('\u{E0100}')),
            ("\u{E000}", NameError::Character('\u{E000}')),
            ("⼀", NameError::Character('⼀')),
            ("Иван", NameError::Character('И')),
            ("张😀", NameError::Character('😀')),
            ("张\u{301}", NameError::Character('\u{301}')),
            ("x\u{302}\u{327}\u{323}", NameError::Character('\u{302}')),
            ("J. Smith", NameError::Character('.')),
            ("张;三", NameError::Character(';')),
            ("张\u{37E}三", NameError::Character(';')),
            (&"名".repeat(101), NameError::TooLong { max: 100 }),
            (&"名".repeat(300), NameError::TooLong { max: 100 }),
        ] {
            assert_eq!(PersonName::parse(typed), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn folding_finds_what_is_the_same() {
        for (left, right) in [
            ("John Smith", "JOHN-SMITH"),
            ("ÉMILE Zola", "émile zola"),
            ("Ñúñez", "ñÚÑEZ"),
            ("Strauß", "STRAUSS"),
            ("STRAUẞ", "strauß"),
            ("阿卜杜拉·艾山", "阿卜杜拉 艾山"),
            ("张 三", "张三"),
            ("O'Brien", "o’BRIEN"),
            ("\u{149}a", "'na"),
        ] {
            let (left, right) = (PersonName::parse(left).unwrap(), PersonName::parse(right).unwrap());
            assert_eq!(left.folded(), right.folded());
        }
        for (left, right) in [("张三", "张三三"), ("Muller", "Müller"), ("吕", "呂"), ("王𬭎", "王䶮")] {
            let (left, right) = (PersonName::parse(left).unwrap(), PersonName::parse(right).unwrap());
            assert_ne!(left.folded(), right.folded());
        }
    }

    #[test]
    fn masks_keep_to_12_bytes() {
        for (name, masked) in [
            ("张晓明", "张*明"),
            ("张三", "张*"),
            ("张", "张*"),
            ("欧阳晓明", "欧*明"),
            ("阿卜杜拉·艾山", "阿*山"),
            ("𬭎晓𠮷", "𬭎*𠮷"),
            ("𬭎𠮷", "𬭎*"),
            ("John Smith", "J*h"),
            ("'t Hooft", "t*t"),
            ("A-", "A*"),
            // Each end a letter of three bytes with two marks that do not compose: together too long.
            ("ꞓ\u{302}\u{302}aꞓ\u{302}\u{302}", "ꞓ\u{302}\u{302}*"),
        ] {
            let masked_name = PersonName::parse(name).unwrap().masked();
            assert_eq!(masked_name.as_str(), masked, "{name}");
            assert_eq!(MaskedName::parse(masked), Ok(masked_name));
        }
    }

    #[test]
    fn masked_names_come_back_from_a_pass_as_they_were() {
        for text in ["张*明", "*", "123456789012", "e\u{301}*"] {
            assert_eq!(MaskedName::parse(text).unwrap().to_string(), text);
        }
        for (text, error) in [
            ("", MaskedNameError::Empty),
            ("1234567890123", MaskedNameError::TooLong { max_bytes: 12 }),
            ("张张张张*", MaskedNameError::TooLong { max_bytes: 12 }),
            ("张\u{7}", MaskedNameError::Character('\u{7}')),
            ("张\u{202E}明", MaskedNameError::Character('\u{202E}')),
        ] {
            assert_eq!(MaskedName::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn serde_goes_through_the_parser() {
        let name: PersonName = serde_json::from_str("\" 张•三 \"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"张·三\"");
        assert_eq!(serde_json::to_string(&name.masked()).unwrap(), "\"张*\"");
        assert!(serde_json::from_str::<PersonName>("\"<b>\"").is_err());
        assert!(serde_json::from_str::<MaskedName>("\"\"").is_err());
    }

    /// Letters, marks and separators of every make, so that most of them are names.
    const NAMELIKE: &str = "[A-Za-zÀ-žǰŉßẞİıＡ-ｚ\u{1E00}-\u{1EFF}\u{300}\u{302}\u{327}\u{4E00}-\u{4FFF}\u{3400}-\u{34FF}\u{F900}-\u{FA10}\u{20000}-\u{20100}〇々 '·•．-]{1,24}";

    proptest! {
        #[test]
        fn no_text_panics(typed: String) {
            drop(PersonName::parse(&typed));
            drop(MaskedName::parse(&typed));
        }

        #[test]
        fn what_is_shown_reads_as_itself(typed in NAMELIKE) {
            if let Ok(name) = PersonName::parse(&typed) {
                prop_assert_eq!(PersonName::parse(&name.to_string()), Ok(name.clone()));
                prop_assert!(unicode_normalization::is_nfc(name.as_str()));
            }
        }

        #[test]
        fn folding_is_blind_to_case(typed in NAMELIKE) {
            if let Ok(name) = PersonName::parse(&typed) {
                for other in [name.as_str().to_uppercase(), name.as_str().to_lowercase()] {
                    if let Ok(other) = PersonName::parse(&other) {
                        prop_assert_eq!(other.folded(), name.folded());
                    }
                }
            }
        }

        #[test]
        fn masks_fit_a_pass(typed in NAMELIKE) {
            if let Ok(name) = PersonName::parse(&typed) {
                let masked = name.masked();
                prop_assert!(masked.as_str().contains('*'));
                prop_assert_eq!(MaskedName::parse(masked.as_str()), Ok(masked));
            }
        }

        #[test]
        fn nothing_hidden_gets_in(before in "[a-z张]{0,3}", symbol: char, after in "[a-z张]{0,3}") {
            let typed = format!("{before}{symbol}{after}");
            let refused = symbol.is_control() || is_hidden(symbol) || symbol.is_ascii_digit() || symbol == '<';
            if refused {
                prop_assert_eq!(PersonName::parse(&typed), Err(NameError::Character(symbol)));
            }
        }
    }
}
