//! From a notice to the variables of its template.
//!
//! What a person typed cannot be refused here, at night and long after: what a gateway would not take is replaced, and what is too
//! long ends in `…`, so that its reader sees that something is missing.

use crate::{
    config::{Piece, Template, Variable, is_address, is_forbidden, is_of_address, parts},
    store::{LinkToken, Notice},
};

/// Stands where nothing is said: gateways refuse an empty variable.
const NOTHING: &str = "无";
const ADDRESS: &str = "（网址略）";
const SYMBOL: char = '？';

/// A template filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled<'a> {
    pub(super) id: &'a str,
    /// By name, in the template's order.
    pub(super) variables: Vec<(&'a str, String)>,
    /// For how many messages it is paid.
    pub(super) parts: usize,
}

/// With the first template of its kind that needs no more than the notice says.
pub(super) fn fill<'a>(
    templates: &'a [Template],
    notice: &Notice,
    variable_limit: usize,
    signature_chars: usize,
) -> Option<Filled<'a>> {
    let mut of_kind = templates.iter().filter(|template| template.kind == notice.kind);
    of_kind.find_map(|template| {
        let value =
            |(name, variable): &'a (String, Variable)| Some((name.as_str(), value(*variable, notice, variable_limit)?));
        let variables: Vec<_> = template.variables.iter().map(value).collect::<Option<_>>()?;
        let chars = |piece: &Piece| match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Variable(at) => variables.get(*at).map_or(0, |(_, value)| value.chars().count()),
        };
        let chars: usize = template.pieces.iter().map(chars).sum();
        Some(Filled { id: &template.id, variables, parts: parts(chars + signature_chars) })
    })
}

fn value(variable: Variable, notice: &Notice, limit: usize) -> Option<String> {
    match variable {
        Variable::Fact(fact) => Some(shortened(&acceptable(notice.fact(fact)?), limit)),
        // A token that was cut would open nothing.
        Variable::Token => token(notice).filter(|token| token.len() <= limit).map(str::to_owned),
        Variable::ApprovalCode => Some(LinkToken::parse(token(notice)?)?.approval_code().text()),
    }
}

fn token(notice: &Notice) -> Option<&str> {
    notice.path.as_deref()?.rsplit('/').next()
}

/// The same without what a gateway refuses in a variable.
fn acceptable(text: &str) -> String {
    let mut accepted = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|symbol| !is_of_address(symbol)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        accepted.push_str(if is_address(word) { ADDRESS } else { word });
        let mut symbols = behind.chars();
        if let Some(symbol) = symbols.next() {
            accepted.push(match symbol {
                blank if blank.is_whitespace() => ' ',
                forbidden if is_forbidden(forbidden) => SYMBOL,
                other => other,
            });
        }
        rest = symbols.as_str();
    }
    let accepted = accepted.trim();
    if accepted.is_empty() { NOTHING.to_owned() } else { accepted.to_owned() }
}

fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_typed_is_made_acceptable_and_never_refused() {
        for (typed, sent) in [
            ("学术报告", "学术报告"),
            ("商谈 ①合作★【急】", "商谈 ？合作？？急？"),
            ("看 https://evil.example/x?y=1 吧", "看 （网址略） 吧"),
            ("加www.a.cn或b.com/1", "加（网址略）或（网址略）"),
            ("a@b.example.cn", "（网址略）"),
            ("第3.5版 v1.0，2026-11-23 09:00-11:00", "第3.5版 v1.0，2026-11-23 09:00-11:00"),
            ("京A·12345、京AD12345", "京A·12345、京AD12345"),
            ("两行\n一行\t。", "两行 一行 。"),
            ("${token}", "？？token？"),
            ("😀", "？"),
            (" \n", "无"),
            ("", "无"),
        ] {
            assert_eq!(acceptable(typed), sent, "{typed}");
        }
    }

    #[test]
    fn what_is_too_long_shows_that_it_was_cut() {
        let long = "长".repeat(36);
        assert_eq!(shortened(&long[..105], 35), "长".repeat(35));
        assert_eq!(shortened(&long, 35), format!("{}…", "长".repeat(34)));
    }
}
