//! Files stay short enough to be read in one go.
//!
//! Counted without the tests that close a file: a long table of cases is no burden, a long machine is.

use syn::Item;
use syn::spanned::Spanned as _;

use crate::source::{Source, is_for_tests};
use crate::violation::{Rule, Violation};

const MOST_LINES: usize = 500;
const MEDIAN_LINES: usize = 200;

const RULE: Rule = Rule {
    says: "no file is above 500 lines without its tests",
    remedy: "find the second thing this file is about and give it a room with that name",
};

const MEDIAN: Rule = Rule {
    says: "half of all files are below 200 lines without their tests",
    remedy: "split the long files named by `wc -l`, not the short ones",
};

pub(crate) fn too_long(source: &Source) -> Option<Violation> {
    let lines = lines_without_tests(source);
    (lines > MOST_LINES).then(|| RULE.broken(&source.path, MOST_LINES, format!("{lines} lines before its tests")))
}

pub(crate) fn median_too_long(sources: &[Source]) -> Option<Violation> {
    let median = median(sources);
    (median >= MEDIAN_LINES).then(|| MEDIAN.broken(".", 0, format!("the median file has {median} lines")))
}

pub(crate) fn summary(sources: &[Source]) -> String {
    let longest = sources.iter().map(|source| (lines_without_tests(source), &source.path)).max();
    let (lines, path) = longest.map_or((0, ""), |(lines, path)| (lines, path));
    format!("{} Rust files, median {} lines without tests, longest {path} with {lines}", sources.len(), median(sources))
}

fn median(sources: &[Source]) -> usize {
    let mut lengths: Vec<_> = sources.iter().map(lines_without_tests).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

fn lines_without_tests(source: &Source) -> usize {
    if source.only_tests {
        return 0;
    }
    let tests = source.syntax.items.iter().find_map(|item| {
        let Item::Mod(module) = item else { return None };
        let closes = module.content.is_some() && is_for_tests(&module.attrs);
        closes.then(|| module.span().start().line.saturating_sub(1))
    });
    tests.unwrap_or_else(|| source.text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: usize, tests: usize) -> Source {
        let text = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "const _: u8 = 1;\n".repeat(lines),
            "const _: u8 = 1;\n".repeat(tests)
        );
        Source::parse("shared/src/ids.rs", &text).unwrap()
    }

    #[test]
    fn a_planted_long_file_is_caught_and_its_tests_are_not_counted() {
        assert!(too_long(&file(501, 0)).is_some());
        assert!(too_long(&file(500, 900)).is_none());
        assert_eq!(lines_without_tests(&file(17, 900)), 17);
        assert_eq!(lines_without_tests(&Source::parse("shared/src/ids.rs", "\n\n\n").unwrap()), 3);
    }

    #[test]
    fn a_long_median_is_caught() {
        assert!(median_too_long(&[file(10, 0), file(200, 0), file(201, 0)]).is_some());
        assert!(median_too_long(&[file(10, 0), file(199, 0), file(499, 0)]).is_none());
    }
}
