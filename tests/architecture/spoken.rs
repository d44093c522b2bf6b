//! What a program says to whoever started it is said in Chinese first.
//!
//! A guard's superior who reads "the answer could not be stored" on a black screen rings somebody who can read it. English
//! stands behind the Chinese, for whoever is rung.

use syn::{Attribute, Expr, Lit, LitStr, Meta, visit::Visit};

use crate::{
    source::Source,
    violation::{Rule, Violation},
};

/// Modules whose errors reach the command line: crate, then the module and all below it.
const HEARD: &[(&str, &[&str])] = &[
    ("gate-terminal", &["camera", "picture"]),
    ("gate-terminal", &["commands"]),
    ("gate-terminal", &["config"]),
    ("gate-terminal", &["enrol"]),
    ("gate-terminal", &["officer", "lock"]),
    ("gate-terminal", &["store"]),
    ("gate-terminal", &["sync", "http"]),
];

const RULE: Rule = Rule {
    says: "an error that reaches the command line is told in Chinese, then in English",
    remedy: "put the Chinese words first",
};

pub(crate) fn only_english(source: &Source) -> Vec<Violation> {
    let is_heard = HEARD.iter().any(|(krate, module)| source.krate == *krate && begins(&source.module, module));
    if !is_heard {
        return Vec::new();
    }
    let mut said = Said::default();
    said.visit_file(&source.syntax);
    let foreign = said.0.into_iter().filter(|text| !text.value().chars().any(is_han));
    foreign.map(|text| RULE.broken(&source.path, text.span().start().line, format!("{:?}", text.value()))).collect()
}

fn begins(module: &[String], words: &[&str]) -> bool {
    module.len() >= words.len() && module.iter().zip(words).all(|(own, word)| own == word)
}

const fn is_han(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}')
}

/// The first literal of every `#[error("…")]`.
#[derive(Default)]
struct Said(Vec<LitStr>);

impl<'ast> Visit<'ast> for Said {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        if !list.path.is_ident("error") {
            return;
        }
        let first = list.tokens.clone().into_iter().next();
        if let Some(Ok(Expr::Lit(literal))) = first.map(|token| syn::parse2(token.into()))
            && let Lit::Str(text) = literal.lit
        {
            self.0.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(path: &str, text: &str) -> usize {
        only_english(&Source::parse(path, text).unwrap()).len()
    }

    #[test]
    fn a_planted_english_error_is_caught_where_people_hear_it() {
        let text =
            "enum E { #[error(\"the {} broke\", self.0)] A, #[error(\"坏了 broken\")] B, #[error(transparent)] C }";
        for heard in ["gate-terminal/src/enrol.rs", "gate-terminal/src/store/news.rs", "gate-terminal/src/sync/http.rs"]
        {
            assert_eq!(caught(heard, text), 1, "{heard}");
        }
        for unheard in ["gate-terminal/src/camera/wire.rs", "shared/src/store.rs", "tests/world/trouble.rs"] {
            assert_eq!(caught(unheard, text), 0, "{unheard}");
        }
        assert_eq!(caught("gate-terminal/src/enrol.rs", "#[error(\"it broke\")] struct S;"), 1);
    }
}
