//! Who is at the browser: the authorize page gives a code, and the app asks once whose it is.

use std::collections::HashMap;

use axum::{
    extract::{Query, State as Of},
    response::{Html, IntoResponse as _, Redirect, Response},
};
use serde_json::json;

use super::{
    Person,
    api::{Asked, answer, opened_for},
};
use crate::{Doubles, caller::From, cas::escaped};

/// A code that was given out.
pub(super) struct Issued {
    person: Person,
    at: i64,
    used: bool,
}

const GOOD_S: i64 = 300;
const LONGEST_STATE: usize = 128;

pub(super) async fn authorize(Of(doubles): Of<Doubles>, Query(asked): Asked) -> Response {
    let given = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let mut state = doubles.wecom.state();
    let back = given("redirect_uri");
    let host = back.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let state_given = given("state");
    let wrong = if given("appid") != state.settings.corp_id {
        Some("40013 invalid appid")
    } else if host != Some(state.settings.trusted_domain.as_str()) {
        Some("50001 redirect_uri 未登记可信域名")
    } else if given("response_type") != "code" || given("scope") != "snsapi_base" {
        Some("scope")
    } else if state_given.len() > LONGEST_STATE || !state_given.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Some("state")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        return (axum::http::StatusCode::BAD_REQUEST, wrong).into_response();
    }
    let person = match asked.get("member").map(String::as_str) {
        None if state.settings.asks_who => return who_is_it(&asked),
        Some(member) if state.settings.asks_who && !member.is_empty() => Person::Member(member.to_owned()),
        Some(_) if state.settings.asks_who => Person::Outsider("o-invented".to_owned()),
        None | Some(_) => state.settings.at_the_phone.clone(),
    };
    let (code, at) = (state.fresh("invented-oauth"), state.now());
    state.oauth.insert(code.clone(), Issued { person, at, used: false });
    let joint = if back.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{back}{joint}code={code}&state={state_given}")).into_response()
}

/// A telephone knows; here the person says it.
fn who_is_it(asked: &HashMap<String, String>) -> Response {
    let kept: String = asked
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value)))
        .collect();
    Html(format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>企业微信（替身）</title><style>body{{font:18px/1.6 sans-serif;max-width:22em;margin:4em auto;padding:0 1em}}\
         input,button{{font:inherit;padding:.4em .7em;width:100%;box-sizing:border-box;margin:.3em 0}}</style>\
         <h1>企业微信（替身）</h1><form>{kept}<label>成员账号，不填则为企业以外的人 Member; nobody of ours if empty\
         <input name=\"member\" value=\"wangjg\"></label><button>进入 Go on</button></form></html>"
    ))
    .into_response()
}

pub(super) async fn getuserinfo(Of(doubles): Of<Doubles>, from: From, Query(asked): Asked) -> Response {
    answer(&doubles, ("wecom.oauth", ""), |state, fault| {
        state.count("getuserinfo");
        opened_for(state, &from, &asked, fault)?;
        let now = state.now();
        let code = asked.get("code").and_then(|code| state.oauth.get_mut(code)).ok_or(40029)?;
        if code.used || now - code.at > GOOD_S {
            return Err(40029);
        }
        code.used = true;
        Ok(match &code.person {
            Person::Member(userid) => json!({ "userid": userid, "user_ticket": "invented-ticket" }),
            Person::Outsider(openid) => json!({ "openid": openid, "external_userid": "wm-invented" }),
        })
    })
    .await
}
