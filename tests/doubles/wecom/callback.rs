//! How the app is called back: sealed and signed, again when nobody answers well, and, by the dial, again to a listener who did.

use std::time::Duration;

use super::{Callback, State, envelope};
use crate::{Doubles, Fault};

/// Beyond the first try.
const MORE_TRIES: usize = 3;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// One call as it goes over the line, to be sent as it is or after somebody changed it.
#[derive(Debug, Clone)]
pub struct Call {
    pub url: String,
    pub query: Vec<(&'static str, String)>,
    pub body: String,
}

impl Doubles {
    /// Whether the app proves at its address that it can open our envelopes, as it must before the address is taken.
    pub async fn wecom_accepts_callback(&self) -> bool {
        let Some((call, echo)) = self.wecom.state().question() else { return false };
        let Some(url) = call.address() else { return false };
        let Ok(answer) = reqwest::Client::new().get(url).timeout(ANSWER_WITHIN).send().await else { return false };
        answer.status().is_success() && answer.text().await.is_ok_and(|text| text == echo)
    }

    /// A member presses a button that calls back; what each call was answered with.
    pub async fn wecom_click(&self, member: &str, task_id: &str, key: &str) -> Vec<u16> {
        let fault = self.dials.take_of("wecom.callback", member);
        match fault {
            Some(Fault::NoReceipt) => return Vec::new(),
            Some(Fault::LateReceipt(late)) => tokio::time::sleep(late).await,
            _ => {}
        }
        let Some(call) = self.wecom_call(member, task_id, key) else { return Vec::new() };
        let mut answers = Vec::new();
        for _ in 0..=MORE_TRIES {
            let status = call.send_by(&self.wecom.line()).await;
            answers.push(status);
            if status == 200 && fault != Some(Fault::ReplayedCallback) {
                break;
            }
        }
        answers
    }

    /// The call that a click makes, not yet made. None while no callback is set up.
    #[must_use]
    pub fn wecom_call(&self, member: &str, task_id: &str, key: &str) -> Option<Call> {
        let mut state = self.wecom.state();
        let (corp, now, code) = (state.settings.corp_id.clone(), state.now(), state.fresh("invented-code"));
        let agent = state.settings.apps.first()?.agent_id;
        state.call(&format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{member}]]></FromUserName>\
             <CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>\
             <TaskId><![CDATA[{task_id}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>\
             <ResponseCode><![CDATA[{code}]]></ResponseCode><AgentID>{agent}</AgentID></xml>"
        ))
    }

    /// The call for a text of whoever's making.
    #[must_use]
    pub fn wecom_call_of(&self, text: &str) -> Option<Call> {
        self.wecom.state().call(text)
    }
}

impl Call {
    /// The status of the answer, or 0 where there was none in time.
    pub async fn send(&self) -> u16 {
        self.send_by(&reqwest::Client::new()).await
    }

    async fn send_by(&self, line: &reqwest::Client) -> u16 {
        let Some(url) = self.address() else { return 0 };
        let call = line.post(url).body(self.body.clone()).timeout(ANSWER_WITHIN);
        call.send().await.map_or(0, |answer| answer.status().as_u16())
    }

    fn address(&self) -> Option<reqwest::Url> {
        reqwest::Url::parse_with_params(&self.url, &self.query).ok()
    }
}

impl State {
    fn call(&mut self, text: &str) -> Option<Call> {
        let (callback, sealed) = self.sealed(text)?;
        let corp = &self.settings.corp_id;
        let body = format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[]]></AgentID>\
             <Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        );
        Some(Call { url: callback.url.clone(), query: self.signed(&callback, &sealed), body })
    }

    fn question(&mut self) -> Option<(Call, String)> {
        let echo = self.fresh("echo");
        let (callback, sealed) = self.sealed(&echo)?;
        let mut query = self.signed(&callback, &sealed);
        query.push(("echostr", sealed));
        Some((Call { url: callback.url, query, body: String::new() }, echo))
    }

    fn sealed(&mut self, text: &str) -> Option<(Callback, String)> {
        let callback = self.settings.callback.clone()?;
        let key = envelope::key_of(&callback.aes_key)?;
        self.counter += 1;
        let random = u128::from(self.counter).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes();
        let sealed = envelope::seal(&key, random, text, &self.settings.corp_id);
        Some((callback, sealed))
    }

    fn signed(&mut self, callback: &Callback, sealed: &str) -> Vec<(&'static str, String)> {
        let (timestamp, nonce) = (self.now().to_string(), self.fresh("nonce"));
        let signature = envelope::sign(&callback.token, &timestamp, &nonce, sealed);
        vec![("msg_signature", signature), ("timestamp", timestamp), ("nonce", nonce)]
    }
}
