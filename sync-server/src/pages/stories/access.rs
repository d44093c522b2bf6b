//! Every address against everybody: who is answered, who is refused, and that neither looking nor being refused changes a row.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderName, Method, Request, StatusCode, header},
};
use chrono::TimeDelta;

use super::{Answer, Browser, HOST, Office, VISITOR, encoded, member};
use crate::pages::routes::{self, Shows, Whose};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Stranger,
    Visitor,
    OtherVisitor,
    Host,
    OtherHost,
}

impl Who {
    const ALL: [Self; 5] = [Self::Stranger, Self::Visitor, Self::OtherVisitor, Self::Host, Self::OtherHost];

    fn phone(self) -> Option<&'static str> {
        match self {
            Self::Stranger => None,
            Self::Visitor => Some(VISITOR),
            Self::OtherVisitor => Some("13800130077"),
            Self::Host => Some(HOST),
            Self::OtherHost => Some("13900130088"),
        }
    }

    /// What the address answers to them at most.
    fn refusal(self, whose: Whose) -> Option<StatusCode> {
        let is_theirs = match whose {
            Whose::Everybodys | Whose::Bearers => true,
            Whose::SignedIn => self != Self::Stranger,
            Whose::Staff => matches!(self, Self::Host | Self::OtherHost),
            Whose::Visitors => self == Self::Visitor,
            Whose::Hosts => self == Self::Host,
            Whose::Partys => matches!(self, Self::Visitor | Self::Host),
        };
        let refusal = if self == Self::Stranger { StatusCode::SEE_OTHER } else { StatusCode::NOT_FOUND };
        (!is_theirs).then_some(refusal)
    }
}

/// Two visitors, two hosts and a stranger; one visit that waits and one that is approved, of the same two.
struct World {
    office: Office,
    browsers: BTreeMap<Who, (Browser, String)>,
    /// For every name in an address, what may stand there.
    names: Vec<(&'static str, Vec<String>)>,
}

impl World {
    async fn new() -> Self {
        let office = Office::new().await;
        let staff = vec![member("T1", "李文", HOST), member("T2", "王芳", "13900130088")];
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
        let (visitor, _) = browsers.get_mut(&Who::Visitor).unwrap();
        let waiting = visitor.book(&office, &[]).await.location().to_owned();
        let links = office.links().await;
        let approved = visitor.book(&office, &[("reason", "再次来访")]).await.location().to_owned();
        let (host, token) = browsers.get_mut(&Who::Host).unwrap();
        let fields = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
        host.post(&office, &format!("{approved}/decide"), &fields).await.location();
        let (visitor, _) = browsers.get_mut(&Who::Visitor).unwrap();
        let page = visitor.get(&office, &approved).await.after("<a href=\"/pass/").to_owned();
        let mut invitations = Vec::new();
        for who in [Who::Host, Who::OtherHost] {
            let (host, token) = browsers.get_mut(&who).unwrap();
            host.post(&office, "/host/invite", &[("form_token", token.as_str())]).await.location();
            invitations.push(host.get(&office, "/host/invite").await.after("/invited/").to_owned());
        }
        let last = |address: &str| address.rsplit('/').next().unwrap().to_owned();
        let names = vec![
            ("{number}", vec![last(&waiting), last(&approved)]),
            ("{token}", links.iter().map(|link| last(link)).collect()),
            ("{name}", vec![page.clone(), format!("{page}.png")]),
            ("{invitation}", invitations),
            ("{file}", vec![office.state.assets.sheet.name.clone(), office.state.assets.script.name.clone()]),
        ];
        Self { office, browsers, names }
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

#[tokio::test]
async fn each_address_answers_only_those_whose_it_is() {
    let world = World::new().await;
    let before = world.rows().await;
    for route in routes::all() {
        for who in Who::ALL {
            for (method, shows) in &route.asks {
                let refusal = who.refusal(route.whose);
                // What follows where a form is heard, other stories tell.
                if refusal.is_none() && shows.is_some() {
                    continue;
                }
                let mut answered = 0;
                for address in world.addresses(route.path) {
                    let answer = world.send(who, method, &address, &[]).await;
                    let said = format!("{method} {address} by {who:?}: {}", answer.status);
                    answered += usize::from(answer.status.is_success() || answer.status.is_redirection());
                    if let Some(refusal) = refusal {
                        assert_eq!(answer.status, refusal, "{said}");
                        assert!(!String::from_utf8_lossy(&answer.body).contains("欧阳"), "{said}");
                    }
                    if refusal == Some(StatusCode::SEE_OTHER) {
                        assert!(answer.location().starts_with("/sign-in"), "{said}");
                    }
                }
                // A visit that waits has no calendar file yet; the one that is approved has.
                assert!(refusal.is_some() || answered > 0, "{method} {} by {who:?}", route.path);
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
        let who = Who::ALL.into_iter().rev().find(|who| who.refusal(route.whose).is_none()).unwrap();
        let elsewhere: [&[(HeaderName, &str)]; 4] = [
            &[(header::ORIGIN, "https://evil.example")],
            &[(SITE, "cross-site")],
            &[(SITE, "same-site")],
            &[(SITE, "cross-site"), (header::ORIGIN, "http://127.0.0.1:8460")],
        ];
        for (method, shows) in route.asks.iter().filter_map(|(method, shows)| Some((method, (*shows)?))) {
            for address in world.addresses(route.path) {
                walked += 1;
                for headers in elsewhere {
                    let answer = world.send(who, method, &address, headers).await;
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {address} {headers:?}");
                }
                // An older browser that will not say where it comes from, and somebody else's token.
                let (_, others) = &world.browsers[&Who::OtherVisitor];
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
