//! 企业微信 WeCom: staff are told by the university's app, say by it who they are, and what they clicked comes back.
//!
//! One [`Wecom`] serves all three, because they share one access token. What each does stands in its own file: `sender` and `card`
//! (what is sent, changed, taken back), `oauth` (who is at the browser), `envelope` (what WeCom calls here; the door itself is
//! `providers/wecom`).
//!
//! **Sent twice?** WeCom has no key for a message and no way to ask what became of one. But it knows a message again that comes a
//! second time within `duplicates_known_s`, and drops it; and each notice's message is unlike every other (see `card`). So a notice whose
//! answer was lost may simply be sent again: within that time the member sees it once. After that time, or should WeCom not keep its
//! word, a text card arrives twice; a card with buttons does not even then, because its task is known. What is lost with the answer is
//! the handle: such a card can be neither changed nor taken back, which is reported and harms nothing, for a link that was decided says so.

mod api;
mod card;
mod envelope;
mod oauth;
mod seen;
mod sender;
mod spacing;
mod token;

use std::sync::Arc;

use shared::time::Moment;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use self::{api::Api, spacing::Spacing, token::Token};
pub use self::{
    envelope::{Envelope, NotOpened, Proof},
    seen::Seen,
    sender::WecomSender,
};
use super::Line;
use crate::{clock::Clock, config, store::Store};

/// The app, as long as the server runs.
#[derive(Debug)]
pub struct Wecom {
    settings: config::Wecom,
    /// What links begin with.
    site: String,
    api: Api,
    spacing: Spacing,
    /// What an earlier process sent is counted once.
    recalled: OnceCell<()>,
    opened_at: Moment,
    store: Store,
    callback: Option<Callback>,
}

/// What is needed to believe WeCom's calls.
#[derive(Debug)]
pub struct Callback {
    pub envelope: Envelope,
    pub seen: Seen,
}

/// As the files hold them.
pub struct WecomSecrets {
    pub app: Zeroizing<String>,
    /// Of the callback, where the settings want one: its token and its EncodingAESKey.
    pub callback: Option<(Zeroizing<String>, Zeroizing<String>)>,
}

#[derive(Debug, thiserror::Error)]
pub enum WecomMisconfigured {
    #[error(
        "secrets/wecom-callback.aes（notify.wecom.callback）应是 43 个字符的 EncodingAESKey。It is not an EncodingAESKey of 43 characters"
    )]
    AesKey,
    #[error(
        "notify.wecom.callback 需要 secrets/wecom-callback.token 和 secrets/wecom-callback.aes。It needs both secrets"
    )]
    NoCallbackSecrets,
}

impl Wecom {
    pub fn open(
        settings: config::Wecom,
        site: &str,
        secrets: WecomSecrets,
        line: Line,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, WecomMisconfigured> {
        let callback = match (settings.callback, secrets.callback) {
            (false, _) => None,
            (true, None) => return Err(WecomMisconfigured::NoCallbackSecrets),
            (true, Some((token, aes))) => {
                let envelope = Envelope::new(token, &aes, &settings.corp_id).ok_or(WecomMisconfigured::AesKey)?;
                Some(Callback { envelope, seen: Seen::new(settings.callback_skew_s) })
            }
        };
        Ok(Arc::new(Self {
            site: site.to_owned(),
            spacing: Spacing::new(settings.per_member_minute, settings.per_member_hour),
            recalled: OnceCell::new(),
            opened_at: clock.now(),
            api: Api {
                line,
                base: settings.api_url.clone(),
                corp_id: settings.corp_id.clone(),
                secret: secrets.app,
                token: Token::default(),
                clock,
            },
            store,
            callback,
            settings,
        }))
    }

    #[must_use]
    pub fn sender(self: &Arc<Self>) -> WecomSender {
        WecomSender(self.clone())
    }

    #[must_use]
    pub const fn callback(&self) -> Option<&Callback> {
        self.callback.as_ref()
    }

    #[must_use]
    pub const fn settings(&self) -> &config::Wecom {
        &self.settings
    }
}

impl std::fmt::Debug for WecomSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WecomSecrets(…)")
    }
}

#[cfg(test)]
mod notices {
    use shared::time::Moment;

    use crate::{
        office::{
            Channel,
            notice::{Fact, NoticeKind},
        },
        store::Notice,
    };

    /// A host is asked.
    pub(super) fn asked(id: i64, to: &str) -> Notice {
        Notice {
            id,
            channel: Channel::Wecom,
            to: to.to_owned(),
            kind: NoticeKind::ApprovalAsked,
            booking: None,
            text: "访客 王芳 预约来访，事由：讲座。请打开链接审核。".to_owned(),
            facts: vec![(Fact::Visitor, "王芳".to_owned()), (Fact::Reason, "讲座".to_owned())],
            path: Some("/decide/abc".to_owned()),
            failed: 0,
            made_at: Moment::from_unix_s(1_795_363_200),
            follows: None,
        }
    }
}
