//! My data (PIPL articles 44 to 47): what is kept under the phone that is signed in, to see, to take along and to have erased. It is
//! corrected where it stands, in each booking's own form.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_DISPOSITION},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use shared::identity::Phone;

use super::{
    booking,
    form::Posted,
    language::Language,
    session::SignedIn,
    shell::{Shell, page},
    standing_words::{self, Reader},
    wording::{self, Chip, Fact, Weight},
};
use crate::{
    error::AppError,
    office::{Consent, Standing},
    state::AppState,
    store::{Given, Mine, MyData},
};

#[derive(Template)]
#[template(path = "my_data.html")]
struct MyDataPage {
    shell: Shell,
    alert: Option<&'static str>,
    phone_masked: String,
    sessions: String,
    drafts: u32,
    bookings: Vec<Row>,
    form_token: String,
}

struct Row {
    address: String,
    day: String,
    hours: String,
    chip: Chip,
    facts: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "erased.html")]
struct ErasedPage {
    shell: Shell,
    said: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sure {
    sure: String,
}

pub(super) async fn show(State(state): State<AppState>, asked: SignedIn) -> Result<Response, AppError> {
    whole_page(&state, asked, None).await
}

/// The same as a file. Of a document, and of others' phones, it holds no more than its page shows.
pub(super) async fn download(State(state): State<AppState>, asked: SignedIn) -> Result<Response, AppError> {
    let phone = asked.phone()?;
    let MyData { bookings, sessions, drafts, browsers } = state.store.my_data(phone, state.clock.now()).await?;
    let file = File {
        phone: phone.as_str(),
        sessions,
        drafts,
        known_browsers: browsers,
        bookings: bookings.iter().map(|mine| FileBooking::of(&state, phone, mine)).collect(),
    };
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\"")], axum::Json(file)).into_response())
}

pub(super) async fn erase(
    State(state): State<AppState>,
    asked: SignedIn,
    posted: Posted<Sure>,
) -> Result<Response, AppError> {
    let phone = asked.phone()?.clone();
    let Sure { sure } = posted.confirmed_by(&asked.form_token)?;
    let lang = asked.shell.lang;
    if sure != "yes" {
        let alert = lang.say("请先勾选“我明白删除后不能恢复”。", "Please tick that you understand first.");
        let page = whole_page(&state, asked, Some(alert)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let erased = state.store.erase_mine(&phone, state.clock.now()).await?;
    let said = match erased.later.len() {
        0 => lang.say("所有设备已退出登录。", "All devices are signed out.").to_owned(),
        count => lang
            .say(
                "还有 {} 次来访（今天的，或您替别人预约、还没到日子的）要留到来访当天结束，请之后登录再删除一次。所有设备已退出登录。",
                "{} visits, of today or booked for somebody else who still comes, are kept until their day is over: please sign in after it and erase them. All devices are signed out.",
            )
            .replace("{}", &count.to_string()),
    };
    Ok(page(&ErasedPage { said, shell: Shell { signed_in: false, ..asked.shell } }))
}

async fn whole_page(state: &AppState, asked: SignedIn, alert: Option<&'static str>) -> Result<Response, AppError> {
    let (lang, now) = (asked.shell.lang, state.clock.now());
    let MyData { bookings, sessions, drafts, browsers } = state.store.my_data(asked.phone()?, now).await?;
    let row = |Mine { view, consents, notices, number_kept }: &Mine| {
        let mut facts = wording::facts(state, &view.facts, &view.host, lang);
        let fact = |chinese, english, value| Fact { name: lang.say(chinese, english), value, weight: Weight::Detail };
        let said = consents.iter().map(|given| agreed(given, lang)).collect::<Vec<_>>().join("\n");
        facts.push(fact("同意", "Agreed to", said));
        let kept =
            if *number_kept { lang.say("加密保存中", "kept encrypted") } else { lang.say("已删除", "erased") };
        facts.push(fact("完整证件号码", "Whole document number", kept.to_owned()));
        if view.standing != Standing::Waiting {
            facts.push(fact(
                "结果",
                "What came of it",
                standing_words::how_it_came(&view.standing, Reader::Visitor, lang),
            ));
        }
        let told = notices.iter().map(|notice| wording::notice(notice, lang)).collect::<Vec<_>>();
        facts.push(fact("发出的通知", "Messages about it", told.join("\n")));
        Row {
            address: booking::address(view.id),
            day: wording::day(view.facts.day, lang),
            hours: wording::hours(&view.facts),
            chip: wording::chip(&view.standing, now >= view.facts.over_at(), lang),
            facts,
        }
    };
    Ok(page(&MyDataPage {
        alert,
        phone_masked: asked.phone()?.masked(),
        sessions: format!("{sessions}{}", remembered(browsers, lang)),
        drafts,
        bookings: bookings.iter().map(row).collect(),
        form_token: asked.form_token.text(),
        shell: asked.shell,
    }))
}

/// Of the marks by which a browser is known again when it next asks for a code.
fn remembered(browsers: u32, lang: Language) -> String {
    match browsers {
        0 => String::new(),
        count => lang
            .say("（另记着用此号登录过的 {} 个浏览器）", " (and {} browsers remembered that have signed in)")
            .replace("{}", &count.to_string()),
    }
}

fn agreed(given: &Given, lang: Language) -> String {
    let what = match given.consent {
        Consent::Notice => lang.say("告知", "the notice"),
        Consent::DocumentNumber => lang.say("处理证件号码", "the document number"),
        Consent::Guardian => lang.say("监护人同意", "for a child"),
    };
    let version = lang.say("告知版本", "notice of");
    format!("{what}（{version} {}，{}）", given.notice, given.at.campus_date_and_clock())
}

#[derive(Serialize)]
struct File<'a> {
    phone: &'a str,
    sessions: u32,
    drafts: u32,
    known_browsers: u32,
    bookings: Vec<FileBooking>,
}

#[derive(Serialize)]
struct FileBooking {
    number: String,
    made_at: String,
    standing: &'static str,
    visitor: String,
    phone: String,
    document_kind: &'static str,
    document_last_four: String,
    document_number_kept: bool,
    campus: String,
    day: String,
    from: String,
    until: String,
    reason: String,
    companions: Vec<String>,
    plates: Vec<String>,
    host: String,
    department: String,
    consents: Vec<FileConsent>,
    /// Once it is no longer waiting.
    outcome: Option<String>,
    notices: Vec<FileNotice>,
}

#[derive(Serialize)]
struct FileNotice {
    kind: &'static str,
    channel: &'static str,
    state: String,
}

#[derive(Serialize)]
struct FileConsent {
    to: &'static str,
    notice: String,
    given_at: String,
}

impl FileBooking {
    fn of(state: &AppState, asking: &Phone, mine: &Mine) -> Self {
        let Mine { view, consents, notices, number_kept } = mine;
        let facts = &view.facts;
        let is_own = facts.phone == *asking;
        Self {
            number: view.id.to_string(),
            made_at: view.made_at.campus_date_and_clock(),
            standing: view.standing.name(),
            visitor: facts.visitor.to_string(),
            phone: if is_own { facts.phone.as_str().to_owned() } else { facts.phone.masked() },
            document_kind: facts.document_kind.name(),
            document_last_four: facts.last_four.to_string(),
            document_number_kept: *number_kept,
            campus: wording::campus(state, facts.campus, Language::Chinese),
            day: facts.day.to_string(),
            from: facts.from.to_string(),
            until: facts.until.to_string(),
            reason: facts.reason.to_string(),
            companions: facts.companions.iter().map(ToString::to_string).collect(),
            plates: facts.plates.iter().map(ToString::to_string).collect(),
            host: view.host.name.to_string(),
            department: view.host.department.clone(),
            consents: consents
                .iter()
                .map(|Given { consent, notice, at }| FileConsent {
                    to: consent.name(),
                    notice: notice.clone(),
                    given_at: at.campus_date_and_clock(),
                })
                .collect(),
            outcome: (view.standing != Standing::Waiting)
                .then(|| standing_words::how_it_came(&view.standing, Reader::Visitor, Language::Chinese)),
            notices: notices
                .iter()
                .map(|notice| FileNotice {
                    kind: notice.kind.name(),
                    channel: notice.channel.name(),
                    state: wording::notice(notice, Language::Chinese),
                })
                .collect(),
        }
    }
}
