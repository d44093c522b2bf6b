//! Signing in: a phone number, a code sent to it, and a session.
//!
//! Between the two steps the number waits in a cookie, so that the page survives being reloaded when somebody comes back from
//! reading the message, and never stands in an address. These pages hold no secret address and there is no session yet whose token
//! a form could carry, so here alone the browser may say where it comes from.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{REFERRER_POLICY, SET_COOKIE},
    },
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use shared::{identity::Phone, time::Moment};

use super::{
    address::{Client, way_back},
    cookie::{Cookies, Life},
    form::Posted,
    language::Language,
    problem_words,
    problems::Problems,
    session::{self, Asked},
    shell::{Shell, page},
};
use crate::{
    error::{AppError, Told},
    random,
    state::AppState,
    store::{CodeCheck, CodeIssued},
};

const COOKIE: &str = "signing_in";
const COOKIE_S: i64 = 15 * 60;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    code_sent: bool,
    code_minutes: u16,
    phone: String,
    phone_masked: String,
    code: String,
    remember: bool,
    next: String,
    problems: Problems,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
    other: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NumberTyped {
    phone: String,
    next: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CodeTyped {
    phone: String,
    code: String,
    remember: String,
    next: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let waiting =
        Cookies::under(&state.config.public_url).get(&headers, COOKIE).and_then(|phone| Phone::parse(phone).ok());
    let waiting = waiting.filter(|_| wanted.other.is_empty());
    answer(&SignIn { next: wanted.next, ..step(&state, shell, waiting.as_ref()) }, StatusCode::OK)
}

/// Where a reload after sending the code leads.
pub(super) async fn back() -> Redirect {
    Redirect::to("/sign-in")
}

pub(super) async fn send_code(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Client(address): Client,
    posted: Posted<NumberTyped>,
) -> Result<Response, AppError> {
    let NumberTyped { phone: typed, next } = posted.before_sign_in()?;
    let again = |status, shell, said| {
        let problems = Problems::one("phone", "", said);
        Ok(answer(&SignIn { next: next.clone(), phone: typed.clone(), problems, ..step(&state, shell, None) }, status))
    };
    let lang = shell.lang;
    let phone = match Phone::parse(&typed) {
        Ok(phone) if phone.is_mainland() => phone,
        Ok(_) => return again(StatusCode::UNPROCESSABLE_ENTITY, shell, problem_words::phone_foreign(lang)),
        Err(error) => return again(StatusCode::UNPROCESSABLE_ENTITY, shell, problem_words::phone(error, lang)),
    };
    let now = state.clock.now();
    let code = random::six_digits().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    match state.store.issue_code(&phone, address, &code, now, &state.config.sign_in.limits()).await? {
        CodeIssued::Sent => {
            let cookie = Cookies::under(&state.config.public_url).set(COOKIE, phone.as_str(), Life::For(COOKIE_S));
            let next = way_back(&next);
            Ok((set(cookie), Redirect::to(&format!("/sign-in?next={next}"))).into_response())
        }
        CodeIssued::Limited { retry_at } => again(StatusCode::TOO_MANY_REQUESTS, shell, wait(retry_at, now, lang)),
    }
}

pub(super) async fn enter(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    posted: Posted<CodeTyped>,
) -> Result<Response, AppError> {
    let typed = posted.before_sign_in()?;
    let (lang, remember) = (shell.lang, typed.remember == "yes");
    let again = |said, phone: Option<&Phone>, field| {
        let problems = Problems::one(field, "", said);
        let filled = SignIn {
            next: typed.next.clone(),
            code: typed.code.clone(),
            remember,
            problems,
            ..step(&state, shell, phone)
        };
        Ok(answer(&filled, StatusCode::UNPROCESSABLE_ENTITY))
    };
    let phone = match Phone::parse(&typed.phone) {
        Ok(phone) => phone,
        Err(error) => return again(problem_words::phone(error, lang), None, "phone"),
    };
    let digits: String = typed.code.chars().filter_map(digit).collect();
    match state.store.check_code(&phone, &digits, state.clock.now()).await? {
        CodeCheck::Right => {
            let session = session::open(&state, phone, remember).await?;
            let done = Cookies::under(&state.config.public_url).set(COOKIE, "", Life::Over);
            Ok((set(session), set(done), Redirect::to(way_back(&typed.next))).into_response())
        }
        CodeCheck::Wrong { left } => {
            let said = lang.say("验证码不对，还可以再试 {} 次", "This is not the code; {} more tries");
            again(said.replace("{}", &left.to_string()), Some(&phone), "code")
        }
        CodeCheck::Gone => {
            let said = lang.say("验证码已失效，请重新发送", "This code is no longer good; please have a new one sent");
            again(said.to_owned(), Some(&phone), "code")
        }
    }
}

fn step(state: &AppState, shell: Shell, waiting: Option<&Phone>) -> SignIn {
    SignIn {
        shell,
        code_sent: waiting.is_some(),
        code_minutes: state.config.sign_in.code_minutes,
        phone: waiting.map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        phone_masked: waiting.map(Phone::masked).unwrap_or_default(),
        code: String::new(),
        remember: false,
        next: String::new(),
        problems: Problems::default(),
    }
}

fn answer(template: &SignIn, status: StatusCode) -> Response {
    (status, AppendHeaders([(REFERRER_POLICY, "same-origin")]), page(template)).into_response()
}

fn set(cookie: Option<HeaderValue>) -> AppendHeaders<Option<(axum::http::HeaderName, HeaderValue)>> {
    AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)))
}

fn wait(until: Moment, now: Moment, lang: Language) -> String {
    let seconds = until.since(now).num_seconds().max(1);
    if seconds <= 90 {
        lang.say("刚刚发送过，请 {} 秒后再试", "One was just sent; try again in {} seconds")
            .replace("{}", &seconds.to_string())
    } else {
        let minutes = (seconds + 59) / 60;
        lang.say("发送次数太多，请 {} 分钟后再试", "Too many were sent; try again in {} minutes")
            .replace("{}", &minutes.to_string())
    }
}

/// A digit as typed on any keyboard; spaces and dashes between them do not count.
fn digit(symbol: char) -> Option<char> {
    match symbol {
        '0'..='9' => Some(symbol),
        '０'..='９' => char::from_u32(u32::from(symbol) - 0xFEE0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_in_many_ways() {
        for typed in ["012345", " 012 345 ", "０１２３４５", "012-345"] {
            assert_eq!(typed.chars().filter_map(digit).collect::<String>(), "012345");
        }
    }

    #[test]
    fn how_long_to_wait_is_said_in_seconds_or_minutes() {
        let now = Moment::from_unix_s(1000);
        let said = |s: i64| wait(Moment::from_unix_s(1000 + s), now, Language::Chinese);
        assert_eq!(said(42), "刚刚发送过，请 42 秒后再试");
        assert_eq!(said(3000), "发送次数太多，请 50 分钟后再试");
        assert_eq!(said(0), "刚刚发送过，请 1 秒后再试");
    }
}
