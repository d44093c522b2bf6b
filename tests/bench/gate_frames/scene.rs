//! What is behind the phone: a forecourt in greys, with fence, windows and signs, so that a reader has something to be wrong about.

use crate::dice::Dice;
use crate::light::{Light, Part, whole_px};

pub(crate) fn drawn(width: u32, height: u32, dice: &mut Dice) -> Light {
    let mut light = Light::even(width, height, 0.0);
    let (sky, ground) = (dice.between(120.0, 210.0), dice.between(50.0, 130.0));
    let horizon = dice.between(0.35, 0.7) * height as f32;
    let whole = light.whole();
    light.each(whole, |_, y, _| {
        let y = y as f32;
        if y < horizon { sky - 30.0 * y / horizon } else { ground + 25.0 * (y - horizon) / (height as f32 - horizon) }
    });
    for _ in 0..24 {
        let block = part_of(width, height, dice);
        let value = dice.between(25.0, 200.0);
        light.each(block, |_, _, _| value);
    }
    let bars = part_of(width, height, dice);
    let (pitch, dark) = (8 + dice.below(20), dice.between(20.0, 80.0));
    light.each(bars, |x, _, was| if u64::from(x) % pitch < 3 { dark } else { was });
    let weave = dice.between(4.0, 12.0);
    light.each(whole, |_, _, was| was + weave * dice.grain());
    light.defocused(whole, width as f32 / 900.0);
    light
}

fn part_of(width: u32, height: u32, dice: &mut Dice) -> Part {
    let (w, h) = (width as f32, height as f32);
    let (left, top) = (dice.between(-0.1, 1.0) * w, dice.between(-0.1, 1.0) * h);
    Part {
        left: whole_px(left, width),
        top: whole_px(top, height),
        right: whole_px(left + dice.between(0.02, 0.25) * w, width),
        bottom: whole_px(top + dice.between(0.02, 0.3) * h, height),
    }
}
