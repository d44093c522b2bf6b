//! Cookies, with the strictest attributes the address allows.
//!
//! Behind https every name begins with `__Host-`, so that no neighbouring host can plant one; on a loopback address, where a
//! browser would refuse that, the plain name is used.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    secure: bool,
}

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Life {
    UntilTheBrowserCloses,
    For(i64),
    Over,
}

impl Cookies {
    pub(super) fn under(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    pub(super) const fn secure(self) -> bool {
        self.secure
    }

    pub(super) fn get<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        headers
            .get_all(COOKIE)
            .into_iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|all| all.split(';'))
            .find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                let key = if self.secure { key.strip_prefix("__Host-")? } else { key };
                (key == name).then_some(value)
            })
    }

    /// `None` when the value could not stand in a header.
    pub(super) fn set(self, name: &str, value: &str, life: Life) -> Option<HeaderValue> {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        let age = match life {
            Life::UntilTheBrowserCloses => String::new(),
            Life::For(seconds) => format!("; Max-Age={seconds}"),
            Life::Over => "; Max-Age=0".to_owned(),
        };
        format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}").parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookies.parse().unwrap())])
    }

    #[test]
    fn behind_https_only_a_host_cookie_is_believed() {
        let (secure, plain) = (Cookies::under("https://visit.example.edu.cn"), Cookies::under("http://127.0.0.1:8460"));
        assert_eq!(secure.get(&sent("session=planted; __Host-session=own"), "session"), Some("own"));
        assert_eq!(secure.get(&sent("session=planted"), "session"), None);
        assert_eq!(plain.get(&sent("a=b; session=own"), "session"), Some("own"));
    }

    #[test]
    fn attributes_are_strict() {
        let cookie = Cookies::under("https://visit.example.edu.cn").set("session", "abc", Life::For(60)).unwrap();
        assert_eq!(cookie, "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
        let cookie = Cookies::under("http://127.0.0.1").set("session", "", Life::Over).unwrap();
        assert_eq!(cookie, "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn no_value_breaks_out_of_its_header() {
        assert!(Cookies::under("http://127.0.0.1").set("lang", "zh\r\nX: y", Life::UntilTheBrowserCloses).is_none());
    }
}
