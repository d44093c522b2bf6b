//! What a gateway looks at before it takes a message: its variables, its words, its length.

use super::Registered;

/// Why a message is not taken, in no gateway's words yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Variables are missing, or there are others.
    Variables,
    TooLong,
    Address,
    Symbol,
    /// A code has four to six letters or digits.
    Code,
    /// The whole message.
    Length,
}

const VARIABLE_CHARS: usize = 35;
const MESSAGE_CHARS: usize = 500;

impl Registered {
    /// The names of its variables, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let parts = self.text.split('{').skip(1);
        parts.filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    /// The message as its reader sees it, signature first.
    pub(crate) fn filled(&self, sign_name: &str, values: &[(&str, &str)]) -> Result<String, Wrong> {
        let names = self.names();
        let given = |name: &&str| values.iter().any(|(given, _)| given == name);
        if names.len() != values.len() || !names.iter().all(given) {
            return Err(Wrong::Variables);
        }
        let mut text = self.text.clone();
        for (name, value) in values {
            check(value)?;
            let digits = (4..=6).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            // The first variable of such a template is the code.
            if self.is_code && names.first() == Some(name) && !digits {
                return Err(Wrong::Code);
            }
            text = text.replace(&format!("${{{name}}}"), value).replace(&format!("{{{name}}}"), value);
        }
        let whole = format!("【{sign_name}】{text}");
        if whole.chars().count() > MESSAGE_CHARS { Err(Wrong::Length) } else { Ok(whole) }
    }
}

fn check(value: &str) -> Result<(), Wrong> {
    let small = value.to_ascii_lowercase();
    let dotted = small.split(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '.').any(|word| {
        word.rsplit_once('.').is_some_and(|(name, top)| {
            !name.is_empty() && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    });
    if small.contains("http") || small.contains("://") || small.contains("www.") || dotted {
        return Err(Wrong::Address);
    }
    if value.chars().any(|symbol| {
        "①②③★☆→←•【】◆●".contains(symbol) || symbol.is_control() || symbol > '\u{1f000}' && symbol < '\u{20000}'
    }) {
        return Err(Wrong::Symbol);
    }
    if value.is_empty() || value.chars().count() > VARIABLE_CHARS { Err(Wrong::TooLong) } else { Ok(()) }
}

/// For how many a message is billed.
pub(crate) fn billed(text: &str) -> (usize, usize) {
    let chars = text.chars().count();
    let mut parts = 1;
    if chars > 70 {
        parts = chars / 67 + usize::from(!chars.is_multiple_of(67));
    }
    (chars, parts)
}

/// The address in a message, as a telephone underlines it.
pub(crate) fn link(text: &str) -> Option<String> {
    let at = text.find("http")?;
    let rest = text.get(at..)?;
    let end = rest.find(|symbol: char| !symbol.is_ascii() || symbol.is_whitespace()).unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str, is_code: bool) -> Registered {
        Registered { id: "1".to_owned(), text: text.to_owned(), is_code }
    }

    #[test]
    fn a_message_is_taken_only_as_it_was_registered() {
        let template = notice("访客${who}，${when}。", false);
        let filled = |values: &[(&str, &str)]| template.filled("校", values);
        assert_eq!(filled(&[("who", "王"), ("when", "九点")]).as_deref(), Ok("【校】访客王，九点。"));
        assert_eq!(filled(&[("who", "王")]), Err(Wrong::Variables));
        assert_eq!(filled(&[("who", "王"), ("what", "九点")]), Err(Wrong::Variables));
        assert_eq!(filled(&[("who", "王"), ("when", "九点"), ("x", "1")]), Err(Wrong::Variables));
        for (value, wrong) in [
            ("长".repeat(36), Wrong::TooLong),
            (String::new(), Wrong::TooLong),
            ("见 https://a.cn".to_owned(), Wrong::Address),
            ("evil.example".to_owned(), Wrong::Address),
            ("①".to_owned(), Wrong::Symbol),
            ("【王】".to_owned(), Wrong::Symbol),
        ] {
            assert_eq!(filled(&[("who", &value), ("when", "九点")]), Err(wrong), "{value}");
        }
        assert!(filled(&[("who", &"长".repeat(35)), ("when", "09:00-11:00 v1.0")]).is_ok());
        assert_eq!(notice("{1}", false).filled("校", &[("1", "王")]).as_deref(), Ok("【校】王"));
        assert_eq!(notice("码${c}", true).filled("校", &[("c", "042")]), Err(Wrong::Code));
        assert_eq!(notice(&"长".repeat(500), false).filled("校", &[]), Err(Wrong::Length));
    }

    #[test]
    fn seventy_characters_are_one_message_and_more_are_of_sixty_seven() {
        for (chars, parts) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (500, 8)] {
            assert_eq!(billed(&"长".repeat(chars)), (chars, parts));
        }
    }
}
