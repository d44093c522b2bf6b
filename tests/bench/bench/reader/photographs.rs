//! A folder of photographs, one folder per category: the share of symbols read, as the mean of the categories.
//!
//! How many symbols a photograph holds is known, not what they say; so distinct texts are counted, up to that number.
//! Each is shown once; and, as a camera would show it that is held before it, for as many frames as a clip has to be read in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use super::BenchError;
use super::clips::WITHIN_FRAMES;
use super::peers::PeerName;
use super::pipe::Stable;
use super::tally::{Costs, Rate, heading, row, summary};

pub(crate) fn report(stable: &mut Stable, folder: &Path, quick: bool, out: &mut dyn Write) -> Result<(), BenchError> {
    let mut photographs = markers(folder)?;
    if quick {
        photographs = photographs.into_iter().step_by(4).collect();
    }
    let count = photographs.len();
    let once = format!("{count} photographs, % read");
    shown(stable, folder, &photographs, 1, &once, out)?;
    let mut held = Stable::start(&[PeerName::Gate, PeerName::Zxing])?;
    shown(&mut held, folder, &photographs, WITHIN_FRAMES, &format!("held for {WITHIN_FRAMES} frames"), out)?;
    held.confess(out)?;
    Ok(())
}

/// Every photograph for so many frames; the costs are of a frame.
fn shown(
    stable: &mut Stable,
    folder: &Path,
    photographs: &[(String, usize)],
    frames: u32,
    title: &str,
    out: &mut dyn Write,
) -> Result<(), BenchError> {
    let names = stable.names.clone();
    let mut categories: BTreeMap<String, Vec<Rate>> = BTreeMap::new();
    let mut costs = Costs::of(&names);
    for (photograph, symbols) in photographs {
        let path = folder.join(photograph);
        let opened = image::open(&path).map_err(|cause| BenchError::Photograph { path, cause })?;
        let picture = opened.into_luma8();
        let mut texts = vec![BTreeSet::new(); names.len()];
        for at in 0..frames {
            let looks = stable.look(&picture, at == 0)?;
            costs.add(&looks);
            for (texts, look) in texts.iter_mut().zip(looks) {
                texts.extend(look.texts);
            }
        }
        let category = photograph.split('/').next().unwrap_or_default().to_owned();
        let rates = categories.entry(category).or_insert_with(|| vec![Rate::default(); names.len()]);
        for (rate, texts) in rates.iter_mut().zip(&texts) {
            rate.count(texts.len(), *symbols);
        }
    }
    heading(out, title, &names)?;
    let mut sums = vec![0.0; names.len()];
    for (category, rates) in &categories {
        let percents: Vec<f64> = rates.iter().map(|rate| rate.percent()).collect();
        row(out, category, &percents, 1)?;
        for (sum, percent) in sums.iter_mut().zip(percents) {
            *sum += percent;
        }
    }
    let means: Vec<f64> = sums.iter().map(|sum| sum / categories.len().max(1) as f64).collect();
    summary(out, "mean of categories", &names, &means)?;
    costs.write(&names, out)?;
    Ok(())
}

/// Which photographs there are, and how many symbols are in each.
fn markers(folder: &Path) -> Result<Vec<(String, usize)>, BenchError> {
    let path = folder.join("markers.tsv");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) => return Err(BenchError::Photographs { path, cause }),
    };
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|(line, number)| {
            let bad = || BenchError::Markers { path: path.clone(), line: number };
            let (photograph, symbols) = line.split_once('\t').ok_or_else(bad)?;
            Ok((photograph.to_owned(), symbols.trim().parse().map_err(|_| bad())?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_read_and_nonsense_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("markers.tsv");
        fs::write(&path, "# photo\tsymbols\nglare/a.jpg\t2\n\nclose/b.jpg\t1\n").unwrap();
        assert_eq!(markers(folder.path()).unwrap(), [("glare/a.jpg".to_owned(), 2), ("close/b.jpg".to_owned(), 1)]);
        fs::write(&path, "glare/a.jpg\t2\nclose/b.jpg\n").unwrap();
        assert!(matches!(markers(folder.path()), Err(BenchError::Markers { line: 2, .. })));
        fs::remove_file(path).unwrap();
        assert!(matches!(markers(folder.path()), Err(BenchError::Photographs { .. })));
    }
}
