//! Who comes, and in what: documents, names, phones and plates.
//!
//! People type these, so they are parsed once, at the edge, and a value of one of these types is the proof that it was.
//! Each type normalises first (full-width, case, spacing) and judges afterwards; each refusal is a closed enum that
//! says which rule failed, because the page that shows it speaks the reader's language and stands at the field. No
//! error carries what was typed beyond a single character, and `Debug` of a document or a phone is masked, so a log
//! never learns a whole number.

mod document;
mod last_four;
mod name;
mod phone;
mod plate;
mod tag;

pub use document::{Document, DocumentError, DocumentKind, StoredDocumentError};
pub use last_four::{LastFour, LastFourError};
pub use name::{MaskedName, MaskedNameError, NameError, PersonName};
pub use phone::{Phone, PhoneError};
pub use plate::{Plate, PlateError, PlateKind};
pub use tag::DocumentTag;

/// Chinese keyboards type ASCII at the width of a Han character; it is the same character.
pub(crate) fn half_width(typed: char) -> char {
    match typed {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(typed) - 0xFEE0).unwrap_or(typed),
        _ => typed,
    }
}

/// A space one sees as a space: not a tab, a line break or a separator of paragraphs.
fn is_space(symbol: char) -> bool {
    symbol.is_whitespace() && !is_hidden(symbol)
}

fn is_hyphen(symbol: char) -> bool {
    matches!(symbol, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}')
}

/// The dot of 阿卜杜拉·艾山 and 京A·12345, which every keyboard spells its own way.
fn is_middle_dot(symbol: char) -> bool {
    matches!(
        symbol,
        '\u{B7}'
            | '\u{387}'
            | '\u{16EB}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{30FB}'
            | '\u{FF0E}'
            | '\u{FF65}'
    )
}

/// What changes how text around it is shown, or is not shown at all: controls, format and bidi characters, fillers and blanks,
/// variation selectors, tags and what is no character. A guard compares what is on the screen, so nothing on it may hide.
pub(crate) fn is_hidden(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{8E2}' | '\u{180B}'..='\u{180F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{600}'..='\u{605}' | '\u{890}'..='\u{891}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}'
            | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{half_width, is_hidden, is_space};

    #[test]
    fn full_width_is_the_same_character() {
        for (typed, meant) in [
            ('０', '0'),
            ('９', '9'),
            ('Ｘ', 'X'),
            ('ｘ', 'x'),
            ('＋', '+'),
            ('\u{3000}', ' '),
            ('京', '京'),
            ('a', 'a'),
        ] {
            assert_eq!(half_width(typed), meant);
        }
    }

    #[test]
    fn what_hides_is_hidden_and_what_is_written_is_not() {
        for symbol in "\0\n\t\u{7F}\u{85}\u{AD}\u{200B}\u{200E}\u{2028}\u{202A}\u{202E}\u{2066}\u{2069}\u{FEFF}\u{FE0F}\u{2800}\u{FFFE}\u{E0001}\u{E0100}".chars() {
            assert!(is_hidden(symbol), "{symbol:?}");
            assert!(!is_space(symbol), "{symbol:?}");
        }
        for symbol in "aZ09 -·'张𬭎é〇挂\u{301}\u{A0}\u{3000}".chars() {
            assert!(!is_hidden(symbol), "{symbol:?}");
        }
    }

    proptest! {
        #[test]
        fn half_width_has_no_second_step(symbol: char) {
            prop_assert_eq!(half_width(half_width(symbol)), half_width(symbol));
        }
    }
}
