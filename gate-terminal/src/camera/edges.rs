//! Edges: where a frame is full of them, and whether they have moved.
//!
//! A symbol is the part of a frame with the most edges; so there the dearer looks begin. A frame whose edges are where they were
//! shows nothing new: a gate at which nobody stands needs no more than one of those looks a frame.

use image::GrayImage;

/// The grid on which edges are counted.
const CELL_PX: u32 = 40;

/// A steeper step is an edge like any other: one lamp must not outweigh a screen.
const STEEP: u8 = 60;

/// Every fourth line tells enough.
const LINE_STEP: usize = 4;

/// Several times what the grain of bad light makes of an even wall from one frame to the next, in a cell.
const STIR: u64 = 2_000;

/// How much changes from pixel to pixel in each cell, row by row of cells.
#[derive(Debug, Default)]
pub(super) struct Edges {
    cells: Vec<Vec<u64>>,
    width: u32,
    height: u32,
}

impl Edges {
    pub(super) fn of(frame: &GrayImage) -> Self {
        let (width, cell) = (index(frame.width()).max(1), index(CELL_PX));
        // Of a cell's ten lines a column has less than a u16 holds; sums this small are what makes it quick.
        let rows = frame.as_raw().chunks(width * cell).map(|rows| {
            let mut columns = vec![0_u16; width];
            for row in rows.chunks_exact(width).step_by(LINE_STEP) {
                for (sum, (a, b)) in columns.iter_mut().zip(row.iter().zip(row.iter().skip(2))) {
                    *sum += u16::from(a.abs_diff(*b).min(STEEP));
                }
            }
            columns.chunks(cell).map(|columns| columns.iter().map(|sum| u64::from(*sum)).sum()).collect()
        });
        Self { cells: rows.collect(), width: frame.width(), height: frame.height() }
    }

    /// Top left of the part of that size that has the most.
    pub(super) fn most_within(&self, part: (u32, u32)) -> (u32, u32) {
        let (wide, high) = (index(part.0 / CELL_PX), index(part.1 / CELL_PX));
        let mut best = (0, (0, 0));
        // Down first: a band of rows is summed up once for all the places across.
        for (top, rows) in (0..).zip(self.cells.windows(high.min(self.cells.len()).max(1))) {
            let mut band = vec![0; rows.first().map_or(0, Vec::len)];
            for row in rows {
                for (sum, cell) in band.iter_mut().zip(row) {
                    *sum += cell;
                }
            }
            for (left, cells) in (0..).zip(band.windows(wide.min(band.len()).max(1))) {
                let sum: u64 = cells.iter().sum();
                if sum > best.0 {
                    best = (sum, (left, top));
                }
            }
        }
        let (_, (left, top)) = best;
        let within = |cell: u32, side: u32, part: u32| (cell * CELL_PX).min(side.saturating_sub(part));
        (within(left, self.width, part.0), within(top, self.height, part.1))
    }

    pub(super) fn have_moved_since(&self, before: &Self) -> bool {
        if (self.width, self.height) != (before.width, before.height) {
            return true;
        }
        let pairs = self.cells.iter().flatten().zip(before.cells.iter().flatten());
        pairs.into_iter().any(|(now, before)| now.abs_diff(*before) > STIR)
    }
}

fn index(px: u32) -> usize {
    usize::try_from(px).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::drawn;

    #[test]
    fn the_most_are_where_the_symbol_is() {
        let symbol = drawn::symbol(drawn::pass_text(2), 3);
        for (x, y) in [(0, 0), (1133, 573), (1100, 20), (400, 290)] {
            let frame = drawn::placed(drawn::white(1280, 720), &symbol, x, y);
            for (width, height) in [(320, 320), (640, 400)] {
                let (left, top) = Edges::of(&frame).most_within((width, height));
                let whole = x + 12 >= left && y + 12 >= top && x + 135 <= left + width && y + 135 <= top + height;
                assert!(whole, "{left},{top} for {x},{y}");
            }
        }
    }

    #[test]
    fn a_phone_that_comes_has_moved_them_and_grain_has_not() {
        let grainy = |seed| drawn::grain(&drawn::busy(1280, 720), seed);
        let before = Edges::of(&grainy(1));
        assert!(!Edges::of(&grainy(2)).have_moved_since(&before));
        let phone = drawn::placed(grainy(3), &drawn::symbol(drawn::pass_text(2), 2), 700, 300);
        assert!(Edges::of(&phone).have_moved_since(&before));
        assert!(Edges::of(&drawn::white(640, 480)).have_moved_since(&before), "another size is another picture");
    }
}
