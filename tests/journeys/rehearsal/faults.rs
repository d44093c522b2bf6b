//! Every dial of every double, one at a time: the host is told by each channel that lives, once where the provider can tell a notice
//! again, and what they decide stands, once.

use std::{collections::BTreeMap, time::Duration};

use doubles::{Fault, Gateway, Hall};
use tokio::task::JoinSet;
use world::{Trouble, campus::today, mailbox::Notice, page::Page, people::Form, person::Person};

use super::town::{Town, is_to_host};

const LATE: Duration = Duration::from_millis(200);
/// Stories side by side: each mostly waits for the next look into its outbox.
const AT_ONCE: usize = 16;

/// One dial turned one way.
#[derive(Debug, Clone, Copy)]
struct Turned {
    gateway: Gateway,
    hall: Hall,
    dial: &'static str,
    fault: Fault,
}

/// Of each dial what it knows.
fn every_one() -> Vec<Turned> {
    use Fault::{
        Broken, CutAfterAccept, FailedReceipt, LateReceipt, NoReceipt, Overtaken, ReplayedCallback, SilentDrop, Slow,
        TokenDies,
    };
    let call = [Slow(LATE), Broken, CutAfterAccept, SilentDrop, Overtaken(LATE)];
    let receipt = [LateReceipt(LATE), NoReceipt, FailedReceipt, ReplayedCallback];
    let mut all = Vec::new();
    for (gateway, dial, asking) in
        [(Gateway::Aliyun, "aliyun", "aliyun.query"), (Gateway::Tencent, "tencent", "tencent.query")]
    {
        let turned = |dial, fault| Turned { gateway, hall: Hall::Weaver, dial, fault };
        all.extend(call.into_iter().chain(receipt).map(|fault| turned(dial, fault)));
        all.extend([Slow(LATE), Broken, CutAfterAccept].map(|fault| turned(asking, fault)));
    }
    let usual = |hall, dial, fault| Turned { gateway: Gateway::Aliyun, hall, dial, fault };
    for (hall, dial) in [
        (Hall::Wisedu, "hall/wisedu"),
        (Hall::MessageCentre, "hall/message_centre"),
        (Hall::Weaver, "hall/weaver"),
        (Hall::Webhook, "hall/webhook"),
    ] {
        all.extend(call.map(|fault| usual(hall, dial, fault)));
    }
    all.push(usual(Hall::MessageCentre, "hall/message_centre", TokenDies));
    for fault in [Slow(LATE), Broken, CutAfterAccept] {
        all.push(usual(Hall::MessageCentre, "hall/message_centre/token", fault));
        all.push(usual(Hall::Weaver, "wecom.token", fault));
    }
    all.extend(call.into_iter().chain([TokenDies]).map(|fault| usual(Hall::Weaver, "wecom", fault)));
    for fault in [LateReceipt(LATE), NoReceipt, ReplayedCallback] {
        all.push(usual(Hall::Weaver, "wecom.callback", fault));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_dial_turned_the_host_is_told_and_decides_once() -> Result<(), Trouble> {
    let mut under_way = JoinSet::new();
    for turned in every_one() {
        if under_way.len() == AT_ONCE
            && let Some(ended) = under_way.join_next().await
        {
            ended.map_err(super::town::told)??;
        }
        under_way.spawn(async move {
            let held = story(turned).await;
            held.map_err(|trouble| Trouble::NotHeld(format!("{turned:?}: {trouble}")))
        });
    }
    while let Some(ended) = under_way.join_next().await {
        ended.map_err(super::town::told)??;
    }
    Ok(())
}

async fn story(turned: Turned) -> Result<(), Trouble> {
    let Turned { gateway, hall, dial, fault } = turned;
    let town = Town::open(gateway, hall).await?;
    let by_text = matches!(dial, "aliyun" | "tencent" | "aliyun.query" | "tencent.query");
    // The visitor gets a text of their own at the same moment: each meets the fault.
    town.doubles.dials.next(dial, [Some(fault)].repeat(if by_text { 2 } else { 1 }));
    if let Some(sender) = dial.strip_suffix(".query") {
        // Only after a call that was cut off is anybody asked.
        town.doubles.dials.next(sender, [Some(Fault::CutAfterAccept); 2]);
    }
    let booking = town.visitor.booked(&Form::good(today())).await?;
    let dead = if !matches!(fault, Fault::SilentDrop | Fault::FailedReceipt) {
        None
    } else if by_text {
        Some("sms")
    } else if dial == "wecom" {
        Some("wecom")
    } else {
        Some("hall")
    };
    let living: Vec<&str> = ["sms", "wecom", "hall"].into_iter().filter(|channel| Some(*channel) != dead).collect();
    town.comes_about("told by each channel that lives", || living.iter().all(|channel| !town.by(channel).is_empty()))
        .await?;
    if dial == "wecom.callback" {
        seen(&town, &booking, fault).await?;
    }
    town.all_quiet().await?;

    let host = town.host()?;
    let links: Vec<Notice> = living.iter().map(|channel| Notice::of(&town.by(channel)[0])).collect();
    let mut open = Vec::new();
    for link in &links {
        open.push(host.open(link).await?);
    }
    assert_eq!(host.tap(&open[0], "approve").await?.status, 303, "{turned:?}");
    for link in &open {
        assert_eq!(host.tap(link, "decline").await?.status, 409, "{turned:?}");
    }
    town.comes_about("the visitor is told", || town.texts("已通过审核").len() == 1).await?;
    town.all_quiet().await?;
    assert_eq!(town.visitor.get(&booking).await?.standing(), Some("approved"), "{turned:?}");
    once(&town, turned).await?;
    receipts(&town, &booking, turned).await
}

/// A click on the card is heard once, late, or never; it decides nothing.
async fn seen(town: &Town, booking: &str, fault: Fault) -> Result<(), Trouble> {
    let card = town.by("wecom")[0].clone();
    let answers = town.doubles.wecom_click("wangjg", &card.key, "seen").await;
    let page = town.visitor.get(booking).await?;
    assert_eq!((page.standing(), page.says("已读")), (Some("waiting"), fault != Fault::NoReceipt), "{fault:?}");
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    Ok(())
}

/// Nothing was shown twice, but by a hall that knows no notice again and answered with a line that was cut; that is counted.
async fn once(town: &Town, turned: Turned) -> Result<(), Trouble> {
    let mut times: BTreeMap<(String, String), u64> = BTreeMap::new();
    for message in town.shown(is_to_host).into_iter().chain(town.texts("")) {
        *times.entry((message.double, if message.key.is_empty() { message.text } else { message.key })).or_default() +=
            1;
    }
    let twice: u64 = times.values().map(|times| times - 1).sum();
    let unavoidable = u64::from(turned.hall == Hall::Wisedu && turned.fault == Fault::CutAfterAccept);
    assert_eq!(twice, unavoidable, "{turned:?}: {times:#?}");
    assert!(town.counted_doubles().await? >= twice, "{turned:?}: not counted");
    Ok(())
}

/// What the carrier said of the host's text is on the page, once, or is not.
async fn receipts(town: &Town, booking: &str, turned: Turned) -> Result<(), Trouble> {
    if !matches!(turned.dial, "aliyun" | "tencent") {
        return Ok(());
    }
    match turned.fault {
        Fault::NoReceipt | Fault::SilentDrop => {
            let page = town.visitor.get(booking).await?;
            // Only the text that came after both that met the fault.
            assert!(page.body.matches("已送达").count() <= 1, "{turned:?}: {}", page.body);
        }
        Fault::FailedReceipt => drop(town.page_says(booking, "未能送达").await?),
        Fault::Slow(_)
        | Fault::Broken
        | Fault::CutAfterAccept
        | Fault::LateReceipt(_)
        | Fault::TokenDies
        | Fault::Overtaken(_)
        | Fault::ReplayedCallback => drop(town.page_says(booking, "已送达").await?),
    }
    Ok(())
}

/// Who comes by another house's sign-on while it fails is asked to come again, is known the next time, and decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_fails_lets_in_at_the_next_knock_and_nothing_was_decided_meanwhile() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    town.doubles.cas.sign_in("T2001");
    for (house, dial) in [("cas", "cas"), ("wecom", "wecom.oauth")] {
        for fault in [Fault::Slow(LATE), Fault::Broken, Fault::CutAfterAccept] {
            let booking = town.visitor.booked(&Form::good(today())).await?;
            let host = town.host()?;
            town.doubles.dials.next(dial, [Some(fault)]);
            let arrived = signed_on(&town, &host, house, &booking).await?;
            if !matches!(fault, Fault::Slow(_)) {
                assert_eq!(arrived.status, 503, "{house} {fault:?}: {}", arrived.body);
                assert_ne!(host.get(&booking).await?.status, 200, "{house} {fault:?}: in all the same");
                assert_eq!(town.visitor.get(&booking).await?.standing(), Some("waiting"));
                assert_eq!(signed_on(&town, &host, house, &booking).await?.status, 303, "{house} {fault:?}");
            }
            let page = host.get(&booking).await?;
            let fields = [
                ("choice", "decline"),
                ("reason", ""),
                ("form_token", page.form_token().unwrap_or_default()),
                ("revision", page.revision().unwrap_or_default()),
            ];
            assert_eq!(host.post(&format!("{booking}/decide"), &fields).await?.status, 303, "{house} {fault:?}");
            assert_eq!(town.visitor.get(&booking).await?.standing(), Some("declined"), "{house} {fault:?}");
        }
    }
    Ok(())
}

/// Away to the house and back; what the office says to whom it sends.
async fn signed_on(town: &Town, host: &Person, house: &str, going: &str) -> Result<Page, Trouble> {
    let away = host.get(&format!("/sign-on/{house}?next={going}")).await?.location.unwrap_or_default();
    let back = host.http().get(away).send().await?;
    let back = back.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    host.get(back.strip_prefix(&town.campus.url).unwrap_or_default()).await
}
