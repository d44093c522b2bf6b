//! Tiles: parts of a frame that are small enough to be enlarged within its budget.
//!
//! A symbol that needs enlarging is small and full of edges. So every frame's spot is the small part with the most of them,
//! every second tile is a larger one, and the other tiles cover the frame one after the other, for the symbol beside a fence.

use image::{GrayImage, imageops};

use super::edges::Edges;

/// Twice this is a picture of a megapixel, which fits in a frame's budget; it is also half a 720p frame each way.
const TILE_PX: (u32, u32) = (640, 400);

pub(super) const MAX_PIXELS: u64 = TILE_PX.0 as u64 * TILE_PX.1 as u64;

/// A symbol of version 8 with its quiet zone at five pixels a module: what is larger needs no enlarging.
const SPOT_PX: (u32, u32) = (320, 320);

pub(super) const SPOT_PIXELS: u64 = SPOT_PX.0 as u64 * SPOT_PX.1 as u64;

/// As large as a symbol that needs enlarging: every one lies wholly in some tile.
const OVERLAP_PX: u32 = 160;

/// A part of a frame and where it was.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) picture: GrayImage,
}

/// The next number is the next tile.
pub(super) fn cut(frame: &GrayImage, edges: &Edges, number: usize) -> Cut {
    let corner = if number.is_multiple_of(2) { edges.most_within(TILE_PX) } else { in_order(frame, number / 2) };
    cut_at(frame, corner, TILE_PX)
}

pub(super) fn spot(frame: &GrayImage, edges: &Edges) -> Cut {
    cut_at(frame, edges.most_within(SPOT_PX), SPOT_PX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_frame_and_overlap() {
        for (width, height) in [(1280, 720), (1920, 1080), (640, 480), (300, 200), (4000, 3000)] {
            let frame = GrayImage::new(width, height);
            let edges = Edges::of(&frame);
            for (side, tile) in [(width, TILE_PX.0), (height, TILE_PX.1)] {
                let starts = starts(side, tile);
                assert_eq!(starts.first(), Some(&0));
                assert!(starts.last().unwrap() + tile >= side);
                assert!(starts.windows(2).all(|pair| pair[1] > pair[0] && pair[0] + tile >= pair[1] + OVERLAP_PX));
            }
            for number in 0..40 {
                let Cut { left, top, picture } = cut(&frame, &edges, number);
                assert!(left + picture.width() <= width && top + picture.height() <= height);
                assert_eq!(picture.dimensions(), (width.min(TILE_PX.0), height.min(TILE_PX.1)));
            }
        }
    }
}
