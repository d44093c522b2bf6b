//! Renditions: the same picture made larger, sharper or black and white, for a reader that could not read it as it was.
//!
//! Written here because every frame may need one: in whole numbers and row by row they cost a fraction of the general ones.

use image::GrayImage;

/// Catmull-Rom at the two phases that doubling has, in 128ths.
const NEAR_PHASE: [i32; 4] = [-9, 111, 29, -3];

/// Twice the size, keeping edges as steep as they were.
pub(super) fn twice(picture: &GrayImage) -> GrayImage {
    let (width, height) = (index(picture.width()), index(picture.height()));
    let wide: Vec<Vec<u8>> = picture.as_raw().chunks_exact(width.max(1)).map(twice_as_wide).collect();
    let row = |y: usize| wide.get(y.min(height.saturating_sub(1))).map(Vec::as_slice).unwrap_or_default();
    let mut pixels = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        let (above, below) = (row(y.saturating_sub(1)), row(y + 1));
        let (far_above, far_below) = (row(y.saturating_sub(2)), row(y + 2));
        between(&mut pixels, [below, row(y), above, far_above]);
        between(&mut pixels, [above, row(y), below, far_below]);
    }
    from_pixels(picture.width() * 2, picture.height() * 2, pixels)
}

/// Half the size: each four pixels become their mean.
pub(super) fn half(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let rows: Vec<&[u8]> = picture.as_raw().chunks_exact(index(picture.width()).max(1)).collect();
    let pixels = rows.chunks_exact(2).flat_map(|rows| {
        let [upper, lower] = [rows.first(), rows.last()].map(|row| row.copied().unwrap_or_default());
        upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(upper, lower)| {
            let sum: u32 = upper.iter().chain(lower).map(|value| u32::from(*value)).sum();
            u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
        })
    });
    from_pixels(width, height, pixels.collect())
}

/// What stands out against the blur of `radius`, `strength` times more so.
pub(super) fn sharpened(picture: &GrayImage, radius: u32, strength: i32) -> GrayImage {
    let blurred = mean(&mean(picture, radius), radius);
    let pixels = picture.as_raw().iter().zip(blurred.as_raw());
    let pixels =
        pixels.map(|(&sharp, &soft)| clamped(i32::from(sharp) + strength * (i32::from(sharp) - i32::from(soft))));
    from_pixels(picture.width(), picture.height(), pixels.collect())
}

/// White where a pixel is at least as light as what is around it within `radius`, black elsewhere.
pub(super) fn black_and_white(picture: &GrayImage, radius: u32) -> GrayImage {
    let around = mean(picture, radius);
    let pixels = picture.as_raw().iter().zip(around.as_raw());
    let pixels = pixels.map(|(&here, &around)| if here >= around { u8::MAX } else { 0 });
    from_pixels(picture.width(), picture.height(), pixels.collect())
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
        longer.clear();
        longer.resize(reach, columns.first().copied().unwrap_or_default());
        longer.extend_from_slice(&columns);
        longer.resize(width + 2 * reach, columns.last().copied().unwrap_or_default());
        let mut sum: u32 = longer.iter().take(2 * reach).sum();
        let entering = longer.get(2 * reach..).unwrap_or_default();
        pixels.extend(entering.iter().zip(&longer).map(|(entering, leaving)| {
            sum += entering;
            let mean = divided(sum, share);
            sum -= leaving;
            mean
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

fn twice_as_wide(row: &[u8]) -> Vec<u8> {
    let at = |x: usize| row.get(x.min(row.len().saturating_sub(1))).copied().map_or(0, i32::from);
    let (mut far_left, mut left, mut here, mut right) = (at(0), at(0), at(0), at(1));
    let mut wide = Vec::with_capacity(2 * row.len());
    for x in 0..row.len() {
        let far_right = at(x + 2);
        wide.push(mixed([right, here, left, far_left]));
        wide.push(mixed([left, here, right, far_right]));
        (far_left, left, here, right) = (left, here, right, far_right);
    }
    wide
}

fn between(pixels: &mut Vec<u8>, [before, here, after, far]: [&[u8]; 4]) {
    let rows = before.iter().zip(here).zip(after.iter().zip(far));
    pixels.extend(
        rows.map(|((before, here), (after, far))| mixed([before, here, after, far].map(|value| i32::from(*value)))),
    );
}

/// A quarter of a pixel from `here` towards `after`.
fn mixed([before, here, after, far]: [i32; 4]) -> u8 {
    let [p, q, r, s] = NEAR_PHASE;
    clamped((p * before + q * here + r * after + s * far + 64) >> 7)
}

fn clamped(value: i32) -> u8 {
    let [low, ..] = value.clamp(0, 255).to_le_bytes();
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
            for rendition in [twice, mean(&even, 3), sharpened(&even, 2, 5)] {
                assert!(rendition.pixels().all(|pixel| pixel.0 == [77]), "{width}x{height}");
            }
            assert!(black_and_white(&even, 4).pixels().all(|pixel| pixel.0 == [255]));
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
    fn sharpening_steepens_and_the_threshold_follows_the_light() {
        let soft = GrayImage::from_fn(40, 12, |x, _| Luma([u8::try_from(40 + 4 * x).unwrap()]));
        let bright_end = GrayImage::from_fn(40, 12, |x, y| {
            let stripe = if (x / 4) % 2 == 0 { 30 } else { 0 };
            Luma([at(&soft, x, y) + stripe])
        });
        let two = black_and_white(&bright_end, 4);
        for (x, lit) in [(9, true), (13, false), (33, true), (29, false)] {
            assert_eq!(at(&two, x, 6) == 255, lit, "at {x}");
        }
        let sharp = sharpened(&bright_end, 3, 3);
        let step = |picture: &GrayImage| at(picture, 11, 6).abs_diff(at(picture, 12, 6));
        assert!(step(&sharp) > 2 * step(&bright_end));
    }
}
