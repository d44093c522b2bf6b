//! Tencent Cloud SMS (2021-01-11).
//!
//! Status 200 says nothing: a call fails by `Response.Error`, and a number by its own `Code` in an answer that went well. A list of
//! what was taken does not exist, only one of what carriers have reported; so a doubt lasts longer here.

use serde::{Deserialize, Serialize};
use shared::time::Moment;

use super::{
    Gateway, read, said, tc3,
    windows::{AN_HOUR, SOMEBODY_S_TURN, next_day, next_hour},
};
use crate::{
    notify::{About, Accepted, Asking, Fate, Sender, Sending, Unsent, line::Answer},
    office::Channel,
    store::Notice,
};

pub(super) const ADAPTER: &str = "tencent";
const SERVICE: &str = "sms";
const VERSION: &str = "2021-01-11";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const PAGE: usize = 100;
const PAGES: usize = 4;
/// What the same content sent again within half a minute is refused for.
const SAME_CONTENT: std::time::Duration = std::time::Duration::from_secs(32);
/// How far back a report is looked for.
const DAY_S: i64 = 24 * 60 * 60;

#[derive(Debug)]
pub(super) struct Tencent(pub(super) Gateway);

impl Sender for Tencent {
    fn about(&self) -> About {
        About { adapter: ADAPTER, channel: Some(Channel::Sms), pace: self.0.pace() }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async { self.0.keeps_doubt(notice, self.send_sms(notice).await) })
    }

    fn ask<'a>(&'a self, notice: &'a Notice) -> Asking<'a> {
        Box::pin(self.pull(notice))
    }
}

impl Tencent {
    async fn send_sms(&self, notice: &Notice) -> Result<Accepted, Unsent> {
        let filled = self.0.fill(notice)?;
        let number = number(notice);
        let key = notice.key().to_string();
        let asked = SendSms {
            phone_number_set: [&number],
            sms_sdk_app_id: &self.0.settings.app_id,
            sign_name: &self.0.settings.sign_name,
            template_id: filled.id,
            template_param_set: filled.variables.iter().map(|(_, value)| value.as_str()).collect(),
            session_context: &key,
        };
        let answer: Answered<SendStatus> = read(&self.call("SendSms", &asked).await?)?;
        let now = self.0.now();
        let sent = answer.response.into_result(now)?;
        let of_number = sent.send_status_set.unwrap_or_default().into_iter().next();
        let status =
            of_number.ok_or_else(|| Unsent::unknown("应答没有提到这个号码。The answer says nothing of the number"))?;
        if status.code == "Ok" {
            return Ok(Accepted { handle: Some(status.serial_no) });
        }
        Err(meaning(&status.code, &status.message, now))
    }

    async fn pull(&self, notice: &Notice) -> Result<Fate, Unsent> {
        let (key, now) = (notice.key().to_string(), self.0.now());
        let number = number(notice);
        for page in 0..PAGES {
            let asked = PullByNumber {
                begin_time: notice.made_at.unix_s().max(now.unix_s() - DAY_S),
                end_time: now.unix_s(),
                offset: page * PAGE,
                limit: PAGE,
                phone_number: &number,
                sms_sdk_app_id: &self.0.settings.app_id,
            };
            let answer: Answered<Pulled> = read(&self.call("PullSmsSendStatusByPhoneNumber", &asked).await?)?;
            let list = answer.response.into_result(now)?.list.unwrap_or_default();
            let count = list.len();
            if let Some(found) = list.into_iter().find(|report| report.session_context.as_deref() == Some(&key)) {
                return Ok(Fate::Taken(Accepted { handle: Some(found.serial_no) }));
            }
            if count < PAGE {
                break;
            }
        }
        self.0.doubt.not_listed(&key, now)
    }

    async fn call(&self, action: &str, asked: &impl Serialize) -> Result<Answer, Unsent> {
        let body = serde_json::to_vec(asked)
            .map_err(|cause| Unsent::permanent("请求无法写成 JSON。It cannot be written as JSON").caused(cause))?;
        let ((host, path), at) = (self.0.place(), self.0.now());
        let headers = [("content-type", CONTENT_TYPE), ("host", host), ("x-tc-action", action)];
        let signed = tc3::Asked { service: SERVICE, path, at, headers: &headers, body: &body };
        let authorization = tc3::authorization(&signed, &self.0.settings.key_id, &self.0.secret.0);
        let request = self
            .0
            .line
            .client()
            .post(self.0.address())
            .header("content-type", CONTENT_TYPE)
            .header("x-tc-action", action)
            .header("x-tc-version", VERSION)
            .header("x-tc-region", &self.0.settings.region)
            .header("x-tc-timestamp", at.unix_s())
            .header("authorization", authorization)
            .body(body);
        self.0.line.call(request).await
    }
}

/// E.164.
fn number(notice: &Notice) -> String {
    if notice.to.starts_with('+') { notice.to.clone() } else { format!("+86{}", notice.to) }
}

/// What an error means for the next try, be it of the call or of the number.
fn meaning(code: &str, message: &str, now: Moment) -> Unsent {
    let about_it = ["FailedOperation", "InvalidParameter", "LimitExceeded", "UnsupportedOperation"];
    let why = said(code, message, about_it.iter().any(|start| code.starts_with(start)));
    match code {
        "LimitExceeded.PhoneNumberThirtySecondLimit" | "LimitExceeded.DeliveryFrequencyLimit" => {
            Unsent::enough(SAME_CONTENT, why)
        }
        "LimitExceeded.PhoneNumberOneHourLimit" => Unsent::enough(next_hour(now), why),
        "LimitExceeded.PhoneNumberDailyLimit" | "LimitExceeded.PhoneNumberSameContentDailyLimit" => {
            Unsent::enough(next_day(now), why)
        }
        "LimitExceeded.AppDailyLimit" | "LimitExceeded.DailyLimit" | "LimitExceeded.AppMainlandChinaDailyLimit" => {
            Unsent::later_after(next_day(now), why)
        }
        _ if code.starts_with("LimitExceeded") => Unsent::later_after(AN_HOUR, why),
        _ if code.starts_with("RequestLimitExceeded") => Unsent::later(why),
        "FailedOperation.InsufficientBalanceInSmsPackage" => Unsent::later_after(SOMEBODY_S_TURN, why),
        _ if code.starts_with("AuthFailure") || code.starts_with("UnauthorizedOperation") => {
            Unsent::later_after(SOMEBODY_S_TURN, why)
        }
        _ if code.starts_with("InternalError") => Unsent::unknown(why),
        _ if ["FailedOperation", "InvalidParameter", "MissingParameter", "UnsupportedOperation"]
            .iter()
            .any(|start| code.starts_with(start)) =>
        {
            Unsent::permanent(why)
        }
        _ => Unsent::later(why),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms<'a> {
    phone_number_set: [&'a str; 1],
    sms_sdk_app_id: &'a str,
    sign_name: &'a str,
    template_id: &'a str,
    template_param_set: Vec<&'a str>,
    session_context: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PullByNumber<'a> {
    begin_time: i64,
    end_time: i64,
    offset: usize,
    limit: usize,
    phone_number: &'a str,
    sms_sdk_app_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: Deserialize<'de>")]
struct Answered<T> {
    response: Response<T>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Response<T> {
    Failed {
        #[serde(rename = "Error")]
        error: ErrorSaid,
    },
    Done(T),
}

impl<T> Response<T> {
    fn into_result(self, now: Moment) -> Result<T, Unsent> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Failed { error } => Err(meaning(&error.code, &error.message, now)),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorSaid {
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendStatus {
    send_status_set: Option<Vec<OfNumber>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfNumber {
    #[serde(default)]
    serial_no: String,
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Pulled {
    #[serde(rename = "PullSmsSendStatusSet")]
    list: Option<Vec<Report>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    serial_no: String,
    session_context: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::time::CampusDay;

    use super::*;
    use crate::notify::Failure;

    #[test]
    fn each_error_means_what_it_means() {
        let now = CampusDay::parse("2026-11-23").unwrap().at_minute(23 * 60 + 30);
        let enough = |seconds| Failure::Enough { after: Duration::from_secs(seconds) };
        let after = |seconds| Failure::Later { after: Some(Duration::from_secs(seconds)) };
        for (code, kind) in [
            ("AuthFailure.SignatureFailure", after(600)),
            ("AuthFailure.SignatureExpire", after(600)),
            ("AuthFailure.SecretIdNotFound", after(600)),
            ("UnauthorizedOperation.RequestIpNotInWhitelist", after(600)),
            ("FailedOperation.InsufficientBalanceInSmsPackage", after(600)),
            ("RequestLimitExceeded", Failure::Later { after: None }),
            ("LimitExceeded.DeliveryFrequencyLimit", enough(32)),
            ("LimitExceeded.PhoneNumberThirtySecondLimit", enough(32)),
            ("LimitExceeded.PhoneNumberOneHourLimit", enough(1802)),
            ("LimitExceeded.PhoneNumberDailyLimit", enough(1802)),
            ("LimitExceeded.SomethingNew", after(3600)),
            ("InternalError.Timeout", Failure::Unknown),
            ("FailedOperation.SignatureIncorrectOrUnapproved", Failure::Permanent),
            ("FailedOperation.TemplateIncorrectOrUnapproved", Failure::Permanent),
            ("FailedOperation.ContainSensitiveWord", Failure::Permanent),
            ("FailedOperation.PhoneNumberInBlacklist", Failure::Permanent),
            ("InvalidParameterValue.IncorrectPhoneNumber", Failure::Permanent),
            ("InvalidParameterValue.ContentLengthLimit", Failure::Permanent),
            ("InvalidParameterValue.TemplateParameterFormatError", Failure::Permanent),
            ("SomethingNew", Failure::Later { after: None }),
        ] {
            assert_eq!(meaning(code, "", now).kind, kind, "{code}");
        }
        assert_eq!(meaning("AuthFailure.SignatureFailure", "quotes it", now).why, "AuthFailure.SignatureFailure");
    }

    #[test]
    fn a_call_fails_by_its_error_and_not_by_its_status() {
        let read = |text: &str| {
            serde_json::from_str::<Answered<SendStatus>>(text).unwrap().response.into_result(Moment::from_unix_s(0))
        };
        let failed =
            read(r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"x"},"RequestId":"1"}}"#);
        assert_eq!(failed.err().unwrap().why, "AuthFailure.SignatureExpire");
        let mixed = read(
            r#"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"FailedOperation.X","Message":"m"}],"RequestId":"1"}}"#,
        );
        assert_eq!(mixed.unwrap().send_status_set.unwrap()[0].code, "FailedOperation.X");
    }
}
