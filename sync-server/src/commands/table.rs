//! A table for a terminal window: columns in line, also when they hold Han characters, which are two columns wide.

use std::io::{self, Write};

use crate::office::visible;

pub(super) fn print<const N: usize>(out: &mut dyn Write, head: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    // Whoever wrote a cell, it is shown to a terminal, which obeys what it is told.
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| visible(cell).collect())).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        cells.chain(head.get(column).map(|name| width(name))).max().unwrap_or(0)
    });
    line(out, widths, head)?;
    rows.iter().try_for_each(|row| line(out, widths, row.each_ref().map(String::as_str)))
}

fn line<const N: usize>(out: &mut dyn Write, widths: [usize; N], cells: [&str; N]) -> io::Result<()> {
    let mut text = String::new();
    for (cell, column) in cells.into_iter().zip(widths) {
        text.push_str(cell);
        text.extend(std::iter::repeat_n(' ', column.saturating_sub(width(cell)) + 2));
    }
    writeln!(out, "{}", text.trim_end())
}

/// Good enough for names and places: everything from the CJK blocks on is wide.
fn width(text: &str) -> usize {
    text.chars().map(|symbol| if symbol >= '\u{2E80}' { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_characters_keep_the_columns_in_line() {
        let mut out = Vec::new();
        let rows = [["张*明", "In"], ["Li", "Out"]].map(|row| row.map(str::to_owned));
        print(&mut out, ["name", "way"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name   way\n张*明  In\nLi     Out\n");
    }
    #[test]
    fn no_cell_tells_the_terminal_anything() {
        let mut out = Vec::new();
        let rows = [["停\u{1b}[2J\u{9b}1m机\u{202e}\r\nX", "1"]].map(|row| row.map(str::to_owned));
        print(&mut out, ["why", "n"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "why         n\n停[2J1m机X  1\n");
    }
}
