//! Tencent's signature, TC3-HMAC-SHA256: the body's very bytes, under a key that is made of the secret for one day and one service.
//!
//! The day is that of UTC: until eight in the morning it is yesterday's.

use shared::time::Moment;
use zeroize::Zeroizing;

use super::{
    mac::{hex, hmac_sha256, sha256_hex},
    stamp::utc_date,
};

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// A POST without a query.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) service: &'a str,
    pub(super) path: &'a str,
    pub(super) at: Moment,
    /// Those that are signed, by name in small letters, sorted.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

/// The header `Authorization`.
pub(super) fn authorization(asked: &Asked<'_>, key_id: &str, secret: &str) -> String {
    let signed: Vec<_> = asked.headers.iter().map(|(name, _)| *name).collect();
    let signed = signed.join(";");
    let date = utc_date(asked.at);
    let scope = format!("{date}/{}/tc3_request", asked.service);
    let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{}", asked.at.unix_s(), canonical_hash(asked));
    let mut key = Zeroizing::new(format!("TC3{secret}").into_bytes());
    for part in [date.as_str(), asked.service, "tc3_request"] {
        key = Zeroizing::new(hmac_sha256(&key, part.as_bytes()).into());
    }
    let signature = hex(&hmac_sha256(&key, to_sign.as_bytes()));
    format!("{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}")
}

fn canonical_hash(asked: &Asked<'_>) -> String {
    let names: Vec<_> = asked.headers.iter().map(|(name, _)| *name).collect();
    let lines: String =
        asked.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim().to_lowercase())).collect();
    let canonical = format!("POST\n{}\n\n{lines}\n{}\n{}", asked.path, names.join(";"), sha256_hex(asked.body));
    sha256_hex(canonical.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
    const SIGNATURE: &str = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";

    fn asked(body: &[u8], at: i64) -> Asked<'_> {
        let headers = &[("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")];
        Asked { service: "cvm", path: "/", at: Moment::from_unix_s(at), headers, body }
    }

    #[test]
    fn the_published_request_is_signed_as_published() {
        let asked_then = asked(BODY, 1_551_113_065);
        assert_eq!(canonical_hash(&asked_then), "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
        assert_eq!(
            authorization(&asked_then, "AKID", SECRET),
            format!(
                "{ALGORITHM} Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature={SIGNATURE}"
            )
        );
        for (asked, secret) in
            [(asked(b"{}", 1_551_113_065), SECRET), (asked(BODY, 1_551_113_066), SECRET), (asked_then, "other")]
        {
            assert!(!authorization(&asked, "AKID", secret).contains(SIGNATURE));
        }
    }

    #[test]
    fn until_eight_in_the_morning_the_day_is_yesterday_s() {
        let campus_day = shared::time::CampusDay::parse("2026-11-23").unwrap();
        for (minute, date) in [(0, "2026-11-22"), (8 * 60 - 1, "2026-11-22"), (8 * 60, "2026-11-23")] {
            let at = campus_day.at_minute(minute).unix_s();
            assert!(authorization(&asked(BODY, at), "AKID", SECRET).contains(&format!("AKID/{date}/cvm")), "{minute}");
        }
    }
}
