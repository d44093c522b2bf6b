//! The offices that arrange what is not booked here: groups, and the families of people who live on campus.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    language::Language,
    session::Asked,
    shell::{Shell, page},
};
use crate::state::AppState;

pub(super) struct Elsewhere {
    pub(super) groups: String,
    pub(super) families: String,
}

#[derive(Template)]
#[template(path = "elsewhere.html")]
struct ElsewherePage {
    elsewhere: Elsewhere,
    shell: Shell,
}

pub(super) async fn show(State(state): State<AppState>, Asked { shell, .. }: Asked) -> Response {
    page(&ElsewherePage { elsewhere: Elsewhere::of(&state, shell.lang), shell })
}

impl Elsewhere {
    pub(super) fn of(state: &AppState, lang: Language) -> Self {
        let booking = &state.config.booking;
        let (groups, families) = (&booking.group_office, &booking.residents_office);
        Self {
            groups: reached(lang.say(&groups.name, &groups.name_en), &groups.phone, lang),
            families: reached(lang.say(&families.name, &families.name_en), &families.phone, lang),
        }
    }
}

fn reached(name: &str, phone: &str, lang: Language) -> String {
    format!("{name}{}{phone}", lang.say("，电话 ", ", phone "))
}
