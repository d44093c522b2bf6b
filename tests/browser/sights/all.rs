//! The sights themselves, by who looks.

use super::{
    Sight,
    Step::{self, Press, Send, SignOut, Tamper, Type},
    Who,
    prepared::Prepared,
};

pub(super) fn sights(prepared: &Prepared) -> Vec<Sight> {
    let mut sights = strangers();
    sights.extend(visitors(prepared));
    sights.extend(hosts(prepared));
    sights.extend(bearers(prepared));
    sights.extend(the_day_after(prepared));
    sights
}

fn strangers() -> Vec<Sight> {
    let now = |name, path, steps| now(name, Who::Stranger, path, steps);
    vec![
        now("start", "/", &[]),
        now("privacy", "/privacy", &[]),
        now("elsewhere", "/elsewhere", &[]),
        now("approval-code", "/a", &[]),
        now("refused", "/nowhere", &[]),
        now("sign-in", "/sign-in?other=yes", &[]),
        now("sign-in-problem", "/sign-in?other=yes", &[Type("phone", "12345"), Send("phone")]),
        now("sign-in-code", "/sign-in?other=yes", &[Type("phone", STRANGER), Send("phone")]),
        now("sign-in-code-problem", "/sign-in", &[Type("code", "000000"), Send("code")]),
        now("sign-on-not-begun", "/sign-on/cas/back?ticket=ST-1", &[]),
    ]
}

fn visitors(there: &Prepared) -> Vec<Sight> {
    let now = |name, path: &str, steps| now(name, Who::Visitor, path, steps);
    let again = format!("/book?again={}", there.approved.trim_start_matches("/bookings/"));
    vec![
        now("bookings", "/bookings", &[]),
        now("book", "/book", &[]),
        now("book-problems", "/book", &[Press(FORWARD)]),
        now("book-out-of-date", "/book", &[Tamper(AN_OLD_TOKEN), Press(FORWARD)]),
        now("sign-in-form-kept", "/book", &[SignOut, Press(FORWARD)]),
        now("book-again", &again, &[]),
        now("invited", &there.invitation, &[]),
        now("invited-no-more", "/invited/nobody", &[]),
        now("edit", &format!("{}/edit", there.approved), &[]),
        now("booking-waiting", &there.waiting, &[]),
        now("booking-approved", &there.approved, &[]),
        now("booking-declined", &there.declined, &[]),
        now("booking-cancelled", &there.cancelled, &[]),
        now("booking-revoked", &there.revoked, &[]),
        now("my-data", "/my-data", &[Press("main details summary")]),
        now("my-data-problem", "/my-data", &[Send("sure")]),
        now("refused-out-of-date", "/bookings", &[Tamper(AN_OLD_TOKEN), Press(SIGN_OUT)]),
        Sight { who: Who::Leaver, ..now("my-data-erased", "/my-data", &[Press("#sure"), Send("sure")]) },
    ]
}

fn hosts(there: &Prepared) -> Vec<Sight> {
    let of = now;
    let now = |name, path: &str, steps| of(name, Who::Host, path, steps);
    let new = |name, path: &str, steps| of(name, Who::NewHost, path, steps);
    let busy = |name, path: &str, steps| of(name, Who::BusyHost, path, steps);
    vec![
        now("bookings-host", "/bookings", &[]),
        new("bookings-new", "/bookings", &[]),
        busy("bookings-several", "/bookings", &[]),
        busy("several-none", "/bookings", &[Press(APPROVE_TICKED)]),
        busy("several", "/bookings", &[Tamper(TICK_ALL_ONE_OF_WHICH_IS_OLD), Press(APPROVE_TICKED)]),
        busy("bookings-several-no", "/bookings", &[Press("main details summary")]),
        now("book-on-behalf", "/host/book", &[]),
        now("book-on-behalf-problems", "/host/book", &[Press(FORWARD)]),
        new("deputy", "/host/deputy", &[]),
        new("deputy-problems", "/host/deputy", &[Type("deputy", "T9999"), Send("deputy")]),
        now("deputy-named", "/host/deputy", &[]),
        new("invite", "/host/invite", &[]),
        now("invite-made", "/host/invite", &[]),
        new("my-data-new", "/my-data", &[]),
        now("booking-waiting-host", &there.waiting, &[]),
        now("booking-approved-host", &there.approved, &[]),
        now("booking-on-behalf", &there.on_behalf, &[]),
        new("review-of-another", &there.open, &[]),
    ]
}

/// Who holds a secret address.
fn bearers(there: &Prepared) -> Vec<Sight> {
    let now = |name, path, steps| now(name, Who::Stranger, path, steps);
    vec![
        now("review", &there.open, &[]),
        now("review-decline", &there.open, &[Press("summary")]),
        now("review-problem", &there.open, &[Press("summary"), Type("reason", "见 www.example.com"), Press(DECLINE)]),
        now("review-out-of-date", &there.open, &[Tamper(AN_OLD_TOKEN), Press(APPROVE)]),
        now("review-changed", &there.open, &[Tamper(AN_OLD_REVISION), Press(APPROVE)]),
        now("review-known", &there.known, &[]),
        now("review-ask", &there.watched, &[]),
        now("review-decided", &there.used, &[]),
        now("pass", &there.pass, &[]),
        now("pass-revoked", &there.ended, &[]),
    ]
}

fn the_day_after(there: &Prepared) -> Vec<Sight> {
    let tomorrow = |name, who, path: &str| Sight { tomorrow: true, ..now(name, who, path, &[]) };
    vec![
        tomorrow("pass-over", Who::Stranger, &there.pass),
        tomorrow("booking-over", Who::Visitor, &there.approved),
        tomorrow("review-over", Who::Stranger, &there.open),
    ]
}

fn now(name: &'static str, who: Who, path: &str, steps: &'static [Step]) -> Sight {
    Sight { name, who, path: path.to_owned(), tomorrow: false, steps }
}

/// The button that sends the form, or leads to its next question where one is asked at a time.
const FORWARD: &str = "#booking-form > .actions button";

const APPROVE: &str = "button[value=approve]";
const APPROVE_TICKED: &str = APPROVE;
const DECLINE: &str = "button[value=decline]";

const SIGN_OUT: &str = "form[action='/sign-out'] button";

const AN_OLD_TOKEN: &str = "
    document.querySelectorAll('[name=form_token]').forEach((token) => { token.value = '0'; });";
const AN_OLD_REVISION: &str = "document.querySelector('[name=revision]').value = '9'";

/// Of nobody who signs in.
const STRANGER: &str = "13700000001";

const TICK_ALL_ONE_OF_WHICH_IS_OLD: &str = "
    const boxes = [...document.querySelectorAll('[name=booking]')];
    boxes.forEach((box) => { box.checked = true; });
    boxes[0].value = boxes[0].value.replace(/[0-9]+$/, '9');";
