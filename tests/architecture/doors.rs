//! Addresses are written down in one list for each door, where each says whose it is.
//!
//! The pages' list is walked by their stories of access; an address that is added past it would be nobody's to guard.

use crate::source::Source;
use crate::uses;
use crate::violation::{Rule, Violation};

const RULE: Rule = Rule {
    says: "`axum::routing` is named only in a `routes.rs`",
    remedy: "add the address to the list in `pages/routes.rs`, or `sync/routes.rs` for terminals",
};

pub(crate) fn unlisted(source: &Source) -> Vec<Violation> {
    if !source.is_product() || source.path.ends_with("/routes.rs") {
        return Vec::new();
    }
    let is_routing = |path: &[String]| matches!(path, [krate, room, ..] if krate == "axum" && room == "routing");
    let named = uses::of(source).into_iter().filter(|named| is_routing(&named.path));
    named.map(|named| RULE.broken(&source.path, named.line, format!("`{}`", named.path.join("::")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_address_is_caught_and_the_lists_pass() {
        let text =
            "//! Said.\nuse axum::{Router, routing::get};\nfn f() -> Router { Router::new().route(\"/x\", get(g)) }";
        let found = |path: &str| unlisted(&Source::parse(path, text).unwrap()).len();
        assert!(found("sync-server/src/pages/pass.rs") > 0 && found("sync-server/src/serve.rs") > 0);
        assert_eq!((found("sync-server/src/pages/routes.rs"), found("sync-server/src/sync/routes.rs")), (0, 0));
    }
}
