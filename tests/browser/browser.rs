//! What somebody does with a browser, and what they see in it.
//!
//! Fields are found by their names, buttons and links by their words, as people find them. What is waited for is waited for
//! patiently: how fast a busy machine is says nothing about the pages.

use std::time::Duration;

use serde_json::{Value, json};
use world::{Trouble, mailbox::Notice, trouble::hold};

use crate::{
    device::{Device, Screen},
    driver::Session,
    town::{Known, Town},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// While one page gives way to another, what is looked for may be gone or not yet there.
const A_MOMENT: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(50);

/// By this name the standard hands out what was found on a page.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What else a form can be asked for has buttons with a name.
const SENDS: &str = "not(@name) and not(@aria-hidden) and not(@type='button')";

#[derive(Debug)]
pub struct Browser {
    pub(crate) session: Session,
    site: String,
    pub screen: Screen,
}

/// Something found on a page.
#[derive(Debug, Clone)]
pub struct Thing(pub(crate) String);

/// Whether the box for it is ticked when signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    Me,
    NotHere,
}

impl Browser {
    /// A fresh one: no cookies, no history.
    pub async fn open(town: &Town, device: Device) -> Result<Self, Trouble> {
        let session = Session::open(town.driver(), device).await?;
        Ok(Self { session, site: town.campus.url.clone(), screen: device.screen })
    }

    /// Two of a kind.
    pub async fn two(town: &Town, device: Device) -> Result<[Self; 2], Trouble> {
        Ok([Self::open(town, device).await?, Self::open(town, device).await?])
    }

    /// The phone of somebody who signed in before the story begins.
    pub async fn phone_of(town: &Town, who: &Known) -> Result<Self, Trouble> {
        Self::of(town, who, Device::phone()).await
    }

    /// The same at a desk.
    pub async fn desk_of(town: &Town, who: &Known) -> Result<Self, Trouble> {
        Self::of(town, who, Device::desktop()).await
    }

    async fn of(town: &Town, who: &Known, device: Device) -> Result<Self, Trouble> {
        let browser = Self::open(town, device).await?;
        browser.is_held_by(Some(&town.session_of(who).await?)).await?;
        Ok(browser)
    }

    /// An address of the campus's own pages.
    pub async fn goes_to(&self, path: &str) -> Result<(), Trouble> {
        self.scans(&format!("{}{path}", self.site)).await
    }

    /// Opens the link of a notice.
    pub async fn follows(&self, notice: &Notice) -> Result<(), Trouble> {
        self.scans(notice.link.as_deref().unwrap_or_default()).await
    }

    /// Opens a whole address, as a code that was scanned says it.
    pub async fn scans(&self, link: &str) -> Result<(), Trouble> {
        self.session.tell("url", json!({"url": link})).await.map(drop)
    }

    pub async fn reloads(&self) -> Result<(), Trouble> {
        self.session.tell("refresh", json!({})).await.map(drop)
    }

    pub async fn signs_in(&self, town: &Town, who: &Known, remember: Remember) -> Result<(), Trouble> {
        self.goes_to("/sign-in").await?;
        self.enters(town, who, remember).await
    }

    /// On the page for signing in, wherever it leads.
    pub async fn enters(&self, town: &Town, who: &Known, remember: Remember) -> Result<(), Trouble> {
        self.types("phone", &who.phone).await?;
        self.sends_the_form_of("phone").await?;
        self.types("code", &town.code(&who.phone).await?).await?;
        if remember == Remember::Me {
            self.presses_on("input[name=remember]").await?;
        }
        self.sends_the_form_of("code").await?;
        let signed_in = "signing in leads to another page";
        self.until(signed_in, async || Ok(self.all("input[name=code]").await?.is_empty())).await
    }

    /// The path of the page that is open.
    pub async fn address(&self) -> Result<String, Trouble> {
        let url = text(&self.session.ask("url").await?);
        Ok(url.strip_prefix(&self.site).unwrap_or(&url).to_owned())
    }

    /// What stands on the page, without its frame.
    pub async fn reads(&self) -> Result<String, Trouble> {
        let main = self.one("main").await?;
        self.text_of(&main).await
    }

    /// Waits until it stands on the page.
    pub async fn sees(&self, words: &str) -> Result<(), Trouble> {
        let seen = self.until(words, async || Ok(self.reads().await?.contains(words))).await;
        match seen {
            Ok(()) => Ok(()),
            Err(trouble) => Err(Trouble::NotHeld(format!("{trouble}; the page says: {}", self.reads().await?))),
        }
    }

    pub async fn does_not_see(&self, words: &str) -> Result<(), Trouble> {
        let page = self.reads().await?;
        hold(!page.contains(words), &format!("{words} does not stand on the page: {page}"))
    }

    /// How the booking stands, by the page's own mark.
    pub async fn standing(&self) -> Result<String, Trouble> {
        let main = self.one("main").await?;
        self.attribute(&main, "data-standing").await
    }

    /// A button, a link or a fold by its words; in the page's own part before its frame.
    pub async fn presses(&self, words: &str) -> Result<(), Trouble> {
        let pressable = "*[self::button or self::a or self::summary]";
        let whole = format!("//main//{pressable}[normalize-space(.)='{words}']");
        let part = format!("//main//{pressable}[contains(normalize-space(.), '{words}')]");
        let frame = format!("//{pressable}[normalize-space(.)='{words}']");
        self.soon(async || {
            for path in [&whole, &part, &frame] {
                if let Some(found) = self.found("xpath", path).await?.into_iter().next() {
                    return self.press(&found).await;
                }
            }
            Err(Trouble::NotHeld(format!("something says {words} on: {}", self.reads().await?)))
        })
        .await
    }

    pub async fn presses_on(&self, selector: &str) -> Result<(), Trouble> {
        self.soon(async || self.press(&self.one(selector).await?).await).await
    }

    /// By the button of the form that the field stands in.
    pub async fn sends_the_form_of(&self, field: &str) -> Result<(), Trouble> {
        let path = format!("//main//form[.//*[@name='{field}' and not(@type='hidden')]]//button[{SENDS}]");
        self.soon(async || {
            let buttons = self.found("xpath", &path).await?;
            let button = buttons.first();
            let button = button.ok_or_else(|| Trouble::NotHeld(format!("{field} stands in a form with a button")))?;
            self.press(button).await
        })
        .await
    }

    pub async fn has(&self, selector: &str) -> Result<bool, Trouble> {
        Ok(!self.all(selector).await?.is_empty())
    }

    pub async fn runs(&self, script: &str, with: Value) -> Result<Value, Trouble> {
        self.session.tell("execute/sync", json!({"script": script, "args": with})).await
    }

    /// The same for a script that calls the last of its arguments when it is done.
    pub async fn runs_to_the_end(&self, script: &str, with: Value) -> Result<Value, Trouble> {
        self.session.tell("execute/async", json!({"script": script, "args": with})).await
    }

    pub async fn cookie(&self, name: &str) -> Result<Option<Value>, Trouble> {
        let cookies = self.session.ask("cookie").await?;
        let named = |cookie: &&Value| cookie.get("name").and_then(Value::as_str) == Some(name);
        Ok(cookies.as_array().into_iter().flatten().find(named).cloned())
    }

    /// From now on whoever this cookie signs in; without one, nobody.
    pub async fn is_held_by(&self, session: Option<&Value>) -> Result<(), Trouble> {
        let (command, mut cookie) = match session {
            Some(cookie) => ("Network.setCookie", cookie.clone()),
            None => ("Network.deleteCookies", json!({"name": "session"})),
        };
        if let Some(cookie) = cookie.as_object_mut() {
            cookie.insert("url".to_owned(), json!(self.site));
        }
        self.session.tell_chromium(command, cookie).await.map(drop)
    }

    /// The keys that lead from field to field.
    pub async fn tab(&self) -> Result<(), Trouble> {
        const TAB: &str = "\u{e004}";
        let press = |what: &str| json!({"type": what, "value": TAB});
        let keys = json!([{"type": "key", "id": "keyboard", "actions": [press("keyDown"), press("keyUp")]}]);
        self.session.tell("actions", json!({"actions": keys})).await.map(drop)
    }

    pub async fn until(&self, what: &str, held: impl AsyncFn() -> Result<bool, Trouble>) -> Result<(), Trouble> {
        let mut waited = Duration::ZERO;
        // While one page gives way to another nothing can be asked of either.
        while !held().await.unwrap_or(false) {
            if waited > PATIENCE {
                return Err(Trouble::Waited(what.to_owned()));
            }
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
        }
        Ok(())
    }

    pub(crate) async fn soon<T>(&self, done: impl AsyncFn() -> Result<T, Trouble>) -> Result<T, Trouble> {
        let mut waited = Duration::ZERO;
        loop {
            match done().await {
                Err(_) if waited < A_MOMENT => tokio::time::sleep(GLANCE).await,
                found => return found,
            }
            waited += GLANCE;
        }
    }

    pub(crate) async fn press(&self, thing: &Thing) -> Result<(), Trouble> {
        self.session.tell(&format!("element/{}/click", thing.0), json!({})).await.map(drop)
    }

    pub(crate) async fn text_of(&self, thing: &Thing) -> Result<String, Trouble> {
        Ok(text(&self.session.ask(&format!("element/{}/text", thing.0)).await?))
    }

    pub(crate) async fn attribute(&self, thing: &Thing, name: &str) -> Result<String, Trouble> {
        Ok(text(&self.session.ask(&format!("element/{}/attribute/{name}", thing.0)).await?))
    }

    pub(crate) async fn one(&self, selector: &str) -> Result<Thing, Trouble> {
        let found = self.all(selector).await?.into_iter().next();
        found.ok_or_else(|| Trouble::NotHeld(format!("{selector} is on the page")))
    }

    pub(crate) async fn all(&self, selector: &str) -> Result<Vec<Thing>, Trouble> {
        self.found("css selector", selector).await
    }

    pub(crate) async fn found(&self, by: &str, what: &str) -> Result<Vec<Thing>, Trouble> {
        let found = self.session.tell("elements", json!({"using": by, "value": what})).await?;
        found.as_array().into_iter().flatten().map(Thing::of).collect()
    }
}

impl Thing {
    pub(crate) fn of(found: &Value) -> Result<Self, Trouble> {
        let id = found.get(ELEMENT).and_then(Value::as_str);
        id.map(|id| Self(id.to_owned())).ok_or_else(|| Trouble::NotHeld("something was found".to_owned()))
    }

    pub(crate) fn json(&self) -> Value {
        json!({ELEMENT: self.0})
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
