//! What stands between a pass and a reader: the classes of trouble, and how much of it a frame gets.
//!
//! Within a class the amounts are spread from harmless to hopeless, so that a rate has room on both sides.

use std::f32::consts::TAU;

use crate::dice::Dice;
use crate::phone::Page;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Clean,
    Perspective,
    Rotation,
    Defocus,
    Motion,
    Noise,
    LowLight,
    Glare,
    Moire,
    CrackedScreen,
    DarkPage,
    Mix,
}

impl Class {
    pub const ALL: [Self; 12] = [
        Self::Clean,
        Self::Perspective,
        Self::Rotation,
        Self::Defocus,
        Self::Motion,
        Self::Noise,
        Self::LowLight,
        Self::Glare,
        Self::Moire,
        Self::CrackedScreen,
        Self::DarkPage,
        Self::Mix,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Perspective => "perspective",
            Self::Rotation => "rotation",
            Self::Defocus => "defocus",
            Self::Motion => "motion",
            Self::Noise => "noise",
            Self::LowLight => "low light",
            Self::Glare => "glare",
            Self::Moire => "moire",
            Self::CrackedScreen => "cracked screen",
            Self::DarkPage => "dark or inverted",
            Self::Mix => "mix",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) page: Page,
    pub(crate) yaw: f32,
    pub(crate) pitch: f32,
    pub(crate) roll: f32,
    pub(crate) defocus_modules: f32,
    pub(crate) motion_modules: (f32, f32),
    pub(crate) noise_sigma: f32,
    /// What light becomes: value x gain + haze.
    pub(crate) gain: f32,
    pub(crate) haze: f32,
    pub(crate) glare: Vec<Glare>,
    pub(crate) moire: Option<Moire>,
    pub(crate) impacts: u64,
    pub(crate) jpeg_quality: u8,
}

/// A lamp's reflection, in modules from the symbol's centre.
#[derive(Debug, Clone)]
pub(crate) struct Glare {
    pub(crate) centre: (f32, f32),
    pub(crate) radius: f32,
    pub(crate) strength: f32,
}

/// The screen's pixels against the sensor's.
#[derive(Debug, Clone)]
pub(crate) struct Moire {
    pub(crate) waves_per_px: (f32, f32),
    pub(crate) bend: f32,
    pub(crate) depth: f32,
}

impl Condition {
    pub(crate) fn of(class: Class, dice: &mut Dice) -> Self {
        let mut condition = Self::good(dice);
        if class == Class::Mix {
            for _ in 0..3 {
                let kinds = Class::ALL.len().saturating_sub(2);
                let kind = usize::try_from(dice.below(u64::try_from(kinds).unwrap_or_default())).unwrap_or_default();
                condition.worsen(Class::ALL.into_iter().nth(kind + 1).unwrap_or(Class::Clean), 0.6, dice);
            }
        } else {
            condition.worsen(class, 1.0, dice);
        }
        condition
    }

    /// A phone held still and straight, as people do: nearly.
    pub(crate) fn good(dice: &mut Dice) -> Self {
        Self {
            page: Page::Light,
            yaw: dice.between(-0.08, 0.08),
            pitch: dice.between(-0.1, 0.1),
            roll: dice.between(-0.06, 0.06),
            defocus_modules: 0.0,
            motion_modules: (0.0, 0.0),
            noise_sigma: dice.between(1.0, 3.0),
            gain: dice.between(0.8, 1.0),
            haze: dice.between(0.0, 15.0),
            glare: Vec::new(),
            moire: None,
            impacts: 0,
            jpeg_quality: 80 + u8::try_from(dice.below(15)).unwrap_or_default(),
        }
    }

    pub(crate) fn worsen(&mut self, class: Class, amount: f32, dice: &mut Dice) {
        match class {
            Class::Clean | Class::Mix => {}
            Class::Perspective => {
                let tilt = amount * dice.between(0.4, 0.95);
                let split = dice.unit();
                self.yaw += dice.sign() * tilt * split;
                self.pitch += dice.sign() * tilt * (1.0 - split * split).max(0.0).sqrt();
            }
            Class::Rotation => self.roll += dice.between(0.0, TAU),
            Class::Defocus => self.defocus_modules += amount * dice.between(0.4, 1.2),
            Class::Motion => {
                let (length, angle) = (amount * dice.between(0.6, 2.2), dice.between(0.0, TAU));
                self.motion_modules = (length * angle.cos(), length * angle.sin());
            }
            Class::Noise => self.noise_sigma += amount * dice.between(12.0, 60.0),
            Class::LowLight => {
                self.gain *= 1.0 - amount * dice.between(0.7, 0.95);
                self.noise_sigma += amount * dice.between(3.0, 9.0);
                self.defocus_modules += amount * dice.between(0.0, 0.4);
            }
            Class::Glare => {
                for _ in 0..1 + dice.below(3) {
                    let centre = (dice.between(-24.0, 24.0), dice.between(-24.0, 24.0));
                    let (radius, strength) = (dice.between(3.0, 12.0), amount * dice.between(60.0, 300.0));
                    self.glare.push(Glare { centre, radius, strength });
                }
                self.haze += amount * dice.between(0.0, 50.0);
            }
            Class::Moire => {
                let (waves, angle) = (dice.between(0.02, 0.3), dice.between(0.0, TAU));
                self.moire = Some(Moire {
                    waves_per_px: (waves * angle.cos(), waves * angle.sin()),
                    bend: dice.between(0.0, 3.0),
                    depth: amount * dice.between(0.2, 0.65),
                });
            }
            Class::CrackedScreen => self.impacts += 1 + dice.below(2),
            Class::DarkPage => self.page = if dice.chance(0.5) { Page::Dark } else { Page::Inverted },
        }
    }
}
