//! Every page in every state it can be in, and the walk past all of them: for the rules of access, for weight, for pictures.
//!
//! Whoever adds a page adds a line to `all.rs`; what is not walked past is not looked at.

mod all;
mod prepared;

use chrono::TimeDelta;
use serde_json::json;
use world::{Trouble, campus::today};

use self::prepared::Prepared;
use crate::{browser::Browser, town::Town};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Stranger,
    Visitor,
    Host,
    /// A host for whom nobody has ever come, nor been asked for.
    NewHost,
    /// A host for whom several wait.
    BusyHost,
    /// A visitor who has everything erased, and comes again.
    Leaver,
}

/// Which of two browsers shows it; about as many are one's as the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    One,
    Other,
}

impl Who {
    const fn share(self) -> Share {
        match self {
            Self::Stranger | Self::NewHost | Self::BusyHost => Share::One,
            Self::Visitor | Self::Leaver | Self::Host => Share::Other,
        }
    }
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
    /// The page is not what it was when it was sent.
    Tamper(&'static str),
}

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
    prepared: Prepared,
    pub all: Vec<Sight>,
}

impl Sights {
    /// With the bookings made on the way.
    pub async fn laid_out(town: Town) -> Result<Self, Trouble> {
        let prepared = Prepared::on(&town).await?;
        let all = all::sights(&prepared);
        Ok(Self { town, prepared, all })
    }

    /// Past each of them that there is on the day of the visits, with two browsers of a kind at the same time.
    pub async fn walked_past(
        &self,
        browsers: &[Browser; 2],
        look: &impl AsyncFn(&Browser, &Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        self.walk(browsers, false, look).await
    }

    /// The day after has come, for good: past each that there is then.
    pub async fn walked_past_tomorrow(
        &self,
        browsers: &[Browser; 2],
        look: &impl AsyncFn(&Browser, &Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        if self.town.campus.now() < today().plus_days(1).start() {
            self.town.campus.later(TimeDelta::days(1));
        }
        self.walk(browsers, true, look).await
    }

    async fn walk(
        &self,
        [one, other]: &[Browser; 2],
        tomorrow: bool,
        look: &impl AsyncFn(&Browser, &Sight) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        // So that another code may be sent.
        self.town.campus.later(TimeDelta::minutes(2));
        self.prepared.once_more(&self.town).await?;
        let past = async |browser: &Browser, share: Share| {
            let mine = |sight: &&Sight| sight.tomorrow == tomorrow && sight.who.share() == share;
            for sight in self.all.iter().filter(mine) {
                let at = |trouble| Trouble::NotHeld(format!("{}: {trouble}", sight.name));
                self.opens(browser, sight).await.map_err(at)?;
                look(browser, sight).await.map_err(at)?;
            }
            Ok(())
        };
        tokio::try_join!(past(one, Share::One), past(other, Share::Other)).map(drop)
    }

    /// One of them, as who looks at it opens it.
    pub async fn opens(&self, browser: &Browser, sight: &Sight) -> Result<(), Trouble> {
        let there = &self.prepared;
        let again;
        let session = match sight.who {
            Who::Stranger => None,
            Who::Visitor => Some(&there.visitor),
            Who::Host => Some(&there.host),
            Who::NewHost => Some(&there.new_host),
            Who::BusyHost => Some(&there.busy_host),
            Who::Leaver => {
                again = self.town.session_of(&there.leaver).await?;
                Some(&again)
            }
        };
        browser.is_held_by(session).await?;
        browser.goes_to(&sight.path).await?;
        for step in sight.steps {
            match step {
                Step::Type(field, typed) => browser.types(field, typed).await?,
                Step::Send(field) => browser.sends_the_form_of(field).await?,
                Step::Press(selector) => browser.presses_on(selector).await?,
                Step::SignOut => browser.is_held_by(None).await?,
                Step::Tamper(script) => browser.runs(script, json!([])).await.map(drop)?,
            }
        }
        Ok(())
    }
}
