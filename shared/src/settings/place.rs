//! Where a setting stands in its file, and which one stands somewhere: a mistake is told with both.
//!
//! Tables are known by their headers and keys by their lines, which is how settings are written; of what stands inside of a value the
//! whole is named. Those of a list are counted from 1, as people count.

use std::collections::BTreeMap;

/// A setting that stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    /// Whole, with the tables that it stands in.
    pub setting: String,
}

/// What stands at `offset`, or last before it.
#[must_use]
pub fn at(text: &str, offset: usize) -> Option<Place> {
    let line = text.get(..offset)?.matches('\n').count() + 1;
    places(text).into_iter().rfind(|place| place.line <= line).map(|place| Place { line, ..place })
}

/// Where `setting` stands; where it does not, the table that it would stand in.
#[must_use]
pub fn of(text: &str, setting: &str) -> Option<usize> {
    let places = places(text);
    let mut sought = setting;
    loop {
        if let Some(found) = places.iter().find(|place| place.setting == sought) {
            return Some(found.line);
        }
        sought = sought.rsplit_once('.')?.0;
    }
}

/// Where `setting` itself stands.
#[must_use]
pub fn exactly(text: &str, setting: &str) -> Option<usize> {
    places(text).into_iter().find(|place| place.setting == setting).map(|place| place.line)
}

fn places(text: &str) -> Vec<Place> {
    let (mut counts, mut table, mut places) = (BTreeMap::new(), String::new(), Vec::new());
    for (line, written) in (1..).zip(text.lines()) {
        let written = written.trim_start();
        let setting = if let Some(header) = written.strip_prefix("[[") {
            let name = within(header, &counts);
            *counts.entry(name.clone()).or_insert(0_usize) += 1;
            table = counted(name, &counts);
            table.clone()
        } else if let Some(header) = written.strip_prefix('[') {
            let name = within(header, &counts);
            table = counted(name, &counts);
            table.clone()
        } else {
            let Some(key) = written.split_once('=').map(|(key, _)| key.trim()).filter(|key| is_key(key)) else {
                continue;
            };
            if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
        };
        places.push(Place { line, setting });
    }
    places
}

/// The name in a header, with the one of each list that it belongs to.
fn within(header: &str, counts: &BTreeMap<String, usize>) -> String {
    let name = header.split(']').next().unwrap_or_default();
    let mut whole = String::new();
    for part in name.split('.').map(str::trim) {
        whole = if whole.is_empty() { part.to_owned() } else { format!("{}.{part}", counted(whole, counts)) };
    }
    whole
}

fn counted(name: String, counts: &BTreeMap<String, usize>) -> String {
    counts.get(&name).map(|count| format!("{name}[{count}]")).unwrap_or(name)
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "listen = 'x'\n[notify.sms]\nkey_id = ''\n[[campus]]\nid = 1\n[[campus.gate]]\nindex = 0\n\
        [[campus]]\n[[campus.gate]]\n  [[campus.gate]]\n  name = 'a = b'\n";

    #[test]
    fn each_setting_has_its_line_and_its_whole_name() {
        for (setting, line) in [
            ("listen", Some(1)),
            ("notify.sms", Some(2)),
            ("notify.sms.key_id", Some(3)),
            ("campus[1].id", Some(5)),
            ("campus[1].gate[1].index", Some(7)),
            ("campus[2].gate[2].name", Some(11)),
            ("notify.sms.sign_name", Some(2)),
            ("campus[2].id", Some(8)),
            ("booking.opens", None),
        ] {
            assert_eq!(of(TEXT, setting), line, "{setting}");
            assert_eq!(
                exactly(TEXT, setting).is_some(),
                !["notify.sms.sign_name", "campus[2].id", "booking.opens"].contains(&setting)
            );
            if let Some(line) = line {
                let offset = TEXT.lines().take(line - 1).map(|line| line.len() + 1).sum();
                let found = at(TEXT, offset).unwrap();
                assert!(found.line == line && setting.starts_with(&found.setting), "{setting}: {}", found.setting);
            }
        }
    }
}
