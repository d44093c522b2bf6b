//! Aliyun's signature of today, ACS3-HMAC-SHA256: the request in a fixed shape, hashed, and signed with the secret as it is.

use super::mac::{canonical_query, hex, hmac_sha256, sha256_hex};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What is asked, and when; no two requests may have the same nonce.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) action: &'a str,
    pub(super) version: &'a str,
    /// `2023-10-26T10:22:32Z`
    pub(super) date: &'a str,
    pub(super) nonce: &'a str,
    pub(super) query: &'a [(&'a str, String)],
    pub(super) body: &'a [u8],
}

/// The headers of a POST but for the host's own, the signature last.
pub(super) fn headers(asked: &Asked<'_>, key_id: &str, secret: &[u8]) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("x-acs-action", asked.action.to_owned()),
        ("x-acs-content-sha256", sha256_hex(asked.body)),
        ("x-acs-date", asked.date.to_owned()),
        ("x-acs-signature-nonce", asked.nonce.to_owned()),
        ("x-acs-version", asked.version.to_owned()),
    ];
    let mut signed: Vec<(&str, &str)> = vec![("host", asked.host)];
    signed.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
    let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let query = canonical_query(asked.query);
    let canonical = format!("POST\n{}\n{query}\n{lines}\n{names}\n{}", asked.path, sha256_hex(asked.body));
    let signature = hex(&hmac_sha256(secret, format!("{ALGORITHM}\n{}", sha256_hex(canonical.as_bytes())).as_bytes()));
    headers.push((
        "authorization",
        format!("{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"),
    ));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: [(&str, &str); 2] =
        [("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")];
    const SIGNATURE: &str = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";

    fn authorization(query: &[(&str, String)], nonce: &str, secret: &str) -> String {
        let asked = Asked {
            host: "ecs.cn-shanghai.aliyuncs.com",
            path: "/",
            action: "RunInstances",
            version: "2014-05-26",
            date: "2023-10-26T10:22:32Z",
            nonce,
            query,
            body: b"",
        };
        headers(&asked, "YourAccessKeyId", secret.as_bytes()).pop().unwrap().1
    }

    #[test]
    fn the_published_request_is_signed_as_published() {
        let mut query = QUERY.map(|(name, value)| (name, value.to_owned()));
        let nonce = "3156853299f313e23d1673dc12e1703d";
        let signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
        let expected = format!("{ALGORITHM} Credential=YourAccessKeyId,SignedHeaders={signed},Signature={SIGNATURE}");
        assert_eq!(authorization(&query, nonce, "YourAccessKeySecret"), expected);
        query.reverse();
        assert_eq!(authorization(&query, nonce, "YourAccessKeySecret"), expected, "whatever the order");
        for (nonce, secret) in [("other", "YourAccessKeySecret"), (nonce, "other")] {
            assert!(!authorization(&query, nonce, secret).contains(SIGNATURE));
        }
    }
}
