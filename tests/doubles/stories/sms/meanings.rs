//! What a refusal means for the next try.

use std::time::Duration;

use chrono::TimeDelta;
use sync_server::{
    config::Config,
    notify::{Failure, Sender, Unsent},
    store::Notice,
};

use crate::house::{By, House, asked, code};

async fn failed(sender: &dyn Sender, notice: &Notice) -> Unsent {
    sender.send(notice).await.expect_err("it is refused")
}

fn after(unsent: &Unsent) -> Duration {
    match unsent.kind {
        Failure::Later { after } => after.unwrap_or_else(|| panic!("{unsent}: no time")),
        Failure::Enough { after } => after,
        Failure::Permanent | Failure::Unknown => panic!("{unsent:?}"),
    }
}

#[tokio::test]
async fn who_cannot_prove_themselves_waits_for_somebody_to_put_it_right() {
    for by in By::ALL {
        let house = House::new().await;
        let settings = Config::parse(&house.settings(by, "")).unwrap().notify.sms.unwrap();
        let why = failed(&*house.opened(&settings, "another"), &code(1, "13800130001")).await;
        assert!(why.why.contains("Signature") && !why.why.contains("042042"), "{by:?}: {why}");
        assert_eq!(after(&why), Duration::from_secs(600));
        let unknown = house.sender_with(by, |text| text.replace("key_id = '", "key_id = 'x"));
        assert_eq!(after(&failed(&*unknown, &code(1, "13800130001")).await), Duration::from_secs(600), "{by:?}");
        assert_eq!(house.doubles.shown.all(), []);
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_refused_and_nothing_is_in_doubt() {
    for (by, minutes, said) in [
        (By::Acs3, 16, "InvalidTimeStamp.Expired"),
        (By::Rpc, -16, "InvalidTimeStamp.Expired"),
        (By::Tencent, 6, "AuthFailure.SignatureExpire"),
    ] {
        let house = House::new().await;
        house.clock.leap(TimeDelta::minutes(minutes));
        let sender = house.sender(by);
        let why = failed(&*sender, &code(1, "13800130001")).await;
        assert!(why.somebody && why.why.contains("时钟") && why.why.ends_with(said), "{why}");
        assert_eq!(after(&why), Duration::from_secs(600));
        house.clock.leap(TimeDelta::minutes(-minutes));
        sender.send(&code(1, "13800130001")).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_window_is_waited_for_by_the_clock() {
    let house = House::new().await;
    let sender = house.sender(By::Acs3);
    house.pass(TimeDelta::seconds(10));
    sender.send(&code(1, "13800130001")).await.unwrap();
    let why = failed(&*sender, &code(2, "13800130001")).await;
    assert!(why.why.contains("触发分钟级流控Permits:1"), "{why}");
    assert_eq!(after(&why), Duration::from_secs(52), "until the next minute by the clock");
    house.pass(TimeDelta::seconds(50));
    for id in 2..6 {
        sender.send(&code(id, "13800130001")).await.unwrap();
        house.pass(TimeDelta::minutes(1));
    }
    let why = failed(&*sender, &code(6, "13800130001")).await;
    assert!(why.why.contains("触发小时级流控Permits:5"), "{why}");
    assert_eq!(after(&why), Duration::from_secs(55 * 60 + 2), "until ten by the clock");
    house.pass(TimeDelta::minutes(55));
    for id in 7..12 {
        sender.send(&code(id, "13800130001")).await.unwrap();
        house.pass(TimeDelta::minutes(1));
    }
    house.pass(TimeDelta::hours(1));
    let why = failed(&*sender, &code(12, "13800130001")).await;
    assert!(why.why.contains("触发天级流控Permits:10"), "{why}");
    assert_eq!(after(&why), Duration::from_secs(3600));
    // Another number has its own windows.
    sender.send(&code(13, "13800130002")).await.unwrap();

    let house = House::new().await;
    let sender = house.sender(By::Tencent);
    sender.send(&asked(1, "13800130001", "学术报告")).await.unwrap();
    let why = failed(&*sender, &asked(2, "13800130001", "学术报告")).await;
    assert!(why.why.starts_with("LimitExceeded.PhoneNumberThirtySecondLimit"), "{why}");
    assert_eq!(after(&why), Duration::from_secs(32));
    for id in 2..11 {
        house.pass(TimeDelta::seconds(31));
        sender.send(&asked(id, "13800130001", "学术报告")).await.unwrap();
    }
    house.pass(TimeDelta::seconds(31));
    let why = failed(&*sender, &asked(11, "13800130001", "学术报告")).await;
    assert!(why.why.starts_with("LimitExceeded.PhoneNumberDailyLimit"), "{why}");
}

#[tokio::test]
async fn what_no_later_try_would_change_is_given_up() {
    for (by, to, change, said) in [
        (By::Acs3, "12", ("", ""), "isv.MOBILE_NUMBER_ILLEGAL"),
        (By::Acs3, "13800130001", ("sign_name = '某某大学'", "sign_name = '某某学院'"), "isv.SMS_SIGNATURE_ILLEGAL"),
        (By::Rpc, "13800130001", ("id = 'SMS_1000000'", "id = 'SMS_9'"), "isv.SMS_TEMPLATE_ILLEGAL"),
        (
            By::Acs3,
            "13800130001",
            ("${code}，${minutes}分", "${kode}，${minutes}分"),
            "isv.TEMPLATE_MISSING_PARAMETERS",
        ),
        (By::Tencent, "+12", ("", ""), "InvalidParameterValue.IncorrectPhoneNumber"),
        (By::Tencent, "13800130999", ("", ""), "FailedOperation.PhoneNumberInBlacklist"),
        (
            By::Tencent,
            "13800130001",
            ("sign_name = '某某大学'", "sign_name = '某某学院'"),
            "FailedOperation.SignatureIncorrectOrUnapproved",
        ),
        (By::Tencent, "13800130001", ("id = '2000000'", "id = '9'"), "FailedOperation.TemplateIncorrectOrUnapproved"),
        (
            By::Tencent,
            "13800130001",
            ("app_id = '1400000000'", "app_id = '1'"),
            "InvalidParameterValue.SdkAppIdNotExist",
        ),
        (
            By::Tencent,
            "13800130001",
            (
                "variables = ['code', 'minutes']\ntext = '您的登录验证码是{1}，{2}分",
                "variables = ['code']\ntext = '您的登录验证码是{1}，5分",
            ),
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        ),
    ] {
        let house = House::new().await;
        let sender = house.sender_with(by, |text| {
            let changed = text.replace(change.0, change.1);
            assert!(change.0.is_empty() || changed != text, "{change:?} is not in {text}");
            if change.0.is_empty() { text } else { changed }
        });
        let why = failed(&*sender, &code(1, to)).await;
        assert_eq!(why.kind, Failure::Permanent, "{why}");
        assert!(why.why.starts_with(said), "{why}");
        assert_eq!(house.doubles.shown.all(), [], "{said}");
    }
}

#[tokio::test]
async fn nobody_there_took_nothing() {
    for by in By::ALL {
        let house = House::new().await;
        let nobody = house.sender_with(by, |text| text.replace(&house.address, "http://127.0.0.1:1"));
        let why = failed(&*nobody, &code(1, "13800130001")).await;
        assert_eq!(why.kind, Failure::Later { after: None }, "{why}");
    }
}
