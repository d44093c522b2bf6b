//! Nothing is silenced without a reason, skipped, or left for later.
//!
//! `#[expect(.., reason = "..")]` says why and complains when it is no longer needed; `#[allow]` does neither. A test
//! that is ignored protects nobody.

use proc_macro2::{TokenStream, TokenTree};

use crate::source::Source;
use crate::tokens;
use crate::violation::{Rule, Violation};

const ALLOW: Rule = Rule {
    says: "a lint is set aside only by `#[expect(lint, reason = \"..\")]`",
    remedy: "mend what the lint found, or write `expect` with the reason",
};

const IGNORE: Rule = Rule { says: "no test is ignored", remedy: "make it run everywhere, or delete it" };

const LATER: Rule =
    Rule { says: "no code is left for later", remedy: "write it, or return an outcome that says what cannot be done" };

pub(crate) fn found(source: &Source) -> Vec<Violation> {
    let attributes = tokens::attributes_in(source.tokens.clone()).into_iter().filter_map(|(tokens, line)| {
        let rule = if mentions(&tokens, "allow") {
            ALLOW
        } else if mentions(&tokens, "ignore") {
            IGNORE
        } else {
            return None;
        };
        Some(rule.broken(&source.path, line, format!("`#[{tokens}]`")))
    });
    let later = tokens::paths_in(source.tokens.clone())
        .into_iter()
        .filter(|path| {
            path.is_macro && path.segments.last().is_some_and(|name| matches!(name.as_str(), "todo" | "unimplemented"))
        })
        .map(|path| LATER.broken(&source.path, path.line, format!("`{}!`", path.segments.join("::"))));
    attributes.chain(later).collect()
}

/// As the attribute itself, or as what a `cfg_attr` turns into.
fn mentions(attribute: &TokenStream, name: &str) -> bool {
    let mut tokens = attribute.clone().into_iter();
    match tokens.next() {
        Some(TokenTree::Ident(first)) if first == name => true,
        Some(TokenTree::Ident(first)) if first == "cfg_attr" => {
            tokens::paths_in(tokens.collect()).iter().any(|path| path.segments.iter().any(|segment| segment == name))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_silence_is_caught() {
        for text in [
            "#![allow(dead_code)]",
            "#[allow(clippy::panic)] fn f() {}",
            "#[cfg_attr(windows, allow(unused))] fn f() {}",
            "fn f() { #[allow(unused)] let x = 1; }",
            "macro_rules! m { () => { #[allow(unused)] fn f() {} } }",
            "#[test] #[ignore] fn f() {}",
            "#[test] #[ignore = \"slow\"] fn f() {}",
            "#[cfg_attr(windows, ignore)] fn f() {}",
            "fn f() { todo!() }",
            "fn f() { select! { x => unimplemented!(\"later\") } }",
        ] {
            assert!(!found(&Source::parse("shared/src/ids.rs", text).unwrap()).is_empty(), "{text}");
        }
    }

    #[test]
    fn expectations_with_reasons_and_the_words_alone_pass() {
        for text in [
            "#[expect(clippy::panic, reason = \"the test wants one\")] fn f() {}",
            "fn f(allow: bool, ignore: bool) { if todo != allow {} }",
            "/// #[allow(x)]\nfn f() { g(\"todo!()\") }",
        ] {
            assert!(found(&Source::parse("shared/src/ids.rs", text).unwrap()).is_empty(), "{text}");
        }
    }
}
