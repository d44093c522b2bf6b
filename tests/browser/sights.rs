//! Every page in every state it can be in, and the walk past all of them: for the rules of access, for weight, for pictures.
//!
//! Whoever adds a page adds a line here; what is not walked past is not looked at.

use chrono::TimeDelta;
use serde_json::Value;
use world::{Trouble, campus::today, people::Form, person::Person};

use crate::{
    browser::{Browser, Remember},
    town::{Known, Town, form, form_on_behalf},
};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Stranger,
    Visitor,
    Host,
}

/// What is done on a page before it is looked at.
#[derive(Debug, Clone, Copy)]
enum Step {
    Type(&'static str, &'static str),
    /// The button of the form with this field.
    Send(&'static str),
    /// What this selector finds.
    Press(&'static str),
    /// The session ends meanwhile.
    SignOut,
}
use Step::{Press, Send, SignOut, Type};

#[derive(Debug)]
pub struct Sight {
    /// Of the picture's file.
    pub name: &'static str,
    pub who: Who,
    pub path: String,
    /// The day after the visits.
    tomorrow: bool,
    steps: &'static [Step],
}

/// A campus of its own, on which there is something to see on every page.
#[derive(Debug)]
pub struct Sights {
    pub town: Town,
    pub visitor: Value,
    pub host: Value,
    pub all: Vec<Sight>,
}

impl Sights {
    /// Signed in by `browser`'s own hands, the bookings made on the way.
    pub async fn laid_out(town: Town, browser: &Browser) -> Result<Self, Trouble> {
        let (visitor, host) = (town.visitor()?, town.host()?);
        let visiting = signed_in(&town, browser, &visitor).await?;
        let hosting = signed_in(&town, browser, &host).await?;
        browser.is_held_by(None).await?;
        let all = bookings(&town, (&visitor, &visiting), (&host, &hosting)).await?;
        Ok(Self { town, visitor: visiting, host: hosting, all })
    }

    /// Past each of them that there is on the day of the visits.
    pub async fn walked_past(
        &self,
        browser: &Browser,
        look: &mut impl AsyncFnMut(&Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        self.walk(browser, false, look).await
    }

    /// The day after has come, for good: past each that there is then.
    pub async fn walked_past_tomorrow(
        &self,
        browser: &Browser,
        look: &mut impl AsyncFnMut(&Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        if self.town.campus.now() < today().plus_days(1).start() {
            self.town.campus.later(TimeDelta::days(1));
        }
        self.walk(browser, true, look).await
    }

    async fn walk(
        &self,
        browser: &Browser,
        tomorrow: bool,
        look: &mut impl AsyncFnMut(&Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        // So that another code may be sent.
        self.town.campus.later(TimeDelta::minutes(2));
        browser.goes_to("/privacy").await?;
        for sight in self.all.iter().filter(|sight| sight.tomorrow == tomorrow) {
            let at = |trouble| Trouble::NotHeld(format!("{}: {trouble}", sight.name));
            self.looks_at(browser, sight).await.map_err(at)?;
            look(sight).await.map_err(at)?;
        }
        Ok(())
    }

    async fn looks_at(&self, browser: &Browser, sight: &Sight) -> Result<(), Trouble> {
        let session = match sight.who {
            Who::Stranger => None,
            Who::Visitor => Some(&self.visitor),
            Who::Host => Some(&self.host),
        };
        browser.is_held_by(session).await?;
        browser.goes_to(&sight.path).await?;
        for step in sight.steps {
            match step {
                Type(field, typed) => browser.types(field, typed).await?,
                Send(field) => browser.sends_the_form_of(field).await?,
                Press(selector) => browser.presses_on(selector).await?,
                SignOut => browser.is_held_by(None).await?,
            }
        }
        Ok(())
    }
}

async fn signed_in(town: &Town, browser: &Browser, who: &Known) -> Result<Value, Trouble> {
    browser.is_held_by(None).await?;
    browser.signs_in(town, who, Remember::Me).await?;
    browser.cookie("session").await?.ok_or_else(|| Trouble::NotHeld("signing in sets a cookie".to_owned()))
}

/// One booking of every standing, and the pages that show them.
async fn bookings(
    town: &Town,
    (visitor, visiting): (&Known, &Value),
    (host, hosting): (&Known, &Value),
) -> Result<Vec<Sight>, Trouble> {
    let url = &town.campus.url;
    let (mine, hosts, anybody) = (carrying(url, visiting)?, carrying(url, hosting)?, Person::new(url)?);
    let good = form(visitor, host);
    let booked = async |form: &Form| {
        let booking = mine.booked(form).await?;
        let [sms, ..] = town.asked(visitor).await?;
        Ok::<_, Trouble>((booking, sms))
    };
    let (waiting, open) = booked(&good).await?;
    let (approved, used) = booked(&good).await?;
    anybody.decide(&used, "approve").await?;
    let pass = mine.get(&approved).await?.pass_picture().unwrap_or_default().trim_end_matches(".png").to_owned();
    let (declined, link) = booked(&good).await?;
    anybody.decide(&link, "decline").await?;
    let (cancelled, _) = booked(&good).await?;
    mine.press(&cancelled, &format!("{cancelled}/cancel")).await?;
    let (revoked, link) = booked(&good).await?;
    anybody.decide(&link, "approve").await?;
    let ended = mine.get(&revoked).await?.pass_picture().unwrap_or_default().trim_end_matches(".png").to_owned();
    hosts.press(&revoked, &format!("{revoked}/revoke")).await?;
    let on_behalf = hosts.book_on_behalf(&form_on_behalf(visitor, host)).await?.location.unwrap_or_default();

    let now = |name, who, path: &str, steps| Sight { name, who, path: path.to_owned(), tomorrow: false, steps };
    let tomorrow = |name, who, path: &str| Sight { name, who, path: path.to_owned(), tomorrow: true, steps: &[] };
    let [open, used] = [anybody.path_of(&open)?, anybody.path_of(&used)?];
    Ok(vec![
        now("start", Who::Stranger, "/", &[]),
        now("privacy", Who::Stranger, "/privacy", &[]),
        now("refused", Who::Stranger, "/nowhere", &[]),
        now("sign-in", Who::Stranger, "/sign-in?other=yes", &[]),
        now("sign-in-problem", Who::Stranger, "/sign-in?other=yes", &[Type("phone", "12345"), Send("phone")]),
        now("sign-in-code", Who::Stranger, "/sign-in?other=yes", &[Type("phone", STRANGER), Send("phone")]),
        now("sign-in-code-problem", Who::Stranger, "/sign-in", &[Type("code", "000000"), Send("code")]),
        now("bookings", Who::Visitor, "/bookings", &[]),
        now("bookings-host", Who::Host, "/bookings", &[]),
        now("book", Who::Visitor, "/book", &[]),
        now("book-problems", Who::Visitor, "/book", &[Press(FORWARD)]),
        now("book-on-behalf", Who::Host, "/host/book", &[]),
        now("book-on-behalf-problems", Who::Host, "/host/book", &[Press(FORWARD)]),
        now("sign-in-form-kept", Who::Visitor, "/book", &[SignOut, Press(FORWARD)]),
        now("book-again", Who::Visitor, &format!("/book?again={}", approved.trim_start_matches("/bookings/")), &[]),
        now("edit", Who::Visitor, &format!("{approved}/edit"), &[]),
        now("elsewhere", Who::Stranger, "/elsewhere", &[]),
        now("booking-waiting", Who::Visitor, &waiting, &[]),
        now("booking-waiting-host", Who::Host, &waiting, &[]),
        now("booking-approved", Who::Visitor, &approved, &[]),
        now("booking-approved-host", Who::Host, &approved, &[]),
        now("booking-declined", Who::Visitor, &declined, &[]),
        now("booking-cancelled", Who::Visitor, &cancelled, &[]),
        now("booking-revoked", Who::Visitor, &revoked, &[]),
        now("booking-on-behalf", Who::Host, &on_behalf, &[]),
        now("review", Who::Stranger, &open, &[]),
        now("review-decline", Who::Stranger, &open, &[Press("summary")]),
        now("review-decided", Who::Stranger, &used, &[]),
        now("pass", Who::Stranger, &pass, &[]),
        now("pass-revoked", Who::Stranger, &ended, &[]),
        tomorrow("pass-over", Who::Stranger, &pass),
        tomorrow("booking-over", Who::Visitor, &approved),
        tomorrow("review-over", Who::Stranger, &open),
    ])
}

/// The button that sends the form, or leads to its next question where one is asked at a time.
const FORWARD: &str = "#booking-form > .actions button";

/// Of nobody who signs in.
const STRANGER: &str = "13700000001";

fn carrying(url: &str, cookie: &Value) -> Result<Person, Trouble> {
    let value = cookie.get("value").and_then(Value::as_str).unwrap_or_default();
    Person::carrying(url, &format!("session={value}"))
}
