//! What can be read from bare tokens: the insides of macros, where the parser sees no syntax.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};

/// `a::b::c`, or `name!` where a macro is called.
#[derive(Debug)]
pub(crate) struct TokenPath {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    pub(crate) is_macro: bool,
}

pub(crate) fn paths_in(tokens: TokenStream) -> Vec<TokenPath> {
    let mut found = Vec::new();
    collect_paths(tokens, &mut found);
    found
}

/// String literals with their lines, those inside attributes (and so doc comments) left out.
pub(crate) fn literals_in(tokens: TokenStream) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    collect_literals(tokens, &mut found);
    found
}

/// Every attribute's tokens with its line, wherever it stands.
pub(crate) fn attributes_in(tokens: TokenStream) -> Vec<(TokenStream, usize)> {
    let mut found = Vec::new();
    collect_attributes(tokens, &mut found);
    found
}

fn collect_paths(tokens: TokenStream, found: &mut Vec<TokenPath>) {
    let mut current: Option<TokenPath> = None;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                match current.take_if(|_| colons == 2) {
                    Some(mut path) => {
                        path.segments.push(name_of(&ident));
                        current = Some(path);
                    }
                    None => {
                        found.extend(current.take());
                        let line = ident.span().start().line;
                        current = Some(TokenPath { segments: vec![name_of(&ident)], line, is_macro: false });
                    }
                }
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Punct(punct) => {
                if let Some(mut path) = current.take() {
                    path.is_macro = punct.as_char() == '!' && punct.spacing() == Spacing::Alone && colons == 0;
                    found.push(path);
                }
                colons = 0;
            }
            TokenTree::Group(group) => {
                found.extend(current.take());
                colons = 0;
                collect_paths(group.stream(), found);
            }
            TokenTree::Literal(_) => {
                found.extend(current.take());
                colons = 0;
            }
        }
    }
    found.extend(current);
}

fn collect_literals(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let mut after_hash = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                if !after_hash {
                    collect_literals(group.stream(), found);
                }
                after_hash = false;
            }
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                    found.push((text.value(), line));
                }
                after_hash = false;
            }
            TokenTree::Punct(punct) => after_hash = punct.as_char() == '#' || after_hash && punct.as_char() == '!',
            TokenTree::Ident(_) => after_hash = false,
        }
    }
}

fn collect_attributes(tokens: TokenStream, found: &mut Vec<(TokenStream, usize)>) {
    let mut hash = None;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => hash = Some(punct.span().start().line),
            TokenTree::Punct(punct) if punct.as_char() == '!' => {}
            TokenTree::Group(group) => match hash.take() {
                Some(line) => found.push((group.stream(), line)),
                None => collect_attributes(group.stream(), found),
            },
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => hash = None,
        }
    }
}

fn name_of(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_macros_are_found_at_any_depth() {
        let tokens = "x(|| { println!(\"{}\", crate::store::open(a::b)) }) if c != d".parse().unwrap();
        let found: Vec<_> =
            paths_in(tokens).into_iter().map(|path| (path.segments.join("::"), path.is_macro)).collect();
        for expected in [("println", true), ("crate::store::open", false), ("a::b", false), ("c", false)] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} not in {found:?}");
        }
    }

    #[test]
    fn literals_of_attributes_are_left_out() {
        let tokens = "/// said\n#[doc = \"said\"] fn f() { g(\"kept\", r#\"raw\"#) }".parse().unwrap();
        let found: Vec<_> = literals_in(tokens).into_iter().map(|(text, _)| text).collect();
        assert_eq!(found, ["kept", "raw"]);
    }

    #[test]
    fn attributes_are_found_inner_outer_and_in_macros() {
        let tokens = "#![a] m! { #[b] fn f() { #[c] let x = 1; } }".parse().unwrap();
        let found: Vec<_> = attributes_in(tokens).into_iter().map(|(tokens, _)| tokens.to_string()).collect();
        assert_eq!(found, ["a", "b", "c"]);
    }
}
