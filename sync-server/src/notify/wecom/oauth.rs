//! Who is at the browser, as WeCom knows them.
//!
//! WeCom also lets outsiders follow the app and gives codes for them; such an answer names no member, and an outsider approves
//! nothing. A code is good once and for five minutes, so nothing here is tried twice but for a token that died.

use reqwest::Url;

use super::{Wecom, api};
use crate::notify::Unsent;

const LONGEST_CODE: usize = 512;

/// The code is none, or was used.
const CODE_DEAD: [i64; 2] = [40029, 42022];

impl Wecom {
    /// Where a browser is sent that is to come back to `back` with a code.
    #[must_use]
    pub fn authorize(&self, back: &str, state: &str) -> String {
        let settings = &self.settings;
        let address = format!("{}/connect/oauth2/authorize", settings.authorize_url);
        let agent = settings.agent_id.to_string();
        let query = [
            ("appid", settings.corp_id.as_str()),
            ("redirect_uri", back),
            ("response_type", "code"),
            ("scope", "snsapi_base"),
            ("state", state),
            ("agentid", agent.as_str()),
        ];
        // The settings were checked: what does not parse leads to a page of WeCom's that says so.
        Url::parse_with_params(&address, query).map_or(address, |url| format!("{url}#wechat_redirect"))
    }

    /// The member whom `code` stands for; none for an outsider, and for a code that is dead or was used.
    pub async fn member(&self, code: &str) -> Result<Option<String>, Unsent> {
        if code.is_empty() || code.len() > LONGEST_CODE {
            return Ok(None);
        }
        let reply = self.api.get("auth/getuserinfo", ("code", code)).await?;
        match reply.errcode {
            0 => Ok(reply.userid.filter(|member| !member.is_empty())),
            dead if CODE_DEAD.contains(&dead) => Ok(None),
            _ => Err(api::unsent(&reply)),
        }
    }
}
