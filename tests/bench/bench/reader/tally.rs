//! Counting: how much was read, what it cost, and both as rows of a table with a column per reader.

use std::io::{self, Write};

use super::peers::PeerName;
use super::pipe::Look;

/// Read of shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    pub(crate) read: usize,
    pub(crate) shown: usize,
}

impl Rate {
    pub(crate) fn count(&mut self, read: usize, shown: usize) {
        self.read += read.min(shown);
        self.shown += shown;
    }

    pub(crate) fn percent(self) -> f64 {
        100.0 * self.read as f64 / self.shown.max(1) as f64
    }
}

/// One value per reader and thing measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The least value that `percent` of the values do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(rank).copied().unwrap_or(f64::NAN)
    }
}

#[derive(Debug)]
pub(crate) struct Costs(Vec<Samples>);

impl Costs {
    pub(crate) fn of(names: &[PeerName]) -> Self {
        Self(vec![Samples::default(); names.len()])
    }

    pub(crate) fn add(&mut self, looks: &[Look]) {
        for (samples, look) in self.0.iter_mut().zip(looks) {
            samples.add(look.cpu_ms);
        }
    }

    pub(crate) fn write(&self, names: &[PeerName], out: &mut dyn Write) -> io::Result<()> {
        for percent in [50, 95, 99] {
            let values: Vec<f64> = self.0.iter().map(|samples| samples.percentile(percent)).collect();
            row(out, &format!("CPU ms p{percent}"), &values, 1)?;
            if percent == 50
                && let Some((_, plain)) = names.iter().zip(&values).find(|(name, _)| **name == PeerName::Zxing)
            {
                let ratios: Vec<f64> = values.iter().map(|value| value / plain).collect();
                row(out, "  x zxing-cpp", &ratios, 2)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn heading(out: &mut dyn Write, title: &str, names: &[PeerName]) -> io::Result<()> {
    write!(out, "\n{title:<24}")?;
    for name in names {
        write!(out, "{:>14}", name.title())?;
    }
    writeln!(out)
}

pub(crate) fn row(out: &mut dyn Write, title: &str, values: &[f64], digits: usize) -> io::Result<()> {
    write!(out, "{title:<24}")?;
    for value in values {
        if value.is_finite() {
            write!(out, "{value:>14.digits$}")?;
        } else {
            write!(out, "{:>14}", "-")?;
        }
    }
    writeln!(out)
}

/// A row of percentages and, below it, how many points each is above plain zxing-cpp.
pub(crate) fn summary(out: &mut dyn Write, title: &str, names: &[PeerName], percents: &[f64]) -> io::Result<()> {
    row(out, title, percents, 1)?;
    let plain = names.iter().zip(percents).find(|(name, _)| **name == PeerName::Zxing);
    let plain = plain.map_or(f64::NAN, |(_, percent)| *percent);
    let points: Vec<f64> = percents.iter().map(|percent| percent - plain).collect();
    row(out, "  points over zxing-cpp", &points, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut samples = Samples::default();
        for value in (1..=200).rev() {
            samples.add(f64::from(value));
        }
        assert_eq!([50, 95, 99, 100].map(|percent| samples.percentile(percent)), [100.0, 190.0, 198.0, 200.0]);
        assert!(Samples::default().percentile(50).is_nan());
    }

    #[test]
    fn more_cannot_be_read_than_was_shown() {
        let mut rate = Rate::default();
        rate.count(5, 2);
        rate.count(0, 2);
        assert!((rate.percent() - 50.0).abs() < 1e-9);
    }
}
