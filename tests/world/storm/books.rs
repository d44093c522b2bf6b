//! When the storm is over and the outbox empty: who was told, how each booking stands, what was closed, and what came twice.

use std::collections::BTreeMap;

use doubles::{Hall, Message};
use gatehouse::trouble::hold;

use super::{
    Kind, Tally, Town,
    plan::{By, Plan},
    story::{Decided, asks, stands},
    told,
};
use crate::Trouble;

pub(super) async fn checked(town: &Town, kind: Kind, ended: &[(Plan, Decided)]) -> Result<Tally, Trouble> {
    let shown = town.doubles.shown.all();
    for (plan, decided) in ended {
        let held = of_one(&shown, kind, plan);
        held.map_err(|trouble| plan.replayed(kind, &trouble))?;
        let stood = stands(&decided.visitor, &decided.booking, plan).await;
        stood.map_err(|trouble| plan.replayed(kind, &trouble))?;
    }
    let counted = town.campus.state.store.notices_listed(1).await.map_err(told)?.1.doubles;
    let twice = twice(&shown, kind)?;
    hold(twice <= counted, &format!("{kind:?}: {twice} shown twice, {counted} counted"))?;
    let plans = || ended.iter().map(|(plan, _)| plan);
    Ok(Tally {
        bookings: ended.len(),
        approved: plans().filter(|plan| plan.approves).count(),
        faults: plans().map(Plan::faults).sum(),
        lasting: plans().map(Plan::lasting).sum(),
        never_mended: plans().filter(|plan| plan.lasts()).map(Plan::lasting).sum(),
        notices: shown.len(),
        twice,
        counted,
    })
}

fn of_one(shown: &[Message], kind: Kind, plan: &Plan) -> Result<(), Trouble> {
    for by in [By::Sms, By::Wecom, By::Hall] {
        let asked: Vec<&Message> = shown.iter().filter(|message| asks(message, plan, by)).collect();
        if plan.reaches_in_the_end(by, kind) {
            hold(!asked.is_empty(), &format!("{by:?} lives and told the host nothing"))?;
            let closes =
                by == By::Hall && matches!(kind.hall(), Hall::Weaver | Hall::Webhook) && !plan.is_in_doubt(by, kind);
            let open = asked.iter().find(|message| closes && message.state != "已办");
            hold(open.is_none(), &format!("a to-do was left: {open:?}"))?;
        }
    }
    let told = |said: &str| {
        let to_visitor = |message: &&Message| message.to.ends_with(&plan.cast.visitor) && message.text.contains(said);
        let mut keys: Vec<&str> = shown.iter().filter(to_visitor).map(|message| message.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    };
    let (yes, no) =
        if plan.approves { ("已通过审核", "未通过审核") } else { ("未通过审核", "已通过审核") };
    hold(told(no) == 0, &format!("the visitor was told {no}"))?;
    let least = usize::from(plan.reaches_visitor(kind));
    hold((least..=1).contains(&told(yes)), &format!("the visitor was told {yes} {} times", told(yes)))
}

/// Only a hall that knows no notice again shows one twice.
fn twice(shown: &[Message], kind: Kind) -> Result<u64, Trouble> {
    let mut times: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for message in shown {
        let name = if message.key.is_empty() { &message.text } else { &message.key };
        *times.entry((&message.double, &message.to, name)).or_default() += 1;
    }
    let mut twice = 0;
    for (what, times) in times.into_iter().filter(|(_, times)| *times > 1) {
        hold(kind.hall() == Hall::Wisedu && what.0 == "hall/wisedu", &format!("{kind:?}: {what:?} {times} times"))?;
        twice += times - 1;
    }
    Ok(twice)
}
