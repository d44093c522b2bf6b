//! Booking a visit: by the visitor, or by a host on a visitor's behalf.
//!
//! One form for both, which differs in what it need not ask. Whatever is wrong is said at its field, all of it at once, and what
//! was typed is kept letter by letter, also where the session has ended meanwhile: then it is shown again, and never sent by itself.
//! The host is said with the rest, as far as the limit on look-ups allows.

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::REFERRER_POLICY},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use shared::{
    identity::Phone,
    time::{CampusDay, Moment},
};

use super::{
    address::Client,
    booking,
    elsewhere::Elsewhere,
    form::{Heard, Posted},
    issuing,
    language::Language,
    later::later,
    privacy, problem_words,
    problems::Problems,
    session::SignedIn,
    shell::{Shell, page},
    unsent,
    wording::{self, Choosable},
};
use crate::{
    error::{AppError, Told},
    office::{BookingForm, Field, Problem},
    random,
    state::AppState,
    store::{BookingLimit, HostSearch, OnBehalf, Submission},
};

#[derive(Template)]
#[template(path = "book.html")]
struct Book {
    shell: Shell,
    on_behalf: bool,
    action: &'static str,
    form_token: String,
    form: BookingForm,
    problems: Problems,
    /// It was typed before and has not been sent.
    unsent: bool,
    /// When there may be another, once there were too many.
    too_many: Option<String>,
    visit_kinds: Vec<Choosable>,
    document_kinds: Vec<Choosable>,
    campuses: Vec<Choosable>,
    hints: Hints,
}

/// The office's rules, as the form says them before anybody breaks one.
struct Hints {
    phone: &'static str,
    companions: String,
    plates: String,
    day: String,
    day_attributes: String,
    hours: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: SignedIn,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    if let Some(form) = unsent::found(&state, &headers, &visitor, false).await? {
        return Ok(shown_again(&state, visitor, form, Kind::OwnVisit));
    }
    let form = BookingForm { phone: visitor.phone.as_str().to_owned(), ..opening_form(&state)? };
    Ok(answer(&book(&state, visitor, form, Kind::OwnVisit, Problems::default())))
}

pub(super) async fn submit(
    State(state): State<AppState>,
    visitor: Option<SignedIn>,
    Client(address): Client,
    headers: HeaderMap,
    posted: Posted<BookingForm>,
) -> Result<Response, AppError> {
    let heard = posted.heard(visitor.as_ref().map(|visitor| &visitor.form_token))?;
    let (visitor, form) = match (visitor, heard) {
        (Some(visitor), Heard::Confirmed(form)) => (visitor, form),
        (Some(visitor), Heard::Stale(form)) => return Ok(stale(&state, visitor, form, Kind::OwnVisit)),
        (None, Heard::Confirmed(form) | Heard::Stale(form)) => {
            return unsent::keep(&state, &headers, Client(address), false, form).await;
        }
    };
    let now = state.clock.now();
    let booking = match form.check(&state.config.rules(), now) {
        Ok(booking) => booking,
        Err(found) => {
            let found = with_the_host(&state, (&visitor.phone, address), &form, found, now).await?;
            return Ok(refused(&state, visitor, form, Kind::OwnVisit, found));
        }
    };
    // A form of one's own visit that is right names a host.
    let Some(asked) = booking.host() else { return Err(AppError::told(Told::Malformed)) };
    let limits = state.config.booking.limits();
    match state.store.find_host_within(asked, (&visitor.phone, address), limits, now).await? {
        HostSearch::Found(host) => {
            let submission = Submission {
                mark: form.mark(),
                booking,
                host,
                booked_by: visitor.phone,
                consent: privacy::VERSION.to_owned(),
                links: issuing::links()?,
            };
            let id = state.store.submit(submission, now).await?;
            unsent::sent(&state, &headers, &form).await?;
            Ok(Redirect::to(&booking::address(id)).into_response())
        }
        HostSearch::Unknown => {
            Ok(refused(&state, visitor, form, Kind::OwnVisit, vec![(Field::Host, Problem::HostUnknown)]))
        }
        HostSearch::Limited { why, retry_at } => {
            let said = too_many(why, retry_at, now, visitor.shell.lang);
            Ok(postponed(&state, visitor, form, Kind::OwnVisit, said))
        }
    }
}

/// What is wrong with a form, and whether its host is unknown besides.
async fn with_the_host(
    state: &AppState,
    who: (&Phone, IpAddr),
    form: &BookingForm,
    mut found: Vec<(Field, Problem)>,
    now: Moment,
) -> Result<Vec<(Field, Problem)>, AppError> {
    if let Ok(asked) = form.host()
        && state.store.host_is_unknown_within(&asked, who, state.config.booking.limits(), now).await?
    {
        found.push((Field::Host, Problem::HostUnknown));
        found.sort_by_key(|(field, _)| *field);
    }
    Ok(found)
}

pub(super) async fn show_on_behalf(
    State(state): State<AppState>,
    host: SignedIn,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    host.staff()?;
    if let Some(form) = unsent::found(&state, &headers, &host, true).await? {
        return Ok(shown_again(&state, host, form, Kind::OnBehalf));
    }
    let form = opening_form(&state)?;
    Ok(answer(&book(&state, host, form, Kind::OnBehalf, Problems::default())))
}

pub(super) async fn submit_on_behalf(
    State(state): State<AppState>,
    host: Option<SignedIn>,
    client: Client,
    headers: HeaderMap,
    posted: Posted<BookingForm>,
) -> Result<Response, AppError> {
    let heard = posted.heard(host.as_ref().map(|host| &host.form_token))?;
    let (host, form) = match (host, heard) {
        (Some(host), Heard::Confirmed(form)) => (host, form),
        (Some(host), Heard::Stale(form)) => {
            host.staff()?;
            return Ok(stale(&state, host, form, Kind::OnBehalf));
        }
        (None, Heard::Confirmed(form) | Heard::Stale(form)) => {
            return unsent::keep(&state, &headers, client, true, form).await;
        }
    };
    let staff = host.staff()?.clone();
    let now = state.clock.now();
    let booking = match form.check_on_behalf(&state.config.rules(), now) {
        Ok(booking) => booking,
        Err(found) => return Ok(refused(&state, host, form, Kind::OnBehalf, found)),
    };
    if let Some(retry_at) = state.store.count_on_behalf(&host.phone, state.config.booking.limits(), now).await? {
        let said = too_many(BookingLimit::Bookings, retry_at, now, host.shell.lang);
        return Ok(postponed(&state, host, form, Kind::OnBehalf, said));
    }
    let issuing = issuing::for_campus(&state, booking.facts().campus)?;
    let consent = privacy::VERSION.to_owned();
    let id = state
        .store
        .submit_on_behalf(OnBehalf { booking, host: staff, consent, issuing, mark: form.mark() }, now)
        .await?;
    unsent::sent(&state, &headers, &form).await?;
    Ok(Redirect::to(&booking::address(id)).into_response())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    OwnVisit,
    OnBehalf,
}

/// A form that was typed before, as it was.
fn shown_again(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind) -> Response {
    answer(&Book { unsent: true, ..book(state, asked, form, kind, Problems::default()) })
}

/// A form of a page that was opened in an earlier session: at once there again, with a token of this one.
fn stale(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind) -> Response {
    (StatusCode::FORBIDDEN, shown_again(state, asked, form, kind)).into_response()
}

/// The address of these pages is no secret, and told where a form comes from, older browsers can have it shown again.
fn answer(book: &Book) -> Response {
    (AppendHeaders([(REFERRER_POLICY, "same-origin")]), page(book)).into_response()
}

fn refused(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind, found: Vec<(Field, Problem)>) -> Response {
    let lang = asked.shell.lang;
    let problems = problem_words::worded(found, &Elsewhere::of(state, lang), lang);
    (StatusCode::UNPROCESSABLE_ENTITY, answer(&book(state, asked, form, kind, problems))).into_response()
}

fn postponed(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind, said: String) -> Response {
    let book = Book { too_many: Some(said), ..book(state, asked, form, kind, Problems::default()) };
    (StatusCode::TOO_MANY_REQUESTS, answer(&book)).into_response()
}

fn too_many(why: BookingLimit, retry_at: Moment, now: Moment, lang: Language) -> String {
    let said = match why {
        BookingLimit::Bookings => {
            lang.say("预约次数太多，请 {}再提交。", "Too many bookings were made. Please send this again {}.")
        }
        // Whoever shares a network address may have done the asking.
        BookingLimit::UnknownHosts => lang.say(
            "查找被访人失败的次数太多。请先向被访人核对，{}再提交。",
            "Too many look-ups found no host. Please check with your host and send this again {}.",
        ),
    };
    said.replace("{}", &later(retry_at, now, lang))
}

fn book(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind, problems: Problems) -> Book {
    let lang = asked.shell.lang;
    Book {
        on_behalf: kind == Kind::OnBehalf,
        action: if kind == Kind::OnBehalf { "/host/book" } else { "/book" },
        form_token: asked.form_token.text(),
        form,
        problems,
        unsent: false,
        too_many: None,
        visit_kinds: visit_kinds(lang),
        document_kinds: wording::document_kinds(lang),
        campuses: wording::campuses(state, lang),
        hints: Hints::of(state, kind, lang),
        shell: asked.shell,
    }
}

/// An empty form, with the choices made that most people would make.
fn opening_form(state: &AppState) -> Result<BookingForm, AppError> {
    let number: [u8; 16] = random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    Ok(BookingForm {
        form_id: number.iter().map(|byte| format!("{byte:02x}")).collect(),
        visit_kind: "ordinary".to_owned(),
        document_kind: "resident_id".to_owned(),
        campus: state.config.campus.first().map(|campus| campus.id.to_string()).unwrap_or_default(),
        ..BookingForm::default()
    })
}

impl Hints {
    fn of(state: &AppState, kind: Kind, lang: Language) -> Self {
        let booking = &state.config.booking;
        let first = CampusDay::of(state.clock.now());
        let last = first.plus_days(booking.horizon_days);
        let (opens, closes) = (booking.opens, booking.closes);
        Self {
            phone: match kind {
                Kind::OwnVisit => lang.say("中国大陆手机号，用于接收通知", "A mainland mobile number, for notices"),
                Kind::OnBehalf => lang.say(
                    "访客的手机号；境外号码以 + 和国家或地区代码开头",
                    "The visitor's; a foreign number begins with + and the country code",
                ),
            },
            companions: lang
                .say(
                    "每行一人：姓名，可加逗号和证件号码。最多 {} 人",
                    "One a line: the name, if you like a comma and the document number. At most {}",
                )
                .replace("{}", &booking.max_companions.to_string()),
            plates: lang
                .say(
                    "每行一个车牌号，最多 {} 辆。特殊车牌照实填写，由门卫核对",
                    "One plate a line, at most {}. Write unusual plates as they are; the guard looks",
                )
                .replace("{}", &booking.max_vehicles.to_string()),
            day: match lang {
                Language::Chinese => format!("{first} 至 {last}"),
                Language::English => format!("{first} to {last}"),
            },
            day_attributes: format!("class=\"short\" type=\"date\" min=\"{first}\" max=\"{last}\""),
            hours: format!("{}{opens}–{closes}", lang.say("可预约的时间：", "Between ")),
        }
    }
}

fn visit_kinds(lang: Language) -> Vec<Choosable> {
    let kind = |value: &str, chinese, english| Choosable {
        value: value.to_owned(),
        label: lang.say(chinese, english).to_owned(),
    };
    vec![
        kind("ordinary", "拜访教职工、办事", "Visiting a member of staff, or on business"),
        kind("group", "团体活动、会议、参观", "A group event, a conference or a tour"),
        kind("family", "探望住在校内的亲友", "Family or friends who live on campus"),
    ]
}
