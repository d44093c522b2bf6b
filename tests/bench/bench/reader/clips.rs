//! Clips: a phone comes into view and is held. How many are read within ten frames, and how soon.

use std::collections::BTreeMap;
use std::io::Write;

use gate_frames::{Clip, Size};

use super::BenchError;
use super::peers::PeerName;
use super::pipe::Stable;
use super::tally::{Costs, Rate, Samples, heading, row, summary};

const PX_PER_MODULE: [f32; 4] = [3.0, 4.0, 5.0, 6.5];

/// From the first frame in which all of the symbol is in view, that one included.
pub(crate) const WITHIN_FRAMES: u32 = 10;

/// Frames before that, in which a reader may waste time or remember a place.
const BEFORE: u32 = 3;

pub(crate) fn report(seed: u64, quick: bool, out: &mut dyn Write) -> Result<(), BenchError> {
    let mut stable = Stable::start(&PeerName::OF_CAMERAS)?;
    let names = stable.names.clone();
    let nobody = || vec![Rate::default(); names.len()];
    let (mut classes, mut all) = (BTreeMap::new(), nobody());
    let mut frames_to_read = vec![Samples::default(); names.len()];
    let mut costs = Costs::of(&names);
    for number in 0..if quick { 8 } else { 16 } {
        for size in Size::ALL {
            for px_per_module in PX_PER_MODULE.into_iter().step_by(if quick { 2 } else { 1 }) {
                let clip = Clip::drawn(seed, number, size, px_per_module)?;
                let mut read_after = vec![None; names.len()];
                let start = clip.in_view_from.saturating_sub(BEFORE);
                for at in start..clip.in_view_from + WITHIN_FRAMES {
                    let looks = stable.look(&clip.frame(at)?, at == start)?;
                    costs.add(&looks);
                    for (after, look) in read_after.iter_mut().zip(&looks) {
                        if after.is_none() && look.texts.contains(&clip.text) {
                            *after = Some((at + 1).saturating_sub(clip.in_view_from));
                        }
                    }
                }
                for rates in [classes.entry(clip.class).or_insert_with(nobody), &mut all] {
                    for (rate, after) in rates.iter_mut().zip(&read_after) {
                        rate.count(usize::from(after.is_some()), 1);
                    }
                }
                for (samples, after) in frames_to_read.iter_mut().zip(&read_after) {
                    samples.add(after.map_or(f64::INFINITY, f64::from));
                }
            }
        }
    }
    let percents = |rates: &[Rate]| rates.iter().map(|rate| rate.percent()).collect::<Vec<_>>();
    let shown = all.first().map_or(0, |rate| rate.shown);
    heading(out, &format!("{shown} clips, % in {WITHIN_FRAMES} frames"), &names)?;
    for (class, rates) in &classes {
        row(out, class.name(), &percents(rates), 1)?;
    }
    summary(out, "all", &names, &percents(&all))?;
    for percent in [50, 90, 99] {
        let frames: Vec<f64> = frames_to_read.iter().map(|samples| samples.percentile(percent)).collect();
        row(out, &format!("frames to a read, p{percent}"), &frames, 0)?;
    }
    costs.write(&names, out)?;
    stable.confess(out)?;
    Ok(())
}
