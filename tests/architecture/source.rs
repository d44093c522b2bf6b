//! One Rust file, read and parsed, with its place: which crate, which module, and whether only tests see it.
//!
//! The place is taken from the path (`gate-terminal/src/ui/theme.rs` is `ui::theme` of `gate-terminal`), as the
//! compiler does it; `#[path]` is not used in this workspace. Checkers take a `Source`, never a file name, so their
//! own tests can plant mistakes without writing files.

use std::str::FromStr as _;

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Meta, Token};

pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: TokenStream,
    pub(crate) syntax: syn::File,
    /// The member's folder, which is also its crate name: `gate-terminal`.
    pub(crate) krate: String,
    /// Below `src`, without `lib`, `main` and `mod`; empty at the crate's root and outside `src`.
    pub(crate) module: Vec<String>,
    /// Set by the tree: some file above declared this one behind `#[cfg(test)]`.
    pub(crate) only_tests: bool,
}

impl Source {
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, syn::Error> {
        let tokens = TokenStream::from_str(text)?;
        let syntax = syn::parse2(tokens.clone())?;
        let mut parts = path.trim_end_matches(".rs").split('/');
        let krate = parts.next().unwrap_or_default().to_owned();
        let module = match parts.next() {
            Some("src") => parts.filter(|part| !matches!(*part, "lib" | "main" | "mod")).map(str::to_owned).collect(),
            Some(_) | None => Vec::new(),
        };
        Ok(Self { path: path.to_owned(), text: text.to_owned(), tokens, syntax, krate, module, only_tests: false })
    }

    /// The first folder or file below `src`; none at the crate's root.
    pub(crate) fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    pub(crate) fn is_product(&self) -> bool {
        self.krate != "tests" && self.path.contains("/src/")
    }

    /// Modules that this file declares behind `#[cfg(test)]` and that live in files of their own.
    pub(crate) fn test_files_declared(&self) -> impl Iterator<Item = Vec<String>> {
        self.syntax.items.iter().filter_map(|item| {
            let Item::Mod(module) = item else { return None };
            let elsewhere = module.content.is_none() && is_for_tests(&module.attrs);
            elsewhere.then(|| self.module.iter().cloned().chain([module.ident.to_string()]).collect())
        })
    }
}

/// Whether these attributes keep what they stand on out of every build but the tests'.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => {
            list.path.is_ident("cfg") && list.parse_args().is_ok_and(|condition| needs_test(&condition))
        }
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(_) => false,
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
            if list.path.is_ident("all") {
                parts.iter().any(needs_test)
            } else {
                list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_test)
            }
        }
        Meta::NameValue(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_crate_and_module() {
        for (path, krate, module) in [
            ("gate-terminal/src/lib.rs", "gate-terminal", ""),
            ("gate-terminal/src/gate/mod.rs", "gate-terminal", "gate"),
            ("gate-terminal/src/ui/theme.rs", "gate-terminal", "ui::theme"),
            ("tests/journeys/offline_day.rs", "tests", ""),
        ] {
            let source = Source::parse(path, "").unwrap();
            assert_eq!((source.krate.as_str(), source.module.join("::").as_str()), (krate, module), "{path}");
        }
    }

    #[test]
    fn only_what_cannot_be_built_without_test_is_for_tests() {
        for (condition, expected) in [
            ("test", true),
            ("all(test, unix)", true),
            ("any(test)", true),
            ("any(test, feature = \"demo\")", false),
            ("not(test)", false),
            ("unix", false),
        ] {
            let text = format!("#[cfg({condition})] mod m {{}}");
            let file = syn::parse_file(&text).unwrap();
            let Some(Item::Mod(module)) = file.items.first() else { panic!("no module") };
            assert_eq!(is_for_tests(&module.attrs), expected, "{condition}");
        }
    }
}
