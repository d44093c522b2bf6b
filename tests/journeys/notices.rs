//! The server is killed with `kill -9` three hundred times, fifteen times at each step between a booking and the last receipt
//! of what it set off. Nothing is lost: a hall that knows a notice again by its key shows each once, a gateway that can be asked and a
//! printer that cannot show each at least once, and what came twice is counted.
//!
//! The program is the real one and so are its lines: people book and decide over HTTP, texts and to-dos leave for the doubles, which
//! hold a call at the step that is meant until the server is dead, and WeCom's cards, for which nothing is set, are printed. Where
//! no call marks a step (a start, a form under way) the kill comes after a moment drawn by lot.

mod books;
mod life;
mod office;

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use doubles::At;
use gatehouse::chance::Chance;
use world::{Trouble, trouble::hold};

use self::{
    life::Life,
    office::{Office, Server},
};

const TIMES_EACH: usize = 15;
/// From a step into what follows it.
const MOMENT: Duration = Duration::from_millis(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Before it listens.
    Starting,
    /// The form is on its way.
    BookingSent,
    Booked,
    /// The text that asks the host.
    Text(At),
    ToDo(At),
    Printed,
    DecisionSent,
    Decided,
    /// The to-do is closed.
    Closed(At),
    /// The text that tells the visitor.
    Told(At),
    /// The gateway says that the host's telephone has it.
    ReceiptLeaves,
    ReceiptHeard,
}

const STEPS: [Step; 20] = [
    Step::Starting,
    Step::BookingSent,
    Step::Booked,
    Step::Text(At::Arrival),
    Step::Text(At::Taken),
    Step::Text(At::Answered),
    Step::ToDo(At::Arrival),
    Step::ToDo(At::Taken),
    Step::ToDo(At::Answered),
    Step::Printed,
    Step::DecisionSent,
    Step::Decided,
    Step::Closed(At::Arrival),
    Step::Closed(At::Taken),
    Step::Closed(At::Answered),
    Step::Told(At::Arrival),
    Step::Told(At::Taken),
    Step::Told(At::Answered),
    Step::ReceiptLeaves,
    Step::ReceiptHeard,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_the_server_loses_nothing_and_tells_a_hall_that_knows_it_again_once() -> Result<(), Trouble>
{
    let room = tempfile::tempdir()?;
    let (office, mut lives) = Office::prepare(room.path(), STEPS.len() * TIMES_EACH).await?;
    let mut chance = Chance::of(1);
    let mut kills: BTreeMap<Step, usize> = BTreeMap::new();
    for number in 0..lives.len() {
        let (before, now) = lives.split_at_mut(number);
        let (Some(life), Some(step)) = (now.first_mut(), STEPS.get(number % STEPS.len())) else { break };
        let killed = killed_at(&office, before, life, *step, &mut chance).await;
        killed.map_err(|trouble| Trouble::NotHeld(format!("life {number}, killed at {step:?}: {trouble}")))?;
        *kills.entry(*step).or_default() += 1;
    }
    let server = Server::listening(&office).await?;
    office.doubles.stops.clear();
    for life in &mut lives {
        life.go_to_its_end(&office).await?;
    }
    office.all_left().await?;
    server.kill()?;
    let books = books::checked(&office, &lives).await?;
    hold(kills.len() == STEPS.len() && kills.values().all(|times| *times == TIMES_EACH), &format!("{kills:?}"))?;
    let total: usize = kills.values().sum();
    writeln!(std::io::stdout(), "{total} kills, {TIMES_EACH} at each of {} steps; {books}", STEPS.len())?;
    Ok(())
}

/// Everything before is gone on with while the server runs; then it dies at this step of this life.
async fn killed_at(
    office: &Office,
    before: &mut [Life],
    life: &mut Life,
    step: Step,
    chance: &mut Chance,
) -> Result<(), Trouble> {
    if step == Step::Starting {
        let server = Server::start(office)?;
        tokio::time::sleep(chance.moment(office.start_takes)).await;
        return server.kill();
    }
    let server = Server::listening(office).await?;
    for other in before.iter_mut().filter(|other| !other.is_over()) {
        other.go_on(office).await?;
    }
    let moment = chance.moment(MOMENT);
    let under_way = life.lives_until(office, &server, step).await?;
    tokio::time::sleep(moment).await;
    server.kill()?;
    office.doubles.stops.clear();
    life.hears(under_way).await
}
