//! Text that a spreadsheet would take for a formula.
//!
//! A CSV file cannot say "this is text": a visitor who calls himself `=HYPERLINK(…)` would get a link into the office's
//! spreadsheet, or a program run. Excel begins a formula at `=`, `+`, `-`, `@`, some versions also at their full-width twins, and
//! looks past blanks and control characters. An apostrophe before it makes it text, and a reader still sees what was written.

pub(super) fn text(written: &str) -> String {
    let begins =
        written.chars().find(|symbol| !symbol.is_whitespace() && !symbol.is_control() && !is_invisible(*symbol));
    let formula = begins.is_some_and(|symbol| {
        matches!(symbol, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '−')
    });
    let steers = written.starts_with(['\t', '\r', '\n']);
    // A control character in the middle could end a line for a careless reader.
    let plain = written.chars().map(|symbol| if symbol.is_control() { ' ' } else { symbol });
    if formula || steers { std::iter::once('\'').chain(plain).collect() } else { plain.collect() }
}

const fn is_invisible(symbol: char) -> bool {
    matches!(symbol, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_becomes_text() {
        for wicked in [
            "=HYPERLINK(\"http://x\")",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1+1",
            "\r=1",
            "\n=1",
            "  =1+1",
            "\u{FEFF}=1",
            "\u{200B}=1",
            "\0=1",
            "＝1+1",
            "＋cmd",
            "－1",
            "＠SUM",
            "﹦1",
            "\tplain",
        ] {
            let text = text(wicked);
            assert!(text.starts_with('\''), "{text:?}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        assert_eq!(text("=1"), "'=1");
    }

    #[test]
    fn what_is_only_text_stays_as_it_is() {
        for plain in ["", "张*明", "京A12345", "John-Paul", "1=1", "2026-11-23 14:03:07", "'quoted", "a+b"] {
            assert_eq!(text(plain), plain);
        }
    }
}
