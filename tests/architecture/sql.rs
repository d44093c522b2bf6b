//! All SQL lives in the `store` rooms, and so does the database crate.
//!
//! A query elsewhere is a decision about storage taken by somebody who cannot see the schema. What looks like SQL is
//! judged by its opening words, so that a page may still say "Select a host" in a longer sentence of its own.

use crate::source::Source;
use crate::tokens;
use crate::uses;
use crate::violation::{Rule, Violation};

/// How a statement opens, in lower case and single spaces.
const OPENINGS: &[&str] = &[
    "select ",
    "insert into ",
    "insert or ",
    "replace into ",
    "update ",
    "delete from ",
    "with recursive ",
    "create table ",
    "create temp",
    "create index ",
    "create unique index ",
    "create trigger ",
    "create view ",
    "create virtual table ",
    "alter table ",
    "drop table ",
    "drop index ",
    "begin immediate",
    "begin exclusive",
    "pragma ",
    "vacuum into ",
    "attach database ",
];

const RULE: Rule = Rule {
    says: "SQL is written only in a `store` room, and only there is the database crate named",
    remedy: "give the store a method named after what the caller wants, and call that",
};

pub(crate) fn strayed(source: &Source) -> Vec<Violation> {
    if !source.is_product() || source.room() == Some("store") {
        return Vec::new();
    }
    let statements = tokens::literals_in(source.tokens.clone())
        .into_iter()
        .filter(|(text, _)| is_sql(text))
        .map(|(text, line)| RULE.broken(&source.path, line, format!("\"{}\"", shortened(&text))));
    let crates = uses::of(source)
        .into_iter()
        .filter(|named| named.path.first().is_some_and(|krate| krate == "rusqlite"))
        .map(|named| RULE.broken(&source.path, named.line, format!("`{}`", named.path.join("::"))));
    statements.chain(crates).collect()
}

fn is_sql(text: &str) -> bool {
    let plain = text.split_whitespace().chain([""]).collect::<Vec<_>>().join(" ").to_lowercase();
    match OPENINGS.iter().find(|opening| plain.starts_with(**opening)) {
        // Words that also open an English sentence, or are a header's name, need one more sign.
        Some(&"select ") => plain.contains(" from ") || plain.contains('(') || plain.starts_with("select 1"),
        Some(&"update ") => plain.contains(" set ") && !plain.starts_with("update the "),
        Some(&"pragma ") => plain.len() > "pragma ".len(),
        Some(_) => true,
        None => false,
    }
}

fn shortened(text: &str) -> String {
    text.split_whitespace().take(6).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(path: &str, text: &str) -> bool {
        !strayed(&Source::parse(path, text).unwrap()).is_empty()
    }

    #[test]
    fn a_planted_statement_is_caught() {
        for text in [
            "const A: &str = \"select id from booking\";",
            "fn f() { db.execute(\"\\n   INSERT INTO entry values (?1)\") }",
            "fn f() { format!(\"update {table} set a = 1\") }",
            "fn f() { concat!(\"delete from \", \"x\") }",
            "const A: &str = r#\"Create Table x (a)\"#;",
            "const A: &str = \"PRAGMA journal_mode = wal\";",
            "const A: &str = \"select count(*)\";",
            "#[cfg(test)] mod tests { const A: &str = \"select id from booking\"; }",
            "use rusqlite::Connection;",
            "fn f(db: &rusqlite::Connection) {}",
        ] {
            assert!(caught("sync-server/src/pages/book.rs", text), "{text}");
            assert!(!caught("sync-server/src/store/bookings.rs", text), "the store may say {text}");
            assert!(!caught("tests/journeys/offline_day.rs", text), "a story may look into a database: {text}");
        }
    }

    #[test]
    fn ordinary_words_pass() {
        for text in [
            "const A: &str = \"Select a host, please\";",
            "const A: &str = \"update the key set\";",
            "const A: &str = \"delete\"; const B: &str = \"Pragma\";",
            "#[error(\"insert into a full queue\")] struct E;",
            "/// select id from booking\nstruct S;",
        ] {
            assert!(!caught("sync-server/src/pages/book.rs", text), "{text}");
        }
    }
}
