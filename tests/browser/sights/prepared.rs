//! What has happened on the campus before anybody looks: a booking of every standing, a host who is away and invites, one for whom
//! several wait.

use serde_json::Value;
use shared::time::CampusDay;
use world::{Trouble, campus::today, mailbox::Notice, page::Page, people::Form, person::Person};

use crate::town::{Known, Town, form, form_on_behalf};

/// The sessions of whoever looks, and the addresses they look at.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) visitor: Value,
    pub(super) host: Value,
    pub(super) new_host: Value,
    pub(super) busy_host: Value,
    pub(super) leaver: Known,
    pub(super) waiting: String,
    pub(super) approved: String,
    pub(super) declined: String,
    pub(super) cancelled: String,
    pub(super) revoked: String,
    pub(super) on_behalf: String,
    /// Review pages: to decide, decided, of somebody known, of somebody on the watchlist.
    pub(super) open: String,
    pub(super) used: String,
    pub(super) known: String,
    pub(super) watched: String,
    pub(super) pass: String,
    pub(super) ended: String,
    /// A host's link for visitors.
    pub(super) invitation: String,
    /// Who keeps the busy host busy, and with what.
    comes_often: Person,
    asks: Form,
}

impl Prepared {
    pub(super) async fn on(town: &Town) -> Result<Self, Trouble> {
        let [visitor, leaver, watched] = [town.visitor()?, town.visitor()?, town.visitor()?];
        let [host, new_host, busy_host, deputy] = [town.host()?, town.host()?, town.host()?, town.host()?];
        let (mine, hosts, anybody) =
            (town.person(&visitor).await?, town.person(&host).await?, Person::new(&town.campus.url)?);
        let good = form(&visitor, &host);
        let booked = async |form: &Form| {
            let booking = mine.booked(form).await?;
            let [sms, ..] = town.asked(&visitor).await?;
            Ok::<_, Trouble>((booking, sms))
        };
        let (waiting, open) = booked(&good).await?;
        let (approved, used) = booked(&good).await?;
        anybody.decide(&used, "approve").await?;
        let pass = pass_on(&mine.get(&approved).await?);
        let (declined, link) = booked(&good).await?;
        anybody.decide(&link, "decline-0").await?;
        let (cancelled, _) = booked(&good).await?;
        mine.press(&cancelled, &format!("{cancelled}/cancel")).await?;
        let (revoked, link) = booked(&good).await?;
        anybody.decide(&link, "approve").await?;
        let ended = pass_on(&mine.get(&revoked).await?);
        hosts.press(&revoked, &format!("{revoked}/revoke")).await?;
        let on_behalf = hosts.book_on_behalf(&form_on_behalf(&visitor, &host)).await?.location.unwrap_or_default();
        let (_, known) = booked(&good.clone().with("day", today().plus_days(1).to_string())).await?;
        let suspect = town.person(&watched).await?;
        suspect.booked(&form(&watched, &host)).await?;
        let [watched_link, ..] = town.asked(&watched).await?;
        town.is_watched(&watched, "寻衅滋事").await?;
        away(&hosts, &deputy).await?;
        let path = |link: &Notice| anybody.path_of(link);
        Ok(Self {
            visitor: town.session_of(&visitor).await?,
            host: town.session_of(&host).await?,
            new_host: town.session_of(&new_host).await?,
            busy_host: town.session_of(&busy_host).await?,
            leaver,
            open: path(&open)?,
            used: path(&used)?,
            known: path(&known)?,
            watched: path(&watched_link)?,
            invitation: invites(&hosts).await?,
            asks: form(&visitor, &busy_host),
            comes_often: mine,
            waiting,
            approved,
            declined,
            cancelled,
            revoked,
            on_behalf,
            pass,
            ended,
        })
    }

    /// What a walk uses up: two more wait for the busy host.
    pub(super) async fn once_more(&self, town: &Town) -> Result<(), Trouble> {
        let day = CampusDay::of(town.campus.now()).to_string();
        for reason in ["学术交流", "设备安装"] {
            self.comes_often.booked(&self.asks.clone().with("day", &day).with("reason", reason)).await?;
        }
        Ok(())
    }
}

fn pass_on(page: &Page) -> String {
    page.pass_picture().unwrap_or_default().trim_end_matches(".png").to_owned()
}

/// Names a deputy for today and tomorrow.
async fn away(host: &Person, deputy: &Known) -> Result<(), Trouble> {
    let token = host.get("/host/deputy").await?.form_token().unwrap_or_default().to_owned();
    let (from, through) = (today().to_string(), today().plus_days(1).to_string());
    let fields = [("form_token", &*token), ("deputy", &*deputy.number), ("from", &*from), ("through", &*through)];
    host.post("/host/deputy", &fields).await.map(drop)
}

async fn invites(host: &Person) -> Result<String, Trouble> {
    host.press("/host/invite", "/host/invite").await?;
    let page = host.get("/host/invite").await?;
    let secret = page.body.split_once("/invited/").map(|(_, rest)| rest.split(['"', '<']).next().unwrap_or_default());
    secret
        .map(|secret| format!("/invited/{secret}"))
        .ok_or_else(|| Trouble::NotHeld("an invitation is made".to_owned()))
}
