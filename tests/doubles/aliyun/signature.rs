//! Both of Aliyun's signatures, recomputed from what arrived.

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What arrived: the parameters decoded, in whatever order.
#[derive(Debug)]
pub(super) struct Arrived<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) query: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

/// Who signed, and by what nothing can be sent twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) key_id: String,
    pub(super) date: String,
    pub(super) nonce: String,
    pub(super) action: String,
    pub(super) version: String,
    /// Whether the signature is that of the secret.
    pub(super) right: bool,
    /// What it was made over, as the real one quotes it.
    pub(super) over: String,
}

const MUST_BE_SIGNED: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

/// None: it is not signed in this way, or not wholly.
pub(super) fn acs3(arrived: &Arrived<'_>, secret: &str) -> Option<Signed> {
    let header = |name: &str| arrived.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let said = header("authorization")?.strip_prefix("ACS3-HMAC-SHA256 ")?;
    let part = |name: &str| said.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (key_id, names, signature) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let signed: Vec<&str> = names.split(';').collect();
    if !MUST_BE_SIGNED.iter().all(|name| signed.contains(name)) || !signed.is_sorted() {
        return None;
    }
    let body_hash = hex(&Sha256::digest(arrived.body));
    let mut lines = String::new();
    for name in &signed {
        lines.push_str(&format!("{name}:{}\n", header(name)?));
    }
    let query = sorted(arrived.query);
    let request = format!("{}\n{}\n{query}\n{lines}\n{names}\n{body_hash}", arrived.method, arrived.path);
    let over = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&request)));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(over.as_bytes());
    let right = hex(&mac.finalize().into_bytes()) == signature && header("x-acs-content-sha256") == Some(&body_hash);
    Some(Signed {
        key_id: key_id.to_owned(),
        date: header("x-acs-date")?.to_owned(),
        nonce: header("x-acs-signature-nonce")?.to_owned(),
        action: header("x-acs-action")?.to_owned(),
        version: header("x-acs-version")?.to_owned(),
        right,
        over: request,
    })
}

/// `all` are the parameters of query and form together.
pub(super) fn rpc(method: &str, all: &[(String, String)], secret: &str) -> Option<Signed> {
    let of = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let signature = of("Signature")?;
    if of("SignatureMethod") != Some("HMAC-SHA1") || of("SignatureVersion") != Some("1.0") {
        return None;
    }
    let rest: Vec<_> = all.iter().filter(|(name, _)| name != "Signature").cloned().collect();
    let over = format!("{method}&%2F&{}", encoded(&sorted(&rest)));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).ok()?;
    mac.update(over.as_bytes());
    let right = STANDARD.encode(mac.finalize().into_bytes()) == signature;
    Some(Signed {
        key_id: of("AccessKeyId")?.to_owned(),
        date: of("Timestamp")?.to_owned(),
        nonce: of("SignatureNonce")?.to_owned(),
        action: of("Action")?.to_owned(),
        version: of("Version")?.to_owned(),
        right,
        over,
    })
}

fn sorted(parameters: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = parameters.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn arrived<'a>(headers: &'a HeaderMap, query: &'a [(String, String)], body: &'a [u8]) -> Arrived<'a> {
        Arrived { method: "POST", path: "/", headers, query, body }
    }

    #[test]
    fn the_published_signatures_are_found_right_and_any_other_wrong() {
        let mut all = owned(&[
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
            ("Signature", "OLeaidS1JvxuMvnyHOwuJ+uX5qY="),
        ]);
        assert!(rpc("GET", &all, "testsecret").unwrap().right);
        assert!(!rpc("POST", &all, "testsecret").unwrap().right);
        assert!(!rpc("GET", &all, "other").unwrap().right);
        all.push(("More".to_owned(), "1".to_owned()));
        assert!(!rpc("GET", &all, "testsecret").unwrap().right);

        let query =
            owned(&[("RegionId", "cn-shanghai"), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")]);
        let signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let names = MUST_BE_SIGNED.join(";");
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={names},Signature={signature}");
        headers.insert("authorization", authorization.parse().unwrap());
        let found = acs3(&arrived(&headers, &query, b""), "YourAccessKeySecret").unwrap();
        assert!(found.right && found.key_id == "YourAccessKeyId" && found.action == "RunInstances");
        assert!(!acs3(&arrived(&headers, &query, b""), "other").unwrap().right);
        assert!(!acs3(&arrived(&headers, &query, b"x"), "YourAccessKeySecret").unwrap().right);
        headers.insert("x-acs-date", "2023-10-26T10:22:33Z".parse().unwrap());
        assert!(!acs3(&arrived(&headers, &query, b""), "YourAccessKeySecret").unwrap().right);
        headers.remove("x-acs-date");
        assert_eq!(acs3(&arrived(&headers, &query, b""), "YourAccessKeySecret"), None);
    }
}
