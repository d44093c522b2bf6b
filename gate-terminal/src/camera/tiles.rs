//! Tiles: parts of a frame that are small enough to be enlarged within its budget.
//!
//! A symbol that needs enlarging is small and full of edges. So every frame's spot is the small part with the most of them,
//! every second tile is a larger one, and the other tiles cover the frame one after the other, for the symbol beside a fence.

use image::{GrayImage, imageops};

/// Twice this is a picture of a megapixel, which fits in a frame's budget; it is also half a 720p frame each way.
const TILE_PX: (u32, u32) = (640, 400);

pub(super) const MAX_PIXELS: u64 = TILE_PX.0 as u64 * TILE_PX.1 as u64;

/// A symbol of version 8 with its quiet zone at five pixels a module: what is larger needs no enlarging.
const SPOT_PX: (u32, u32) = (320, 320);

pub(super) const SPOT_PIXELS: u64 = SPOT_PX.0 as u64 * SPOT_PX.1 as u64;

/// As large as a symbol that needs enlarging: every one lies wholly in some tile.
const OVERLAP_PX: u32 = 160;

/// The grid on which edges are counted; tiles are whole cells.
const CELL_PX: u32 = 40;

/// A steeper step is an edge like any other: one lamp must not outweigh a screen.
const STEEP: u8 = 60;

/// A part of a frame and where it was.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) picture: GrayImage,
}

/// The next number is the next tile.
pub(super) fn cut(frame: &GrayImage, number: usize) -> Cut {
    let corner = if number.is_multiple_of(2) { busiest(frame, TILE_PX) } else { in_order(frame, number / 2) };
    cut_at(frame, corner, TILE_PX)
}

pub(super) fn spot(frame: &GrayImage) -> Cut {
    cut_at(frame, busiest(frame, SPOT_PX), SPOT_PX)
}

fn cut_at(frame: &GrayImage, (left, top): (u32, u32), (width, height): (u32, u32)) -> Cut {
    Cut { left, top, picture: imageops::crop_imm(frame, left, top, width, height).to_image() }
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

fn busiest(frame: &GrayImage, part: (u32, u32)) -> (u32, u32) {
    let (wide, high) = (index(part.0 / CELL_PX), index(part.1 / CELL_PX));
    let mut best = (0, (0, 0));
    // Down first: a band of rows is summed up once for all the places across.
    let cells = edges(frame);
    for (top, rows) in (0..).zip(cells.windows(high.min(cells.len()).max(1))) {
        let mut band = vec![0; rows.first().map_or(0, Vec::len)];
        for row in rows {
            for (sum, cell) in band.iter_mut().zip(row) {
                *sum += cell;
            }
        }
        for (left, cells) in (0..).zip(band.windows(wide.min(band.len()).max(1))) {
            let busy: u64 = cells.iter().sum();
            if busy > best.0 {
                best = (busy, (left, top));
            }
        }
    }
    let (_, (left, top)) = best;
    let within = |cell: u32, side: u32, part: u32| (cell * CELL_PX).min(side.saturating_sub(part));
    (within(left, frame.width(), part.0), within(top, frame.height(), part.1))
}

/// How much changes from pixel to pixel in each cell, row by row of cells; every fourth line tells enough.
fn edges(frame: &GrayImage) -> Vec<Vec<u64>> {
    let (width, cell) = (index(frame.width()).max(1), index(CELL_PX));
    let in_cell = |part: &[u8]| -> u64 {
        part.iter().zip(part.iter().skip(2)).map(|(a, b)| u64::from(a.abs_diff(*b).min(STEEP))).sum()
    };
    let rows = frame.as_raw().chunks(width * cell).map(|rows| {
        let mut sums = vec![0; width.div_ceil(cell)];
        for row in rows.chunks_exact(width).step_by(4) {
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
                let Cut { left, top, picture } = cut(&frame, number);
                assert!(left + picture.width() <= width && top + picture.height() <= height);
                assert_eq!(picture.dimensions(), (width.min(TILE_PX.0), height.min(TILE_PX.1)));
            }
        }
    }

    #[test]
    fn the_spot_and_the_first_tile_hold_the_symbol_wherever_it_is() {
        let symbol = drawn::symbol(drawn::pass_text(2), 3);
        for (x, y) in [(0, 0), (1133, 573), (1100, 20), (400, 290)] {
            let frame = drawn::placed(drawn::white(1280, 720), &symbol, x, y);
            for Cut { left, top, picture } in [spot(&frame), cut(&frame, 0)] {
                let (right, bottom) = (left + picture.width(), top + picture.height());
                let whole = x + 12 >= left && y + 12 >= top && x + 135 <= right && y + 135 <= bottom;
                assert!(whole, "{left},{top} to {right},{bottom} for {x},{y}");
            }
        }
    }
}
