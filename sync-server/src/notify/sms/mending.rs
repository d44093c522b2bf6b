//! What somebody has to put right before a gateway takes any message: said with the setting or the file, since a gateway's code alone
//! tells an operator little.

use super::{secret_file, windows::SOMEBODY_S_TURN};
use crate::{
    config::SmsProvider,
    notify::{Failure, Unsent},
};

/// The same, with what to mend before the gateway's words, where it is somebody's turn.
pub(super) fn explained(unsent: Unsent, provider: SmsProvider) -> Unsent {
    if unsent.kind != (Failure::Later { after: Some(SOMEBODY_S_TURN) }) {
        return unsent;
    }
    let what = match what(&unsent.why) {
        What::Secret => {
            let file = secret_file(provider);
            format!("密钥不对（secrets/{file}），或与 notify.sms.key_id 不是一对。The secret is wrong")
        }
        What::KeyId => "网关没有这个 notify.sms.key_id。The gateway does not know it".to_owned(),
        What::Clock => "本机时钟不准。The clock of this machine is wrong".to_owned(),
        What::Money => "短信账户余额或套餐不足，或已停用。The account is out of money or closed".to_owned(),
        What::Address => "本机出口 IP 不在网关的白名单中。Our address is not on its list".to_owned(),
        What::Rights => "密钥没有发短信的权限，或未开通短信服务。The key has not the right".to_owned(),
    };
    unsent.to_mend(&what)
}

enum What {
    Secret,
    KeyId,
    Clock,
    Money,
    Address,
    Rights,
}

fn what(code: &str) -> What {
    let begins = |starts: &[&str]| starts.iter().any(|start| code.starts_with(start));
    if begins(&["InvalidTimeStamp", "AuthFailure.SignatureExpire"]) {
        What::Clock
    } else if begins(&["SignatureDoesNotMatch", "IncompleteSignature", "AuthFailure.Signature"]) {
        What::Secret
    } else if begins(&["InvalidAccessKeyId", "AuthFailure.SecretId", "AuthFailure.InvalidSecretId"]) {
        What::KeyId
    } else if begins(&["isv.DENY_IP_RANGE"]) {
        What::Address
    } else if begins(&["isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.ACCOUNT", "FailedOperation.Insufficient"]) {
        What::Money
    } else {
        What::Rights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_person_can_mend_is_said_with_its_file_and_what_passes_is_left() {
        let turn = |code: &str| Unsent::later_after(SOMEBODY_S_TURN, code);
        for (provider, code, said) in [
            (SmsProvider::Aliyun, "SignatureDoesNotMatch", "密钥不对（secrets/aliyun.secret）"),
            (SmsProvider::Tencent, "AuthFailure.SignatureFailure", "密钥不对（secrets/tencent.secret）"),
            (SmsProvider::Tencent, "AuthFailure.SignatureExpire", "时钟"),
            (SmsProvider::Tencent, "AuthFailure.SecretIdNotFound", "notify.sms.key_id"),
            (SmsProvider::Aliyun, "InvalidAccessKeyId.NotFound", "notify.sms.key_id"),
            (SmsProvider::Aliyun, "isv.OUT_OF_SERVICE: 业务停机", "余额"),
            (SmsProvider::Aliyun, "isp.RAM_PERMISSION_DENY", "权限"),
        ] {
            let told = explained(turn(code), provider);
            assert!(told.somebody && told.why.contains(said) && told.why.ends_with(code), "{code}: {}", told.why);
        }
        let busy = explained(Unsent::later("Throttling.User"), SmsProvider::Aliyun);
        assert_eq!((busy.somebody, busy.why.as_str()), (false, "Throttling.User"));
    }
}
