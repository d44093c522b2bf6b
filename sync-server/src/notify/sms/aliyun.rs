//! Aliyun SMS (dysmsapi 2017-05-25).
//!
//! An answer is judged by its `Code`: business errors come with status 200. The name a message is later known by is our own key,
//! sent as `OutId`: receipts and lists repeat it, while the gateway's `BizId` is lost with an answer that was cut off.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;
use shared::time::{CampusDay, Moment};

use super::{
    Gateway, acs3, read, rpc, said,
    stamp::{compact_day, nonce, utc_stamp},
    windows::{AN_HOUR, SOMEBODY_S_TURN, next_day, next_hour, next_minute},
};
use crate::{
    config::AliyunSigning,
    notify::{About, Accepted, Asking, Fate, Sender, Sending, Unsent, line::Answer},
    office::Channel,
    store::Notice,
};

pub(super) const ADAPTER: &str = "aliyun";
const VERSION: &str = "2017-05-25";
const PAGE_SIZE: usize = 50;
/// A number gets at most 40 messages a day, so this is more than there are.
const PAGES: usize = 4;

#[derive(Debug)]
pub(super) struct Aliyun(pub(super) Gateway);

impl Sender for Aliyun {
    fn about(&self) -> About {
        About { adapter: ADAPTER, channel: Some(Channel::Sms), pace: self.0.pace() }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async { self.0.keeps_doubt(notice, self.send_sms(notice).await) })
    }

    fn ask<'a>(&'a self, notice: &'a Notice) -> Asking<'a> {
        Box::pin(self.query(notice))
    }
}

impl Aliyun {
    async fn send_sms(&self, notice: &Notice) -> Result<Accepted, Unsent> {
        let filled = self.0.fill(notice)?;
        let key = notice.key().to_string();
        let mut parameters = vec![
            ("PhoneNumbers", number(notice)),
            ("SignName", self.0.settings.sign_name.clone()),
            ("TemplateCode", filled.id.to_owned()),
            ("OutId", key.clone()),
        ];
        if !filled.variables.is_empty() {
            let variables: BTreeMap<_, _> = filled.variables.into_iter().collect();
            let written = serde_json::to_string(&variables)
                .map_err(|cause| Unsent::permanent("the variables cannot be written as JSON").caused(cause))?;
            parameters.push(("TemplateParam", written));
        }
        let answered = self.call("SendSms", parameters).await?;
        let answer: Answered = read(&answered)?;
        if answer.code == "OK" {
            return taken(answered.status, key);
        }
        Err(meaning(&answer.code, answer.message.as_deref().unwrap_or_default(), self.0.now()))
    }

    /// Looks the message up on the days on which it may have been sent.
    async fn query(&self, notice: &Notice) -> Result<Fate, Unsent> {
        let (key, now) = (notice.key().to_string(), self.0.now());
        let today = CampusDay::of(now);
        let mut days = vec![today, today.minus_days(1), CampusDay::of(notice.made_at)];
        days.dedup();
        for day in days {
            if self.is_listed(notice, &key, day).await? {
                return Ok(Fate::Taken(Accepted { handle: Some(key) }));
            }
        }
        self.0.doubt.not_listed(&key, now)
    }

    async fn is_listed(&self, notice: &Notice, key: &str, day: CampusDay) -> Result<bool, Unsent> {
        for page in 1..=PAGES {
            let parameters = vec![
                ("PhoneNumber", number(notice)),
                ("SendDate", compact_day(day)),
                ("PageSize", PAGE_SIZE.to_string()),
                ("CurrentPage", page.to_string()),
            ];
            let answer: Listed = read(&self.call("QuerySendDetails", parameters).await?)?;
            if answer.code != "OK" {
                return Err(meaning(&answer.code, answer.message.as_deref().unwrap_or_default(), self.0.now()));
            }
            let list = answer.details.unwrap_or_default().list;
            if list.iter().any(|detail| detail.out_id.as_deref() == Some(key)) {
                return Ok(true);
            }
            if list.len() < PAGE_SIZE {
                break;
            }
        }
        Ok(false)
    }

    async fn call(&self, action: &str, parameters: Vec<(&str, String)>) -> Result<Answer, Unsent> {
        let (settings, secret) = (&self.0.settings, &self.0.secret.0);
        let nonce = nonce().map_err(|cause| Unsent::later("the machine gave no random bytes").caused(cause))?;
        let date = utc_stamp(self.0.now());
        let client = self.0.line.client();
        let request = match settings.signing {
            AliyunSigning::Acs3 => {
                let (host, path) = self.0.place();
                let asked = acs3::Asked {
                    host,
                    path,
                    action,
                    version: VERSION,
                    date: &date,
                    nonce: &nonce,
                    query: &parameters,
                    body: b"",
                };
                let address = format!("{}?{}", self.0.address(), super::mac::canonical_query(&parameters));
                let headers = acs3::headers(&asked, &settings.key_id, secret.as_bytes());
                headers.into_iter().fold(client.post(address), |request, (name, value)| request.header(name, value))
            }
            AliyunSigning::Rpc => {
                let mut all = rpc::common(action, VERSION, &settings.key_id, &nonce, &date);
                all.extend(parameters);
                let signature = rpc::signature("POST", &all, secret);
                all.push(("Signature", signature));
                client.post(self.0.address()).form(&all)
            }
        };
        self.0.line.call(request).await
    }
}

/// Digits only; a number from abroad begins with its country's code.
fn number(notice: &Notice) -> String {
    notice.to.trim_start_matches('+').to_owned()
}

/// Where something in between fell over, its status says so.
fn taken(status: StatusCode, key: String) -> Result<Accepted, Unsent> {
    if status.is_success() { Ok(Accepted { handle: Some(key) }) } else { Err(Unsent::unknown(format!("{status}: OK"))) }
}

/// What an error means for the next try.
fn meaning(code: &str, message: &str, now: Moment) -> Unsent {
    let why = said(code, message, code.starts_with("isv."));
    match code {
        "isv.BUSINESS_LIMIT_CONTROL" if message.contains("分钟级") => Unsent::enough(next_minute(now), why),
        "isv.BUSINESS_LIMIT_CONTROL" if message.contains("小时级") => Unsent::enough(next_hour(now), why),
        "isv.BUSINESS_LIMIT_CONTROL" => Unsent::enough(AN_HOUR, why),
        "isv.DAY_LIMIT_CONTROL" => Unsent::later_after(next_day(now), why),
        "isv.MONTH_LIMIT_CONTROL" => Unsent::later_after(AN_HOUR, why),
        "isv.OUT_OF_SERVICE"
        | "isv.AMOUNT_NOT_ENOUGH"
        | "isv.DENY_IP_RANGE"
        | "isp.RAM_PERMISSION_DENY"
        | "isv.ACCOUNT_NOT_EXISTS"
        | "isv.ACCOUNT_ABNORMAL"
        | "isv.PRODUCT_UN_SUBSCRIPT"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "InvalidTimeStamp.Expired"
        | "InvalidTimeStamp.Format"
        | "Forbidden.RAM" => Unsent::later_after(SOMEBODY_S_TURN, why),
        // Somebody on the line sent the same request twice: the first of them may have been taken.
        "SignatureNonceUsed" => Unsent::unknown(why),
        "isp.SYSTEM_ERROR" | "InternalError" | "ServiceUnavailable" => Unsent::unknown(why),
        _ if code.starts_with("InvalidAccessKeyId") => Unsent::later_after(SOMEBODY_S_TURN, why),
        _ if code.starts_with("Throttling") => Unsent::later(why),
        // About the number, the template or what is in it.
        _ if code.starts_with("isv.") => Unsent::permanent(why),
        _ => Unsent::later(why),
    }
}

#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "SmsSendDetailDTOs")]
    details: Option<Details>,
}

#[derive(Deserialize, Default)]
struct Details {
    #[serde(rename = "SmsSendDetailDTO", default)]
    list: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "OutId")]
    out_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::notify::Failure;

    #[test]
    fn what_was_taken_says_so_in_its_status_too() {
        assert!(taken(StatusCode::OK, String::new()).is_ok());
        let fell = taken(StatusCode::BAD_GATEWAY, String::new()).unwrap_err();
        assert_eq!(fell.kind, Failure::Unknown);
    }

    #[test]
    fn each_error_means_what_it_means() {
        let now = CampusDay::parse("2026-11-23").unwrap().at_minute(9 * 60 + 30);
        let after = |seconds| Failure::Later { after: Some(Duration::from_secs(seconds)) };
        let enough = |seconds| Failure::Enough { after: Duration::from_secs(seconds) };
        let somebody = after(600);
        for (code, message, kind) in [
            ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", enough(62)),
            ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", enough(1802)),
            ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", enough(3600)),
            ("isv.DAY_LIMIT_CONTROL", "触发日发送限额", after(14 * 3600 + 1800 + 2)),
            ("isv.MONTH_LIMIT_CONTROL", "", after(3600)),
            ("isv.OUT_OF_SERVICE", "业务停机", somebody),
            ("isp.RAM_PERMISSION_DENY", "", somebody),
            ("isv.DENY_IP_RANGE", "", somebody),
            ("SignatureDoesNotMatch", "", somebody),
            ("InvalidAccessKeyId.NotFound", "", somebody),
            ("InvalidTimeStamp.Expired", "", somebody),
            ("Throttling.User", "", Failure::Later { after: None }),
            ("SomethingNew", "", Failure::Later { after: None }),
            ("SignatureNonceUsed", "", Failure::Unknown),
            ("InternalError", "", Failure::Unknown),
            ("isv.MOBILE_NUMBER_ILLEGAL", "", Failure::Permanent),
            ("isv.TEMPLATE_MISSING_PARAMETERS", "", Failure::Permanent),
            ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", "", Failure::Permanent),
            ("isv.SIGN_STATE_ILLEGAL", "", Failure::Permanent),
            ("isv.SMS_CONTENT_ILLEGAL", "", Failure::Permanent),
        ] {
            assert_eq!(meaning(code, message, now).kind, kind, "{code} {message}");
        }
        let quoted = "Specified signature is not matched; server string to sign is: POST&13800130001&042042";
        assert_eq!(meaning("SignatureDoesNotMatch", quoted, now).why, "SignatureDoesNotMatch");
        assert_eq!(meaning("isv.OUT_OF_SERVICE", "业务停机", now).why, "isv.OUT_OF_SERVICE: 业务停机");
    }
}
