//! One booking and what it sets off, of people who are in no other. What a kill cut short its people do again, as people would: the same
//! form is sent once more, the same button pressed.

use std::time::Duration;

use doubles::{At, Message};
use shared::time::CampusDay;
use sync_server::{
    clock::{Clock as _, SystemClock},
    store::SessionToken,
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use world::{
    Trouble,
    mailbox::Notice,
    page::Page,
    people::{Form, resident_number},
    person::{Person, Ready},
    trouble::hold,
};

use super::{
    Step,
    office::{Office, Server, told},
};

const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Life {
    number: usize,
    pub(super) visitor: String,
    /// The host's staff number, telephone and name in WeCom.
    pub(super) host: String,
    pub(super) telephone: String,
    pub(super) member: String,
    form: Option<Ready>,
    /// The address of its page.
    pub(super) booking: Option<String>,
    decided: bool,
}

/// What was on its way when the server died.
pub(super) enum UnderWay {
    Nothing,
    Form(JoinHandle<Result<String, Trouble>>),
    Decision(JoinHandle<Result<Page, Trouble>>),
}

impl Life {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            visitor: format!("137{number:08}"),
            host: format!("L{number:06}"),
            telephone: format!("136{number:08}"),
            member: format!("l{number:06}"),
            form: None,
            booking: None,
            decided: false,
        }
    }

    /// Of the visitor's session.
    pub(super) fn secret(&self) -> [u8; 32] {
        let mut secret = [7; 32];
        secret.iter_mut().zip(self.number.to_be_bytes()).for_each(|(to, from)| *to = from);
        secret
    }

    /// A yes is costly on purpose, so there are few.
    pub(super) const fn choice(&self) -> &'static str {
        if self.number.is_multiple_of(9) { "approve" } else { "decline" }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.decided
    }

    /// As far as it can be gone on with now.
    pub(super) async fn go_on(&mut self, office: &Office) -> Result<(), Trouble> {
        self.book(office).await?;
        if !self.decided && self.to_do(office).is_some() {
            self.decide(office).await?;
        }
        Ok(())
    }

    pub(super) async fn go_to_its_end(&mut self, office: &Office) -> Result<(), Trouble> {
        self.book(office).await?;
        if !self.decided {
            office.comes_about("the to-do", |office| self.to_do(office).is_some()).await?;
            self.decide(office).await?;
        }
        Ok(())
    }

    /// Up to the step at which the server is to die.
    pub(super) async fn lives_until(
        &mut self,
        office: &Office,
        server: &Server,
        step: Step,
    ) -> Result<UnderWay, Trouble> {
        let _alive = server;
        let text = format!("PhoneNumbers={}", self.telephone);
        let to = format!("\"{}\"", self.host);
        let stops = &office.doubles.stops;
        match step {
            Step::Starting => return Ok(UnderWay::Nothing),
            Step::BookingSent => {
                let (visitor, form) = (self.visitor(office)?, self.form(office).await?);
                return Ok(UnderWay::Form(tokio::spawn(async move { visitor.send(&form).await })));
            }
            Step::Booked => self.book(office).await?,
            Step::Text(at) => self.books_until(office, stops.at(at, &["SendSms", &text])).await?,
            Step::ToDo(at) => self.books_until(office, stops.at(at, &["/hall/webhook", &to, "\"created\""])).await?,
            Step::ReceiptLeaves => {
                let leaves = stops.at(At::Arrival, &["receipt", &self.telephone]);
                self.books_until(office, leaves).await?;
            }
            Step::ReceiptHeard => {
                let heard = stops.at(At::Answered, &["receipt", &self.telephone]);
                self.books_until(office, heard).await?;
            }
            Step::Printed => {
                self.book(office).await?;
                office.prints_for(&self.member).await?;
            }
            Step::DecisionSent => {
                let (host, review) = self.opens(office).await?;
                let choice = self.choice();
                return Ok(UnderWay::Decision(tokio::spawn(async move { host.tap(&review, choice).await })));
            }
            Step::Decided => {
                self.opens(office).await?;
                self.decide(office).await?;
            }
            Step::Closed(at) => {
                self.opens(office).await?;
                let closed = stops.at(at, &["/hall/webhook", &to, "\"settled\""]);
                self.decide(office).await?;
                reached(closed).await?;
            }
            Step::Told(at) => {
                self.opens(office).await?;
                // The text before it is none of this step.
                let submitted = |office: &Office| !self.texts(office, "已提交").is_empty();
                office.comes_about("submitted", submitted).await?;
                let told = stops.at(at, &["SendSms", &format!("PhoneNumbers={}", self.visitor)]);
                self.decide(office).await?;
                reached(told).await?;
            }
        }
        Ok(UnderWay::Nothing)
    }

    /// What came of it, if its answer was heard. If not, nobody knows.
    pub(super) async fn hears(&mut self, under_way: UnderWay) -> Result<(), Trouble> {
        match under_way {
            UnderWay::Nothing => {}
            UnderWay::Form(sent) => self.booking = sent.await.map_err(told)?.ok(),
            UnderWay::Decision(sent) => self.decided = sent.await.map_err(told)?.is_ok_and(|page| page.status == 303),
        }
        Ok(())
    }

    /// What asks the host in the hall.
    pub(super) fn to_do(&self, office: &Office) -> Option<Message> {
        let mine = |message: &Message| message.to == self.host && message.link.as_deref().is_some_and(asks);
        office.doubles.shown.all().into_iter().find(mine)
    }

    /// Texts that say so, to whomever of this life.
    pub(super) fn texts(&self, office: &Office, said: &str) -> Vec<Message> {
        let mine =
            |message: &Message| [&self.visitor, &self.telephone].contains(&&message.to) && message.text.contains(said);
        office.doubles.shown.all().into_iter().filter(mine).collect()
    }

    pub(super) async fn standing(&self, office: &Office) -> Result<Option<String>, Trouble> {
        let page = self.visitor(office)?.get(self.booking.as_deref().unwrap_or_default()).await?;
        Ok(page.standing().map(str::to_owned))
    }

    async fn book(&mut self, office: &Office) -> Result<(), Trouble> {
        if self.booking.is_none() {
            let form = self.form(office).await?;
            self.booking = Some(self.visitor(office)?.send(&form).await?);
        }
        Ok(())
    }

    async fn books_until(&mut self, office: &Office, step: oneshot::Receiver<()>) -> Result<(), Trouble> {
        self.book(office).await?;
        reached(step).await
    }

    /// Whether it is the first press or one that a kill left in doubt.
    async fn decide(&mut self, office: &Office) -> Result<(), Trouble> {
        let (host, review) = self.opens(office).await?;
        let page = host.tap(&review, self.choice()).await?;
        // A decision that was made before the kill is made: its page has no form any more.
        let made = matches!(page.status, 403 | 409) && page.standing().is_some_and(|standing| standing != "waiting");
        self.decided = page.status == 303 || made;
        hold(self.decided, &format!("deciding: {} {:?}", page.status, page.standing()))
    }

    async fn opens(&mut self, office: &Office) -> Result<(Person, world::person::Review), Trouble> {
        self.book(office).await?;
        office.comes_about("the to-do", |office| self.to_do(office).is_some()).await?;
        let host = Person::new(&office.url)?;
        let to_do = self.to_do(office).ok_or_else(|| Trouble::NotHeld("no to-do".to_owned()))?;
        let review = host.open(&Notice::of(&to_do)).await?;
        Ok((host, review))
    }

    fn visitor(&self, office: &Office) -> Result<Person, Trouble> {
        let token = SessionToken::from_random(self.secret());
        Person::carrying(&office.url, &format!("session={}", token.text()))
    }

    /// Filled in once.
    async fn form(&mut self, office: &Office) -> Result<Ready, Trouble> {
        if let Some(form) = &self.form {
            return Ok(form.clone());
        }
        let document = resident_number(u16::try_from(self.number % 1000).unwrap_or(0));
        let form = Form::good(CampusDay::of(SystemClock.now()).plus_days(1))
            .with("phone", &*self.visitor)
            .with("document_number", document)
            .with("host_number", &*self.host)
            .with("host_phone", &*self.telephone);
        let form = self.visitor(office)?.numbered(&form).await?;
        self.form = Some(form.clone());
        Ok(form)
    }
}

async fn reached(step: oneshot::Receiver<()>) -> Result<(), Trouble> {
    let reached = timeout(PATIENCE, step).await;
    reached.map_err(|_| Trouble::Waited("the step".to_owned()))?.map_err(told)
}

fn asks(link: &str) -> bool {
    link.contains("/decide/")
}
