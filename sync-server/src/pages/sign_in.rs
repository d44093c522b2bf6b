//! Signing in: a phone number, a code sent to it, and a session.
//!
//! Between the two steps the number waits in a cookie, so that the page survives being reloaded when somebody comes back from
//! reading the message, and never stands in an address. Beside it stands a secret, by which the code knows the browser that asked
//! for it: in any other, and for anybody who only knows the number, the code is no good and cannot be guessed away. Once a code was
//! right the browser keeps that secret for half a year: it is how the phone's owner is told from strangers who ask for their codes.
//! These pages hold no secret address and there is no session yet whose token a form could carry, so here alone the browser may say
//! where it comes from.
//!
//! What is answered to whoever asks for a code tells nothing of the phone: where codes are short, one page says so to everybody, and
//! where else to go.

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{REFERRER_POLICY, SET_COOKIE},
    },
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use chrono::TimeDelta;
use serde::Deserialize;
use shared::{identity::Phone, time::Moment};

use super::{
    address::{BY_PHONE, Client, way_back},
    cookie::{Cookies, Life},
    elsewhere::Elsewhere,
    form::Posted,
    language::Language,
    later::later,
    problem_words,
    problems::Problems,
    session::{self, Asked},
    shell::{Shell, page},
    sign_on::{self, Offer},
    unsent,
};
use crate::{
    error::{AppError, Told},
    office::{Pause, PauseReason},
    random,
    state::AppState,
    store::{BrowserToken, Caller, CodeCheck, CodeIssued, InvitationToken},
};

const COOKIE: &str = "signing_in";
const COOKIE_S: i64 = 15 * 60;
/// Holds the secret of a browser in which somebody has signed in.
const BROWSER_COOKIE: &str = "browser";
const BROWSER_COOKIE_S: i64 = 180 * 24 * 3600;
/// Whoever need not wait for longer was only impatient.
const JUST_SENT: TimeDelta = TimeDelta::seconds(90);

/// What the cookie holds between the two steps.
struct Waiting {
    phone: Phone,
    browser: BrowserToken,
}

impl Waiting {
    fn found(state: &AppState, headers: &HeaderMap) -> Option<Self> {
        let (phone, browser) = Cookies::under(&state.config.public_url).get(headers, COOKIE)?.split_once('.')?;
        Some(Self { phone: Phone::parse(phone).ok()?, browser: BrowserToken::parse(browser)? })
    }

    fn cookie(&self, state: &AppState) -> Option<HeaderValue> {
        let value = format!("{}.{}", self.phone.as_str(), self.browser.text());
        Cookies::under(&state.config.public_url).set(COOKIE, &value, Life::For(COOKIE_S))
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    code_sent: bool,
    code_minutes: u16,
    phone: String,
    phone_masked: String,
    code: String,
    /// Seconds until another code may be sent.
    wait_s: i64,
    foreign: bool,
    remember: bool,
    session_days: u16,
    next: String,
    /// Who invites the one who is to sign in.
    invited_by: Option<String>,
    /// A booking form waits for who signs in.
    form_kept: bool,
    /// Why nobody can sign in just now.
    closed: Option<String>,
    /// Other houses by whose word staff may sign in.
    offers: Vec<Offer>,
    /// What else is to be known of this step.
    said: Option<String>,
    /// Whether the code may have been kept back.
    short: bool,
    problems: Problems,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
    other: String,
    said: String,
}

/// What the step after sending a code has to say, as its address names it.
const SHORT: &str = "short";
const SHORT_HERE: &str = "short-here";
const ONE_MORE: &str = "more";

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
    Client(address): Client,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let form_kept = unsent::waits(&state, &headers).await?;
    let waiting = Waiting::found(&state, &headers).filter(|_| wanted.other.is_empty());
    let wait_s = wait_s(&state, waiting.as_ref(), address).await?;
    let here = waiting.is_some() && wanted.said == SHORT_HERE;
    let (lang, short) = (shell.lang, here || waiting.is_some() && wanted.said == SHORT);
    // From another network there may be another at once.
    let wait_s = if here { 0 } else { wait_s };
    let said = match waiting {
        Some(_) if here => Some(by_mobile_data(lang)),
        Some(_) if short => Some(may_not_come(lang)),
        Some(_) if wanted.said == ONE_MORE => Some(one_more(lang)),
        Some(_) => None,
        None if wanted.said == BY_PHONE => Some(by_phone(lang)),
        None => {
            let now = state.clock.now();
            state.store.codes_paused(address, now).await?.map(|(pause, elsewhere)| paused(pause, elsewhere, now, lang))
        }
    };
    let step = step(&state, shell, waiting.as_ref().map(|waiting| &waiting.phone));
    let offers = sign_on::offers(&state.sign_ons, &wanted.next, step.shell.lang);
    let invited_by = inviter(&state, &wanted.next, lang).await?;
    let step = SignIn { next: wanted.next, invited_by, form_kept, wait_s, offers, said, short, ..step };
    let status = if step.closed.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(answer(&step, status))
}

/// Where a reload after sending the code leads.
pub(super) async fn back() -> Redirect {
    Redirect::to("/sign-in")
}

pub(super) async fn send_code(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Client(address): Client,
    headers: HeaderMap,
    posted: Posted<NumberTyped>,
) -> Result<Response, AppError> {
    let NumberTyped { phone: typed, next } = posted.before_sign_in()?;
    let waiting = Waiting::found(&state, &headers);
    let again = |status, shell, said| {
        let problems = Problems::one("phone", "", said);
        Ok(answer(&SignIn { next: next.clone(), phone: typed.clone(), problems, ..step(&state, shell, None) }, status))
    };
    let lang = shell.lang;
    if !state.texts_leave {
        return Ok(answer(&step(&state, shell, None), StatusCode::SERVICE_UNAVAILABLE));
    }
    let phone = match Phone::parse(&typed) {
        Ok(phone) if phone.is_mainland() || state.config.sign_in.foreign => phone,
        Ok(_) => return again(StatusCode::UNPROCESSABLE_ENTITY, shell, problem_words::phone_foreign(lang)),
        Err(error) => return again(StatusCode::UNPROCESSABLE_ENTITY, shell, problem_words::phone(error, lang)),
    };
    let now = state.clock.now();
    let code = random::six_digits().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    // The same secret when the same number is asked for again, so that the code before is known to be this browser's, and void.
    let (browser, asked_before) = match waiting {
        Some(waiting) if waiting.phone == phone => (waiting.browser, true),
        Some(_) | None => {
            let bytes = random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))?;
            let kept = Cookies::under(&state.config.public_url).get(&headers, BROWSER_COOKIE);
            (kept.and_then(BrowserToken::parse).unwrap_or_else(|| BrowserToken::from_random(bytes)), false)
        }
    };
    let caller = Caller { phone, browser, address };
    match state.store.issue_code(&caller, &code, now, &state.config.sign_in.limits()).await? {
        issued @ (CodeIssued::Sent | CodeIssued::Uncertain | CodeIssued::UncertainHere) => {
            let Caller { phone, browser, .. } = caller;
            let said = match issued {
                CodeIssued::UncertainHere => SHORT_HERE,
                CodeIssued::Uncertain => SHORT,
                CodeIssued::Sent
                | CodeIssued::Limited { .. }
                | CodeIssued::LimitedHere { .. }
                | CodeIssued::Owing { .. } => "",
            };
            Ok(typing(&state, Waiting { phone, browser }, &next, said))
        }
        limited @ (CodeIssued::Limited { retry_at }
        | CodeIssued::LimitedHere { retry_at }
        | CodeIssued::Owing { retry_at }) => {
            let said = if matches!(limited, CodeIssued::Owing { .. }) {
                lang.say(
                    "您所在网络获取的验证码有太多没有使用，请 {}再试，或关闭 Wi-Fi、改用手机流量。急需入校，请直接到校门由门卫登记，或请被访人为您代办预约",
                    "Too many codes sent to your network were not used. Please try again {}, or with mobile data instead of Wi-Fi. If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you",
                )
            } else if retry_at.since(now) <= JUST_SENT {
                lang.say("刚刚发送过，请 {}再试", "One was just sent; please try again {}")
            } else if matches!(limited, CodeIssued::LimitedHere { .. }) {
                lang.say(
                    "发送次数太多，请关闭 Wi-Fi、改用手机流量马上再试，或 {}再试。急需入校，请直接到校门由门卫登记，或请被访人为您代办预约",
                    "Too many were sent; please try again at once with mobile data instead of Wi-Fi, or {}. If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you",
                )
            } else {
                lang.say(
                    "发送次数太多，请 {}再试。急需入校，请直接到校门由门卫登记，或请被访人为您代办预约",
                    "Too many were sent; please try again {}. If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you",
                )
            };
            let said = said.replace("{}", &later(retry_at, now, lang));
            if asked_before {
                // The code that was sent is still good: its field stays.
                let problems = Problems::one("code", "", said);
                let wait_s = seconds_until(retry_at, now);
                let kept = SignIn { next, problems, wait_s, ..step(&state, shell, Some(&caller.phone)) };
                return Ok(answer(&kept, StatusCode::TOO_MANY_REQUESTS));
            }
            again(StatusCode::TOO_MANY_REQUESTS, shell, said)
        }
    }
}

pub(super) async fn enter(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Client(address): Client,
    headers: HeaderMap,
    posted: Posted<CodeTyped>,
) -> Result<Response, AppError> {
    let typed = posted.before_sign_in()?;
    let waiting = Waiting::found(&state, &headers);
    if !state.texts_leave && waiting.is_none() {
        return Ok(answer(&step(&state, shell, None), StatusCode::SERVICE_UNAVAILABLE));
    }
    let (lang, remember) = (shell.lang, typed.remember == "yes");
    let wait_s =
        wait_s(&state, waiting.as_ref().filter(|waiting| waiting.phone.as_str() == typed.phone), address).await?;
    let again = |status, said, phone: Option<&Phone>, field| {
        let problems = Problems::one(field, "", said);
        let filled = SignIn {
            next: typed.next.clone(),
            code: typed.code.clone(),
            wait_s,
            remember,
            problems,
            ..step(&state, shell, phone)
        };
        Ok(answer(&filled, status))
    };
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let phone = match Phone::parse(&typed.phone) {
        Ok(phone) => phone,
        Err(error) => return again(wrong, problem_words::phone(error, lang), None, "phone"),
    };
    let digits: String = typed.code.chars().filter_map(digit).collect();
    if digits.len() != 6 {
        let said = lang.say("验证码是 6 位数字", "The code has six digits").to_owned();
        return again(wrong, said, Some(&phone), "code");
    }
    let now = state.clock.now();
    let caller = Caller { phone, browser: waiting.map(|waiting| waiting.browser), address };
    match state.store.check_code(&caller, &digits, now, &state.config.sign_in.limits()).await? {
        CodeCheck::Right => {
            unsent::claim(&state, &headers, &caller.phone).await?;
            let session = session::open(&state, caller.phone, remember).await?;
            let cookies = Cookies::under(&state.config.public_url);
            let done = cookies.set(COOKIE, "", Life::Over);
            let known = caller.browser.map(|browser| browser.text());
            let known = known.and_then(|text| cookies.set(BROWSER_COOKIE, &text, Life::For(BROWSER_COOKIE_S)));
            Ok((set(session), set(done), set(known), Redirect::to(way_back(&typed.next))).into_response())
        }
        CodeCheck::OneMore => {
            let Caller { phone, browser: Some(browser), .. } = caller else {
                return Err(AppError::told(Told::Broken));
            };
            Ok(typing(&state, Waiting { phone, browser }, &typed.next, ONE_MORE))
        }
        CodeCheck::OneMoreLater { retry_at } => {
            let said = lang.say(
                "验证码正确，还没有失效。今天有人在大量猜测验证码，为了您的安全，还要再发送一条，{}才能发出：请 {}再按一次登录",
                "That was the code, and it stays good. Somebody is guessing at codes today, so another one has to be sent, which can leave {}: please sign in again {}",
            );
            let said = said.replace("{}", &later(retry_at, now, lang));
            again(StatusCode::SERVICE_UNAVAILABLE, said, Some(&caller.phone), "code")
        }
        CodeCheck::Wrong { left } => {
            let said = lang.say("验证码不对，还可以再试 {} 次", "This is not the code; {} more tries");
            again(wrong, said.replace("{}", &left.to_string()), Some(&caller.phone), "code")
        }
        CodeCheck::Gone => {
            let said = lang.say(
                "验证码已失效，或是在另一个浏览器中获取的，请在这里重新发送",
                "This code is no longer good, or was asked for in another browser; please have a new one sent from here",
            );
            again(wrong, said.to_owned(), Some(&caller.phone), "code")
        }
    }
}

/// The host whose invitation leads here.
async fn inviter(state: &AppState, next: &str, lang: Language) -> Result<Option<String>, AppError> {
    let Some(token) = next.strip_prefix("/invited/").and_then(InvitationToken::parse) else { return Ok(None) };
    let host = state.store.invited_by(&token, state.clock.now()).await?;
    Ok(host.map(|host| match lang {
        Language::Chinese => format!("{}（{}）", host.name, host.department),
        Language::English => format!("{} ({})", host.name, host.department),
    }))
}

fn step(state: &AppState, shell: Shell, waiting: Option<&Phone>) -> SignIn {
    let closed = (!state.texts_leave && waiting.is_none()).then(|| closed(state, shell.lang));
    SignIn {
        shell,
        closed,
        said: None,
        short: false,
        code_sent: waiting.is_some(),
        code_minutes: state.config.sign_in.code_minutes,
        phone: waiting.map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        phone_masked: waiting.map(Phone::masked).unwrap_or_default(),
        code: String::new(),
        wait_s: 0,
        foreign: state.config.sign_in.foreign,
        remember: false,
        session_days: state.config.sign_in.session_days,
        next: String::new(),
        invited_by: None,
        form_kept: false,
        offers: Vec::new(),
        problems: Problems::default(),
    }
}

/// How long the browser that was sent a code has to wait for another.
async fn wait_s(state: &AppState, waiting: Option<&Waiting>, address: IpAddr) -> Result<i64, AppError> {
    let Some(Waiting { phone, browser }) = waiting else { return Ok(0) };
    let caller = Caller { phone: phone.clone(), browser: browser.clone(), address };
    let now = state.clock.now();
    let next = state.store.next_code_at(&caller, now, &state.config.sign_in.limits()).await?;
    Ok(next.map_or(0, |next| seconds_until(next, now)))
}

fn seconds_until(then: Moment, now: Moment) -> i64 {
    (then.since(now).num_milliseconds() + 999) / 1000
}

/// On to the field for the code.
fn typing(state: &AppState, waiting: Waiting, next: &str, said: &str) -> Response {
    let said = if said.is_empty() { String::new() } else { format!("&said={said}") };
    let to = format!("/sign-in?next={}{said}", way_back(next));
    (set(waiting.cookie(state)), Redirect::to(&to)).into_response()
}

fn answer(template: &SignIn, status: StatusCode) -> Response {
    (status, AppendHeaders([(REFERRER_POLICY, "same-origin")]), page(template)).into_response()
}

fn set(cookie: Option<HeaderValue>) -> AppendHeaders<Option<(axum::http::HeaderName, HeaderValue)>> {
    AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)))
}

fn closed(state: &AppState, lang: Language) -> String {
    lang.say(
        "系统现在无法发送短信验证码，暂时不能登录。急需来访请联系{}。",
        "No codes can be sent at the moment, so nobody can sign in. If your visit is urgent, please contact {}.",
    )
    .replace("{}", &Elsewhere::of(state, lang).groups.to_string())
}

fn may_not_come(lang: Language) -> String {
    lang.say(
        "现在请求验证码的人太多，这一条可能收不到。一分钟内没有收到，可以重新发送。急需入校，请直接到校门由门卫登记，或请被访人为您代办预约。",
        "Many codes are asked for just now, and this one may not arrive. If nothing comes within a minute, have it sent again. If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you.",
    )
    .to_owned()
}

fn by_mobile_data(lang: Language) -> String {
    lang.say(
        "现在请求验证码的人太多，从您所在的网络请求可能收不到。请关闭 Wi-Fi、改用手机流量，然后马上重新发送；用电脑的，请用手机打开本页。急需入校，请直接到校门由门卫登记，或请被访人为您代办预约。",
        "Many codes are asked for just now, and one asked for from your network may not arrive. Please turn off Wi-Fi, use mobile data and have it sent again at once; at a computer, open this page on your phone. If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you.",
    )
    .to_owned()
}

fn by_phone(lang: Language) -> String {
    lang.say(
        "您已用校内账号登录，可以审核和代办。您作为访客的预约属于您的手机号，请用短信验证码登录后查看。",
        "You are signed in with your university account, to decide and to book for others. What you booked as a visitor belongs to your phone number: please sign in with a code to see it.",
    )
    .to_owned()
}

fn one_more(lang: Language) -> String {
    lang.say(
        "验证码正确。今天有人在大量猜测验证码，为了您的安全，又发送了一条，请再输入一次。",
        "That was the code. Somebody is guessing at codes today, so for your safety another one was sent: please type it as well.",
    )
    .to_owned()
}

fn paused(pause: Pause, elsewhere: bool, now: Moment, lang: Language) -> String {
    let elsewhere = if elsewhere {
        lang.say("请关闭 Wi-Fi、改用手机流量获取验证码。", " Please use mobile data instead of Wi-Fi.")
    } else {
        ""
    };
    let why = match pause.why {
        PauseReason::Budget => lang.say("现在请求验证码的人太多", "Many codes are asked for just now"),
        PauseReason::Channel => lang.say("短信通道出了故障", "Text messages are failing just now"),
    };
    lang.say(
        "{why}，验证码可能收不到，预计 {when}恢复；用这个浏览器登录过的手机号不受影响。{elsewhere}急需入校，请直接到校门由门卫登记，或请被访人为您代办预约。",
        "{why}, and yours may not arrive; this should be over {when}. A number that has signed in with this browser before is not affected.{elsewhere} If your visit is urgent, go to the gate, where the guard can register you, or ask your host to book for you.",
    )
    .replace("{elsewhere}", elsewhere)
    .replace("{why}", why)
    .replace("{when}", &later(pause.until, now, lang))
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
}
