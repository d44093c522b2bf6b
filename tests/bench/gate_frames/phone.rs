//! The phone: a dark frame, a page on its screen, and the pass's symbol on the page.
//!
//! Places are in modules from the symbol's centre, so that the same phone can be drawn at any size and angle.

use qrcode::{Color, EcLevel, QrCode, Version, types::QrError};

use crate::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Light,
    /// A dark page with the symbol on a white card, whose quiet zone is narrower than the standard asks.
    Dark,
    /// Light modules on a dark page.
    Inverted,
}

#[derive(Debug, Clone)]
pub(crate) struct Phone {
    modules: u32,
    dark: Vec<bool>,
    page: Page,
    quiet: f32,
    half_width: f32,
    top: f32,
    bottom: f32,
    lines: u64,
    cracks: Vec<Crack>,
}

impl Phone {
    pub(crate) fn showing(text: &str, version: i16, page: Page, dice: &mut Dice) -> Result<Self, QrError> {
        let code = QrCode::with_version(text, Version::Normal(version), EcLevel::M)?;
        let modules = u32::try_from(code.width()).unwrap_or_default();
        let quiet = match page {
            Page::Light => 4.0,
            Page::Dark => dice.between(2.0, 3.0),
            Page::Inverted => 3.0,
        };
        let half_width = modules as f32 / 2.0 + quiet + dice.between(1.5, 6.0);
        Ok(Self {
            modules,
            dark: code.to_colors().into_iter().map(|color| color == Color::Dark).collect(),
            page,
            quiet,
            half_width,
            top: -half_width * dice.between(1.6, 2.0),
            bottom: half_width * dice.between(1.9, 2.4),
            lines: dice.roll(),
            cracks: Vec::new(),
        })
    }

    /// Lines from a few places of impact, through the symbol too.
    pub(crate) fn cracked(mut self, impacts: u64, dice: &mut Dice) -> Self {
        let half = self.modules as f32 / 2.0;
        for _ in 0..impacts {
            let from = (dice.between(-half, half), dice.between(-half, half));
            for _ in 0..3 + dice.below(5) {
                let mut end = from;
                let mut angle = dice.between(0.0, std::f32::consts::TAU);
                let (width, value) = (dice.between(0.1, 0.5), if dice.chance(0.6) { 245.0 } else { 30.0 });
                for _ in 0..3 {
                    let length = dice.between(3.0, 12.0);
                    let next = (end.0 + length * angle.cos(), end.1 + length * angle.sin());
                    self.cracks.push(Crack { from: end, to: next, half_width: width / 2.0, value });
                    end = next;
                    angle += dice.between(-0.5, 0.5);
                }
            }
        }
        self
    }

    /// The corners of the body.
    pub(crate) fn corners(&self) -> [(f32, f32); 4] {
        let (side, top, bottom) = (self.half_width + BEZEL, self.top - BEZEL, self.bottom + BEZEL);
        [(-side, top), (side, top), (side, bottom), (-side, bottom)]
    }

    /// The corners of the symbol with half of its quiet zone: what must be in view for it to be read.
    pub(crate) fn symbol_corners(&self) -> [(f32, f32); 4] {
        let half = self.modules as f32 / 2.0 + 2.0;
        [(-half, -half), (half, -half), (half, half), (-half, half)]
    }

    /// Grey value at a place, `None` beside the phone.
    pub(crate) fn shade(&self, (u, v): (f32, f32)) -> Option<f32> {
        let side = self.half_width;
        if u.abs() > side + BEZEL || v < self.top - BEZEL || v > self.bottom + BEZEL {
            return None;
        }
        if u.abs() > side || v < self.top || v > self.bottom {
            return Some(18.0);
        }
        if let Some(crack) = self.cracks.iter().find(|crack| crack.covers((u, v))) {
            return Some(crack.value);
        }
        Some(self.symbol(u, v).unwrap_or_else(|| self.page(u, v)))
    }

    fn symbol(&self, u: f32, v: f32) -> Option<f32> {
        let half = self.modules as f32 / 2.0;
        if u.abs().max(v.abs()) > half + self.quiet {
            return None;
        }
        let module = |place: f32| {
            let place = place + half;
            (place >= 0.0).then(|| crate::light::whole_px(place, self.modules)).filter(|at| *at < self.modules)
        };
        let dark = module(v).zip(module(u)).is_some_and(|(row, column)| {
            let index = usize::try_from(row * self.modules + column).unwrap_or(usize::MAX);
            self.dark.get(index).copied().unwrap_or_default()
        });
        Some(match (self.page, dark) {
            (Page::Light | Page::Dark, true) => 14.0,
            (Page::Light | Page::Dark, false) => 238.0,
            (Page::Inverted, true) => 228.0,
            (Page::Inverted, false) => 20.0,
        })
    }

    /// Lines of text, as far as a camera can tell.
    fn page(&self, u: f32, v: f32) -> f32 {
        let (paper, ink) = match self.page {
            Page::Light => (238.0, 60.0),
            Page::Dark | Page::Inverted => (24.0, 170.0),
        };
        let row = (v / 3.0).floor();
        let within = v / 3.0 - row;
        let word = (u / 1.1).floor();
        let marks = Dice::of(&[self.lines, u64::from(row.to_bits()), u64::from(word.to_bits())]).chance(0.55);
        if marks && within < 0.55 && u.abs() < self.half_width * 0.85 { ink } else { paper }
    }
}

const BEZEL: f32 = 1.6;

#[derive(Debug, Clone)]
struct Crack {
    from: (f32, f32),
    to: (f32, f32),
    half_width: f32,
    value: f32,
}

impl Crack {
    fn covers(&self, (u, v): (f32, f32)) -> bool {
        let (along, across) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (x, y) = (u - self.from.0, v - self.from.1);
        let at = ((x * along + y * across) / (along * along + across * across)).clamp(0.0, 1.0);
        (x - at * along).hypot(y - at * across) <= self.half_width
    }
}
