//! WeCom says who is at the browser; the directory says which member of staff that is.

use std::sync::Arc;

use serde::Deserialize;

use super::{NotKnown, SignOn, Who};
use crate::{notify::wecom::Wecom, store::Store};

#[derive(Debug, Clone)]
pub struct WecomSignOn {
    app: Arc<Wecom>,
    store: Store,
}

#[derive(Deserialize)]
struct CameBack {
    code: String,
}

impl WecomSignOn {
    #[must_use]
    pub const fn new(app: Arc<Wecom>, store: Store) -> Self {
        Self { app, store }
    }
}

impl SignOn for WecomSignOn {
    fn name(&self) -> &'static str {
        "wecom"
    }

    fn away(&self, back: &str, state: &str) -> String {
        self.app.authorize(back, state)
    }

    fn who<'a>(&'a self, query: &'a str, _back: &'a str) -> Who<'a> {
        Box::pin(async move {
            let CameBack { code } = serde_html_form::from_str(query).map_err(|_| NotKnown::Refused)?;
            let member = self.app.member(&code).await;
            let member = member.map_err(|unsent| NotKnown::Unreachable { why: unsent.why, cause: unsent.cause })?;
            let staff = self.store.staff_by_wecom(&member.ok_or(NotKnown::Refused)?).await.map_err(|cause| {
                NotKnown::Unreachable { why: "the store cannot be read".to_owned(), cause: Some(Box::new(cause)) }
            })?;
            staff.map(|staff| staff.number).ok_or(NotKnown::Unlisted)
        })
    }
}
