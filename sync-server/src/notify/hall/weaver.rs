//! Weaver (泛微): to-dos of other systems, OFS. A to-do is made under the notice's key and closed by it.
//!
//! The hall knows a to-do by system, key, title, workflow, step and receiver together; told again, it is the same to-do, so a call
//! whose answer was lost does no harm. To close one all of them must be said again as they were, the title too: it is kept as
//! the handle. A to-do that is not there yet cannot be closed, so that is tried again until it is.
//!
//! There is no secret: the hall knows its callers by their addresses.

use serde::{Deserialize, Serialize};

use super::{Way, read, said_no, subject};
use crate::{
    config::{self, HallAdapter},
    notify::{About, Accepted, Pace, Sender, Sending, Unsent, plain::plain},
    office::{
        Channel,
        notice::{Fact, NoticeKind},
    },
    store::Notice,
};

/// The one step that a visit has for its host.
const STEP: &str = "审核";

/// As the hall numbers them: to be done, and only to be read.
const TO_READ: &str = "8";

pub(super) struct Weaver {
    pub(super) settings: config::Weaver,
    pub(super) pace: Pace,
    pub(super) way: Way,
}

impl Sender for Weaver {
    fn about(&self) -> About {
        About { adapter: "weaver", channel: Some(Channel::Hall), pace: self.pace }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            match (&notice.follows, notice.kind) {
                (Some(first), NoticeKind::Settled) => {
                    let title = first.handle.clone().unwrap_or_else(|| subject(NoticeKind::ApprovalAsked).to_owned());
                    let done = self.request(notice, &first.key.to_string(), title);
                    self.tell("ProcessDoneRequestByJson", done).await
                }
                (None, NoticeKind::Settled) => Ok(Accepted::default()),
                (_, NoticeKind::ApprovalAsked) => {
                    let made = self.made(notice, None);
                    self.tell("ReceiveTodoRequestByJson", made).await
                }
                _ if self.settings.copies => {
                    let copy = self.made(notice, Some(TO_READ));
                    self.tell("ReceiveRequestInfoByJson", copy).await
                }
                _ => Err(Unsent::permanent("notify.hall.weaver.copies = false：只发待办。Only to-dos are sent")),
            }
        })
    }
}

impl Weaver {
    fn made(&self, notice: &Notice, isremark: Option<&'static str>) -> Request {
        let link = self.way.link(notice);
        let at = notice.made_at.campus_date_and_clock();
        Request {
            pcurl: Some(link.clone()),
            appurl: Some(link),
            creator: Some(self.settings.creator.clone()),
            createdatetime: Some(at.clone()),
            receivedatetime: Some(at),
            isremark,
            viewtype: isremark.map(|_| "0"),
            ..self.request(notice, &notice.key().to_string(), title(notice))
        }
    }

    fn request(&self, notice: &Notice, flowid: &str, requestname: String) -> Request {
        Request {
            syscode: self.settings.syscode.clone(),
            flowid: flowid.to_owned(),
            requestname,
            workflowname: self.settings.workflow.clone(),
            nodename: STEP.to_owned(),
            receiver: notice.to.clone(),
            ..Request::default()
        }
    }

    async fn tell(&self, operation: &str, request: Request) -> Result<Accepted, Unsent> {
        let address = format!("{}{}/{operation}", self.settings.url, self.settings.path);
        let answer = self.way.call(self.way.line.client().post(address).json(&request), HallAdapter::Weaver).await?;
        let Verdict { oper_result, message } = read(&answer)?;
        if oper_result == "1" {
            Ok(Accepted { handle: Some(request.requestname) })
        } else {
            Err(said_no(&message, &self.settings.nobody))
        }
    }
}

/// What the to-do is called in the host's list.
fn title(notice: &Notice) -> String {
    let facts = [Fact::Visitor, Fact::When].into_iter().filter_map(|fact| notice.fact(fact));
    let said: Vec<_> = std::iter::once(subject(notice.kind)).chain(facts).collect();
    plain(&said.join(" "))
}

#[derive(Default, Serialize)]
struct Request {
    syscode: String,
    flowid: String,
    requestname: String,
    workflowname: String,
    nodename: String,
    receiver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pcurl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appurl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    createdatetime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receivedatetime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    isremark: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewtype: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    oper_result: String,
    #[serde(default)]
    message: String,
}
