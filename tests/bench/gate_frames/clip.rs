//! A clip: a phone comes into view, is held there by a shaking hand, while the camera finds its focus and exposure.
//!
//! What a single frame refuses, the next often grants; so time to a read is measured on these and not on frames.

use std::f32::consts::TAU;

use image::GrayImage;

use crate::condition::{Class, Condition};
use crate::dice::Dice;
use crate::frame::{DrawError, Size, expose, pass_text, phone, through_jpeg};
use crate::light::Light;
use crate::phone::Phone;
use crate::pose::Pose;
use crate::scene;

#[derive(Debug, Clone)]
pub struct Clip {
    pub class: Class,
    pub size: Size,
    /// The least that the symbol has while the clip lasts; a hand that comes nearer shows more.
    pub px_per_module: f32,
    pub text: String,
    /// The first frame from which on all of the symbol is in view.
    pub in_view_from: u32,
    phone: Phone,
    scene: Light,
    condition: Condition,
    walk: Walk,
    dice: Dice,
}

/// What people bring to a gate, one clip after the other; tilts and turns are in every hand.
const WEATHER: [Class; 8] = [
    Class::Clean,
    Class::LowLight,
    Class::Clean,
    Class::Glare,
    Class::DarkPage,
    Class::CrackedScreen,
    Class::Noise,
    Class::Moire,
];

/// A clip is a situation one would call ordinary: half of what the class would do at worst.
const AMOUNT: f32 = 0.5;

impl Clip {
    pub fn drawn(seed: u64, number: u64, size: Size, px_per_module: f32) -> Result<Self, DrawError> {
        let (width, height) = size.pixels();
        let mut dice = Dice::of(&[seed, number, u64::from(width), u64::from(px_per_module.to_bits()), 0xC11B]);
        let (version, text) = pass_text(&mut dice);
        let index = usize::try_from(number).unwrap_or_default() % WEATHER.len();
        let class = WEATHER.into_iter().nth(index).unwrap_or(Class::Clean);
        let mut condition = Condition::good(&mut dice);
        condition.worsen(class, AMOUNT, &mut dice);
        condition.noise_sigma += dice.between(0.0, 4.0);
        let phone = phone(&text, version, &condition, &mut dice)?;
        let scene = scene::drawn(width, height, &mut dice);
        let walk = Walk::of(size, px_per_module, &condition, &mut dice);
        let mut clip = Self { class, size, px_per_module, text, in_view_from: 0, phone, scene, condition, walk, dice };
        clip.in_view_from = clip.first_in_view();
        Ok(clip)
    }

    /// The picture `number` of the clip, which goes on as long as one likes.
    pub fn frame(&self, number: u32) -> Result<GrayImage, DrawError> {
        let pose = self.walk.pose(number as f32);
        let later = self.walk.pose(number as f32 + self.walk.shutter);
        let mut condition = self.condition.clone();
        let moved = (later.centre_px.0 - pose.centre_px.0, later.centre_px.1 - pose.centre_px.1);
        condition.motion_modules = (moved.0 / pose.px_per_module, moved.1 / pose.px_per_module);
        condition.defocus_modules += self.walk.defocus_modules(number as f32);
        condition.gain *= self.walk.gain(number as f32);
        let wandered = self.walk.reflection_modules(number as f32);
        for glare in &mut condition.glare {
            glare.centre = (glare.centre.0 + wandered.0, glare.centre.1 + wandered.1);
        }
        let mut light = self.scene.clone();
        expose(&mut light, &self.phone, &pose, &condition);
        let mut dice = self.dice.clone();
        let mut dice = Dice::of(&[dice.roll(), u64::from(number)]);
        light.grained(condition.noise_sigma, &mut dice);
        through_jpeg(light.to_picture(), condition.jpeg_quality)
    }

    fn first_in_view(&self) -> u32 {
        let hidden = |number: &u32| !self.symbol_in_view(*number);
        (0..self.walk.settled_after()).rev().find(hidden).map_or(0, |last_hidden| last_hidden + 1)
    }

    fn symbol_in_view(&self, number: u32) -> bool {
        let (width, height) = self.size.pixels();
        let projection = self.walk.pose(number as f32).projection();
        self.phone.symbol_corners().into_iter().all(|corner| {
            let (x, y) = projection.pixel_of(corner);
            (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y)
        })
    }
}

/// A lens needs half a second, an exposure a third of it.
const FOCUS_FRAMES: f32 = 15.0;
const EXPOSURE_FRAMES: f32 = 5.0;

/// How a hand brings a phone, in half a second or a little more, and holds it.
#[derive(Debug, Clone)]
struct Walk {
    from_px: (f32, f32),
    to_px: (f32, f32),
    frames: f32,
    px_per_module: f32,
    yaw: f32,
    pitch: f32,
    roll: f32,
    focal_px: f32,
    shake: [Swing; 6],
    nearer: f32,
    /// How long the shutter is open, in frames: a lit screen by day needs few milliseconds, at night it is the camera's choice.
    shutter: f32,
    first_gain: f32,
    first_defocus_modules: f32,
}

impl Walk {
    fn of(size: Size, px_per_module: f32, condition: &Condition, dice: &mut Dice) -> Self {
        let (width, height) = size.pixels();
        let (w, h) = (width as f32, height as f32);
        let reach = 31.0 * px_per_module;
        // A hand stops soon after it sees its phone in the picture.
        let beyond = reach + px_per_module * dice.between(15.0, 70.0);
        let anywhere =
            |side: f32, dice: &mut Dice| side / 2.0 + (side / 2.0 - reach).max(0.0) * dice.between(-0.7, 0.7);
        let (from_px, to_px) = match dice.below(4) {
            0 => ((-reach, h * 0.6), (beyond.min(w * 0.6), anywhere(h, dice))),
            1 => ((w + reach, h * 0.6), ((w - beyond).max(w * 0.4), anywhere(h, dice))),
            _ => ((w / 2.0, h + reach), (anywhere(w, dice), (h - beyond).max(reach))),
        };
        let from_px = (from_px.0 + (to_px.0 - w / 2.0) * f32::from(u8::from(from_px.1 > h)), from_px.1);
        let swing = |modules: f32, dice: &mut Dice| Swing::of(modules, dice);
        Self {
            from_px,
            to_px,
            frames: dice.between(12.0, 27.0),
            px_per_module,
            yaw: condition.yaw,
            pitch: condition.pitch,
            roll: condition.roll,
            focal_px: size.focal_px(),
            shake: [
                swing(1.4, dice),
                swing(1.4, dice),
                swing(0.3, dice),
                swing(0.3, dice),
                swing(0.04, dice),
                swing(0.04, dice),
            ],
            nearer: dice.between(0.0, 0.12),
            shutter: if condition.gain < 0.7 { dice.between(0.2, 0.4) } else { dice.between(0.05, 0.2) },
            first_gain: if dice.chance(0.5) { dice.between(1.2, 1.7) } else { dice.between(0.45, 0.8) },
            first_defocus_modules: if dice.chance(0.5) { dice.between(0.1, 0.8) } else { 0.0 },
        }
    }

    fn pose(&self, at: f32) -> Pose {
        let [slow_x, slow_y, fast_x, fast_y, turn, tilt] = &self.shake;
        let along = ease(at / self.frames);
        let px = |modules: f32| modules * self.px_per_module;
        let mixed = |from: f32, to: f32| from + (to - from) * along;
        Pose {
            centre_px: (
                mixed(self.from_px.0, self.to_px.0) + px(slow_x.at(at) + fast_x.at(at * 3.0)),
                mixed(self.from_px.1, self.to_px.1) + px(slow_y.at(at) + fast_y.at(at * 3.0)),
            ),
            px_per_module: self.px_per_module * (1.0 + self.nearer * (0.5 + 0.5 * slow_x.at(at * 0.5) / 1.4)),
            yaw: self.yaw + tilt.at(at),
            pitch: self.pitch + turn.at(at * 0.7),
            roll: self.roll + turn.at(at) + (1.0 - along) * 0.15,
            focal_px: self.focal_px,
        }
    }

    /// A mirror that turns by an angle sends its image off by twice that, from as far as the camera is.
    fn reflection_modules(&self, at: f32) -> (f32, f32) {
        let [.., turn, tilt] = &self.shake;
        let distance_modules = self.focal_px / self.px_per_module;
        (2.0 * tilt.at(at) * distance_modules, 2.0 * turn.at(at * 0.7) * distance_modules)
    }

    /// Half of the cameras have a lens that moves: it hunts once past the right focus and comes back.
    fn defocus_modules(&self, at: f32) -> f32 {
        let since = at / FOCUS_FRAMES;
        (self.first_defocus_modules * (1.0 - since) * (-since * 0.8).exp()).abs()
    }

    fn gain(&self, at: f32) -> f32 {
        1.0 + (self.first_gain - 1.0) * (-at / EXPOSURE_FRAMES).exp()
    }

    fn settled_after(&self) -> u32 {
        crate::light::whole_px(self.frames * 2.0, 80) + 1
    }
}

/// Fast at first, slow at the end.
fn ease(share: f32) -> f32 {
    let left = 1.0 - share.clamp(0.0, 1.0);
    1.0 - left * left
}

/// A movement to and fro, never more than `reach`.
#[derive(Debug, Clone)]
struct Swing {
    reach: f32,
    turns_per_frame: f32,
    phase: f32,
}

impl Swing {
    fn of(reach: f32, dice: &mut Dice) -> Self {
        Self { reach, turns_per_frame: dice.between(0.03, 0.12), phase: dice.between(0.0, TAU) }
    }

    fn at(&self, frame: f32) -> f32 {
        self.reach * (frame * self.turns_per_frame * TAU + self.phase).sin()
    }
}
