//! Words of visitors on pages of others: who shows them may take them for markup, so they carry none.

/// What markup begins with is replaced by letters that look like it.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '<' => '＜',
            '>' => '＞',
            '&' => '＆',
            other => other,
        })
        .collect()
}
