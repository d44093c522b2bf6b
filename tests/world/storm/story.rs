//! One booking through the storm: a visitor books, the host is told, a click on the card changes nothing, somebody decides, and whoever
//! decides again is told who did.

use std::time::Duration;

use doubles::Message;
use gatehouse::trouble::hold;
use shared::identity::Phone;
use sync_server::store::SessionToken;
use tokio::time::sleep;

use super::{
    Town,
    plan::{By, Plan},
    told as trouble,
};
use crate::{
    Trouble,
    campus::today,
    mailbox::Notice,
    page::Page,
    people::{Form, resident_number},
    person::{Person, Review},
};

const GLANCE: Duration = Duration::from_millis(50);
const GLANCES: u32 = 1200;
/// A ticket is good once; whoever is not let in comes again with another.
const DOORS: u32 = 5;

/// What was decided, for the books.
#[derive(Debug)]
pub(super) struct Decided {
    /// The address of the booking's page, and its visitor.
    pub(super) booking: String,
    pub(super) visitor: Person,
}

pub(super) async fn told(town: &Town, plan: &Plan) -> Result<Decided, Trouble> {
    let visitor = visitor(town, plan).await?;
    let booking = visitor.booked(&form(plan)).await?;
    let reached: Vec<By> =
        [By::Sms, By::Wecom, By::Hall].into_iter().filter(|by| plan.reaches(*by, town.kind)).collect();
    let by = Some(plan.by).filter(|by| reached.contains(by)).or(reached.first().copied()).unwrap_or(By::SignOn);
    let by = if plan.by == By::SignOn { By::SignOn } else { by };
    for one in reached.iter().filter(|one| plan.waits || **one == by) {
        comes(town, plan, *one).await?;
    }
    if plan.clicks && asked(town, plan, By::Wecom).is_some() {
        clicked(town, plan, &visitor, &booking).await?;
    }
    let (choice, other) = if plan.approves { ("approve", "decline") } else { ("decline", "approve") };
    let host = Person::new(&town.campus.url)?;
    // Opened before the decision, pressed after it.
    let second = reached.iter().find(|one| **one != by && asked(town, plan, **one).is_some());
    let second = match second {
        Some(one) => Some(open(town, plan, &host, *one).await?),
        None => None,
    };
    let first = decide(town, plan, by, &booking, choice).await?;
    for again in second.iter().chain(&first) {
        let page = host.tap(again, other).await?;
        hold(page.status == 409, &format!("decided again: {}", said(&page)))?;
    }
    stands(&visitor, &booking, plan).await?;
    Ok(Decided { booking, visitor })
}

/// It stands as it was decided, on its visitor's page.
pub(super) async fn stands(visitor: &Person, booking: &str, plan: &Plan) -> Result<(), Trouble> {
    let page = visitor.get(booking).await?;
    let standing = if plan.approves { "approved" } else { "declined" };
    hold(page.standing() == Some(standing), &format!("not {standing}: {}", said(&page)))
}

/// What asked the host by this channel, whatever became of it since.
pub(super) fn asks(message: &Message, plan: &Plan, by: By) -> bool {
    let (channel, to) = match by {
        By::Sms => ("sms", &plan.cast.host),
        By::Wecom => ("wecom", &plan.cast.member),
        By::Hall => ("hall", &plan.cast.number),
        By::SignOn => return false,
    };
    // Looked at often, and mostly somebody else's.
    if !message.to.ends_with(to) {
        return false;
    }
    let Notice { channel: its, to: whom, link, .. } = Notice::of(message);
    let links =
        link.is_some_and(|link| ["/decide/", "/d/"].iter().any(|path| link.contains(path)) || link.ends_with("/a"));
    its == channel && whom == *to && (links || message.state.starts_with("changed") || message.state == "已办")
}

async fn visitor(town: &Town, plan: &Plan) -> Result<Person, Trouble> {
    let mut secret = [0; 32];
    secret.iter_mut().zip(plan.seed.to_be_bytes()).for_each(|(to, from)| *to = from);
    let token = SessionToken::from_random(secret);
    let phone = Phone::parse(&plan.cast.visitor).map_err(trouble)?;
    let (now, lasts) = (town.campus.now(), chrono::TimeDelta::days(30));
    town.campus.state.store.open_session(&token, phone, now, now.plus(lasts), lasts).await.map_err(trouble)?;
    Person::carrying(&town.campus.url, &format!("session={}", token.text()))
}

fn form(plan: &Plan) -> Form {
    let document = resident_number(u16::try_from(plan.seed % 1000).unwrap_or(0));
    Form::good(today())
        .with("phone", &*plan.cast.visitor)
        .with("document_number", document)
        .with("host_number", &*plan.cast.number)
        .with("host_phone", &*plan.cast.host)
}

async fn comes(town: &Town, plan: &Plan, by: By) -> Result<(), Trouble> {
    for _ in 0..GLANCES {
        if town.doubles.shown.count(|message| asks(message, plan, by)) > 0 {
            return Ok(());
        }
        sleep(GLANCE).await;
    }
    Err(Trouble::Waited(format!("a notice by {by:?}")))
}

fn asked(town: &Town, plan: &Plan, by: By) -> Option<Message> {
    town.doubles.shown.all().into_iter().find(|message| asks(message, plan, by))
}

/// The card's button tells that it was seen; heard once, twice, late or never, it decides nothing.
async fn clicked(town: &Town, plan: &Plan, visitor: &Person, booking: &str) -> Result<(), Trouble> {
    let Some(card) = asked(town, plan, By::Wecom) else { return Ok(()) };
    let answers = town.doubles.wecom_click(&plan.cast.member, &card.key, "seen").await;
    // An answer that is late by five seconds is none, and WeCom comes again.
    let heard = answers.iter().all(|status| [0, 200].contains(status));
    hold(heard, &format!("a click was answered {answers:?}"))?;
    let page = visitor.get(booking).await?;
    hold(page.standing() == Some("waiting"), &format!("a click decided: {:?}", page.standing()))
}

/// The review page that was left open where there was one.
async fn decide(town: &Town, plan: &Plan, by: By, booking: &str, choice: &str) -> Result<Option<Review>, Trouble> {
    if by == By::SignOn {
        return signed_on(town, plan, booking, choice).await.map(|()| None);
    }
    let host = Person::new(&town.campus.url)?;
    let review = open(town, plan, &host, by).await?;
    let page = host.tap(&review, choice).await?;
    hold(page.status == 303, &format!("{choice} by {by:?}: {}", said(&page)))?;
    Ok(Some(review))
}

async fn open(town: &Town, plan: &Plan, host: &Person, by: By) -> Result<Review, Trouble> {
    let message = asked(town, plan, by).ok_or_else(|| Trouble::NotHeld(format!("nothing by {by:?}")))?;
    let mut notice = Notice::of(&message);
    if let Some((_, rest)) = message.text.split_once("输入审核码") {
        let code = rest.split('。').next().unwrap_or_default();
        let page = host.post("/a", &[("code", code)]).await?;
        hold(page.status == 303, &format!("the code {code}: {}", said(&page)))?;
        notice.link = page.location;
    }
    host.open(&notice).await
}

/// On the booking's own page, by whoever the university says they are.
async fn signed_on(town: &Town, plan: &Plan, booking: &str, choice: &str) -> Result<(), Trouble> {
    let host = Person::new(&town.campus.url)?;
    for _ in 0..DOORS {
        let away = host.get(&format!("/sign-on/cas?next={booking}")).await?.location.unwrap_or_default();
        let login = away.split_once('?').map_or(away.as_str(), |(login, _)| login);
        let fields = [("service", service(&away)?), ("username", plan.cast.number.clone())];
        let answer = host.http().post(login).form(&fields).send().await?;
        let back = answer.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let arrived = host.get(back.strip_prefix(town.campus.url.as_str()).unwrap_or_default()).await?;
        if arrived.status == 303 {
            break;
        }
        // The door that never opens is mended before the story is given up.
        hold(matches!(arrived.status, 403 | 503), &format!("at the door: {}", said(&arrived)))?;
        plan.mend_door(&town.doubles);
    }
    let page = host.get(booking).await?;
    let (form_token, revision) = (page.form_token().unwrap_or_default(), page.revision().unwrap_or_default());
    let fields = [("choice", choice), ("reason", ""), ("form_token", form_token), ("revision", revision)];
    let page = host.post(&format!("{booking}/decide"), &fields).await?;
    hold(page.status == 303, &format!("{choice} when signed on: {}", said(&page)))
}

/// Where the sign-on is to lead back to, as a browser reads it from the address.
fn service(away: &str) -> Result<String, Trouble> {
    let url = reqwest::Url::parse(away).map_err(trouble)?;
    let found = url.query_pairs().find(|(name, _)| name == "service").map(|(_, value)| value.into_owned());
    found.ok_or_else(|| Trouble::NotHeld(format!("no service in {away}")))
}

/// A page in one line.
fn said(page: &Page) -> String {
    let heading = page.body.split("<h1>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
    format!("{} {heading} {:?}", page.status, page.standing())
}
