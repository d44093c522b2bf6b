//! The people's door: visitors book, hosts decide, and both see how it stands.
//!
//! Server-rendered pages that work on any phone without a script; a small one helps where it runs. A page is a template and the
//! file of the same stem that fills it; the rules are asked of `office`, what is kept of `store`. Which addresses there are, and
//! whose they are, stands in `routes`; what happens to every request before and after its page, in `around`.

mod address;
mod approval_code;
mod around;
mod assets;
mod book;
mod booking;
mod booking_form;
mod bookings;
mod calendar;
mod cookie;
mod decide;
mod decision;
mod deputy;
mod draft;
mod edit;
mod elder;
mod elsewhere;
mod form;
mod form_parts;
mod home;
pub(crate) mod in_chinese;
mod invite;
mod issuing;
mod language;
mod later;
mod my_data;
mod opening;
mod origin;
mod pass;
mod privacy;
mod problem_words;
mod problems;
mod progress;
mod qr;
mod refused;
mod routes;
mod session;
mod several;
mod shell;
mod sign_in;
mod sign_on;
mod standing_words;
mod unsent;
mod wording;

#[cfg(test)]
mod stories;

use axum::Router;

use self::around::Around;
use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    routes::router()
        .fallback(Around(refused::no_such_page))
        .method_not_allowed_fallback(Around(refused::no_such_method))
        .with_state(state)
}
