//! Everything a source names outside its tests, written out in full from the crate's root.
//!
//! `use` trees, paths in code, types and patterns, macro calls and the insides of macros, paths in attribute strings
//! (`#[serde(with = "..")]`). `self`, `super` and imported names are followed, so that `use std::time;` and
//! `time::Instant` further down is seen as `std::time::Instant`.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Macro, Path, UseTree, Visibility};

use crate::source::{Source, is_for_tests};
use crate::tokens;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Starts with `crate` when it is this crate's own.
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Path,
    /// `use path::*`: all that lies below it.
    Glob,
    Macro,
}

pub(crate) fn of(source: &Source) -> Vec<Named> {
    if source.only_tests {
        return Vec::new();
    }
    let mut reader = Reader {
        own_name: source.krate.replace('-', "_"),
        module: source.module.clone(),
        imported: HashMap::new(),
        named: Vec::new(),
    };
    reader.visit_file(&source.syntax);
    let Reader { imported, mut named, .. } = reader;
    for name in &mut named {
        follow(&imported, &mut name.path);
    }
    named
}

struct Reader {
    own_name: String,
    module: Vec<String>,
    imported: HashMap<String, Vec<String>>,
    named: Vec<Named>,
}

impl Reader {
    fn name(&mut self, path: Vec<String>, line: usize, kind: Kind) {
        let path = self.written_out(path);
        self.named.push(Named { path, line, kind });
    }

    fn written_out(&self, path: Vec<String>) -> Vec<String> {
        let mut above = 0;
        let mut rest = path.as_slice();
        let mut relative = false;
        while let Some((first, below)) = rest.split_first() {
            match first.as_str() {
                "self" => relative = true,
                "super" => {
                    relative = true;
                    above += 1;
                }
                own if own == self.own_name && !relative && !below.is_empty() => {
                    return ["crate".to_owned()].into_iter().chain(below.iter().cloned()).collect();
                }
                _ => break,
            }
            rest = below;
        }
        if !relative {
            return path;
        }
        let base = self.module.len().saturating_sub(above);
        ["crate".to_owned()]
            .into_iter()
            .chain(self.module.iter().take(base).cloned())
            .chain(rest.iter().cloned())
            .collect()
    }

    fn read_use(&mut self, tree: &UseTree, above: &[String]) {
        let below = |ident: &syn::Ident| -> Vec<String> {
            let own = (ident != "self" || above.is_empty()).then(|| plain(ident));
            above.iter().cloned().chain(own).collect()
        };
        match tree {
            UseTree::Path(path) => self.read_use(&path.tree, &below(&path.ident)),
            UseTree::Name(name) => {
                let path = below(&name.ident);
                self.import(path.last().cloned().unwrap_or_default(), path, name.span().start().line);
            }
            UseTree::Rename(rename) => {
                self.import(plain(&rename.rename), below(&rename.ident), rename.span().start().line);
            }
            UseTree::Glob(glob) => self.name(above.to_vec(), glob.span().start().line, Kind::Glob),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, above);
                }
            }
        }
    }

    fn import(&mut self, alias: String, path: Vec<String>, line: usize) {
        self.imported.insert(alias, self.written_out(path.clone()));
        self.name(path, line, Kind::Path);
    }

    fn read_tokens(&mut self, tokens: TokenStream) {
        for path in tokens::paths_in(tokens) {
            if path.is_macro {
                self.name(path.segments, path.line, Kind::Macro);
            } else if path.segments.len() > 1 {
                self.name(path.segments, path.line, Kind::Path);
            }
        }
    }
}

/// Visits each node unless it is built for tests only.
macro_rules! outside_tests {
    ($($visit:ident $node:ident),* $(,)?) => {
        $(fn $visit(&mut self, node: &'ast syn::$node) {
            if !is_for_tests(&node.attrs) {
                visit::$visit(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Reader {
    outside_tests! {
        visit_item_const ItemConst, visit_item_enum ItemEnum, visit_item_fn ItemFn, visit_item_impl ItemImpl,
        visit_item_macro ItemMacro, visit_item_static ItemStatic, visit_item_struct ItemStruct,
        visit_item_trait ItemTrait, visit_item_type ItemType, visit_impl_item_fn ImplItemFn, visit_field Field,
        visit_arm Arm, visit_variant Variant,
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if is_for_tests(&module.attrs) {
            return;
        }
        self.module.push(plain(&module.ident));
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        if !is_for_tests(&import.attrs) {
            self.read_use(&import.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
            self.name(segments, path.span().start().line, Kind::Path);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let segments = call.path.segments.iter().map(|segment| plain(&segment.ident)).collect();
        self.name(segments, call.path.span().start().line, Kind::Macro);
        self.read_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        self.visit_path(attribute.path());
        if let syn::Meta::List(list) = &attribute.meta {
            self.read_tokens(list.tokens.clone());
            for (text, line) in tokens::literals_in(list.tokens.clone()) {
                if let Ok(path) = syn::parse_str::<Path>(&text)
                    && path.segments.len() > 1
                {
                    self.name(path.segments.iter().map(|segment| plain(&segment.ident)).collect(), line, Kind::Path);
                }
            }
        }
    }

    /// `pub(in crate::ui)` says who may look in, not what is looked at.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Replaces an imported first name by what it stands for. An import may rest on another, but never on itself.
fn follow(imported: &HashMap<String, Vec<String>>, path: &mut Vec<String>) {
    for _ in 0..imported.len() {
        let Some(full) = path.first().and_then(|first| imported.get(first)) else { return };
        if full.first() == path.first() {
            return;
        }
        path.splice(..1, full.iter().cloned());
    }
}

fn plain(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str, text: &str) -> Vec<String> {
        let source = Source::parse(path, text).unwrap();
        of(&source)
            .into_iter()
            .map(|name| match name.kind {
                Kind::Path => name.path.join("::"),
                Kind::Glob => name.path.join("::") + "::*",
                Kind::Macro => name.path.join("::") + "!",
            })
            .collect()
    }

    #[test]
    fn every_way_to_name_a_thing_is_seen() {
        for (text, expected) in [
            ("use crate::{gate::{self, Gate as G}, store::*};", "crate::gate"),
            ("use crate::{gate::{self, Gate as G}, store::*};", "crate::gate::Gate"),
            ("use crate::{gate::{self, Gate as G}, store::*};", "crate::store::*"),
            ("use super::super::store::Store;", "crate::store::Store"),
            ("fn f() { super::super::store::open() }", "crate::store::open"),
            ("fn f(x: self::Inner) {}", "crate::ui::theme::Inner"),
            ("mod inner { use super::super::super::sync::Round; }", "crate::sync::Round"),
            ("use gate_terminal::store;", "crate::store"),
            ("use crate::store as s; fn f() { s::open() }", "crate::store::open"),
            ("use std::time; fn f() { time::Instant::now(); }", "std::time::Instant::now"),
            ("fn f() { format!(\"{}\", crate::store::count()); }", "crate::store::count"),
            ("fn f() { select! { x = y => println!(\"a\") } }", "println!"),
            ("#[serde(with = \"crate::store::text\")] struct S;", "crate::store::text"),
            ("#[derive(Debug, crate::store::Row)] struct S;", "crate::store::Row"),
            ("#[tokio::main] async fn f() {}", "tokio::main"),
            ("impl crate::store::Row for S { fn f(&self) -> impl Fn(crate::sync::Round) {} }", "crate::sync::Round"),
            ("fn f(x: E) { match x { crate::store::Kind::A => {} } }", "crate::store::Kind::A"),
            ("fn f() { r#tokio::spawn(g) }", "tokio::spawn"),
        ] {
            let found = named("gate-terminal/src/ui/theme.rs", text);
            assert!(found.iter().any(|name| name == expected), "{expected} not seen in {text}: {found:?}");
        }
    }

    #[test]
    fn tests_and_visibility_name_nothing() {
        for text in [
            "#[cfg(test)] mod tests { use crate::store::Store; }",
            "#[cfg(test)] use crate::store::Store;",
            "#[test] fn f() { crate::store::open() }",
            "impl S { #[cfg(test)] fn f() { crate::store::open() } }",
            "pub(in crate::ui) struct S;",
            "/// See crate::store::Store.\nstruct S;",
        ] {
            let found = named("gate-terminal/src/ui/theme.rs", text);
            assert!(!found.iter().any(|name| name.starts_with("crate")), "{text}: {found:?}");
        }
    }
}
