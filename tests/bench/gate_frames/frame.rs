//! One frame: a pass on a phone before a gate, under the conditions of a class.

use image::{DynamicImage, GrayImage, ImageError, codecs::jpeg::JpegEncoder};

use crate::condition::{Class, Condition};
use crate::dice::Dice;
use crate::light::{Light, Part};
use crate::phone::Phone;
use crate::pose::{Pose, Projection};
use crate::scene;

/// What gate cameras deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Hd,
    FullHd,
}

impl Size {
    pub const ALL: [Self; 2] = [Self::Hd, Self::FullHd];

    pub fn pixels(self) -> (u32, u32) {
        match self {
            Self::Hd => (1280, 720),
            Self::FullHd => (1920, 1080),
        }
    }

    /// Of a lens that sees 55 degrees across.
    pub(crate) fn focal_px(self) -> f32 {
        self.pixels().0 as f32 * 0.96
    }
}

#[derive(Debug, Clone)]
pub struct GateFrame {
    pub class: Class,
    pub size: Size,
    /// QR version, 5 to 8.
    pub version: i16,
    /// Pixels per module at the symbol's centre, before foreshortening.
    pub px_per_module: f32,
    pub text: String,
    pub picture: GrayImage,
}

#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    #[error("the pass's text does not fit its symbol: {0}")]
    Symbol(qrcode::types::QrError),
    #[error("the drawn frame cannot pass through JPEG")]
    Jpeg(#[from] ImageError),
}

impl GateFrame {
    /// Frame `number` of this kind under `seed`.
    pub fn drawn(seed: u64, number: u64, class: Class, size: Size, px_per_module: f32) -> Result<Self, DrawError> {
        let (width, height) = size.pixels();
        let parts = [seed, number, class as u64, u64::from(width), u64::from(px_per_module.to_bits())];
        let mut dice = Dice::of(&parts);
        let (version, text) = pass_text(&mut dice);
        let condition = Condition::of(class, &mut dice);
        let phone = phone(&text, version, &condition, &mut dice)?;
        let (w, h) = (width as f32, height as f32);
        let reach = 26.0 * px_per_module;
        let pose = Pose {
            centre_px: (place(w, reach, &mut dice), place(h, reach, &mut dice)),
            px_per_module,
            yaw: condition.yaw,
            pitch: condition.pitch,
            roll: condition.roll,
            focal_px: size.focal_px(),
        };
        let mut light = scene::drawn(width, height, &mut dice);
        expose(&mut light, &phone, &pose, &condition);
        light.grained(condition.noise_sigma, &mut dice);
        let picture = through_jpeg(light.to_picture(), condition.jpeg_quality)?;
        Ok(Self { class, size, version, px_per_module, text, picture })
    }
}

/// A version and a text of a pass's alphabet that fills it at level M.
pub(crate) fn pass_text(dice: &mut Dice) -> (i16, String) {
    let (version, length) = match dice.below(4) {
        0 => (5, 120),
        1 => (6, 152),
        2 => (7, 176),
        _ => (8, 218),
    };
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let letter = |dice: &mut Dice| {
        let index = usize::try_from(dice.below(45)).unwrap_or_default();
        alphabet.chars().nth(index).unwrap_or('0')
    };
    (version, (0..length).map(|_| letter(dice)).collect())
}

pub(crate) fn phone(text: &str, version: i16, condition: &Condition, dice: &mut Dice) -> Result<Phone, DrawError> {
    let phone = Phone::showing(text, version, condition.page, dice).map_err(DrawError::Symbol)?;
    Ok(phone.cracked(condition.impacts, dice))
}

/// Puts the phone before the scene and lets the camera look, all but its grain.
pub(crate) fn expose(light: &mut Light, phone: &Phone, pose: &Pose, condition: &Condition) {
    let projection = pose.projection();
    let corners = phone.corners().map(|corner| projection.pixel_of(corner));
    let blur_px = condition.defocus_modules * pose.px_per_module;
    let motion_px = (condition.motion_modules.0 * pose.px_per_module, condition.motion_modules.1 * pose.px_per_module);
    let body = light.part_around(&corners, 2.0);
    let around = light.part_around(&corners, 2.0 + blur_px + motion_px.0.hypot(motion_px.1));
    draw(light, body, phone, &projection, pose.px_per_module, condition);
    light.moved(around, motion_px);
    light.defocused(around, blur_px);
    let (gain, haze) = (condition.gain, condition.haze);
    let whole = light.whole();
    light.each(whole, |_, _, was| was * gain + haze);
    for glare in &condition.glare {
        let centre = projection.pixel_of(glare.centre);
        let radius_px = glare.radius * pose.px_per_module;
        let lit = light.part_around(&[centre], radius_px * 3.0);
        light.each(lit, |x, y, was| {
            let far = (x as f32 - centre.0).hypot(y as f32 - centre.1) / radius_px;
            was + glare.strength * (-far * far).exp()
        });
    }
}

fn draw(
    light: &mut Light,
    body: Part,
    phone: &Phone,
    projection: &Projection,
    px_per_module: f32,
    condition: &Condition,
) {
    // A pixel gathers what falls on all of it; small modules need it gathered finely.
    let samples: u32 = if px_per_module < 3.0 { 4 } else { 3 };
    let share = 1.0 / (samples * samples) as f32;
    let offset = |sample: u32| (sample as f32 + 0.5) / samples as f32;
    light.each(body, |x, y, behind| {
        let places = (0..samples).flat_map(|row| (0..samples).map(move |column| (column, row)));
        let seen = places.map(|(column, row)| {
            let at = (x as f32 + offset(column), y as f32 + offset(row));
            phone.shade(projection.on_plane(at)).unwrap_or(behind)
        });
        let value = seen.sum::<f32>() * share;
        condition.moire.as_ref().map_or(value, |moire| {
            let (across, down) = (x as f32 * moire.waves_per_px.0, y as f32 * moire.waves_per_px.1);
            let bent = moire.bend * (across * 0.11 + down * 0.07).sin();
            let wave = 0.5 + 0.5 * ((across + down) * std::f32::consts::TAU + bent).sin();
            value * (1.0 - moire.depth * wave)
        })
    });
}

/// Gate cameras send MJPEG.
pub(crate) fn through_jpeg(picture: GrayImage, quality: u8) -> Result<GrayImage, DrawError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&DynamicImage::ImageLuma8(picture))?;
    Ok(image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg)?.into_luma8())
}

/// Anywhere that keeps the symbol in view, more often near the middle.
fn place(side_px: f32, reach_px: f32, dice: &mut Dice) -> f32 {
    let room = (side_px / 2.0 - reach_px).max(0.0);
    side_px / 2.0 + room * dice.between(-1.0, 1.0) * dice.unit().sqrt()
}
