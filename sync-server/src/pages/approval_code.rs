//! The page where a host types the code of a text message that could hold no link, and is led to the visit to decide on.
//!
//! Nobody need be signed in, as behind a link. A wrong code, one that was used up by a decision and one of another day are answered
//! alike, and only so many wrong ones are heard: the code is short. Who is signed in and was sent it reads who decided.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header::REFERRER_POLICY},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    address::Client,
    decide,
    form::Posted,
    later::later,
    problems::Problems,
    session::{Anybody, Asked},
    shell::{Shell, page},
};
use crate::{error::AppError, office::ApprovalCode, state::AppState, store::CodeTyped};

#[derive(Template)]
#[template(path = "approval_code.html")]
struct TypeCode {
    shell: Shell,
    code: String,
    problems: Problems,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    code: String,
}

pub(super) async fn show(Asked { shell }: Asked) -> Response {
    answer(StatusCode::OK, &TypeCode { shell, code: String::new(), problems: Problems::default() })
}

pub(super) async fn open(
    State(state): State<AppState>,
    Anybody { shell, staff }: Anybody,
    Client(address): Client,
    posted: Posted<Typed>,
) -> Result<Response, AppError> {
    let Typed { code: typed } = posted.before_sign_in()?;
    let (lang, now) = (shell.lang, state.clock.now());
    let again = |status, said| {
        let problems = Problems::one("code", "", said);
        Ok(answer(status, &TypeCode { shell, code: typed.clone(), problems }))
    };
    let Some(code) = ApprovalCode::parse(&typed) else {
        let said = lang.say("审核码是 8 位字母和数字", "The code has eight letters and digits");
        return again(StatusCode::UNPROCESSABLE_ENTITY, said.to_owned());
    };
    let limits = state.config.notify.approval_code.limits();
    let typist = (address, staff.as_ref().map(|staff| &staff.number));
    match state.store.link_by_code(code, typist, limits, now).await? {
        CodeTyped::Right(link) => Ok(Redirect::to(&decide::address(&link)).into_response()),
        CodeTyped::Wrong => {
            let said = lang.say(
                "审核码不对，或已失效：已有人审核，或来访日期已过。登录后再输入，可以看到是谁审核的",
                "This is not a code, or it is no longer good: somebody has decided, or the day is over. Sign in and type it again to see who decided",
            );
            again(StatusCode::UNPROCESSABLE_ENTITY, said.to_owned())
        }
        CodeTyped::Limited { retry_at } => {
            let said = lang.say(
                "输错的次数太多，请 {}再试。您也可以先登录，再在这里输入或直接审核",
                "Too many wrong codes; please try again {}, or sign in, and type it here or decide at once",
            );
            again(StatusCode::TOO_MANY_REQUESTS, said.replace("{}", &later(retry_at, now, lang)))
        }
    }
}

/// The form holds no token, so the browser has to be able to say where it comes from.
fn answer(status: StatusCode, template: &TypeCode) -> Response {
    (status, AppendHeaders([(REFERRER_POLICY, "same-origin")]), page(template)).into_response()
}
