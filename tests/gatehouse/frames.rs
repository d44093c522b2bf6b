//! Camera frames as a gate sees them: a phone with a pass on its screen, drawn from the very PNG the visitor's page shows.
//!
//! Drawn by hand and from fixed seeds, so that a run can be repeated: a lit wall, a hand-held phone a little turned, sensor
//! noise. The picture on the phone is sampled from the page's PNG; nothing else of the pass is known here.

use std::{fs, path::Path};

use image::{GrayImage, ImageError, Luma, Rgb, RgbImage};

/// How the phone is held.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Degrees, clockwise.
    pub turn: f32,
    /// Pixels of the frame per QR module.
    pub module_px: f32,
    /// Where the code's centre lies in the frame, as shares of its width and height.
    pub centre: (f32, f32),
    /// Names the noise.
    pub seed: u64,
}

impl Default for Pose {
    fn default() -> Self {
        Self { turn: -7.0, module_px: 6.0, centre: (0.52, 0.55), seed: 1 }
    }
}

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

/// A frame with nobody in it.
#[must_use]
pub fn empty(seed: u64) -> RgbImage {
    let mut noise = Noise(seed);
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| shade(wall(x, y), noise.next()))
}

/// A frame with a phone that shows `code`, the PNG of a pass page.
pub fn phone(code: &[u8], pose: Pose) -> Result<RgbImage, ImageError> {
    let code = image::load_from_memory(code)?.to_luma8();
    let scale = module_size(&code) / pose.module_px;
    let (sin, cos) = pose.turn.to_radians().sin_cos();
    let (centre_x, centre_y) = (pose.centre.0 * px(WIDTH), pose.centre.1 * px(HEIGHT));
    let (half_w, half_h) = (px(code.width()) / 2.0, px(code.height()) / 2.0);
    let mut noise = Noise(pose.seed);
    Ok(RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (dx, dy) = (px(x) - centre_x, px(y) - centre_y);
        let (along, down) = ((dx * cos + dy * sin) * scale, (dy * cos - dx * sin) * scale);
        let light = if along.abs() < half_w && down.abs() < half_h {
            40.0 + sample(&code, along + half_w, down + half_h) * 0.75
        } else if along.abs() < half_w * 1.12 && down.abs() < half_h * 1.7 {
            22.0
        } else {
            wall(x, y)
        };
        shade(light, noise.next())
    }))
}

/// Writes `frame` into a replay folder the way a camera would: whole, or not there yet.
pub fn drop_into(folder: &Path, name: &str, frame: &RgbImage) -> Result<(), ImageError> {
    let hidden = folder.join(format!(".{name}.png"));
    frame.save(&hidden)?;
    fs::rename(hidden, folder.join(format!("{name}.png"))).map_err(ImageError::IoError)
}

/// Pixels per module of a drawn code: the first dark run of its first dark row is the finder's outer bar, seven modules.
fn module_size(code: &GrayImage) -> f32 {
    let dark = |row: &&[u8]| row.iter().any(|&light| light < 128);
    let width = usize::try_from(code.width()).unwrap_or(1);
    let run = code
        .as_raw()
        .chunks(width)
        .find(dark)
        .map_or(7, |row| row.iter().skip_while(|&&light| light >= 128).take_while(|&&light| light < 128).count());
    px(u32::try_from(run).unwrap_or(7)) / 7.0
}

fn sample(code: &GrayImage, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor().max(0.0), y.floor().max(0.0));
    let at = |dx: f32, dy: f32| {
        let Luma([light]) = code.get_pixel_checked(whole(left + dx), whole(top + dy)).copied().unwrap_or(Luma([255]));
        f32::from(light)
    };
    let (right, low) = (x - left, y - top);
    let upper = at(0.0, 0.0) * (1.0 - right) + at(1.0, 0.0) * right;
    let lower = at(0.0, 1.0) * (1.0 - right) + at(1.0, 1.0) * right;
    upper * (1.0 - low) + lower * low
}

fn wall(x: u32, y: u32) -> f32 {
    150.0 + px(x) / px(WIDTH) * 60.0 - px(y) / px(HEIGHT) * 30.0
}

fn shade(light: f32, noise: f32) -> Rgb<u8> {
    let level = byte(light + noise * 9.0);
    Rgb([level, level, level.saturating_sub(4)])
}

#[expect(clippy::cast_precision_loss, reason = "pictures are far smaller than 2^24 pixels wide")]
fn px(whole: u32) -> f32 {
    whole as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float-to-int cast saturates, which is what a sensor does"
)]
fn byte(light: f32) -> u8 {
    light as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative here, and saturates")]
fn whole(at: f32) -> u32 {
    at as u32
}

/// A small linear congruential generator, -1 to 1: the same frame every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let top = u16::try_from(self.0 >> 48).unwrap_or(0);
        f32::from(top) / 32_768.0 - 1.0
    }
}
