//! What was posted, held back until its token proves that it came from our own page.
//!
//! A handler cannot reach the fields of a [`Posted`] without naming the token that its form carried, so none can forget to ask.

use axum::{
    extract::{FromRequest, RawForm, Request},
    http::StatusCode,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{around::Settled, origin::Sender};
use crate::{
    error::{AppError, Told},
    store::FormToken,
};

pub(super) struct Posted<T> {
    token: String,
    sender: Sender,
    fields: T,
}

/// How far a form may be believed.
pub(super) enum Heard<T> {
    Confirmed(T),
    /// It came from a page of ours, but of a session that has ended: it may be shown to who sent it, and does nothing.
    Stale(T),
}

impl<T> Posted<T> {
    /// The fields, and whether the form carried `token`; none of a form that neither did nor says that a page of ours sent it.
    pub(super) fn heard(self, token: Option<&FormToken>) -> Result<Heard<T>, AppError> {
        let Self { token: carried, sender, fields } = self;
        match sender {
            _ if token.is_some_and(|token| token.is(&carried)) => Ok(Heard::Confirmed(fields)),
            Sender::OurPage => Ok(Heard::Stale(fields)),
            Sender::Unsaid | Sender::Elsewhere => Err(AppError::told(Told::Forbidden)),
        }
    }

    /// The fields, if the form carried `token`.
    pub(super) fn confirmed_by(self, token: &FormToken) -> Result<T, AppError> {
        if token.is(&self.token) { Ok(self.fields) } else { Err(AppError::told(Told::Forbidden)) }
    }

    /// The fields of a form that is sent before there is a session to hold a token: the browser has to say where it came from.
    pub(super) fn before_sign_in(self) -> Result<T, AppError> {
        match self.sender {
            Sender::OurPage => Ok(self.fields),
            Sender::Unsaid | Sender::Elsewhere => Err(AppError::told(Told::Forbidden)),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Token {
    form_token: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let sender = request.extensions().get().map_or(Sender::Unsaid, |settled: &Settled| settled.sender);
        let RawForm(sent) = RawForm::from_request(request, state).await.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            AppError::told(if too_large { Told::TooLarge } else { Told::Malformed })
        })?;
        Ok(Self { token: token(&sent)?, sender, fields: read(&sent)? })
    }
}

/// Browsers write it as it is; whoever writes it otherwise has the whole form read for it.
fn token(sent: &[u8]) -> Result<String, AppError> {
    let plain = sent.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"form_token="));
    let as_it_is = |token: &[u8]| token.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    match plain.filter(|token| as_it_is(token)).and_then(|token| std::str::from_utf8(token).ok()) {
        Some(token) => Ok(token.to_owned()),
        None => read(sent).map(|Token { form_token }| form_token),
    }
}

/// A name may come several times: a form's lists have a row of inputs for each of their items.
fn read<T: DeserializeOwned>(sent: &[u8]) -> Result<T, AppError> {
    serde_html_form::from_bytes(sent).map_err(|_| AppError::told(Told::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SessionToken;

    fn posted(token: &str, sender: Sender) -> Posted<u8> {
        Posted { token: token.to_owned(), sender, fields: 7 }
    }

    #[test]
    fn fields_come_out_only_for_the_right_token() {
        let [token, other] = [1, 2].map(|byte| SessionToken::from_random([byte; 32]).form_token());
        assert_eq!(posted(&token.text(), Sender::OurPage).confirmed_by(&token).unwrap(), 7);
        assert_eq!(posted(&token.text(), Sender::Unsaid).confirmed_by(&token).unwrap(), 7);
        for wrong in ["", "abc", &other.text()] {
            assert!(posted(wrong, Sender::OurPage).confirmed_by(&token).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_its_token_only_our_own_page_is_shown_again() {
        let [token, other] = [1, 2].map(|byte| SessionToken::from_random([byte; 32]).form_token());
        for sender in [Sender::OurPage, Sender::Unsaid] {
            assert!(matches!(posted(&token.text(), sender).heard(Some(&token)), Ok(Heard::Confirmed(7))));
        }
        for token in [None, Some(&other)] {
            assert!(matches!(posted("abc", Sender::OurPage).heard(token), Ok(Heard::Stale(7))));
            assert!(posted("abc", Sender::Unsaid).heard(token).is_err());
            assert!(posted("abc", Sender::Elsewhere).heard(token).is_err());
        }
    }

    #[test]
    fn the_token_is_found_however_it_is_written() {
        for (sent, found) in [
            ("a=1&form_token=a-B_9&b=2", "a-B_9"),
            ("form_token=a%2DB&b=2", "a-B"),
            ("%66orm_token=x", "x"),
            ("xform_token=no&b=form_token", ""),
            ("form_token=", ""),
            ("", ""),
        ] {
            assert_eq!(token(sent.as_bytes()).unwrap(), found, "{sent}");
        }
    }

    #[test]
    fn before_sign_in_the_browser_has_to_say_where_it_came_from() {
        assert!(posted("", Sender::OurPage).before_sign_in().is_ok());
        assert!(posted("", Sender::Unsaid).before_sign_in().is_err());
    }
}
