//! One try of one notice: asked after first where it may have arrived, then sent, and what came of it.
//!
//! Where a provider was cut off while it answered and cannot be asked, the notice is sent again: better twice than never. Then the
//! office may have written to somebody twice, which nobody can prevent; it is counted with the notice before it goes out again.

use std::{future::Future, time::Duration};

use shared::time::Moment;

use super::{Accepted, Failure, Fate, Sender, Unsent, backoff};
use crate::{
    clock::Clock,
    store::{Came, GivenUp, Notice, Store, StoreError, Taken},
};

/// Well within the time for which a notice that was taken is left alone.
const LONGEST_TRY: Duration = Duration::from_secs(60);

pub(super) struct Attempt<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a dyn Clock,
    pub(super) sender: &'a dyn Sender,
    /// For the wait before the next try.
    pub(super) lot: u16,
}

impl Attempt<'_> {
    pub(super) async fn of(&self, taken: &Taken) -> Result<Came, StoreError> {
        let Taken { notice, in_doubt } = taken;
        let mut in_doubt = *in_doubt;
        if in_doubt {
            match within(self.sender.ask(notice)).await {
                Ok(Fate::Taken(accepted)) => return Ok(self.sent(accepted)),
                Ok(Fate::NotTaken) => in_doubt = false,
                Ok(Fate::Untold) => {}
                Err(unsent) if unsent.kind == Failure::Permanent => told(notice, &unsent),
                Err(unsent) => return Ok(self.failed(notice, unsent, true)),
            }
        }
        if self.clock.now() >= backoff::too_old_at(notice) {
            return Ok(Came::GivenUp { how: GivenUp::Aged, why: None, of_number: false, in_doubt });
        }
        if in_doubt {
            self.store.notice_doubles(notice.id).await?;
        }
        Ok(match within(self.sender.send(notice)).await {
            Ok(accepted) => self.sent(accepted),
            Err(unsent) => self.failed(notice, unsent, in_doubt),
        })
    }

    fn sent(&self, Accepted { handle }: Accepted) -> Came {
        Came::Sent { adapter: self.sender.about().adapter, handle }
    }

    /// A doubt stays until the provider has said yes or that it never came.
    fn failed(&self, notice: &Notice, unsent: Unsent, in_doubt: bool) -> Came {
        told(notice, &unsent);
        let (after, in_doubt) = match unsent.kind {
            Failure::Permanent => {
                return Came::GivenUp { how: GivenUp::Refused, why: Some(unsent.why), of_number: false, in_doubt };
            }
            Failure::Later { after } => (after, in_doubt),
            Failure::Enough { after } => (Some(after), in_doubt),
            Failure::Unknown => (None, true),
        };
        let of_number = matches!(unsent.kind, Failure::Enough { .. });
        let next_try = self.next_try(notice, after);
        if next_try >= backoff::too_old_at(notice) {
            return Came::GivenUp { how: GivenUp::Aged, why: Some(unsent.why), of_number, in_doubt };
        }
        Came::Again { why: unsent.why, next_try, of_number, in_doubt }
    }

    fn next_try(&self, notice: &Notice, after: Option<Duration>) -> Moment {
        self.clock.now().plus(backoff::wait(notice.failed.saturating_add(1), after, self.lot))
    }
}

async fn within<T>(call: impl Future<Output = Result<T, Unsent>>) -> Result<T, Unsent> {
    tokio::time::timeout(LONGEST_TRY, call)
        .await
        .unwrap_or_else(|_| Err(Unsent::unknown("没有在时限内做完。No end in time")))
}

/// The log outlives what is erased, and providers repeat what they were sent.
fn told(notice: &Notice, unsent: &Unsent) {
    tracing::warn!(
        notice = notice.id,
        channel = notice.channel.name(),
        kind = ?unsent.kind,
        why = veiled(&unsent.why, notice),
        cause = unsent.cause.as_deref().map(|cause| cause as &dyn std::error::Error),
        "a notice did not leave, or may not have"
    );
}

/// Without what the notice says, and to whom.
fn veiled(why: &str, notice: &Notice) -> String {
    let facts = notice.facts.iter().map(|(_, value)| value.as_str());
    let said = [notice.text.as_str(), notice.to.as_str()].into_iter().chain(notice.path.as_deref()).chain(facts);
    said.filter(|said| said.chars().count() > 1).fold(why.to_owned(), |why, said| why.replace(said, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{
        Channel,
        notice::{Fact, NoticeKind},
    };

    #[test]
    fn what_a_provider_repeats_of_a_notice_is_not_logged() {
        let notice = Notice {
            id: 7,
            channel: Channel::Sms,
            to: "13900130003".to_owned(),
            kind: NoticeKind::ApprovalAsked,
            booking: None,
            text: "访客张晓明预约来访".to_owned(),
            facts: vec![(Fact::Visitor, "张晓明".to_owned())],
            path: Some("/decide/aaaa".to_owned()),
            failed: 0,
            made_at: Moment::from_unix_s(0),
            follows: None,
        };
        let why = "isv.INVALID: 访客张晓明预约来访 of 张晓明, /decide/aaaa to 13900130003";
        assert_eq!(veiled(why, &notice), "isv.INVALID: … of …, … to …");
    }
}
