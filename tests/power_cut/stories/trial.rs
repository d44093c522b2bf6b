//! A cut at every boundary of a journey, and what was found after each.
//!
//! After a cut the database must hold what it held at the last answer or at a commit since, as a process that was only killed would
//! have found it: then nothing acknowledged is gone, and nothing is there by halves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use super::{
    journey::{Journey, Step},
    outcome::{Bench, By, Known, Outcome, Start},
};
use crate::{
    cut::{Cut, Platter},
    disk::Image,
};

/// Enough to keep the benches at work.
const WAITING: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many were cut, and how many there are.
    pub(super) boundaries: (usize, usize),
    /// Disks that a cut could leave, each of them different.
    pub(super) disks: usize,
    /// By name, how many transactions were cut.
    pub(super) commits: BTreeMap<&'static str, usize>,
    /// The database is what it was before something that had been acknowledged.
    pub(super) lost: Vec<String>,
    /// It does not open, or is what it never was.
    pub(super) corrupt: Vec<String>,
    /// More transactions than the call may take.
    pub(super) halves: Vec<String>,
    /// An answer, and nothing that it could be about.
    pub(super) early: Vec<String>,
}

impl Found {
    pub(super) fn show(&self, whose: &str) {
        let calls: usize = self.commits.values().sum();
        println!(
            "{whose}: cut at {} of {} boundaries ({} different disks) of {calls} transactions of {} kinds; acknowledged and lost {}, corrupt {}",
            self.boundaries.0,
            self.boundaries.1,
            self.disks,
            self.commits.len(),
            self.lost.len(),
            self.corrupt.len(),
        );
        for found in [&self.lost, &self.corrupt, &self.halves, &self.early] {
            found.first().into_iter().for_each(|first| println!("    first found: {first}"));
        }
    }

    pub(super) fn assert_clean(&self) {
        for (what, found) in
            [("lost", &self.lost), ("corrupt", &self.corrupt), ("halves", &self.halves), ("early", &self.early)]
        {
            assert!(found.is_empty(), "{what}: {:#?}", &found[..found.len().min(8)]);
        }
    }
}

struct Asked {
    step: usize,
    boundary: usize,
    cut: Cut,
    by: By,
    image: Image,
}

type Answers = Mutex<Vec<(usize, usize, Cut, Outcome)>>;

pub(super) fn cut_everywhere(journey: Journey, file: &'static str, start: Start, seeds: u64) -> Found {
    cut(journey, (file, start), seeds, |_| true)
}

/// Only where something was answered: for what must be found there.
pub(super) fn cut_at_answers(journey: Journey, file: &'static str, start: Start) -> Found {
    let answers: BTreeSet<usize> = journey.steps.iter().map(|step| step.answered).collect();
    cut(journey, (file, start), 0, |boundary| answers.contains(&boundary))
}

fn cut(journey: Journey, (file, start): (&'static str, Start), seeds: u64, at: impl Fn(usize) -> bool) -> Found {
    let (steps, record) = journey.end();
    let (known, answers) = (Known::default(), Answers::default());
    let (ask, asked) = sync_channel::<Asked>(WAITING);
    let asked = Arc::new(Mutex::new(asked));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let asked = Arc::clone(&asked);
            let (known, answers) = (&known, &answers);
            scope.spawn(move || work(&Bench::new(file, start), &asked, known, answers));
        }
        let mut platter = Platter::default();
        let mut taken = 0;
        let mut from = 0;
        for (step, Step { answered, goes_on, .. }) in steps.iter().enumerate() {
            let by = if *goes_on { By::Rows } else { By::Pages };
            for boundary in from..=*answered {
                record.iter().skip(taken).take(boundary - taken).for_each(|op| platter.take(op));
                taken = boundary;
                for cut in cuts(seeds, boundary).into_iter().filter(|_| at(boundary)) {
                    ask.send(Asked { step, boundary, cut, by, image: platter.cut(cut) }).unwrap();
                }
            }
            from = *answered;
        }
        drop(ask);
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let boundaries = (0..=record.len()).filter(|boundary| at(*boundary)).count();
    let disks = known.into_inner().unwrap_or_else(PoisonError::into_inner).len();
    judge(&steps, answers, (boundaries, record.len() + 1), disks)
}

/// Kept first: by it the others are judged.
pub(super) fn cuts(seeds: u64, boundary: usize) -> Vec<Cut> {
    let place = u64::try_from(boundary).unwrap() << 8;
    let torn = (0..seeds).map(|seed| Cut::Torn { sector: if seed % 2 == 0 { 512 } else { 4096 }, seed: place | seed });
    [Cut::Kept, Cut::Lost].into_iter().chain(torn).collect()
}

fn work(bench: &Bench, asked: &Mutex<Receiver<Asked>>, known: &Known, answers: &Answers) {
    loop {
        let next = asked.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Asked { step, boundary, cut, by, image }) = next else { return };
        let outcome = bench.try_out(image, by, known);
        answers.lock().unwrap_or_else(PoisonError::into_inner).push((step, boundary, cut, outcome));
    }
}

fn judge(
    steps: &[Step],
    mut answers: Vec<(usize, usize, Cut, Outcome)>,
    boundaries: (usize, usize),
    disks: usize,
) -> Found {
    let mut found = Found { boundaries, disks, ..Found::default() };
    answers.sort_by_key(|(step, boundary, cut, _)| (*step, *boundary, *cut != Cut::Kept));
    let (mut at_work, mut before) = (usize::MAX, BTreeSet::new());
    // As a killed process would have found it, since the last answer and in this order.
    let mut since: Vec<u64> = Vec::new();
    for (step, boundary, cut, outcome) in answers {
        let Step { name, .. } = &steps[step];
        if step != at_work {
            close(steps, at_work, &since, &mut found);
            before.extend(since.drain(..));
            at_work = step;
        }
        let place = || format!("{name}: {cut:?} at {boundary}");
        match outcome {
            Err(why) => found.corrupt.push(format!("{}: {why}", place())),
            Ok(holds) if cut == Cut::Kept => {
                if since.last() != Some(&holds) {
                    since.push(holds);
                }
            }
            Ok(holds) if since.contains(&holds) => {}
            Ok(holds) if before.contains(&holds) => found.lost.push(place()),
            Ok(_) => found.corrupt.push(format!("{}: it never was so", place())),
        }
    }
    close(steps, at_work, &since, &mut found);
    found
}

fn close(steps: &[Step], step: usize, since: &[u64], found: &mut Found) {
    let Some(Step { name, commits, .. }) = steps.get(step) else { return };
    let taken = since.len().saturating_sub(1);
    *found.commits.entry(name).or_default() += taken;
    if taken > *commits {
        found.halves.push(format!("{name} took {taken} transactions"));
    }
    if taken == 0 && *commits == 1 {
        found.early.push(format!("{name} was answered and nothing was committed"));
    }
}
