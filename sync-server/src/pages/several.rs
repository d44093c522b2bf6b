//! Several waiting visitors decided with one press. Each is a decision of its own: one that somebody else was first with stops no
//! other, and the page says what became of each.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use shared::{ids::BookingId, time::CampusDay};

use super::{
    booking,
    decision::pressed,
    form::Posted,
    issuing,
    session::SignedIn,
    shell::{Shell, page},
    standing_words::{self, Reader},
    wording::{self, Chip},
};
use crate::{
    error::{AppError, Told},
    office::{Choice, Revision, Staff, Standing, Word},
    state::AppState,
    store::{BookingView, Outcome, WAITING_AT_MOST},
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Ticked {
    booking: Vec<String>,
    choice: String,
}

/// What is sent for a booking that is ticked, and read back.
pub(super) fn value(view: &BookingView) -> String {
    format!("{}.{}", view.id, view.revision.get())
}

fn shown(ticked: &str) -> Option<(BookingId, Revision)> {
    let (number, revision) = ticked.split_once('.')?;
    Some((BookingId::new(number.parse().ok()?), Revision::new(revision.parse().ok()?)))
}

#[derive(Template)]
#[template(path = "several.html")]
struct Several {
    shell: Shell,
    heading: String,
    rows: Vec<Row>,
    /// Of a deputy's ticks: that others were first with, and that are not theirs to see any more.
    gone: usize,
}

struct Row {
    address: String,
    visitor: String,
    day: String,
    hours: String,
    /// What was done; nothing where it is said why not.
    done: Option<Chip>,
    said: String,
}

pub(super) async fn decide(
    State(state): State<AppState>,
    host: SignedIn,
    posted: Posted<Ticked>,
) -> Result<Response, AppError> {
    let staff = host.staff()?;
    let Ticked { booking, choice } = posted.confirmed_by(&host.form_token)?;
    let choice = pressed(&choice).ok_or(AppError::told(Told::Malformed))?;
    let lang = host.shell.lang;
    let (mut rows, mut decided, mut gone) = (Vec::new(), 0_usize, 0_usize);
    for (id, seen) in booking.iter().filter_map(|ticked| shown(ticked)).take(WAITING_AT_MOST) {
        let Some(view) = state.store.booking(id).await? else { continue };
        let mut done = None;
        let said = match one(&state, staff, &view, choice.clone().on(seen)).await {
            Ok(None) => lang
                .say("审核前请先与保卫处联系，请打开核对", "Ask the security office first: please open it")
                .to_owned(),
            // The others are told of all the same.
            Err(error) => {
                drop(error.into_response());
                lang.say("没有成功，请打开再试", "This did not succeed: please open it and try again").to_owned()
            }
            Ok(Some(Outcome::Decided(_))) => {
                decided += 1;
                done = Some(match choice {
                    Choice::Approve => Chip { class: "approved", said: lang.say("已同意", "Approved") },
                    Choice::Decline { .. } => Chip { class: "declined", said: lang.say("已谢绝", "Declined") },
                });
                String::new()
            }
            Ok(Some(Outcome::AlreadyDecided(standing)))
                if staff.number != view.host.number && !standing.is_the_word_of(&staff.number) =>
            {
                gone += 1;
                continue;
            }
            Ok(Some(Outcome::AlreadyDecided(standing))) => {
                standing_words::how_it_came(&standing, Reader::Colleague, lang)
            }
            Ok(Some(Outcome::TooLate)) => lang.say("来访日期已过", "The day of the visit is over").to_owned(),
            Ok(Some(Outcome::Changed)) => lang
                .say("访客刚修改了预约，请打开核对", "Just changed by the visitor: please open it and look")
                .to_owned(),
            // Not theirs: for them it does not exist.
            Ok(Some(Outcome::NotFound)) => continue,
        };
        let facts = &view.facts;
        rows.push(Row {
            address: booking::address(id),
            visitor: facts.visitor.to_string(),
            day: wording::day(facts.day, lang),
            hours: wording::hours(facts),
            done,
            said,
        });
    }
    let heading = match (decided, choice) {
        (0, _) => lang.say("没有作出审核", "Nothing was decided").to_owned(),
        (_, Choice::Approve) => lang.say("已同意 {} 份预约", "{} visits approved").to_owned(),
        (_, Choice::Decline { .. }) => lang.say("已谢绝 {} 份预约", "{} visits declined").to_owned(),
    };
    let heading = heading.replace("{}", &decided.to_string());
    Ok(page(&Several { heading, rows, gone, shell: host.shell.at("/bookings") }))
}

/// None where the security office is to be asked first: that is a decision to look at. Nothing is said of what is not theirs.
async fn one(state: &AppState, staff: &Staff, view: &BookingView, word: Word) -> Result<Option<Outcome>, AppError> {
    let now = state.clock.now();
    let today = CampusDay::of(now);
    let host = &view.host.number;
    if staff.number != *host && !state.store.stands_in(&staff.number, host, today).await? {
        return Ok(Some(Outcome::NotFound));
    }
    let would_approve = matches!(word.choice, Choice::Approve) && view.standing == Standing::Waiting;
    if would_approve && state.store.background(view.id, today, None).await?.ask_security {
        return Ok(None);
    }
    let issuing = issuing::for_campus(state, view.facts.campus)?;
    Ok(Some(state.store.decide_signed_in(view.id, staff, word, issuing, now).await?))
}
