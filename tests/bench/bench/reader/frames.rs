//! Single frames: every class of trouble at every size of module, each frame once.

use std::collections::BTreeMap;
use std::io::Write;

use gate_frames::{Class, GateFrame, Size};

use super::BenchError;
use super::pipe::Stable;
use super::tally::{Costs, Rate, heading, row, summary};

const PX_PER_MODULE: [f32; 8] = [1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];

pub(crate) fn report(stable: &mut Stable, seed: u64, quick: bool, out: &mut dyn Write) -> Result<(), BenchError> {
    let names = stable.names.clone();
    let nobody = || vec![Rate::default(); names.len()];
    let (mut classes, mut bands, mut all) = (BTreeMap::new(), BTreeMap::new(), nobody());
    let mut costs = Costs::of(&names);
    let each = if quick { 1 } else { 3 };
    for class in Class::ALL {
        for size in Size::ALL {
            for px_per_module in PX_PER_MODULE {
                for number in 0..each {
                    let frame = GateFrame::drawn(seed, number, class, size, px_per_module)?;
                    let looks = stable.look(&frame.picture, true)?;
                    costs.add(&looks);
                    let band = px_per_module.to_bits();
                    for rates in [
                        classes.entry(class).or_insert_with(nobody),
                        bands.entry(band).or_insert_with(nobody),
                        &mut all,
                    ] {
                        for (rate, look) in rates.iter_mut().zip(&looks) {
                            rate.count(usize::from(look.texts.contains(&frame.text)), 1);
                        }
                    }
                }
            }
        }
    }
    let shown = all.first().map_or(0, |rate| rate.shown);
    heading(out, &format!("{shown} gate frames, % read"), &names)?;
    for (class, rates) in &classes {
        row(out, class.name(), &percents(rates), 1)?;
    }
    for (band, rates) in &bands {
        row(out, &format!("{} px per module", f32::from_bits(*band)), &percents(rates), 1)?;
    }
    summary(out, "all", &names, &percents(&all))?;
    costs.write(&names, out)?;
    Ok(())
}

fn percents(rates: &[Rate]) -> Vec<f64> {
    rates.iter().map(|rate| rate.percent()).collect()
}
