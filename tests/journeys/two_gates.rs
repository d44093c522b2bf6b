//! One pass, two gates: the second learns of the first, and if it could not, the office learns of both.

use shared::verdict::{RefuseReason, Verdict};
use world::{
    Trouble,
    campus::{Campus, today},
    people::Form,
    terminal::{Cable, Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn two_gates_one_pass() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut east = Terminal::enrolled(&campus, 1).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    east.sync().await;
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit);
    south.sync().await;
    east.sync().await;
    let view = east.show(&good);
    let Verdict::Refuse(RefuseReason::Inside { gate, .. }) = shown(&view).verdict else {
        panic!("{:?}", shown(&view).verdict)
    };
    assert_eq!(gate.get(), 0, "and it says by which gate");
    assert_eq!(campus.state.store.conflicts().await.unwrap().len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gates_cut_off_admit_both_and_the_office_hears_of_it() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut east = Terminal::enrolled(&campus, 1).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    east.sync().await;
    (south.cable, east.cable) = (Cable::Pulled, Cable::Pulled);
    assert_eq!(shown(&south.show(&good)).verdict, Verdict::Admit);
    assert_eq!(shown(&east.show(&good)).verdict, Verdict::Admit, "cut off, it cannot know");
    (south.cable, east.cable) = (Cable::In, Cable::In);
    for terminal in [&mut south, &mut east] {
        terminal.sync().await;
    }
    assert_eq!(campus.state.store.conflicts().await.unwrap().len(), 1);
    Ok(())
}
