//! Aliyun's older signature, HMAC-SHA1 over the sorted parameters, for gateways in between that know no other.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::mac::{canonical_query, hmac_sha1, percent};

/// The parameters that every request has besides its own.
pub(super) fn common<'a>(
    action: &str,
    version: &str,
    key_id: &str,
    nonce: &str,
    timestamp: &str,
) -> Vec<(&'a str, String)> {
    [
        ("AccessKeyId", key_id),
        ("Action", action),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", timestamp),
        ("Version", version),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// The parameter `Signature`.
pub(super) fn signature(method: &str, parameters: &[(&str, String)], secret: &str) -> String {
    let to_sign = format!("{method}&{}&{}", percent("/"), percent(&canonical_query(parameters)));
    let key = Zeroizing::new(format!("{secret}&"));
    STANDARD.encode(hmac_sha1(key.as_bytes(), to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned<'a>(parameters: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
        parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn the_published_requests_are_signed_as_published() {
        let send = owned(&[
            ("AccessKeyId", "testId"),
            ("Action", "SendSms"),
            ("Format", "XML"),
            ("OutId", "123"),
            ("PhoneNumbers", "15300000001"),
            ("RegionId", "cn-hangzhou"),
            ("SignName", "阿里云短信测试专用"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "45e25e9b-0a6f-4070-8c85-2956eda1b466"),
            ("SignatureVersion", "1.0"),
            ("TemplateCode", "SMS_71390007"),
            ("TemplateParam", "{\"customer\":\"test\"}"),
            ("Timestamp", "2017-07-12T02:42:19Z"),
            ("Version", "2017-05-25"),
        ]);
        let regions = owned(&[
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
        ]);
        for (parameters, secret, expected) in [
            (&send, "testSecret", "zJDF+Lrzhj/ThnlvIToysFRq6t4="),
            (&regions, "testsecret", "OLeaidS1JvxuMvnyHOwuJ+uX5qY="),
        ] {
            assert_eq!(signature("GET", parameters, secret), expected);
            assert_ne!(signature("POST", parameters, secret), expected);
            assert_ne!(signature("GET", parameters, "other"), expected);
        }
    }
}
