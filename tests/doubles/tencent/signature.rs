//! Tencent's signature, recomputed from the bytes that arrived.

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::time::utc;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) key_id: String,
    pub(super) timestamp_s: i64,
    pub(super) right: bool,
}

/// None: there is no signature of this kind.
pub(super) fn tc3(path: &str, headers: &HeaderMap, body: &[u8], service: &str, secret: &str) -> Option<Signed> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let said = header("authorization")?.strip_prefix("TC3-HMAC-SHA256 ")?;
    let part = |name: &str| said.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (credential, names, signature) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let (key_id, scope) = credential.split_once('/')?;
    let timestamp = header("x-tc-timestamp")?;
    let timestamp_s: i64 = timestamp.parse().ok()?;
    // The day of the scope is that of the time stamp, in UTC: the campus's own day would be wrong until eight in the morning.
    let date = utc(timestamp_s).format("%Y-%m-%d").to_string();
    let signed: Vec<&str> = names.split(';').collect();
    let complete = signed.is_sorted() && ["content-type", "host"].iter().all(|name| signed.contains(name));
    let mut lines = String::new();
    for name in &signed {
        lines.push_str(&format!("{name}:{}\n", header(name)?.to_lowercase()));
    }
    let request = format!("POST\n{path}\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
    let over = format!("TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{}", hex(&Sha256::digest(&request)));
    let mut key = format!("TC3{secret}").into_bytes();
    for part in [date.as_str(), service, "tc3_request", &over] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(part.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    let right = complete && scope == format!("{date}/{service}/tc3_request") && hex(&key) == signature;
    Some(Signed { key_id: key_id.to_owned(), timestamp_s, right })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

    fn headers(date: &str, timestamp: &str) -> HeaderMap {
        let signature = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential=AKID/{date}/cvm/tc3_request, SignedHeaders=content-type;host, Signature={signature}"
        );
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json; charset=utf-8"),
            ("host", "cvm.tencentcloudapi.com"),
            ("x-tc-timestamp", timestamp),
            ("authorization", &authorization),
        ] {
            headers.insert(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_published_signature_is_found_right_and_any_other_wrong() {
        let then = headers("2019-02-25", "1551113065");
        let found = tc3("/", &then, BODY, "cvm", SECRET).unwrap();
        assert_eq!(found, Signed { key_id: "AKID".to_owned(), timestamp_s: 1_551_113_065, right: true });
        let unescaped = String::from_utf8(BODY.to_vec()).unwrap().replace("\\u672a\\u547d\\u540d", "未命名");
        for (headers, path, body, service, secret) in [
            (&then, "/x", BODY, "cvm", SECRET),
            (&then, "/", unescaped.as_bytes(), "cvm", SECRET),
            (&then, "/", BODY, "sms", SECRET),
            (&then, "/", BODY, "cvm", "other"),
            (&headers("2019-02-26", "1551113065"), "/", BODY, "cvm", SECRET),
            (&headers("2019-02-25", "1551113066"), "/", BODY, "cvm", SECRET),
        ] {
            assert!(!tc3(path, headers, body, service, secret).unwrap().right);
        }
    }
}
