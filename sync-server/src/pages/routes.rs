//! Every address there is: whose it is, and what a request that changes something has to show.
//!
//! A route cannot be written down without both, and the stories of `stories/access.rs` walk this very list: whoever adds a page
//! says here who may see it, and the walk holds the page to it.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    routing::{MethodRouter, get, post},
};

use super::{
    approval_code, around::Around, assets, book, booking, bookings, calendar, decide, deputy, edit, elsewhere, home,
    invite, my_data, pass, privacy, session, several, sign_in, sign_on,
};
use crate::state::AppState;

/// Many times the longest form that a person fills in.
const LONGEST_BODY_BYTES: usize = 64 * 1024;

/// Who gets an answer other than a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Everybodys,
    /// Whoever is signed in; it shows them their own.
    SignedIn,
    /// Signed in, and in the directory.
    Staff,
    /// Of the booking that the address names, its visitor.
    Visitors,
    /// Of the booking that the address names, its host.
    Hosts,
    /// Of the booking that the address names, its visitor or its host.
    Partys,
    /// Whoever knows it: the address holds a secret.
    Bearers,
}

/// What shows that a change is wanted by the one who asks for it. That it came from our own page is asked of every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// The session's own token stands in the form.
    SessionToken,
    /// The same, but what was typed is kept for whoever has none, and shown to them again.
    SessionTokenOrKept,
    /// The secret link's own token stands in the form.
    LinkToken,
    /// There is no session yet: the browser has to say where it comes from.
    Origin,
    /// The browser carries the state that the address names: it was sent away from here and comes back.
    State,
}

pub(super) struct Route {
    pub(super) path: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the stories hold every page to it"))]
    pub(super) whose: Whose,
    pub(super) asks: Vec<(Method, Option<Shows>)>,
    answers: MethodRouter<AppState>,
}

pub(super) fn all() -> Vec<Route> {
    use Shows::{LinkToken, Origin, SessionToken, SessionTokenOrKept, State};
    use Whose::{Bearers, Everybodys, Hosts, Partys, SignedIn, Staff, Visitors};
    vec![
        at("/", Everybodys).shows(home::show),
        at("/privacy", Everybodys).shows(privacy::show),
        at("/elsewhere", Everybodys).shows(elsewhere::show),
        at("/assets/{file}", Everybodys).shows(assets::show),
        at("/sign-in", Everybodys).shows(sign_in::show).takes(Origin, sign_in::enter),
        at("/sign-in/code", Everybodys).shows(sign_in::back).takes(Origin, sign_in::send_code),
        at("/sign-on/{house}", Everybodys).shows(sign_on::leave),
        at("/sign-on/{house}/back", Everybodys).returns(State, sign_on::arrive).takes(Origin, sign_on::left_there),
        at("/sign-out", SignedIn).takes(SessionToken, session::close),
        at("/book", SignedIn).shows(book::show).takes(SessionTokenOrKept, book::submit),
        at("/host/book", Staff).shows(book::show_on_behalf).takes(SessionTokenOrKept, book::submit_on_behalf),
        at("/invited/{invitation}", SignedIn).shows(book::invited),
        at("/host/decisions", Staff).takes(SessionToken, several::decide),
        at("/host/deputy", Staff).shows(deputy::show).takes(SessionToken, deputy::name),
        at("/host/deputy/end", Staff).takes(SessionToken, deputy::end),
        at("/host/invite", Staff).shows(invite::show).takes(SessionToken, invite::make),
        at("/host/invite.png", Staff).shows(invite::picture),
        at("/host/invite/end", Staff).takes(SessionToken, invite::end),
        at("/my-data", SignedIn).shows(my_data::show).takes(SessionToken, my_data::erase),
        at("/my-data.json", SignedIn).shows(my_data::download),
        at("/bookings", SignedIn).shows(bookings::show),
        at("/bookings/{number}", Partys).shows(booking::show),
        at("/bookings/{number}/edit", Visitors).shows(edit::show).takes(SessionTokenOrKept, edit::submit),
        at("/bookings/{number}/visit.ics", Visitors).shows(calendar::show),
        at("/bookings/{number}/cancel", Visitors).takes(SessionToken, booking::cancel),
        at("/bookings/{number}/revoke", Hosts).takes(SessionToken, booking::revoke),
        at("/bookings/{number}/decide", Hosts).takes(SessionToken, booking::decide),
        at("/decide/{token}", Bearers).shows(decide::show).takes(LinkToken, decide::submit),
        at("/pass/{name}", Bearers).shows(pass::show),
        // The same in few characters, for text messages.
        at("/d/{token}", Bearers).shows(decide::show).takes(LinkToken, decide::submit),
        at("/p/{name}", Bearers).shows(pass::show),
        at("/a", Everybodys).shows(approval_code::show).takes(Origin, approval_code::open),
    ]
}

pub(super) fn router() -> Router<AppState> {
    all().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answers))
}

fn at(path: &'static str, whose: Whose) -> Route {
    Route { path, whose, asks: Vec::new(), answers: MethodRouter::new() }
}

impl Route {
    /// Changes nothing, however often it is asked.
    fn shows<H: Handler<T, AppState>, T: 'static>(mut self, page: H) -> Self {
        self.asks.extend([(Method::GET, None), (Method::HEAD, None)]);
        Self { answers: self.answers.merge(get(Around(page))), ..self }
    }

    /// Reached by a redirect from elsewhere, and changes something: only for who shows that they were sent there from here.
    fn returns<H: Handler<T, AppState>, T: 'static>(mut self, shows: Shows, arrival: H) -> Self {
        self.asks.extend([(Method::GET, Some(shows)), (Method::HEAD, Some(shows))]);
        Self { answers: self.answers.merge(get(Around(arrival))), ..self }
    }

    fn takes<H: Handler<T, AppState>, T: 'static>(mut self, shows: Shows, form: H) -> Self {
        self.asks.push((Method::POST, Some(shows)));
        Self {
            answers: self.answers.merge(post(Around(form)).layer(DefaultBodyLimit::max(LONGEST_BODY_BYTES))),
            ..self
        }
    }
}
