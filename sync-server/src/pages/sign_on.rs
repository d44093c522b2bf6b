//! Signing in by the word of another house: the browser is sent away, and whoever comes back is signed in as the member of staff
//! that the house names. What belongs to a phone needs its code all the same: that the one in the directory is theirs, no house says.
//!
//! It comes back by a GET, and so this is the one place where looking at an address opens a session. What it has to show for
//! it is the state in the address and the secret in this browser's cookie that it was made for, so that nobody is signed in as
//! somebody else by a link they were sent, and a preview or a mail scanner, which has no cookie, changes nothing. The state is good
//! once, whatever comes of it, and so is the ticket; without one the house is not asked. Where to go from here waits in the cookie,
//! too, and may only be a page of ours.

use askama::Template;
use axum::{
    extract::{Path, Query, RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    address::{Client, way_back},
    cookie::{Cookies, Life},
    form::Posted,
    language::Language,
    session::{self, Asked, Nothing},
    shell::{Shell, page},
    unsent,
};
use crate::{
    error::{AppError, Told},
    random,
    sign_on::{Arrival, BEGUN_FOR, House, NotKnown, SignOns},
    state::AppState,
    store::Proven,
};

const COOKIE: &str = "sign_on";

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
}

/// Off to the house.
pub(super) async fn leave(
    State(state): State<AppState>,
    Path(house): Path<String>,
    Query(Wanted { next }): Query<Wanted>,
) -> Result<Response, AppError> {
    let house = named(&state, &house)?;
    let secret: [u8; 16] = random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let kept = format!("{}.{secret}.{}", house.name(), way_back(&next));
    let cookie = Cookies::under(&state.config.public_url).set(COOKIE, &kept, Life::For(BEGUN_FOR.num_seconds()));
    let away = state.sign_ons.away(house, &back_to(&state, house), &secret, state.clock.now());
    Ok((AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie))), Redirect::to(&away)).into_response())
}

/// Back from it.
pub(super) async fn arrive(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    (Client(from), Path(house)): (Client, Path<String>),
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let house = named(&state, &house)?;
    let query = query.unwrap_or_default();
    let begun = Begun::of(&state, house, &headers).filter(|_| method == Method::GET);
    let came: Came = serde_html_form::from_str(&query).unwrap_or_default();
    let (Some(Begun { secret, next }), [came]) = (begun, came.state.as_slice()) else {
        return Ok(answer(&state, StatusCode::FORBIDDEN, Why::NotBegunHere, house, "", shell));
    };
    let arrival = Arrival { secret, state: came, from, now: state.clock.now() };
    if !state.sign_ons.returns(house, arrival) {
        return Ok(answer(&state, StatusCode::FORBIDDEN, Why::NotBegunHere, house, "", shell));
    }
    let number = match house.who(&query, &back_to(&state, house), arrival).await {
        Ok(number) => number,
        Err(NotKnown::Refused) => {
            return Ok(answer(&state, StatusCode::FORBIDDEN, Why::Refused, house, next, shell));
        }
        Err(NotKnown::Unlisted) => {
            return Ok(answer(&state, StatusCode::FORBIDDEN, Why::NoStaff, house, next, shell));
        }
        Err(NotKnown::Busy) => {
            tracing::warn!(
                house = house.name(),
                "a sign-in was not asked about: too many at once, or refused too often"
            );
            return Ok(answer(&state, StatusCode::TOO_MANY_REQUESTS, Why::Busy, house, next, shell));
        }
        Err(unreachable @ NotKnown::Unreachable { .. }) => {
            tracing::error!(
                house = house.name(),
                cause = &unreachable as &dyn std::error::Error,
                "nobody can sign in by it"
            );
            return Ok(answer(&state, StatusCode::SERVICE_UNAVAILABLE, Why::Silent, house, next, shell));
        }
    };
    let Some(staff) = state.store.staff_by_number(&number).await? else {
        return Ok(answer(&state, StatusCode::FORBIDDEN, Why::NoStaff, house, next, shell));
    };
    // Forms that are kept for a member of staff are kept under their phone. One that several have says of none of them who it is.
    if state.store.staff_by_phone(&staff.phone).await?.is_none_or(|found| found.number != staff.number) {
        return Ok(answer(&state, StatusCode::FORBIDDEN, Why::SharedPhone, house, next, shell));
    }
    unsent::claim(&state, &headers, &staff.phone).await?;
    let session = session::open(&state, Proven::Staff(staff.number), false).await?;
    let cookies = [session, over(&state)].into_iter().flatten().map(|cookie| (SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), Redirect::to(next)).into_response())
}

/// A house that says somebody has left it. Sessions here are their own: who shares a device signs out here, too.
pub(super) async fn left_there(posted: Posted<Nothing>) -> Result<StatusCode, AppError> {
    let Nothing {} = posted.before_sign_in()?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the sign-in page offers.
pub(super) struct Offer {
    pub(super) address: String,
    pub(super) label: &'static str,
}

pub(super) fn offers(houses: &SignOns, next: &str, lang: Language) -> Vec<Offer> {
    let query = if next.is_empty() { String::new() } else { format!("?next={}", way_back(next)) };
    let offer = |name| Offer { address: format!("/sign-on/{name}{query}"), label: by(name, lang) };
    houses.names().map(offer).collect()
}

#[derive(Template)]
#[template(path = "sign_on.html")]
struct NotSignedOn {
    shell: Shell,
    explained: &'static str,
    again: String,
    by: &'static str,
}

#[derive(Clone, Copy)]
enum Why {
    NotBegunHere,
    Refused,
    Silent,
    Busy,
    NoStaff,
    SharedPhone,
}

impl Why {
    fn said(self, lang: Language) -> &'static str {
        match self {
            Self::NotBegunHere => lang.say(
                "这次登录不是在这个浏览器中开始的，或已超过 15 分钟。请重新登录。",
                "This sign-in was not begun in this browser, or over 15 minutes ago. Please begin again.",
            ),
            Self::Refused => lang.say(
                "对方没有确认您是本单位成员，或登录凭证已失效、已用过。请重新登录；访客请用手机验证码登录。",
                "You were not confirmed as one of its members, or the ticket has ended or was used. Please begin again; visitors sign in with their phone.",
            ),
            Self::Silent => lang.say(
                "现在无法向对方核实您的身份。请稍后再试，或改用手机验证码登录。",
                "Your identity cannot be confirmed at the moment. Please try later, or sign in with your phone.",
            ),
            Self::Busy => lang.say(
                "现在用这种方式登录的人太多，或您所在网络登录失败的次数太多。请十分钟后再试，或改用手机验证码登录。",
                "Too many sign in this way just now, or too many from your network failed. Please try in ten minutes, or sign in with your phone.",
            ),
            Self::NoStaff => lang.say(
                "您的身份已确认，但教职工名录中没有您的工号。访客请用手机验证码登录；教职工请联系人事部门更新名录。",
                "Your identity is confirmed, but your staff number is not in the directory. Visitors sign in with their phone.",
            ),
            Self::SharedPhone => lang.say(
                "您的身份已确认，但名录中您的手机号与他人相同，无法登录。请联系人事部门更正。",
                "Your identity is confirmed, but the directory has the same phone for somebody else. Please have it corrected.",
            ),
        }
    }
}

/// Whatever came of it, a state that was shown has been used; one that was not is left to who holds it.
fn answer(state: &AppState, status: StatusCode, why: Why, house: &House, next: &str, shell: Shell) -> Response {
    let lang = shell.lang;
    let query = if next.is_empty() { String::new() } else { format!("?next={next}") };
    let again = format!("/sign-on/{}{query}", house.name());
    let told =
        NotSignedOn { explained: why.said(lang), again, by: by(house.name(), lang), shell: shell.at("/sign-in") };
    let used = !matches!(why, Why::NotBegunHere);
    let cookie = AppendHeaders(over(state).filter(|_| used).map(|cookie| (SET_COOKIE, cookie)));
    (status, cookie, page(&told)).into_response()
}

fn by(house: &str, lang: Language) -> &'static str {
    match house {
        "cas" => lang.say("用统一身份认证登录", "Sign in with your university account"),
        "wecom" => lang.say("用企业微信登录", "Sign in with WeCom"),
        _ => lang.say("用校内账号登录", "Sign in with another account"),
    }
}

fn named<'a>(state: &'a AppState, house: &str) -> Result<&'a House, AppError> {
    state.sign_ons.named(house).ok_or(AppError::told(Told::NotFound))
}

fn back_to(state: &AppState, house: &House) -> String {
    format!("{}/sign-on/{}/back", state.config.public_url, house.name())
}

/// What this browser's cookie says of its setting out to this house.
struct Begun<'a> {
    secret: &'a str,
    next: &'a str,
}

impl<'a> Begun<'a> {
    fn of(state: &AppState, house: &House, headers: &'a HeaderMap) -> Option<Self> {
        let mut kept = Cookies::under(&state.config.public_url).get(headers, COOKIE)?.splitn(3, '.');
        let (name, secret, next) = (kept.next()?, kept.next()?, kept.next()?);
        (name == house.name()).then(|| Self { secret, next: way_back(next) })
    }
}

#[derive(Deserialize, Default)]
struct Came {
    #[serde(default)]
    state: Vec<String>,
}

fn over(state: &AppState) -> Option<axum::http::HeaderValue> {
    Cookies::under(&state.config.public_url).set(COOKIE, "", Life::Over)
}
