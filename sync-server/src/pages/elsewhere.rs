//! The offices that arrange what is not booked here: groups, and the families of people who live on campus.

use std::fmt;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    language::Language,
    session::Asked,
    shell::{Shell, page},
};
use crate::state::AppState;

pub(super) struct Elsewhere {
    pub(super) groups: Reached,
    pub(super) families: Reached,
}

/// An office and its phone, to be read out or tapped.
pub(super) struct Reached {
    pub(super) name: String,
    pub(super) by: &'static str,
    pub(super) phone: String,
}

impl Reached {
    /// What a phone dials; nothing where the settings have words instead of a number.
    pub(super) fn dialled(&self) -> String {
        self.phone.chars().filter(|symbol| symbol.is_ascii_digit() || *symbol == '+').collect()
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, by, phone } = self;
        write!(f, "{name}{by}{phone}")
    }
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

pub(super) fn reached(name: &str, phone: &str, lang: Language) -> Reached {
    Reached { name: name.to_owned(), by: lang.say("，电话 ", ", phone "), phone: phone.to_owned() }
}
