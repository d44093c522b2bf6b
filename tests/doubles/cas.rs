//! The university's CAS: a door where one says who one is, tickets for one service each, and an answer about each of them once.
//!
//! Tickets are good for one look, also one that fails, and for five minutes; a look with another service than the ticket was made
//! for kills it. The service is compared letter by letter after one decoding, as CAS does. How the answer is spelt can be
//! changed, because no two servers spell it alike; one spelling is an attack.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;

use crate::{Doubles, hall::answered};

pub const NAME: &str = "cas";
pub const TICKET_LASTS_S: i64 = 300;

/// How success is spelt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spelling {
    #[default]
    Usual,
    /// Another prefix, and much space around what counts.
    OtherPrefix,
    /// No prefix: the namespace is the default one.
    NoPrefix,
    /// The number stands in an attribute that has two values, the same twice.
    Twice,
    /// And here with two different ones.
    TwoNumbers,
    /// An entity of its own making, which would read a file.
    ForeignEntity,
}

#[derive(Debug, Default)]
pub struct Cas(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Who has signed in at the door already, in the one browser of the story.
    signed_in: Option<String>,
    tickets: BTreeMap<String, Ticket>,
    made: usize,
    spelling: Spelling,
    now: i64,
    /// Services that were told of a ticket, to be told of the end.
    told: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
struct Ticket {
    service: String,
    user: String,
    until: i64,
}

impl Cas {
    /// Whoever comes to the door is this one and need not say so.
    pub fn sign_in(&self, user: &str) {
        self.inner().signed_in = Some(user.to_owned());
    }

    pub fn spell(&self, spelling: Spelling) {
        self.inner().spelling = spelling;
    }

    /// Time passes for tickets.
    pub fn later(&self, seconds: i64) {
        self.inner().now += seconds;
    }

    /// Tells every service that was told of a ticket that its user has left; what each answered.
    pub async fn log_out_everywhere(&self) -> Vec<u16> {
        let told = std::mem::take(&mut self.inner().told);
        let mut answers = Vec::new();
        for (service, ticket) in told {
            let request = format!(
                "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"LR-1\" Version=\"2.0\">\
                 <samlp:SessionIndex>{ticket}</samlp:SessionIndex></samlp:LogoutRequest>"
            );
            let sent = reqwest::Client::new().post(service).form(&[("logoutRequest", request)]).send().await;
            answers.push(sent.map_or(0, |answer| answer.status().as_u16()));
        }
        answers
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ticket for a service.
    pub fn ticket(&self, user: &str, service: &str) -> String {
        let mut inner = self.inner();
        inner.made += 1;
        let ticket = format!("ST-{}-{}-cas.double", inner.made, "aA5Yuvrxzpv8Tau1cYQ7".repeat(2));
        let until = inner.now + TICKET_LASTS_S;
        let made = Ticket { service: service.to_owned(), user: user.to_owned(), until };
        inner.tickets.insert(ticket.clone(), made);
        ticket
    }

    fn whose(&self, ticket: &str) -> String {
        self.inner().tickets.get(ticket).map(|ticket| ticket.user.clone()).unwrap_or_default()
    }

    /// The one look at a ticket.
    fn look(&self, ticket: &str, service: &str) -> Result<String, (&'static str, String)> {
        if ticket.is_empty() || service.is_empty() {
            return Err(("INVALID_REQUEST", "service and ticket are both needed".to_owned()));
        }
        if !ticket.starts_with("ST-") {
            return Err(("INVALID_TICKET_SPEC", "not a service ticket".to_owned()));
        }
        let mut inner = self.inner();
        let found = inner.tickets.remove(ticket).filter(|found| inner.now < found.until);
        let found = found.ok_or_else(|| ("INVALID_TICKET", format!("Ticket {ticket} not recognized")))?;
        if found.service != service {
            return Err(("INVALID_SERVICE", format!("made for another service than {service}")));
        }
        inner.told.push((service.to_owned(), ticket.to_owned()));
        Ok(found.user)
    }
}

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new()
        .route("/cas/login", get(door).post(enter))
        .route("/cas/p3/serviceValidate", get(validate))
        .route("/cas/serviceValidate", get(validate_as_2))
        .with_state(doubles.clone())
}

#[derive(Deserialize)]
struct AtDoor {
    service: String,
    #[serde(default)]
    username: String,
}

async fn door(State(doubles): State<Doubles>, Query(at): Query<AtDoor>) -> Response {
    let known = doubles.cas.inner().signed_in.clone();
    match known {
        Some(user) => onwards(&doubles, &user, &at.service),
        None => {
            let service = escaped(&at.service);
            Html(format!(
                "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
                 <title>统一身份认证（替身）</title><style>body{{font:18px/1.6 sans-serif;max-width:22em;margin:4em auto;padding:0 1em}}\
                 input,button{{font:inherit;padding:.4em .7em;width:100%;box-sizing:border-box;margin:.3em 0}}</style>\
                 <h1>统一身份认证（替身）</h1><form method=\"post\" action=\"/cas/login\">\
                 <input type=\"hidden\" name=\"service\" value=\"{service}\"><label>工号 <input name=\"username\" value=\"T2001\"></label>\
                 <button>登录</button></form></html>"
            ))
            .into_response()
        }
    }
}

async fn enter(State(doubles): State<Doubles>, Form(at): Form<AtDoor>) -> Response {
    onwards(&doubles, &at.username, &at.service)
}

fn onwards(doubles: &Doubles, user: &str, service: &str) -> Response {
    let local = ["http://", "https://"].iter().any(|scheme| service.starts_with(scheme));
    if !local {
        return (StatusCode::FORBIDDEN, "service not registered").into_response();
    }
    let ticket = doubles.cas.ticket(user, service);
    let joint = if service.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{service}{joint}ticket={ticket}")).into_response()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    service: String,
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    format: String,
}

async fn validate(State(doubles): State<Doubles>, Query(asked): Query<Asked>) -> Response {
    answer(&doubles, &asked, true).await
}

/// As CAS 2 does: the user, and no attributes.
async fn validate_as_2(State(doubles): State<Doubles>, Query(asked): Query<Asked>) -> Response {
    answer(&doubles, &asked, false).await
}

async fn answer(doubles: &Doubles, asked: &Asked, attributes: bool) -> Response {
    let fault = doubles.dials.take_of(NAME, &doubles.cas.whose(&asked.ticket));
    answered(fault, |_| {
        let spelling = doubles.cas.inner().spelling;
        let said = doubles.cas.look(&asked.ticket, &asked.service);
        if asked.format.eq_ignore_ascii_case("json") {
            return Json(match said {
                Ok(user) => json!({"serviceResponse": {"authenticationSuccess": {
                    "user": user, "attributes": {"staffNo": [user], "cn": ["教职工"]}}}}),
                Err((code, why)) => {
                    json!({"serviceResponse": {"authenticationFailure": {"code": code, "description": why}}})
                }
            })
            .into_response();
        }
        let body = match said {
            Ok(user) => success(spelling, &escaped(&user), attributes),
            Err((code, why)) => format!(
                "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">\n <cas:authenticationFailure code=\"{code}\">{}\
                 </cas:authenticationFailure>\n</cas:serviceResponse>",
                escaped(&why)
            ),
        };
        ([(CONTENT_TYPE, "application/xml;charset=UTF-8")], body).into_response()
    })
    .await
}

fn success(spelling: Spelling, user: &str, attributes: bool) -> String {
    let numbers = match spelling {
        Spelling::Twice => vec![user, user],
        Spelling::TwoNumbers => vec![user, "T2002"],
        Spelling::Usual | Spelling::OtherPrefix | Spelling::NoPrefix | Spelling::ForeignEntity => vec![user],
    };
    let (prefix, declared, space) = match spelling {
        Spelling::OtherPrefix => ("sso:", "xmlns:sso", "\n\t  "),
        Spelling::NoPrefix => ("", "xmlns", ""),
        Spelling::Usual | Spelling::Twice | Spelling::TwoNumbers | Spelling::ForeignEntity => {
            ("cas:", "xmlns:cas", "\n")
        }
    };
    let (before, user) = if spelling == Spelling::ForeignEntity {
        ("<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/hostname\"><!ENTITY u \"T2001\">]>\n", "&u;")
    } else {
        ("", user)
    };
    let mut listed = String::new();
    if attributes {
        let lines: String =
            numbers.iter().map(|number| format!("<{prefix}staffNo>{space}{number}{space}</{prefix}staffNo>")).collect();
        listed = format!("<{prefix}attributes>{space}{lines}<{prefix}cn>教职工</{prefix}cn></{prefix}attributes>");
    }
    format!(
        "{before}<{prefix}serviceResponse {declared}=\"http://www.yale.edu/tp/cas\">{space}<{prefix}authenticationSuccess>{space}\
         <{prefix}user>{space}{user}{space}</{prefix}user>{space}{listed}</{prefix}authenticationSuccess>{space}\
         </{prefix}serviceResponse>{space}"
    )
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
