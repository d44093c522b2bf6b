//! Renditions: the same picture made larger, sharper or black and white, for a reader that could not read it as it was.
//!
//! Written here because every frame may need one: in whole numbers and row by row they cost a fraction of the general ones.

use image::GrayImage;

/// Catmull-Rom at the two phases that doubling has, in 64ths: so that sums of pixels fit in 16 bits, eight at a time.
const NEAR_PHASE: [i16; 4] = [-4, 55, 14, -1];

/// Twice the size, keeping edges as steep as they were.
pub(super) fn twice(picture: &GrayImage) -> GrayImage {
    let (width, height) = (index(picture.width()), index(picture.height()));
    let mut wide = vec![0; 2 * width * height];
    let mut padded = Vec::with_capacity(width + 4);
    for (row, wide) in picture.as_raw().chunks_exact(width.max(1)).zip(wide.chunks_exact_mut(2 * width.max(1))) {
        widen(row, &mut padded, wide);
    }
    let row = |y: usize| {
        let from = 2 * width * y.min(height.saturating_sub(1));
        wide.get(from..from + 2 * width).unwrap_or_default()
    };
    let mut pixels = vec![0; 4 * width * height];
    for (y, two_rows) in pixels.chunks_exact_mut(4 * width.max(1)).enumerate() {
        let (above, below) = (row(y.saturating_sub(1)), row(y + 1));
        let (far_above, far_below) = (row(y.saturating_sub(2)), row(y + 2));
        let (upper, lower) = two_rows.split_at_mut(2 * width);
        between(upper, [below, row(y), above, far_above]);
        between(lower, [above, row(y), below, far_below]);
    }
    from_pixels(picture.width() * 2, picture.height() * 2, pixels)
}

/// Half the size: each four pixels become their mean.
pub(super) fn half(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let (whole, row) = (index(picture.width()).max(1), index(width).max(1));
    let mut pixels = vec![0; index(width) * index(height)];
    for (rows, means) in picture.as_raw().chunks_exact(2 * whole).zip(pixels.chunks_exact_mut(row)) {
        let (upper, lower) = rows.split_at(whole);
        for (mean, (upper, lower)) in means.iter_mut().zip(upper.chunks_exact(2).zip(lower.chunks_exact(2))) {
            let sum: u16 = upper.iter().chain(lower).map(|value| u16::from(*value)).sum();
            [*mean, _] = ((sum + 2) / 4).to_le_bytes();
        }
    }
    from_pixels(width, height, pixels)
}

/// What stands out against the blur of `radius`, `strength` times more so.
pub(super) fn sharpened(picture: &GrayImage, radius: u32, strength: i16) -> GrayImage {
    let blurred = mean(&mean(picture, radius), radius);
    let pixels = picture.as_raw().iter().zip(blurred.as_raw());
    let pixels = pixels.map(|(sharp, soft)| {
        let [sharp, soft] = [sharp, soft].map(|value| i16::from(*value));
        clamped(sharp + strength * (sharp - soft))
    });
    from_pixels(picture.width(), picture.height(), pixels.collect())
}

/// What is black, compared with what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold {
    /// How far around is, in squares of [`SQUARE_PX`] a side.
    pub(super) radius: u32,
    /// By how much it must be darker, of 255: grain on an even ground is no edge.
    pub(super) margin: i16,
}

/// A threshold for each square is as good as one for each pixel and costs a fraction.
const SQUARE_PX: usize = 4;

/// Black where a pixel is darker than what is around it, white elsewhere.
pub(super) fn black_and_white(picture: &GrayImage, Threshold { radius, margin }: Threshold) -> GrayImage {
    let around = mean(&half(&half(picture)), radius);
    let (width, squares) = (index(picture.width()).max(1), index(around.width()).max(1));
    let last = index(around.height()).saturating_sub(1);
    let mut pixels = vec![u8::MAX; picture.as_raw().len()];
    let mut limits = Vec::with_capacity(width + SQUARE_PX);
    let bands = picture.as_raw().chunks(SQUARE_PX * width).zip(pixels.chunks_mut(SQUARE_PX * width));
    for (number, (band, pixels)) in bands.enumerate() {
        let Some(around) = around.as_raw().chunks_exact(squares).nth(number.min(last)) else { break };
        limits.clear();
        limits.extend(around.iter().flat_map(|around| [i16::from(*around) - margin; SQUARE_PX]));
        limits.resize(width, limits.last().copied().unwrap_or_default());
        for (row, pixels) in band.chunks_exact(width).zip(pixels.chunks_exact_mut(width)) {
            for (pixel, (here, limit)) in pixels.iter_mut().zip(row.iter().zip(&limits)) {
                *pixel = if i16::from(*here) < *limit { 0 } else { u8::MAX };
            }
        }
    }
    from_pixels(picture.width(), picture.height(), pixels)
}

/// Each pixel as the mean of the nine around it, which is done so often that it has a way of its own.
pub(super) fn smoothed(picture: &GrayImage) -> GrayImage {
    let (width, height) = (index(picture.width()).max(1), index(picture.height()));
    let row = |y: usize| picture.as_raw().chunks_exact(width).nth(y.min(height.saturating_sub(1))).unwrap_or_default();
    let mut pixels = vec![0; picture.as_raw().len()];
    let mut columns: Vec<u16> = vec![0; width + 2];
    for (y, means) in pixels.chunks_exact_mut(width).enumerate() {
        let rows = row(y.saturating_sub(1)).iter().zip(row(y)).zip(row(y + 1));
        for (column, ((above, here), below)) in columns.iter_mut().skip(1).zip(rows) {
            *column = u16::from(*above) + u16::from(*here) + u16::from(*below);
        }
        let ends = [1, width].map(|at| columns.get(at).copied().unwrap_or_default());
        if let [first, .., last] = columns.as_mut_slice() {
            [*first, *last] = ends;
        }
        let from = |shift: usize| columns.get(shift..).unwrap_or_default();
        for (mean, ((left, here), right)) in means.iter_mut().zip(columns.iter().zip(from(1)).zip(from(2))) {
            // A ninth, in 65536ths.
            [_, _, *mean, _] = (u32::from(left + here + right + 4) * 7282).to_le_bytes();
        }
    }
    from_pixels(picture.width(), picture.height(), pixels)
}

/// Each pixel as the mean of the square of `radius` around it; beyond the border the border goes on.
pub(super) fn mean(picture: &GrayImage, radius: u32) -> GrayImage {
    let (width, height, reach) = (index(picture.width()), index(picture.height()), index(radius));
    let row = |y: usize| picture.as_raw().get(y * width..(y + 1) * width).unwrap_or_default();
    let last = height.saturating_sub(1);
    // Down first, a running sum for each column, which costs next to nothing; then across these.
    let mut columns = vec![0_u32; width];
    for y in 0..2 * reach {
        for (sum, entering) in columns.iter_mut().zip(row(y.saturating_sub(reach).min(last))) {
            *sum += u32::from(*entering);
        }
    }
    let span = u64::from(2 * radius + 1);
    let share = (1 << SHARE_BITS) / (span * span);
    let mut pixels = Vec::with_capacity(width * height);
    let mut longer = Vec::with_capacity(width + 2 * reach);
    for y in 0..height {
        for (sum, entering) in columns.iter_mut().zip(row((y + reach).min(last))) {
            *sum += u32::from(*entering);
        }
        // Before the first pixel nothing leaves.
        longer.clear();
        longer.push(0);
        longer.resize(1 + reach, columns.first().copied().unwrap_or_default());
        longer.extend_from_slice(&columns);
        longer.resize(1 + width + 2 * reach, columns.last().copied().unwrap_or_default());
        let mut sum: u32 = longer.iter().take(1 + 2 * reach).sum();
        let entering = longer.get(1 + 2 * reach..).unwrap_or_default();
        // One step a pixel, or each would wait for two.
        pixels.extend(entering.iter().zip(&longer).map(|(entering, leaving)| {
            sum = sum.wrapping_add(entering.wrapping_sub(*leaving));
            divided(sum, share)
        }));
        for (sum, leaving) in columns.iter_mut().zip(row(y.saturating_sub(reach))) {
            *sum -= u32::from(*leaving);
        }
    }
    from_pixels(picture.width(), picture.height(), pixels)
}

/// A division is a multiplication by its share of this many bits.
const SHARE_BITS: u32 = 32;

fn divided(sum: u32, share: u64) -> u8 {
    let [mean, ..] = ((u64::from(sum) * share + (1 << (SHARE_BITS - 1))) >> SHARE_BITS).to_le_bytes();
    mean
}

fn widen(row: &[u8], padded: &mut Vec<u8>, wide: &mut [u8]) {
    let [first, last] = [row.first(), row.last()].map(|end| end.copied().unwrap_or_default());
    padded.clear();
    padded.extend([first; 2]);
    padded.extend(row);
    padded.extend([last; 2]);
    let from = |shift: usize| padded.get(shift..).unwrap_or_default();
    let near = from(1).iter().zip(from(2)).zip(from(3));
    let far = padded.iter().zip(from(4));
    for (two, (((left, here), right), (far_left, far_right))) in wide.chunks_exact_mut(2).zip(near.zip(far)) {
        if let [before, after] = two {
            *before = mixed([right, here, left, far_left]);
            *after = mixed([left, here, right, far_right]);
        }
    }
}

fn between(pixels: &mut [u8], [before, here, after, far]: [&[u8]; 4]) {
    let rows = before.iter().zip(here).zip(after.iter().zip(far));
    for (pixel, ((before, here), (after, far))) in pixels.iter_mut().zip(rows) {
        *pixel = mixed([before, here, after, far]);
    }
}

/// A quarter of a pixel from `here` towards `after`.
fn mixed(pixels: [&u8; 4]) -> u8 {
    let [before, here, after, far] = pixels.map(|value| i16::from(*value));
    let [p, q, r, s] = NEAR_PHASE;
    clamped((p * before + q * here + r * after + s * far + 32) >> 6)
}

fn clamped(value: i16) -> u8 {
    let [low, _] = value.clamp(0, 255).to_le_bytes();
    low
}

fn from_pixels(width: u32, height: u32, pixels: Vec<u8>) -> GrayImage {
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

fn index(px: u32) -> usize {
    usize::try_from(px).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::camera::drawn;

    fn at(picture: &GrayImage, x: u32, y: u32) -> u8 {
        picture.get_pixel(x, y).0[0]
    }

    #[test]
    fn an_even_picture_stays_even() {
        for (width, height) in [(1, 1), (1, 7), (7, 1), (40, 30)] {
            let even = GrayImage::from_pixel(width, height, Luma([77]));
            let twice = twice(&even);
            assert_eq!(twice.dimensions(), (2 * width, 2 * height));
            for rendition in [twice, mean(&even, 3), smoothed(&even), sharpened(&even, 2, 5)] {
                assert!(rendition.pixels().all(|pixel| pixel.0 == [77]), "{width}x{height}");
            }
            assert!(black_and_white(&even, Threshold { radius: 1, margin: 0 }).pixels().all(|pixel| pixel.0 == [255]));
            assert_eq!(half(&even).dimensions(), (width / 2, height / 2));
        }
    }

    #[test]
    fn doubling_keeps_an_edge_where_it_was_and_halving_undoes_it() {
        let picture = GrayImage::from_fn(20, 10, |x, _| Luma([if x < 10 { 20 } else { 220 }]));
        let twice = twice(&picture);
        assert!(at(&twice, 19, 9) < 80 && at(&twice, 20, 9) > 160);
        assert_eq!([at(&twice, 5, 3), at(&twice, 35, 3)], [20, 220]);
        assert!(half(&twice).pixels().zip(picture.pixels()).all(|(a, b)| a.0[0].abs_diff(b.0[0]) < 25));
    }

    #[test]
    fn the_mean_is_the_mean_of_the_square_around() {
        let picture = drawn::noise(31, 23, 3);
        let mean = mean(&picture, 2);
        for (x, y) in [(2, 2), (15, 11), (28, 20)] {
            let around = (x - 2..=x + 2).flat_map(|x| (y - 2..=y + 2).map(move |y| (x, y)));
            let sum: u32 = around.map(|(x, y)| u32::from(at(&picture, x, y))).sum();
            assert!((sum / 25).abs_diff(at(&mean, x, y).into()) <= 1);
        }
    }

    #[test]
    fn smoothing_is_the_mean_of_nine() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (31, 23)] {
            let picture = drawn::noise(width, height, 5);
            let pairs = smoothed(&picture).into_raw().into_iter().zip(mean(&picture, 1).into_raw());
            assert!(pairs.into_iter().all(|(fast, general)| fast.abs_diff(general) <= 1), "{width}x{height}");
        }
    }

    #[test]
    fn what_is_hardly_darker_than_its_ground_is_white_where_a_margin_is_asked() {
        let dotted = GrayImage::from_fn(40, 40, |x, y| Luma([if x % 3 == 0 && y % 3 == 0 { 98 } else { 100 }]));
        let black =
            |margin| black_and_white(&dotted, Threshold { radius: 2, margin }).pixels().filter(|p| p.0[0] == 0).count();
        assert!(black(0) > 100);
        assert_eq!(black(3), 0);
    }

    #[test]
    fn sharpening_steepens_and_the_threshold_follows_the_light() {
        let soft = GrayImage::from_fn(40, 12, |x, _| Luma([u8::try_from(40 + 4 * x).unwrap()]));
        let bright_end = GrayImage::from_fn(40, 12, |x, y| {
            let stripe = if (x / 4) % 2 == 0 { 30 } else { 0 };
            Luma([at(&soft, x, y) + stripe])
        });
        let two = black_and_white(&bright_end, Threshold { radius: 1, margin: 0 });
        for (x, lit) in [(9, true), (13, false), (33, true), (29, false)] {
            assert_eq!(at(&two, x, 6) == 255, lit, "at {x}");
        }
        let sharp = sharpened(&bright_end, 3, 3);
        let step = |picture: &GrayImage| at(picture, 11, 6).abs_diff(at(picture, 12, 6));
        assert!(step(&sharp) > 2 * step(&bright_end));
    }
}
