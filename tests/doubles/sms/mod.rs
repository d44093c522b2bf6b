//! What both gateways of text messages have in common: registered templates, telephones, a list of what was taken, and receipts.

pub(crate) mod checks;
pub(crate) mod windows;

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use serde_json::Value;

/// A template as it was registered.
#[derive(Debug, Clone)]
pub struct Registered {
    pub id: String,
    pub text: String,
    /// Of codes to sign in: fewer an hour, and its variable has four to six characters.
    pub is_code: bool,
}

/// One message that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub number: String,
    /// The sender's name for it.
    pub key: String,
    /// The gateway's.
    pub id: String,
    pub template: String,
    pub text: String,
    pub at: i64,
    /// What the carrier has said of it, once it has.
    pub delivered: Option<bool>,
}

/// Then every four seconds, for two minutes: an office that is started again and again is found in the end.
const PUSHED_AGAIN_AFTER_MS: [u64; 5] = [0, 100, 400, 1000, 2000];
const LATER_MS: u64 = 4000;
const LATER_TIMES: usize = 30;

/// The gateway's memory.
#[derive(Debug, Default)]
pub struct Memory {
    taken: Mutex<Vec<Taken>>,
    nonces: Mutex<BTreeSet<String>>,
    /// Numbers that no carrier reaches.
    unreachable: Mutex<BTreeSet<String>>,
    /// Where receipts are pushed.
    receipts_to: Mutex<Option<String>>,
    line: OnceLock<reqwest::Client>,
}

impl Memory {
    pub fn receipts_to(&self, address: &str) {
        *lock(&self.receipts_to) = Some(address.to_owned());
    }

    pub fn unreachable(&self, number: &str) {
        lock(&self.unreachable).insert(number.to_owned());
    }

    /// All that were taken, shown or not.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.taken).clone()
    }

    pub(crate) fn is_unreachable(&self, number: &str) -> bool {
        lock(&self.unreachable).contains(number)
    }

    pub(crate) fn keep(&self, taken: Taken) {
        lock(&self.taken).push(taken);
    }

    /// Whether it is new.
    pub(crate) fn keep_nonce(&self, nonce: &str) -> bool {
        lock(&self.nonces).insert(nonce.to_owned())
    }

    /// The gateway's next name for a message.
    pub(crate) fn next_id(&self, unix_s: i64) -> String {
        format!("{unix_s}{:06}", lock(&self.taken).len())
    }

    pub(crate) fn report(&self, id: &str, delivered: bool) {
        for taken in lock(&self.taken).iter_mut().filter(|taken| taken.id == id) {
            taken.delivered = Some(delivered);
        }
    }

    /// Pushes a receipt until it is heard, some times at most.
    pub(crate) async fn push(&self, body: &Value, heard: impl Fn(&Value) -> bool) {
        let Some(address) = lock(&self.receipts_to).clone() else { return };
        let client = self.line.get_or_init(reqwest::Client::new);
        for wait_ms in PUSHED_AGAIN_AFTER_MS.into_iter().chain(std::iter::repeat_n(LATER_MS, LATER_TIMES)) {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            let Ok(answer) = client.post(&address).json(body).send().await else { continue };
            if answer.json::<Value>().await.is_ok_and(|answer| heard(&answer)) {
                return;
            }
        }
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The templates that an office registers, in either gateway's spelling of a variable.
pub(crate) fn registered(id: impl Fn(usize) -> String, aliyun: bool) -> Vec<Registered> {
    let texts = [
        "您的登录验证码是${code}，${minutes}分钟内有效，请勿告诉他人。",
        "访客${visitor}预约${when}来访，随行${party}人，事由：${reason}。请打开http://127.0.0.1:8460/d/${token}审核。",
        "访客${visitor}预约${when}来访，随行${party}人，事由：${reason}。请打开http://127.0.0.1:8460/a输入审核码${code}。",
        "您预约${when}拜访${host}，已提交，等待审核。结果会以短信通知您。",
        "有${count}个访客预约等待您审核。请登录访客预约系统一并处理。",
        "访客${visitor}预约${when}拜访${host}（${department}），至今无人审核，请联系被访人。",
        "您预约${when}拜访${host}，已通过审核。打开http://127.0.0.1:8460/p/${token}查看通行码，或报短码${short_code}。",
        "您预约${when}拜访${host}，未通过审核。原因：${because}。",
        "您预约${when}拜访${host}的通行码已撤销，不能再用于入校。",
        "${by}代您撤销了访客${visitor}${when}的通行码。",
        "访客${visitor}已取消${when}的来访预约。",
        "您拜访${host}的预约已修改，现为${when}，随行${party}人。通行码不变。",
        "访客${visitor}修改了来访预约，现为${when}，随行${party}人，车牌${plates}。无需重新审核。",
        "${host}（${department}）请您在${from}至${through}期间代为审核访客预约。",
        "${host}（${department}）不再请您代为审核访客预约。",
    ];
    let spelt = |text: &str| if aliyun { text.to_owned() } else { numbered(text) };
    let of = |(at, text): (usize, &&str)| Registered { id: id(at), text: spelt(text), is_code: at == 0 };
    texts.iter().enumerate().map(of).collect()
}

/// `${name}` by its number.
fn numbered(text: &str) -> String {
    let mut parts = text.split("${");
    let mut spelt = parts.next().unwrap_or_default().to_owned();
    for (number, part) in (1..).zip(parts) {
        let behind = part.split_once('}').map_or("", |(_, behind)| behind);
        spelt.push_str(&format!("{{{number}}}{behind}"));
    }
    spelt
}
