//! Codes drawn for tests: a pass-sized symbol as a phone would show it, and grounds to put it on.
//!
//! Everything here is computed, so that no picture of anybody's code lies in the repository.

use std::path::Path;

use image::{GrayImage, Luma, imageops};
use qrcode::{Color, EcLevel, QrCode, Version};

use super::frame::GreyFrame;

pub(crate) const QUIET_MODULES: u32 = 4;

/// As many upper-case base45 characters as a pass of greatest size has; `seed` makes them different.
pub(crate) fn pass_text(seed: usize) -> String {
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    alphabet.chars().cycle().skip(seed).step_by(7).take(153).collect()
}

/// Version 6 at level M, 41 modules a side, with its quiet zone.
pub(crate) fn symbol(text: impl AsRef<[u8]>, px_per_module: u32) -> GrayImage {
    let code = QrCode::with_version(text, Version::Normal(6), EcLevel::M).expect("the text fits");
    let modules = u32::try_from(code.width()).expect("small");
    let colors = code.to_colors();
    let side = (modules + 2 * QUIET_MODULES) * px_per_module;
    GrayImage::from_fn(side, side, |x, y| {
        let module = |px: u32| (px / px_per_module).checked_sub(QUIET_MODULES).filter(|&module| module < modules);
        let dark = module(x).zip(module(y)).is_some_and(|(column, row)| {
            let index = usize::try_from(row * modules + column).expect("small");
            colors[index] == Color::Dark
        });
        Luma([if dark { 0 } else { 255 }])
    })
}

pub(crate) fn white(width: u32, height: u32) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([255]))
}

/// Stripes, blocks and grain: a jacket in front of a bicycle stand.
pub(crate) fn busy(width: u32, height: u32) -> GrayImage {
    let mut grain = grains(1);
    GrayImage::from_fn(width, height, |x, y| {
        let stripes = if (x / 9 + y / 23) % 2 == 0 { 60 } else { 150 };
        let blocks = if (x / 40) % 3 == 0 && (y / 31) % 2 == 0 { 50 } else { 0 };
        Luma([stripes + blocks + grain.next().expect("endless") % 32])
    })
}

/// The same picture by bad light; `seed` makes every frame of it another.
pub(crate) fn grain(picture: &GrayImage, seed: u64) -> GrayImage {
    let mut grainy = picture.clone();
    for (pixel, grain) in grainy.pixels_mut().zip(grains(seed)) {
        pixel.0[0] = pixel.0[0].saturating_add(grain % 40);
    }
    grainy
}

pub(crate) fn noise(width: u32, height: u32, seed: u64) -> GrayImage {
    let mut grain = grains(seed);
    GrayImage::from_fn(width, height, |_, _| Luma([grain.next().expect("endless")]))
}

/// The corner marks of symbols and nothing else, as close together as they can stand.
pub(crate) fn finder_patterns(width: u32, height: u32, px_per_module: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let [column, row] = [x, y].map(|px| (px / px_per_module) % 9);
        let ring = column.abs_diff(3).max(row.abs_diff(3));
        Luma([if ring == 3 || ring < 2 { 0 } else { 255 }])
    })
}

pub(crate) fn placed(mut ground: GrayImage, symbol: &GrayImage, x: u32, y: u32) -> GrayImage {
    imageops::replace(&mut ground, symbol, x.into(), y.into());
    ground
}

pub(crate) fn frame(picture: &GrayImage) -> GreyFrame {
    GreyFrame::new(picture.width(), picture.height(), picture.as_raw().clone()).expect("a drawn frame is well formed")
}

/// As whoever feeds a replay must: whole, then renamed.
pub(crate) fn saved(picture: &GrayImage, folder: &Path, name: &str) {
    let half_written = folder.join(format!(".{name}"));
    picture.save_with_format(&half_written, image::ImageFormat::Png).expect("the folder is writable");
    std::fs::rename(half_written, folder.join(name)).expect("the folder is writable");
}

/// Marsaglia's xorshift64, as good as any for grain.
fn grains(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes()[4])
    })
}
