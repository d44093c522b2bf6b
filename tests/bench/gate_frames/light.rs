//! Light on a sensor, before it becomes bytes: grey values in 0 to 255 and a little beyond, and what optics do to them.

use image::{GrayImage, Luma};

use crate::dice::Dice;

#[derive(Debug, Clone)]
pub(crate) struct Light {
    pub(crate) width: u32,
    pub(crate) height: u32,
    values: Vec<f32>,
}

/// A part of the picture: pixels from `left`, `top` to just before `right`, `bottom`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) right: u32,
    pub(crate) bottom: u32,
}

impl Light {
    pub(crate) fn even(width: u32, height: u32, value: f32) -> Self {
        Self { width, height, values: vec![value; index(width) * index(height)] }
    }

    pub(crate) fn whole(&self) -> Part {
        Part { left: 0, top: 0, right: self.width, bottom: self.height }
    }

    /// The upright box around `points`, as far as the picture goes.
    pub(crate) fn part_around(&self, points: &[(f32, f32)], margin_px: f32) -> Part {
        let bounds = |places: Vec<f32>, side: u32| {
            let low = places.iter().copied().fold(f32::MAX, f32::min) - margin_px;
            let high = places.iter().copied().fold(f32::MIN, f32::max) + margin_px;
            (whole_px(low, side), whole_px(high, side))
        };
        let (left, right) = bounds(points.iter().map(|point| point.0).collect(), self.width);
        let (top, bottom) = bounds(points.iter().map(|point| point.1).collect(), self.height);
        Part { left, top, right, bottom }
    }

    /// Each value of the part anew from its place and what it was.
    pub(crate) fn each(&mut self, part: Part, mut anew: impl FnMut(u32, u32, f32) -> f32) {
        let rows = self.values.chunks_exact_mut(index(self.width).max(1));
        for (y, row) in (0..).zip(rows).skip(index(part.top)).take(index(part.bottom.saturating_sub(part.top))) {
            let columns = (0..).zip(row).skip(index(part.left)).take(index(part.right.saturating_sub(part.left)));
            for (x, value) in columns {
                *value = anew(x, y, *value);
            }
        }
    }

    /// Out of focus: every point becomes a disc.
    pub(crate) fn defocused(&mut self, part: Part, radius_px: f32) {
        // A disc smaller than this lies within its pixel.
        if radius_px < 0.3 {
            return;
        }
        let reach = whole_px(radius_px.ceil(), 64);
        let spans: Vec<(i64, f32)> = (-i64::from(reach)..=i64::from(reach))
            .filter_map(|dy| {
                let half = radius_px * radius_px - (dy * dy) as f32;
                (half >= 0.0).then(|| (dy, half.sqrt()))
            })
            .collect();
        // The edge of the disc covers pixels in part, or half a pixel of radius would change nothing.
        let area: f32 = spans.iter().map(|(_, half)| 2.0 * half + 1.0).sum();
        let sums: Vec<Vec<f64>> = self.values.chunks_exact(index(self.width)).map(running_sums).collect();
        let last_row = i64::from(self.height) - 1;
        self.each(part, |x, y, _| {
            let column = x as f32 + 0.5;
            let covered = spans.iter().map(|(dy, half)| {
                let row = usize::try_from((i64::from(y) + dy).clamp(0, last_row)).unwrap_or_default();
                sums.get(row).map_or(0.0, |sums| up_to(sums, column + half + 0.5) - up_to(sums, column - half - 0.5))
            });
            grey(covered.sum()) / area
        });
    }

    /// Moved by (dx, dy) pixels while the shutter was open.
    pub(crate) fn moved(&mut self, part: Part, (dx, dy): (f32, f32)) {
        let length_px = dx.hypot(dy);
        if length_px < 0.3 {
            return;
        }
        let taps = whole_px((length_px * 1.5).ceil(), 96).max(2);
        let before = self.clone();
        self.each(part, |x, y, _| {
            let along = (0..taps).map(|tap| {
                let at = (tap as f32 + 0.5) / taps as f32 - 0.5;
                before.between_pixels(x as f32 + at * dx, y as f32 + at * dy)
            });
            along.sum::<f32>() / taps as f32
        });
    }

    pub(crate) fn grained(&mut self, sigma: f32, dice: &mut Dice) {
        for value in &mut self.values {
            *value += sigma * dice.grain();
        }
    }

    pub(crate) fn to_picture(&self) -> GrayImage {
        let mut values = self.values.iter();
        GrayImage::from_fn(self.width, self.height, |_, _| Luma([values.next().map_or(0, |value| byte(*value))]))
    }

    fn between_pixels(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.max(0.0).floor(), y.max(0.0).floor());
        let (along, down) = ((x - left).clamp(0.0, 1.0), (y - top).clamp(0.0, 1.0));
        let (column, row) = (whole_px(left, self.width - 1), whole_px(top, self.height - 1));
        let (next_column, next_row) = ((column + 1).min(self.width - 1), (row + 1).min(self.height - 1));
        let upper = self.at(column, row) * (1.0 - along) + self.at(next_column, row) * along;
        let lower = self.at(column, next_row) * (1.0 - along) + self.at(next_column, next_row) * along;
        upper * (1.0 - down) + lower * down
    }

    fn at(&self, x: u32, y: u32) -> f32 {
        self.values.get(index(y) * index(self.width) + index(x)).copied().unwrap_or_default()
    }
}

/// How much light lies left of each pixel border of a row.
fn running_sums(row: &[f32]) -> Vec<f64> {
    let mut sum = 0.0;
    let borders = row.iter().map(|value| {
        sum += f64::from(*value);
        sum
    });
    std::iter::once(0.0).chain(borders).collect()
}

/// The light left of `x`; beyond the borders it goes on as at the border.
fn up_to(sums: &[f64], x: f32) -> f64 {
    let width = sums.len().saturating_sub(1);
    let border = usize::try_from(whole_px(x, u32::MAX)).unwrap_or_default().min(width.saturating_sub(1));
    let (Some(before), Some(after)) = (sums.get(border), sums.get(border + 1)) else { return 0.0 };
    before + (after - before) * f64::from(x - border as f32)
}

fn index(px: u32) -> usize {
    usize::try_from(px).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
pub(crate) fn whole_px(value: f32, highest: u32) -> u32 {
    value.clamp(0.0, highest as f32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "grey values are small and coarse")]
fn grey(value: f64) -> f32 {
    value as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Light {
        let mut light = Light::even(41, 31, 0.0);
        light.each(Part { left: 20, top: 15, right: 21, bottom: 16 }, |_, _, _| 1000.0);
        light
    }

    fn sum(light: &Light) -> f32 {
        light.values.iter().sum()
    }

    #[test]
    fn blur_spreads_light_and_loses_none() {
        let mut soft = dot();
        soft.defocused(soft.whole(), 3.0);
        assert!((sum(&soft) - 1000.0).abs() < 20.0, "{}", sum(&soft));
        assert!(soft.at(20, 15) < 60.0 && soft.at(22, 15) > 10.0 && soft.at(26, 15) < 0.1);
        let mut moved = dot();
        moved.moved(moved.whole(), (6.0, 0.0));
        assert!((sum(&moved) - 1000.0).abs() < 20.0, "{}", sum(&moved));
        assert!(moved.at(22, 15) > 50.0 && moved.at(20, 17) < 0.1);
    }

    #[test]
    fn an_even_picture_stays_even_up_to_its_edges() {
        let mut even = Light::even(30, 20, 77.0);
        even.defocused(even.whole(), 2.5);
        even.moved(even.whole(), (3.0, 4.0));
        assert!(even.values.iter().all(|value| (value - 77.0).abs() < 0.01));
    }
}
