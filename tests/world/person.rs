//! Somebody with a browser: signs in, fills in forms, follows links. Speaks HTTP and reads pages, and knows nothing else.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder,
    cookie::{CookieStore as _, Jar},
    header::{COOKIE, HeaderMap, HeaderValue},
    redirect::Policy,
};

use crate::{
    Trouble,
    mailbox::{Mailbox, Notice},
    page::Page,
    people::Form,
};

#[derive(Debug, Clone)]
pub struct Person {
    http: Client,
    server: String,
    cookies: Arc<Jar>,
}

impl Person {
    /// A fresh browser: no cookies, no history.
    pub fn new(server: &str) -> Result<Self, Trouble> {
        let cookies = Arc::new(Jar::default());
        let http = browser().cookie_provider(cookies.clone()).build()?;
        Ok(Self { http, server: server.trim_end_matches('/').to_owned(), cookies })
    }

    /// A browser that has this cookie, set by another: the same person, twice at work.
    pub fn carrying(server: &str, cookie: &str) -> Result<Self, Trouble> {
        let cookie = HeaderValue::from_str(cookie).map_err(|error| Trouble::NotHeld(error.to_string()))?;
        let headers = HeaderMap::from_iter([(COOKIE, cookie)]);
        let http = browser().default_headers(headers).build()?;
        Ok(Self { http, server: server.trim_end_matches('/').to_owned(), cookies: Arc::default() })
    }

    /// To ask what no person would.
    #[must_use]
    pub const fn http(&self) -> &Client {
        &self.http
    }

    /// A fresh browser that has signed in with the code sent to `phone`.
    pub async fn signed_in(server: &str, phone: &str, mailbox: &Mailbox) -> Result<Self, Trouble> {
        let person = Self::new(server)?;
        let page = person.get("/sign-in").await?;
        let token = page.form_token().unwrap_or_default().to_owned();
        person.post("/sign-in/code", &[("phone", phone), ("form_token", &token)]).await?;
        let notice = mailbox
            .take("the sign-in code", |notice| notice.to == phone && notice.link.is_none() && notice.code().is_some())
            .await?;
        let code = notice.code().unwrap_or_default();
        let page = person.post("/sign-in", &[("phone", phone), ("code", code), ("form_token", &token)]).await?;
        if page.status == 303 { Ok(person) } else { Err(trouble("signing in", page)) }
    }

    /// Sends the booking form; a good one leads to the booking's page.
    pub async fn book(&self, form: &Form) -> Result<Page, Trouble> {
        self.submit("/book", form).await
    }

    /// Sends the form a host fills in for a visitor.
    pub async fn book_on_behalf(&self, form: &Form) -> Result<Page, Trouble> {
        self.submit("/host/book", form).await
    }

    /// Sends the form of a booking of their own, changed.
    pub async fn change(&self, booking: &str, form: &Form) -> Result<Page, Trouble> {
        self.submit(&format!("{booking}/edit"), form).await
    }

    /// Books and returns the address of the booking's page.
    pub async fn booked(&self, form: &Form) -> Result<String, Trouble> {
        let page = self.book(form).await?;
        page.location.clone().filter(|_| page.status == 303).ok_or_else(|| trouble("booking", page))
    }

    /// Opens the review page behind a notice's link; nothing is decided by it.
    pub async fn open(&self, notice: &Notice) -> Result<Review, Trouble> {
        let address = self.path_of(notice)?;
        let page = self.get(&address).await?;
        let token = page.form_token().unwrap_or_default().to_owned();
        let revision = page.revision().unwrap_or_default().to_owned();
        Ok(Review { address, token, revision })
    }

    /// One tap on an open review page.
    pub async fn tap(&self, review: &Review, choice: &str) -> Result<Page, Trouble> {
        let Review { address, token, revision } = review;
        let fields = [("choice", choice), ("reason", ""), ("form_token", token), ("revision", revision)];
        self.post(address, &fields).await
    }

    /// Opens and decides.
    pub async fn decide(&self, notice: &Notice, choice: &str) -> Result<Page, Trouble> {
        self.tap(&self.open(notice).await?, choice).await
    }

    /// Posts to an address of this person's own pages, with the token its page carries.
    pub async fn press(&self, page: &str, action: &str) -> Result<Page, Trouble> {
        let token = self.get(page).await?.form_token().unwrap_or_default().to_owned();
        self.post(action, &[("form_token", &token), ("reason", "行程取消")]).await
    }

    pub async fn get(&self, address: &str) -> Result<Page, Trouble> {
        read(self.http.get(self.at(address)).send().await?).await
    }

    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Page, Trouble> {
        read(self.http.post(self.at(address)).header("origin", &self.server).form(fields).send().await?).await
    }

    /// The pass picture as the page's `<img>` loads it.
    pub async fn picture(&self, address: &str) -> Result<Vec<u8>, Trouble> {
        let answer = self.http.get(self.at(address)).send().await?;
        if answer.status().is_success() {
            Ok(answer.bytes().await?.to_vec())
        } else {
            Err(trouble("loading the picture", read(answer).await?))
        }
    }

    /// The address a notice's link has on this server.
    pub fn path_of(&self, notice: &Notice) -> Result<String, Trouble> {
        let link = notice.link.as_deref().unwrap_or_default();
        let begins = ["/decide/", "/pass/", "/d/", "/p/"].into_iter().find_map(|path| link.find(path));
        let path = begins.and_then(|at| link.get(at..));
        path.map(str::to_owned).ok_or_else(|| Trouble::NotHeld(format!("no link in {notice:?}")))
    }

    /// What this browser writes to its line to ask for a page, for those who measure.
    #[must_use]
    pub fn asking(&self, address: &str) -> String {
        format!("{}\r\n", self.head("GET", address))
    }

    /// The booking form filled in, to be sent as often as wanted.
    pub async fn ready_to_book(&self, form: &Form) -> Result<Ready, Trouble> {
        let token = self.get("/book").await?.form_token().unwrap_or_default().to_owned();
        let fields = form.fields().map(|(field, typed)| (field.to_owned(), typed.to_owned()));
        Ok(Ready(fields.chain([("form_token".to_owned(), token)]).collect()))
    }

    /// The same with its number, so that however often it is sent it is one booking.
    pub async fn numbered(&self, form: &Form) -> Result<Ready, Trouble> {
        let page = self.get("/book").await?;
        let told = |found: Option<&str>| found.unwrap_or_default().to_owned();
        let fields = form.fields().map(|(field, typed)| (field.to_owned(), typed.to_owned()));
        let hidden = [("form_token", told(page.form_token())), ("form_id", told(page.form_id()))];
        Ok(Ready(fields.chain(hidden.map(|(field, value)| (field.to_owned(), value))).collect()))
    }

    /// Books with a form that is ready; the address of the booking's page.
    pub async fn send(&self, Ready(fields): &Ready) -> Result<String, Trouble> {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(field, typed)| (field.as_str(), typed.as_str())).collect();
        let page = self.post("/book", &fields).await?;
        page.location.clone().filter(|_| page.status == 303).ok_or_else(|| trouble("booking", page))
    }

    /// What this browser writes to its line to book with a form that is ready.
    pub fn sending(&self, Ready(fields): &Ready) -> Result<String, Trouble> {
        let request = self.http.post(self.at("/book")).form(fields).build()?;
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let head = self.head("POST", "/book");
        let (origin, length, body) = (&self.server, body.len(), String::from_utf8_lossy(body));
        Ok(format!(
            "{head}origin: {origin}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    fn head(&self, method: &str, address: &str) -> String {
        let host = self.server.trim_start_matches("http://");
        let cookies = self.server.parse().ok().and_then(|url| self.cookies.cookies(&url));
        let cookies = cookies.as_ref().and_then(|cookies| cookies.to_str().ok());
        let cookies = cookies.map(|cookies| format!("cookie: {cookies}\r\n")).unwrap_or_default();
        format!("{method} {address} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n{cookies}")
    }

    async fn submit(&self, address: &str, form: &Form) -> Result<Page, Trouble> {
        let page = self.get(address).await?;
        let token = page.form_token().unwrap_or_default();
        let mut fields: Vec<(&str, &str)> = form.fields().collect();
        fields.push(("form_token", token));
        self.post(address, &fields).await
    }

    fn at(&self, address: &str) -> String {
        format!("{}{address}", self.server)
    }
}

/// A filled form; without the number of the form that was shown, each time it is sent it is a new booking.
#[derive(Debug, Clone)]
pub struct Ready(Vec<(String, String)>);

/// A review page that somebody has open.
#[derive(Debug, Clone)]
pub struct Review {
    pub address: String,
    token: String,
    revision: String,
}

/// The office of a story is on this machine: whom else to trust need not be read from the disk for every browser.
fn browser() -> ClientBuilder {
    // Less than a server keeps a line that is silent.
    let idle = Duration::from_secs(10);
    Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).pool_idle_timeout(idle)
}

async fn read(answer: reqwest::Response) -> Result<Page, Trouble> {
    let status = answer.status().as_u16();
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Page { status, location, body: answer.text().await? })
}

fn trouble(what: &str, page: Page) -> Trouble {
    Trouble::Page { what: what.to_owned(), status: page.status, body: page.body }
}
