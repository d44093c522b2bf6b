//! An address of somebody we send people, secrets or links to: https, or a machine's own proxy.
//!
//! Approval links and tokens travel there. A hall that has no TLS is reached through a TLS proxy on this very machine.

use std::fmt;

use serde::Deserialize;

use super::is_loopback;

/// Without a slash at the end, a query or a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProviderUrl(String);

impl ProviderUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProviderUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let uri: http::Uri = text.parse().map_err(|_| WRONG)?;
        let authority = uri.authority().ok_or(WRONG)?;
        let plain = uri.query().is_none() && !text.contains('#') && !authority.as_str().contains('@');
        let safe = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_loopback(authority.host()),
            Some(_) | None => false,
        };
        if plain && safe { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(WRONG) }
    }
}

const WRONG: &str = "网址应写成 https://主机[:端口][/路径]，不带 ? 和 #；http 只能指本机（127.0.0.1、[::1]、localhost）。\
                     It must be https://host[:port][/path]; http may only name this machine";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_by_https_or_stay_on_this_machine() {
        for (url, kept) in [
            ("https://hall.example.edu.cn", Some("https://hall.example.edu.cn")),
            ("https://hall.example.edu.cn:8443/mp/", Some("https://hall.example.edu.cn:8443/mp")),
            ("http://127.0.0.1:8470/hall/webhook", Some("http://127.0.0.1:8470/hall/webhook")),
            ("http://[::1]:1", Some("http://[::1]:1")),
            ("http://hall.example.edu.cn", None),
            ("http://127.0.0.1.example.com", None),
            ("http://127.0.0.1@example.com", None),
            ("https://a@hall.example.edu.cn", None),
            ("https://hall.example.edu.cn/?key=x", None),
            ("https://hall.example.edu.cn/#x", None),
            ("ftp://127.0.0.1", None),
            ("hall.example.edu.cn", None),
            ("", None),
        ] {
            let read = ProviderUrl::try_from(url.to_owned()).ok();
            assert_eq!(read.as_ref().map(ProviderUrl::as_str), kept, "{url}");
        }
    }
}
