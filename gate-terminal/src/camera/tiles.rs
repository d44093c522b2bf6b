//! Tiles: parts of a frame that are small enough to be enlarged within its budget.
//!
//! A symbol that needs enlarging is small and full of edges. So every second tile is the part with the most of them, and the
//! others cover the frame one after the other, for the symbol beside a fence.

use image::{GrayImage, imageops};

/// Twice this is a picture of a megapixel, which fits in a frame's budget; it is also half a 720p frame each way.
const TILE_PX: (u32, u32) = (640, 400);

pub(super) const MAX_PIXELS: u64 = TILE_PX.0 as u64 * TILE_PX.1 as u64;

/// As large as a symbol that needs enlarging: every one lies wholly in some tile.
const OVERLAP_PX: u32 = 160;

/// The grid on which edges are counted; tiles are whole cells.
const CELL_PX: u32 = 80;

/// A steeper step is an edge like any other: one lamp must not outweigh a screen.
const STEEP: u8 = 60;

/// Left, top and pixels of a tile; the next number is the next tile.
pub(super) fn cut(frame: &GrayImage, number: usize) -> (u32, u32, GrayImage) {
    let (left, top) = if number.is_multiple_of(2) { busiest(frame) } else { in_order(frame, number / 2) };
    (left, top, imageops::crop_imm(frame, left, top, TILE_PX.0, TILE_PX.1).to_image())
}

fn in_order(frame: &GrayImage, number: usize) -> (u32, u32) {
    let (across, down) = (starts(frame.width(), TILE_PX.0), starts(frame.height(), TILE_PX.1));
    let tiles = down.iter().flat_map(|top| across.iter().map(move |left| (*left, *top)));
    tiles.clone().nth(number % tiles.count().max(1)).unwrap_or_default()
}

fn starts(side: u32, tile: u32) -> Vec<u32> {
    let room = side.saturating_sub(tile);
    let steps = room.div_ceil(tile - OVERLAP_PX);
    (0..=steps).map(|step| room * step / steps.max(1)).collect()
}

fn busiest(frame: &GrayImage) -> (u32, u32) {
    let cells = edges(frame);
    let columns = frame.width().div_ceil(CELL_PX);
    let rows = frame.height().div_ceil(CELL_PX);
    let (wide, high) = (TILE_PX.0 / CELL_PX, TILE_PX.1 / CELL_PX);
    let busy = |(left, top): (u32, u32)| -> u64 {
        let rows = cells.iter().skip(index(top)).take(index(high));
        rows.flat_map(|row| row.iter().skip(index(left)).take(index(wide))).sum()
    };
    let places =
        (0..=rows.saturating_sub(high)).flat_map(|top| (0..=columns.saturating_sub(wide)).map(move |left| (left, top)));
    let (left, top) = places.max_by_key(|place| busy(*place)).unwrap_or_default();
    let within = |cell: u32, side: u32, tile: u32| (cell * CELL_PX).min(side.saturating_sub(tile));
    (within(left, frame.width(), TILE_PX.0), within(top, frame.height(), TILE_PX.1))
}

/// How much changes from pixel to pixel in each cell, row by row of cells; every second line tells enough.
fn edges(frame: &GrayImage) -> Vec<Vec<u64>> {
    let (width, cell) = (index(frame.width()).max(1), index(CELL_PX));
    let in_cell = |part: &[u8]| -> u64 {
        part.iter().zip(part.iter().skip(2)).map(|(a, b)| u64::from(a.abs_diff(*b).min(STEEP))).sum()
    };
    let rows = frame.as_raw().chunks(width * cell).map(|rows| {
        let mut sums = vec![0; width.div_ceil(cell)];
        for row in rows.chunks_exact(width).step_by(2) {
            for (sum, part) in sums.iter_mut().zip(row.chunks(cell)) {
                *sum += in_cell(part);
            }
        }
        sums
    });
    rows.collect()
}

fn index(px: u32) -> usize {
    usize::try_from(px).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::drawn;

    #[test]
    fn tiles_cover_the_frame_and_overlap() {
        for (width, height) in [(1280, 720), (1920, 1080), (640, 480), (300, 200), (4000, 3000)] {
            let frame = GrayImage::new(width, height);
            for (side, tile) in [(width, TILE_PX.0), (height, TILE_PX.1)] {
                let starts = starts(side, tile);
                assert_eq!(starts.first(), Some(&0));
                assert!(starts.last().unwrap() + tile >= side);
                assert!(starts.windows(2).all(|pair| pair[1] > pair[0] && pair[0] + tile >= pair[1] + OVERLAP_PX));
            }
            for number in 0..40 {
                let (left, top, tile) = cut(&frame, number);
                assert!(left + tile.width() <= width && top + tile.height() <= height);
                assert_eq!(tile.dimensions(), (width.min(TILE_PX.0), height.min(TILE_PX.1)));
            }
        }
    }

    #[test]
    fn the_first_tile_holds_the_symbol_wherever_it_is() {
        let symbol = drawn::symbol(drawn::pass_text(2), 3);
        for (x, y) in [(0, 0), (1133, 573), (1100, 20), (400, 290)] {
            let frame = drawn::placed(drawn::white(1280, 720), &symbol, x, y);
            let (left, top, tile) = cut(&frame, 0);
            let whole = x >= left && y >= top && x + 130 <= left + tile.width() && y + 130 <= top + tile.height();
            assert!(whole, "{left},{top} for {x},{y}");
        }
    }
}
