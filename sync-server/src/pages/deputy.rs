//! Naming a deputy: who decides on the days a host is away.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use shared::time::CampusDay;

use super::{
    form::Posted,
    language::Language,
    later::later,
    problems::{Problem, Problems},
    session::{Nothing, SignedIn},
    shell::{Shell, page},
    wording,
};
use crate::{
    error::AppError,
    office::{AwayField, AwayForm, AwayProblem},
    state::AppState,
    store::{self, Naming},
};

#[derive(Template)]
#[template(path = "deputy.html")]
struct Page {
    shell: Shell,
    named: Option<Named>,
    form: AwayForm,
    problems: Problems,
    form_token: String,
}

struct Named {
    who: String,
    from: String,
    through: String,
}

pub(super) async fn show(State(state): State<AppState>, host: SignedIn) -> Result<Response, AppError> {
    let today = CampusDay::of(state.clock.now()).to_string();
    let form = AwayForm { deputy: String::new(), from: today.clone(), through: today };
    whole_page(&state, host, form, Problems::default()).await
}

pub(super) async fn name(
    State(state): State<AppState>,
    host: SignedIn,
    posted: Posted<AwayForm>,
) -> Result<Response, AppError> {
    let number = host.staff()?.number.clone();
    let form = posted.confirmed_by(&host.form_token)?;
    let (now, lang) = (state.clock.now(), host.shell.lang);
    let problems = match form.check(&number, now) {
        Ok(away) => match state.store.name_deputy(&number, away, now).await? {
            Naming::Named => return Ok(Redirect::to("/host/deputy").into_response()),
            Naming::Unknown => worded(&[(AwayField::Deputy, AwayProblem::NumberUnknown)], lang),
            Naming::TooOften { retry_at } => {
                let said =
                    lang.say("一天内更改次数太多，请 {}再试", "Changed too often within a day; please try again {}");
                let said = said.replace("{}", &later(retry_at, now, lang));
                Problems::one(AwayField::Deputy.name(), "", said)
            }
        },
        Err(found) => worded(&found, lang),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, whole_page(&state, host, form, problems).await?).into_response())
}

pub(super) async fn end(
    State(state): State<AppState>,
    host: SignedIn,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let number = &host.staff()?.number;
    let Nothing {} = posted.confirmed_by(&host.form_token)?;
    state.store.end_deputy(number, state.clock.now()).await?;
    Ok(Redirect::to("/host/deputy").into_response())
}

async fn whole_page(
    state: &AppState,
    host: SignedIn,
    form: AwayForm,
    problems: Problems,
) -> Result<Response, AppError> {
    let lang = host.shell.lang;
    let named = state.store.deputy(&host.staff()?.number, CampusDay::of(state.clock.now())).await?;
    let named = named.map(|store::Deputy { staff, from, through }| Named {
        who: format!("{} · {}", staff.name, staff.department),
        from: wording::day(from, lang),
        through: wording::day(through, lang),
    });
    Ok(page(&Page { named, form, problems, form_token: host.form_token.text(), shell: host.shell }))
}

fn worded(found: &[(AwayField, AwayProblem)], lang: Language) -> Problems {
    let worded = |(field, problem): &(AwayField, AwayProblem)| Problem {
        field: field.name().into(),
        label: String::new(),
        said: said(*problem, lang).to_owned(),
    };
    found.iter().map(worded).collect()
}

fn said(problem: AwayProblem, lang: Language) -> &'static str {
    match problem {
        AwayProblem::Missing => lang.say("请填写", "Please fill this in"),
        AwayProblem::NumberUnreadable => lang.say("工号只含字母和数字", "A staff number has letters and digits only"),
        AwayProblem::NumberUnknown => {
            lang.say("没有这个工号的教职工，请核对", "Nobody has this staff number; please check it")
        }
        AwayProblem::Oneself => lang.say("请填写另一位教职工的工号", "Please give another person's number"),
        AwayProblem::DayUnreadable => lang.say("日期写成 2026-11-23 这样", "A day is written 2026-11-23"),
        AwayProblem::DayPast => lang.say("日期已经过去", "This day is over"),
        AwayProblem::ThroughBeforeFrom => lang.say("最后一天不能早于第一天", "The last day cannot be before the first"),
        AwayProblem::TooLong => lang.say("最长三个月", "Three months at the longest"),
    }
}
