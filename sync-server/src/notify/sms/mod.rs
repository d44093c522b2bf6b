//! Text messages: a gateway takes the number, the name of a template and its variables; the text itself lies with the gateway.
//!
//! Neither gateway can tell a message it already has from a new one. So a call that was cut off leaves a doubt, and before the
//! outbox sends again the gateway's list is asked; what is not on it a while later was not taken.

mod acs3;
mod aliyun;
mod doubt;
mod mac;
mod mending;
mod rpc;
mod stamp;
mod tc3;
mod template;
mod tencent;
mod windows;

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use shared::time::Moment;
use zeroize::Zeroizing;

use aliyun::Aliyun;
use doubt::Doubt;
use template::Filled;
use tencent::Tencent;

use super::{Accepted, Failure, Line, Pace, Sender, Unsent, line::Answer};
use crate::{
    clock::Clock,
    config::{Sms, SmsFault, SmsProvider, Template},
    store::Notice,
};

/// The access key of the gateway.
pub struct SmsSecret(pub Zeroizing<String>);

impl fmt::Debug for SmsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmsSecret(…)")
    }
}

/// The sender that the settings name.
pub fn open(settings: &Sms, secret: SmsSecret, line: Line, clock: Arc<dyn Clock>) -> Result<Box<dyn Sender>, SmsFault> {
    let templates = settings.templates()?;
    for template in &templates {
        let chars = template.longest(settings.variable_limit) + settings.signature_chars();
        let parts = crate::config::parts(chars);
        tracing::info!(
            template = template.id,
            kind = template.kind.name(),
            chars,
            parts,
            "a text message's greatest length"
        );
    }
    let doubt = Doubt::new(settings.listed_within_s());
    let gateway = Gateway { settings: settings.clone(), templates, secret, line, clock, doubt };
    Ok(match settings.provider {
        SmsProvider::Aliyun => Box::new(Aliyun(gateway)),
        SmsProvider::Tencent => Box::new(Tencent(gateway)),
    })
}

/// The template that a notice fills, by the provider's name for it, and for how many messages it is paid.
pub fn filled(settings: &Sms, notice: &Notice) -> Result<Option<(String, usize)>, SmsFault> {
    let templates = settings.templates()?;
    let filled = template::fill(&templates, notice, settings.variable_limit, settings.signature_chars());
    Ok(filled.map(|filled| (filled.id.to_owned(), filled.parts)))
}

/// The file of `<data_dir>/secrets` that holds the access key.
#[must_use]
pub const fn secret_file(provider: SmsProvider) -> &'static str {
    match provider {
        SmsProvider::Aliyun => "aliyun.secret",
        SmsProvider::Tencent => "tencent.secret",
    }
}

/// What both gateways are spoken to with.
#[derive(Debug)]
struct Gateway {
    settings: Sms,
    templates: Vec<Template>,
    secret: SmsSecret,
    line: Line,
    clock: Arc<dyn Clock>,
    doubt: Doubt,
}

impl Gateway {
    /// Host and path as they are signed.
    fn place(&self) -> (&str, &str) {
        let (site, path) = self.settings.endpoint_parts();
        (site.split_once("://").map_or(site, |(_, host)| host), path)
    }

    /// Where requests go, written as it is signed.
    fn address(&self) -> String {
        let (site, path) = self.settings.endpoint_parts();
        format!("{site}{path}")
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// After a call of which nobody knows what came, the gateway's list is waited for; what somebody must mend is said.
    fn keeps_doubt(&self, notice: &Notice, sent: Result<Accepted, Unsent>) -> Result<Accepted, Unsent> {
        if let Err(Unsent { kind: Failure::Unknown, .. }) = sent {
            self.doubt.begins(&notice.key().to_string(), self.now());
        }
        sent.map_err(|unsent| mending::explained(unsent, self.settings.provider))
    }

    fn fill(&self, notice: &Notice) -> Result<Filled<'_>, Unsent> {
        let Sms { variable_limit, .. } = self.settings;
        let filled = template::fill(&self.templates, notice, variable_limit, self.settings.signature_chars())
            .ok_or_else(|| {
                Unsent::permanent(format!("没有合用的短信模板（{}）。No template fits this kind", notice.kind.name()))
            })?;
        tracing::debug!(notice = notice.id, template = filled.id, parts = filled.parts, "a text message");
        Ok(filled)
    }

    fn pace(&self) -> Pace {
        Pace { at_once: usize::from(self.settings.at_once), per_second: self.settings.per_second }
    }
}

/// An answer that is none came from something in between, or from a gateway that fell over at work: whether it took the message,
/// nobody knows.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Unsent> {
    serde_json::from_slice(&answer.body).map_err(|cause| {
        Unsent::unknown(format!("不是网关的应答（{}）。Not an answer of the gateway", answer.status)).caused(cause)
    })
}

/// The gateway's words for the log and the office. Some quote the whole request, number, variables and all; so only those about
/// the message itself are repeated, and only their beginning.
fn said(code: &str, message: &str, repeat: bool) -> String {
    let (code, message) = (code.chars().take(80).collect::<String>(), message.chars().take(120).collect::<String>());
    if repeat && !message.is_empty() { format!("{code}: {message}") } else { code }
}
