//! The doubles refuse what the real ones refuse: each is shown a request that the real sender signed, and then one with a
//! single thing changed.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Uri},
};
use chrono::TimeDelta;
use serde_json::Value;

use crate::house::{By, House, code, listen};

/// A request as it was sent.
#[derive(Debug, Clone)]
struct Taped {
    uri: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What the real sender sends, taken down on the way.
async fn taped(house: &House, by: By) -> Taped {
    let tape: Arc<Mutex<Option<Taped>>> = Arc::default();
    let kept = tape.clone();
    let take = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
        *kept.lock().unwrap() = Some(Taped { uri: uri.to_string(), headers, body: body.to_vec() });
    };
    let address = listen(Router::new().fallback(take)).await;
    let sender = house.sender_with(by, |text| text.replace(&house.address, &address));
    sender.send(&code(1, "13800130001")).await.unwrap_err();
    tape.lock().unwrap().take().unwrap()
}

/// What the double says of it.
async fn played(house: &House, taped: &Taped) -> String {
    let request = reqwest::Client::new().post(format!("{}{}", house.address, taped.uri));
    let answer = request.headers(taped.headers.clone()).body(taped.body.clone()).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let of = |path| answer.pointer(path).and_then(Value::as_str).map(str::to_owned);
    of("/Code").or_else(|| of("/Response/Error/Code")).or_else(|| of("/Response/SendStatusSet/0/Code")).unwrap()
}

impl Taped {
    fn with(&self, change: impl Fn(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    fn without(&self, header: &str) -> Self {
        self.with(|taped| drop(taped.headers.remove(header)))
    }

    fn header(&self, name: &'static str, before: &str, after: &str) -> Self {
        self.with(|taped| {
            let value = taped.headers[name].to_str().unwrap();
            assert!(value.contains(before), "{value}");
            let value = value.replace(before, after).parse().unwrap();
            taped.headers.insert(name, value);
        })
    }

    fn body(&self, before: &str, after: &str) -> Self {
        self.with(|taped| {
            let body = String::from_utf8(taped.body.clone()).unwrap();
            assert!(body.contains(before), "{body}");
            taped.body = body.replace(before, after).into_bytes();
            taped.headers.remove("content-length");
        })
    }
}

#[tokio::test]
async fn aliyun_s_newer_signature_holds_every_part_and_no_request_comes_twice() {
    let house = House::new().await;
    let right = taped(&house, By::Acs3).await;
    let other_number = right.with(|taped| taped.uri = taped.uri.replace("13800130001", "13800130002"));
    for (what, changed, said) in [
        ("another number", other_number, "SignatureDoesNotMatch"),
        ("another nonce", right.header("x-acs-signature-nonce", "", "x"), "SignatureDoesNotMatch"),
        ("another action", right.header("x-acs-action", "SendSms", "SendBatchSms"), "SignatureDoesNotMatch"),
        ("another day", right.header("x-acs-date", "2026-11-23", "2026-11-24"), "SignatureDoesNotMatch"),
        (
            "a body",
            right.with(|taped| {
                taped.body = b"x".to_vec();
                taped.headers.remove("content-length");
            }),
            "SignatureDoesNotMatch",
        ),
        ("another key", right.header("authorization", "LTAI-made-up", "LTAI-other"), "InvalidAccessKeyId.NotFound"),
        (
            "a nonce that is not signed",
            right.header("authorization", ";x-acs-signature-nonce", ""),
            "IncompleteSignature",
        ),
        ("no signature", right.without("authorization"), "IncompleteSignature"),
    ] {
        assert_eq!(played(&house, &changed).await, said, "{what}");
    }
    house.pass(TimeDelta::minutes(15) + TimeDelta::seconds(1));
    assert_eq!(played(&house, &right).await, "InvalidTimeStamp.Expired");
    house.pass(TimeDelta::seconds(-1));
    assert_eq!(played(&house, &right).await, "OK");
    assert_eq!(played(&house, &right).await, "SignatureNonceUsed");
    assert_eq!(house.doubles.shown.all().len(), 1);
}

#[tokio::test]
async fn aliyun_s_older_signature_holds_every_parameter_and_no_request_comes_twice() {
    let house = House::new().await;
    let right = taped(&house, By::Rpc).await;
    for (what, changed, said) in [
        ("another number", right.body("13800130001", "13800130002"), "SignatureDoesNotMatch"),
        ("another parameter", right.with(|taped| taped.uri.push_str("?More=1")), "SignatureDoesNotMatch"),
        ("another way to sign", right.body("HMAC-SHA1", "HMAC-MD5"), "IncompleteSignature"),
        ("another key", right.body("LTAI-made-up", "LTAI-other"), "InvalidAccessKeyId.NotFound"),
        ("no signature", right.body("&Signature=", "&Nothing="), "IncompleteSignature"),
    ] {
        assert_eq!(played(&house, &changed).await, said, "{what}");
    }
    house.pass(TimeDelta::minutes(-16));
    assert_eq!(played(&house, &right).await, "InvalidTimeStamp.Expired");
    house.pass(TimeDelta::minutes(16));
    assert_eq!(played(&house, &right).await, "OK");
    assert_eq!(played(&house, &right).await, "SignatureNonceUsed");
}

#[tokio::test]
async fn tencent_s_signature_is_over_the_very_bytes_and_of_the_day_in_utc() {
    let house = House::new().await;
    // One in the morning on the campus is five in the afternoon of the day before.
    house.pass(TimeDelta::hours(16));
    let right = taped(&house, By::Tencent).await;
    assert!(right.headers["authorization"].to_str().unwrap().contains("/2026-11-23/sms/"));
    for (what, changed, said) in [
        ("another number", right.body("13800130001", "13800130002"), "AuthFailure.SignatureFailure"),
        ("a blank more", right.body(",", ", "), "AuthFailure.SignatureFailure"),
        ("the campus's day", right.header("authorization", "2026-11-23", "2026-11-24"), "AuthFailure.SignatureFailure"),
        ("another second", right.header("x-tc-timestamp", "0", "1"), "AuthFailure.SignatureFailure"),
        (
            "another action",
            right.header("x-tc-action", "SendSms", "PullSmsSendStatusByPhoneNumber"),
            "AuthFailure.SignatureFailure",
        ),
        ("another key", right.header("authorization", "AKID-made-up", "AKID-other"), "AuthFailure.SecretIdNotFound"),
        ("no signature", right.without("authorization"), "AuthFailure.InvalidAuthorization"),
        ("no region", right.without("x-tc-region"), "MissingParameter"),
    ] {
        assert_eq!(played(&house, &changed).await, said, "{what}");
    }
    house.pass(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    assert_eq!(played(&house, &right).await, "AuthFailure.SignatureExpire");
    house.pass(TimeDelta::seconds(-1));
    assert_eq!(played(&house, &right).await, "Ok");
}
