//! Two campuses with one office: what is one's is no business of the other's gates.

use gate_terminal::gate::{Event, GuardAct};
use shared::{
    ids::CampusId,
    verdict::{RefuseReason, Verdict},
};
use world::{
    Trouble,
    campus::{Campus, today},
    people::Form,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_hears_of_its_own_campus_alone() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let [here, there] = [1, 2].map(CampusId::new);
    let mut changan = Terminal::enrolled_at(&campus, here, 0).await?;
    let mut yanta = Terminal::enrolled_at(&campus, there, 0).await?;
    let of_changan = campus.approved(&Form::good(today()).with("visitor_name", "单𬭎")).await?;
    let of_yanta = campus.approved(&Form::good(today()).with("visitor_name", "贠䶮").with("campus", "2")).await?;
    for terminal in [&mut changan, &mut yanta] {
        terminal.sync().await;
    }
    for (terminal, finds, not) in [(&mut changan, "单𬭎", "贠䶮"), (&mut yanta, "贠䶮", "单𬭎")] {
        for (name, count) in [(finds, 1), (not, 0)] {
            let found = terminal.guard(GuardAct::Find(name.to_owned())).found.unwrap();
            assert_eq!(found.hits.len(), count, "{name}");
        }
        terminal.controller.turn(Event::Guard(GuardAct::Find(String::new())));
    }
    let why = |view| shown(&view).verdict.clone();
    assert_eq!(why(yanta.show(&of_changan.text)), Verdict::Refuse(RefuseReason::OtherCampus { campus: here }));
    assert_eq!(why(changan.show(&of_yanta.text)), Verdict::Refuse(RefuseReason::OtherCampus { campus: there }));
    assert_eq!(why(yanta.show(&of_yanta.text)), Verdict::Admit);
    yanta.sync().await;
    let feed = async |at| {
        let cursor = shared::sync::pull::Cursor { epoch: 1, seq: 0 };
        campus.state.store.feed_after(at, cursor, 100).await.unwrap().unwrap()
    };
    for (at, theirs, others) in [(here, "单𬭎", "贠䶮"), (there, "贠䶮", "单𬭎")] {
        let told: String = feed(at).await.links.iter().map(|link| link.body.get()).collect();
        assert!(told.contains(theirs) && !told.contains(others), "{at}");
    }
    Ok(())
}
