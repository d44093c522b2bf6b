//! What one terminal says to good and bad codes, and what it does when its own machine lets it down.

use chrono::TimeDelta;
use gate_terminal::gate::{Event, GuardAct, Panel};
use shared::{
    entry::{GuardReason, Outcome, Way},
    verdict::{AskReason, RefuseReason, Verdict},
};
use world::{
    Trouble,
    campus::{Campus, today},
    people::Form,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_reason_and_its_entry() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    let tomorrow = campus.approved(&Form::good(today().plus_days(1))).await?.text;
    let elsewhere = campus.approved(&Form::good(today()).with("campus", "2")).await?.text;
    south.sync().await;

    let mut tampered = good.clone().into_bytes();
    tampered[40] = if tampered[40] == b'0' { b'1' } else { b'0' };
    let tampered = String::from_utf8(tampered).unwrap();
    let why = |view| match shown(&view).verdict.clone() {
        Verdict::Refuse(reason) => reason,
        other @ (Verdict::Admit | Verdict::Ask(_)) => panic!("{other:?}"),
    };
    assert_eq!(why(south.show("https://example.edu.cn/menu")), RefuseReason::NotOurs);
    assert_eq!(why(south.show(&good.to_lowercase())), RefuseReason::NotOurs);
    assert_eq!(why(south.show(&tampered)), RefuseReason::BadSignature);
    assert!(matches!(why(south.show(&tomorrow)), RefuseReason::Early { .. }));
    assert!(matches!(why(south.show(&elsewhere)), RefuseReason::OtherCampus { .. }));
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit);
    assert!(matches!(why(south.show(&good)), RefuseReason::Inside { .. }));

    south.controller.turn(Event::Guard(GuardAct::Face(Way::Out)));
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit, "leaving");
    south.controller.turn(Event::Guard(GuardAct::Face(Way::In)));
    assert!(matches!(why(south.show(&good)), RefuseReason::Used { .. }));

    south.sync().await;
    let entries = campus.log().await?;
    let outcomes: Vec<bool> = entries.iter().map(|(_, entry)| entry.outcome.went_through()).collect();
    assert_eq!(outcomes, [false, false, false, false, false, true, false, true, false]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_held_still_is_one_sighting() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.show(&good);
    for _ in 0..100 {
        south.wait_ms(100);
        south.controller.turn(Event::code(good.as_str()));
    }
    assert_eq!(south.view().panel, Panel::Waiting, "the panel went back by itself, the phone still in the picture");
    south.sync().await;
    assert_eq!(campus.log().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_override_does_not_meet_the_next_visitor() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    south.sync().await;
    // Approved after the list was fetched: the guard is asked.
    let unheard_of = campus.approved(&Form::good(today())).await?.text;
    let let_in = |case| Event::Guard(GuardAct::LetIn { case, reason: GuardReason::HostCalled });

    let refused = shown(&south.show("https://example.edu.cn/menu")).case;
    let asked = south.show(&unheard_of);
    assert_eq!(shown(&asked).verdict, Verdict::Ask(AskReason::UnknownToFreshNews));
    south.witness.take();
    // Pressed for the first, and behind a slow disk until the second stood there.
    south.controller.turn(let_in(refused));
    assert_eq!(south.witness.take(), [], "no light, no entry");
    assert_eq!(shown(&south.view()), shown(&asked), "the question still waits");
    south.controller.turn(let_in(shown(&asked).case));
    south.sync().await;
    let outcomes: Vec<Outcome> = campus.log().await?.into_iter().map(|(_, entry)| entry.outcome).collect();
    assert_eq!(outcomes, [Outcome::Refused, Outcome::LetIn { reason: GuardReason::HostCalled }]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_mid_scan() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.show(&good);
    // The plug is pulled before the entry was pushed, and put in again.
    let mut south = south.restarted()?;
    south.wait_ms(1_000);
    assert!(matches!(shown(&south.show(&good)).verdict, Verdict::Refuse(RefuseReason::Inside { .. })), "it remembers");
    south.sync().await;
    let entries = campus.log().await?;
    let numbers: Vec<u64> = entries.iter().map(|(id, _)| id.seq).collect();
    assert_eq!(numbers, [1, 2], "the numbers go on, nothing is lost or doubled");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_clock() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    let yesterday_ms = campus.now().minus(TimeDelta::days(1));
    south.sync().await;
    south.clock.set_wall(yesterday_ms);
    south.wait_ms(1_000);
    assert!(!south.view().clock_trusted, "a turned-back clock is noticed within a second");
    let view = south.show(&good);
    assert_eq!(shown(&view).verdict, Verdict::Ask(AskReason::ClockUntrusted), "the day is still the server's");

    south.controller.turn(Event::Guard(GuardAct::LetIn { case: shown(&view).case, reason: GuardReason::CardChecked }));
    let view = south.view();
    assert_eq!(shown(&view).outcome, Some(Outcome::LetIn { reason: GuardReason::CardChecked }));

    // Restarted with the clock still wrong and no network: the floor remembers.
    let mut south = south.restarted()?;
    south.wait_ms(1_000);
    assert!(!south.view().clock_trusted);
    assert!(south.view().now >= campus.now().minus(TimeDelta::minutes(15)), "never earlier than what it once knew");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_entry_under_a_wrong_year_does_not_open_used_passes() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.clock.set_wall(campus.now().plus(TimeDelta::days(365)));
    let mut south = south.restarted()?;
    south.show("a poster");
    south.clock.set_wall(campus.now());
    let mut south = south.restarted()?;
    south.sync().await;
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit);
    let mut south = south.restarted()?;
    let verdict = shown(&south.show(&good)).verdict.clone();
    assert!(matches!(verdict, Verdict::Refuse(RefuseReason::Inside { .. })), "{verdict:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_refuses_and_says_paper() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.witness.take();
    // Another process sits on the file, as a backup program gone wrong does.
    let other = rusqlite::Connection::open(south.directory().join("terminal.sqlite3")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let view = south.show(&good);
    assert_eq!(shown(&view).verdict, Verdict::Refuse(RefuseReason::NotRecorded));
    let lights: Vec<_> = south.witness.take();
    assert!(
        !lights.contains(&world::terminal::Seen::Light(gate_terminal::gate::Signal::Admit)),
        "nobody is admitted off the record: {lights:?}"
    );

    south.controller.turn(Event::Guard(GuardAct::Face(Way::Out)));
    let leaving = Verdict::Ask(AskReason::LeavingWith { instead: RefuseReason::NotRecorded });
    assert_eq!(shown(&south.show(&good)).verdict, leaving, "nobody is kept inside by a full disk");
    south.controller.turn(Event::Guard(GuardAct::Face(Way::In)));

    other.execute_batch("rollback").unwrap();
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit, "and the pass was not used up by it");
    Ok(())
}
