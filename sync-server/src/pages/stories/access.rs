//! Every address against everybody: who is answered, who is refused, and that neither looking nor being refused changes a row.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderName, Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use shared::time::CampusDay;

use super::{Answer, Browser, HOST, Office, VISITOR, encoded, member};
use crate::{
    config::Config,
    pages::routes::{self, Shows, Whose},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Stranger,
    Visitor,
    /// With a visit of their own on the other campus.
    OtherVisitor,
    Host,
    OtherHost,
    /// Stands in for the host today.
    Deputy,
}

/// Of a booking that an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visit {
    visitor: Who,
    host: Who,
    waits: bool,
}

impl Who {
    const ALL: [Self; 6] =
        [Self::Stranger, Self::Visitor, Self::OtherVisitor, Self::Host, Self::OtherHost, Self::Deputy];

    fn phone(self) -> Option<&'static str> {
        match self {
            Self::Stranger => None,
            Self::Visitor => Some(VISITOR),
            Self::OtherVisitor => Some("13800130077"),
            Self::Host => Some(HOST),
            Self::OtherHost => Some("13900130088"),
            Self::Deputy => Some("13900130099"),
        }
    }

    /// What the address answers to them at most.
    fn refusal(self, whose: Whose, visit: Option<Visit>) -> Option<StatusCode> {
        let is_visitor = visit.is_some_and(|visit| self == visit.visitor);
        // A deputy has to do with what waits.
        let decides = visit.is_some_and(|Visit { host, waits, .. }| {
            self == host || (self, host, waits) == (Self::Deputy, Self::Host, true)
        });
        let is_theirs = match whose {
            Whose::Everybodys | Whose::Bearers => true,
            Whose::SignedIn => self != Self::Stranger,
            Whose::Staff => matches!(self, Self::Host | Self::OtherHost | Self::Deputy),
            Whose::Visitors => is_visitor,
            Whose::Hosts => decides,
            Whose::Partys => is_visitor || decides,
        };
        let refusal = if self == Self::Stranger { StatusCode::SEE_OTHER } else { StatusCode::NOT_FOUND };
        (!is_theirs).then_some(refusal)
    }

    /// Who is never named to them on a page that is no secret link's.
    fn strangers_name(self) -> &'static [&'static str] {
        match self {
            Self::Stranger => &["欧阳", "赵㼆"],
            Self::Visitor | Self::Host | Self::Deputy => &["赵㼆"],
            Self::OtherVisitor | Self::OtherHost => &["欧阳"],
        }
    }
}

/// On each campus a visitor and a host with a visit that waits and one that is approved; a deputy of one host, and a stranger.
struct World {
    office: Office,
    browsers: BTreeMap<Who, (Browser, String)>,
    /// By number.
    visits: BTreeMap<String, Visit>,
    /// For every name in an address, what may stand there.
    names: Vec<(&'static str, Vec<String>)>,
}

impl World {
    async fn new() -> Self {
        let config = Config::parse("[sign_on.cas]\nurl = 'https://cas.example.edu.cn/cas'").unwrap();
        let office = Office::with(config).await;
        let staff = vec![
            member("T1", "李文", HOST),
            member("T2", "王芳", "13900130088"),
            member("T3", "马云山", "13900130099"),
        ];
        office.state.store.import_directory(staff, office.state.clock.now()).await.unwrap();
        let mut browsers = BTreeMap::new();
        for who in Who::ALL {
            let (mut browser, mut token) = (Browser::default(), String::new());
            if let Some(phone) = who.phone() {
                browser = Browser::signed_in(&office, phone).await;
                token = browser.get(&office, "/bookings").await.form_token();
            }
            browsers.insert(who, (browser, token));
        }
        let (host, token) = browsers.get_mut(&Who::Host).unwrap();
        let today = CampusDay::of(office.state.clock.now()).to_string();
        let away = [("form_token", token.as_str()), ("deputy", "T3"), ("from", &today), ("through", &today)];
        host.post(&office, "/host/deputy", &away).await.location();
        let elsewhere = [
            ("visitor_name", "赵㼆"),
            ("phone", "13800130077"),
            ("campus", "2"),
            ("host_number", "T2"),
            ("host_name", "王芳"),
        ];
        let (mut visits, mut links, mut pages) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (visitor, host, typed) in
            [(Who::Visitor, Who::Host, &[][..]), (Who::OtherVisitor, Who::OtherHost, &elsewhere[..])]
        {
            for (waits, reason) in [(true, "商谈合作"), (false, "再次来访")] {
                let (browser, _) = browsers.get_mut(&visitor).unwrap();
                let typed: Vec<_> = typed.iter().copied().chain([("reason", reason)]).collect();
                let address = browser.book(&office, &typed).await.location().to_owned();
                if waits {
                    links = office.links().await;
                } else {
                    let (browser, token) = browsers.get_mut(&host).unwrap();
                    let fields = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
                    browser.post(&office, &format!("{address}/decide"), &fields).await.location();
                    let (browser, _) = browsers.get_mut(&visitor).unwrap();
                    pages.push(browser.get(&office, &address).await.after("<a href=\"/pass/").to_owned());
                }
                visits.insert(last(&address), Visit { visitor, host, waits });
            }
        }
        let mut invitations = Vec::new();
        for who in [Who::Host, Who::OtherHost, Who::Deputy] {
            let (host, token) = browsers.get_mut(&who).unwrap();
            host.post(&office, "/host/invite", &[("form_token", token.as_str())]).await.location();
            invitations.push(host.get(&office, "/host/invite").await.after("/invited/").to_owned());
        }
        let names = vec![
            ("{number}", visits.keys().cloned().collect()),
            ("{token}", links.iter().map(|link| last(link)).collect()),
            ("{name}", pages.iter().flat_map(|page| [page.clone(), format!("{page}.png")]).collect()),
            ("{invitation}", invitations),
            ("{house}", vec!["cas".to_owned()]),
            ("{file}", vec![office.state.assets.sheet.name.clone(), office.state.assets.script.name.clone()]),
        ];
        Self { office, browsers, visits, names }
    }

    /// The booking that an address names.
    fn visit(&self, address: &str) -> Option<Visit> {
        let number = address.strip_prefix("/bookings/")?.split('/').next()?;
        self.visits.get(number).copied()
    }

    fn addresses(&self, path: &str) -> Vec<String> {
        let named: Vec<_> = self.names.iter().filter(|(name, _)| path.contains(name)).collect();
        assert_eq!(named.len(), path.matches('{').count(), "nothing is known that could stand in {path}");
        named.iter().fold(vec![path.to_owned()], |paths, (name, values)| {
            paths.iter().flat_map(|path| values.iter().map(move |value| path.replace(name, value))).collect()
        })
    }

    async fn send(&self, who: Who, method: &Method, address: &str, headers: &[(HeaderName, &str)]) -> Answer {
        let (_, token) = &self.browsers[&who];
        self.send_with(who, method, address, token, headers).await
    }

    async fn send_with(
        &self,
        who: Who,
        method: &Method,
        address: &str,
        token: &str,
        headers: &[(HeaderName, &str)],
    ) -> Answer {
        let (browser, _) = &self.browsers[&who];
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let body = if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            Body::from(encoded(&[("form_token", token), ("choice", "approve")]))
        } else {
            Body::empty()
        };
        browser.clone().send(&self.office, request, body).await
    }

    async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        self.office.state.store.every_row().await.unwrap()
    }
}

fn last(address: &str) -> String {
    address.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn each_address_answers_only_those_whose_it_is() {
    let world = World::new().await;
    let before = world.rows().await;
    for route in routes::all() {
        for who in Who::ALL {
            for (method, shows) in &route.asks {
                let (mut theirs, mut answered) = (0, 0);
                for address in world.addresses(route.path) {
                    let refusal = who.refusal(route.whose, world.visit(&address));
                    // What follows where a form is heard, other stories tell.
                    if refusal.is_none() && shows.is_some() {
                        continue;
                    }
                    let answer = world.send(who, method, &address, &[]).await;
                    let said = format!("{method} {address} by {who:?}: {}", answer.status);
                    let body = String::from_utf8_lossy(&answer.body);
                    if route.whose != Whose::Bearers {
                        for name in who.strangers_name() {
                            assert!(!body.contains(name), "{said} names {name}");
                        }
                    }
                    match refusal {
                        Some(refusal) => {
                            // Who stands in for the host and comes second is told how it came.
                            let second = who == Who::Deputy
                                && address.ends_with("/decide")
                                && world.visit(&address).is_some_and(|visit| visit.host == Who::Host && !visit.waits);
                            let told = second && answer.status == StatusCode::CONFLICT;
                            assert!(answer.status == refusal || told, "{said}");
                            assert!(!body.contains("欧阳") && !body.contains("赵㼆"), "{said}");
                        }
                        None => {
                            theirs += 1;
                            answered += usize::from(answer.status.is_success() || answer.status.is_redirection());
                        }
                    }
                    if refusal == Some(StatusCode::SEE_OTHER) {
                        assert!(answer.location().starts_with("/sign-in"), "{said}");
                    }
                }
                // A visit that waits has no calendar file yet; the one that is approved has.
                assert!(theirs == 0 || answered > 0, "{method} {} by {who:?}", route.path);
            }
        }
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn nothing_changes_by_looking() {
    let world = World::new().await;
    // Later than the last use of a session is noted at.
    world.office.clock.advance(TimeDelta::minutes(30));
    let before = world.rows().await;
    for route in routes::all() {
        for address in world.addresses(route.path) {
            for who in Who::ALL {
                for method in [Method::GET, Method::HEAD] {
                    let answer = world.send(who, &method, &address, &[]).await;
                    let is_there = route.asks.iter().any(|(asked, _)| *asked == method);
                    let said = format!("{method} {address} by {who:?}: {}", answer.status);
                    assert_eq!(answer.status == StatusCode::METHOD_NOT_ALLOWED, !is_there, "{said}");
                    assert!(!answer.status.is_server_error(), "{said}");
                }
            }
        }
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn a_change_is_asked_for_on_our_own_page_with_its_own_token() {
    const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let world = World::new().await;
    let before = world.rows().await;
    let mut walked = 0;
    for route in routes::all() {
        let elsewhere: [&[(HeaderName, &str)]; 4] = [
            &[(header::ORIGIN, "https://evil.example")],
            &[(SITE, "cross-site")],
            &[(SITE, "same-site")],
            &[(SITE, "cross-site"), (header::ORIGIN, "http://127.0.0.1:8460")],
        ];
        for (method, shows) in route.asks.iter().filter_map(|(method, shows)| Some((method, (*shows)?))) {
            for address in world.addresses(route.path) {
                let visit = world.visit(&address);
                let mut may = Who::ALL.into_iter().rev().filter(|who| who.refusal(route.whose, visit).is_none());
                let who = may.next().unwrap();
                walked += 1;
                for headers in elsewhere {
                    let answer = world.send(who, method, &address, headers).await;
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address} {headers:?}");
                }
                // An older browser that will not say where it comes from, and somebody else's token.
                let other = if who == Who::OtherVisitor { Who::Visitor } else { Who::OtherVisitor };
                let (_, others) = &world.browsers[&other];
                for token in ["", "x", others] {
                    let unsaid = [(header::ORIGIN, "null")];
                    let answer = world.send_with(who, method, &address, token, &unsaid).await;
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address} {token}");
                    if matches!(shows, Shows::SessionToken | Shows::LinkToken) {
                        let answer = world.send_with(who, method, &address, token, &[]).await;
                        assert!(answer.status.is_client_error(), "{method} {address} {token}: {}", answer.status);
                    }
                }
            }
        }
    }
    assert!(walked >= 9, "{walked}");
    assert_eq!(world.rows().await, before);
}
