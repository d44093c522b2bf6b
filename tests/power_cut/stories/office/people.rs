//! People sign in, keep forms, and are put on the watchlist; hosts name deputies and invite.

use chrono::TimeDelta;
use shared::identity::{Document, DocumentKind};
use sync_server::{
    office::{Away, FormKind},
    store::{BrowserToken, Caller, InvitationToken, SessionToken, Unsent},
};

use super::days::{Day, HERE, form, phone, today, told};

pub(super) async fn come(day: &mut Day) {
    sign_in(day).await;
    keep_forms(day).await;
    hosts_prepare(day).await;
    let document = Document::parse(DocumentKind::ResidentId, "440524188001010014", today().date()).unwrap();
    told!(day, watch(&document, "纠纷", day.now));
    told!(day, unwatch(&document, day.now));
}

async fn sign_in(day: &mut Day) {
    let limits = day.config.sign_in.limits();
    let browser = BrowserToken::from_random([5; 32]);
    let caller = Caller { phone: phone(), browser: browser.clone(), address: HERE };
    told!(day, issue_code(&caller, "12345678", day.now, &limits));
    let typed = Caller { phone: phone(), browser: Some(browser), address: HERE };
    told!(day, check_code(&typed, "00000000", day.later(1), &limits));
    told!(day, check_code(&typed, "12345678", day.later(1), &limits));
    let (session, week) = (SessionToken::from_random([6; 32]), TimeDelta::days(7));
    told!(day, open_session(&session, phone(), day.now, day.now.plus(week), week));
    assert!(day.store().session(&session, day.later(300)).await.unwrap().is_some());
    told!(day, keep_seen());
    told!(day, close_session(session));
}

async fn keep_forms(day: &mut Day) {
    let form = sync_server::office::BookingForm { form_id: "kept".to_owned(), ..form() };
    told!(day, keep_draft(&phone(), false, &form, day.now));
    told!(day, forget_draft(&phone(), false, &form));
    let browser = BrowserToken::from_random([9; 32]);
    let unsent = Unsent { browser: browser.clone(), session: None, kind: FormKind::OwnVisit, form: form.clone() };
    told!(day, keep_unsent(unsent, HERE, day.now));
    told!(day, claim_unsent(&browser, &phone()));
    told!(day, forget_unsent(&browser, &form));
}

async fn hosts_prepare(day: &mut Day) {
    let host = day.host.number.clone();
    let token = InvitationToken::from_random([8; 32]);
    told!(day, invite_visitors(&host, &token, day.later(600)));
    told!(day, end_invitation(&host));
    let away = Away { deputy: day.deputy.number.clone(), from: today(), through: today() };
    told!(day, name_deputy(&host, away, day.now));
    told!(day, end_deputy(&host, day.later(1)));
}
