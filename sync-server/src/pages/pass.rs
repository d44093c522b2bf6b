//! The pass: the page a visitor opens at the gate, and the picture of its QR code.
//!
//! The address is the right to see it, so it can be forwarded to whoever drives; the guard compares the last four of the document.
//! The picture is an ordinary image at its own address: it can be kept, and shown without a network.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};

use shared::{
    pass::{PassText, ShortCode},
    time::CampusDay,
};

use super::{
    language::Language,
    qr,
    session::Asked,
    shell::{Shell, page},
    standing_words::{self, Reader},
    wording::{self, Chip, Fact},
};
use crate::{
    error::{AppError, Told},
    office::Standing,
    state::AppState,
    store::{PageToken, PassView},
};

const PICTURE: &str = ".png";

#[derive(Template)]
#[template(path = "pass.html")]
struct Pass {
    shell: Shell,
    standing: &'static str,
    /// Another whenever the code is another, so that an open page renews itself.
    code: Option<String>,
    picture: Option<String>,
    /// What the guard finds the pass by, should the picture not be readable.
    short_code: String,
    day: String,
    /// Said while the day of the pass is still to come.
    early: Option<String>,
    campus: String,
    visitor: String,
    /// The standing in a word, unless its day is over.
    chip: Chip,
    explained: String,
    facts: Vec<Fact>,
}

/// `/pass/TOKEN` is the page, `/pass/TOKEN.png` its picture.
pub(super) async fn show(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let text = name.strip_suffix(PICTURE).unwrap_or(&name);
    let token = PageToken::parse(text).ok_or(AppError::told(Told::NotFound))?;
    let view = state.store.pass_page(&token).await?.ok_or(AppError::told(Told::NotFound))?;
    let over = state.clock.now() >= view.facts.over_at();
    if name.ends_with(PICTURE) {
        picture(&view, over)
    } else {
        Ok(page(&whole_page(&state, shell, &token, view, over)))
    }
}

fn picture(view: &PassView, over: bool) -> Result<Response, AppError> {
    let Some(text) = shown(view, over) else { return Err(AppError::told(Told::NotFound)) };
    let file = qr::picture(text.as_str()).map_err(|cause| AppError::caused(Told::Broken, cause))?;
    Ok(([(CONTENT_TYPE, "image/png")], file).into_response())
}

/// The text of the code, as long as it opens anything.
fn shown(view: &PassView, over: bool) -> Option<&PassText> {
    view.text.as_ref().filter(|_| !over && matches!(view.standing, Standing::Approved { .. }))
}

/// Tells two codes apart, and nothing of either.
fn mark(text: &PassText) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text.as_str()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn whole_page(state: &AppState, shell: Shell, token: &PageToken, view: PassView, over: bool) -> Pass {
    let lang = shell.lang;
    let today = CampusDay::of(state.clock.now());
    let is_early = today < view.facts.day;
    // An open page turns with the day.
    let code = shown(&view, over).map(|text| mark(text) + if is_early { "-early" } else { "" });
    let picture = code.as_ref().map(|_| format!("/pass/{}{PICTURE}", token.text()));
    let expired = over && matches!(view.standing, Standing::Approved { .. });
    let explained = if picture.is_some() {
        lang.say(
            "到校门出示二维码，并随身携带证件。当天全天有效，早到晚到都能进出。",
            "Show this at the gate and carry your document. It is good the whole day, should you be early or late.",
        )
        .to_owned()
    } else if expired {
        lang.say(
            "来访日期已过，这张通行码不能再用于入校。",
            "The day of the visit is over; this pass opens no gate any more.",
        )
        .to_owned()
    } else {
        standing_words::how_it_came(&view.standing, Reader::Visitor, lang)
    };
    Pass {
        standing: view.standing.name(),
        code,
        picture,
        short_code: ShortCode::of(view.pass).to_string(),
        day: wording::day(view.facts.day, lang),
        early: is_early.then(|| early(today, view.facts.day, lang)),
        campus: wording::campus(state, view.facts.campus, lang),
        visitor: view.facts.visitor.to_string(),
        chip: wording::chip(&view.standing, over, lang),
        explained,
        facts: wording::facts(state, &view.facts, &view.host, lang),
        shell,
    }
}

/// Whoever comes on the wrong day is to notice before they stand at the gate.
fn early(today: CampusDay, day: CampusDay, lang: Language) -> String {
    lang.say("不是今天：今天是 {}，{} 才能入校", "Not today: it is {}, and the pass is for {}")
        .replacen("{}", &wording::day(today, lang), 1)
        .replacen("{}", &wording::day(day, lang), 1)
}
