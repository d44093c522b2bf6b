//! The three texts a gate knows by their form: a pass, the number of an identity card, the short code of a message.

use shared::pass::PassText;

const CARD_DIGITS: usize = 18;
const SHORT_CODE_DIGITS: usize = 8;

/// The text as it was meant: a scanner under a Chinese input method types full-width letters, one under caps lock small ones.
pub(super) fn of(text: &str) -> Option<String> {
    let plain: String = text.chars().map(half_width).map(|letter| letter.to_ascii_uppercase()).collect();
    // Blanks are letters of a pass and may stand at its ends.
    if PassText::parse(&plain).is_ok() {
        return Some(plain);
    }
    let trimmed = plain.trim();
    (is_card(trimmed) || is_short_code(trimmed)).then(|| trimmed.to_owned())
}

fn is_card(text: &str) -> bool {
    let check = text.strip_suffix('X').unwrap_or(text);
    text.len() == CARD_DIGITS && check.len() + 1 >= CARD_DIGITS && check.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_short_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let blanks = text.bytes().filter(|byte| *byte == b' ').count();
    digits == SHORT_CODE_DIGITS && blanks <= 1 && digits + blanks == text.len()
}

const fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(letter as u32 - 0xFEE0) {
            Some(plain) => plain,
            None => letter,
        },
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_are_read_as_they_were_meant() {
        let pass = "6BF %$*+-./:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4);
        let pass = pass.get(..150).unwrap();
        let wide: String = "１１０１０１１９９００３０７１２３ｘ".into();
        for (typed, meant) in [
            (pass, Some(pass)),
            (&pass.to_ascii_lowercase(), Some(pass)),
            ("11010119900307123X", Some("11010119900307123X")),
            (&wide, Some("11010119900307123X")),
            ("110101199003071233", Some("110101199003071233")),
            ("12345678", Some("12345678")),
            ("1234 5678", Some("1234 5678")),
            (" 12345678", Some("12345678")),
            ("1234567", None),
            ("1101011990030712XX", None),
            ("ABCDEFGHIJKLMNOPQR", None),
            ("https://weixin.qq.com/x", None),
            ("", None),
        ] {
            assert_eq!(of(typed).as_deref(), meant, "{typed}");
        }
    }
}
