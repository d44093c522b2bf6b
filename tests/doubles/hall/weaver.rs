//! Weaver (泛微) OFS: to-dos of a registered system for people it knows; the same one told again is the same one, and only
//! one that is there, under the very title it was made with, can be done.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use super::{answered, person};
use crate::{Doubles, Message, shown::Showing};

pub const NAME: &str = "hall/weaver";
pub const SYSCODE: &str = "visitor";
/// The account that every to-do is made by.
pub const CREATOR: &str = "sysadmin";

pub const TO_DO: &str = "待办";
pub const DONE: &str = "已办";
pub const TO_READ: &str = "待阅";

#[derive(Debug, Default)]
pub struct Remembered(Mutex<BTreeMap<Identity, String>>);

/// By which a to-do is known.
type Identity = [String; 5];

impl Remembered {
    fn todos(&self) -> MutexGuard<'_, BTreeMap<Identity, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new().route("/hall/weaver/rest/ofs/{operation}", post(take)).with_state(doubles.clone())
}

#[derive(Clone, Deserialize)]
struct Told {
    syscode: String,
    flowid: String,
    requestname: String,
    workflowname: String,
    nodename: String,
    receiver: String,
    #[serde(default)]
    pcurl: String,
    #[serde(default)]
    appurl: String,
    #[serde(default)]
    creator: String,
    #[serde(default)]
    createdatetime: String,
    #[serde(default)]
    receivedatetime: String,
    #[serde(default)]
    isremark: String,
    #[serde(default)]
    viewtype: String,
}

async fn take(State(doubles): State<Doubles>, Path(operation): Path<String>, body: Bytes) -> Response {
    let fault = doubles.dials.take_of(NAME, &person(&body, "/receiver"));
    answered(fault, |showing| {
        let (done, message) = match told(&doubles, &operation, &body, showing) {
            Ok(message) => ("1", message),
            Err(message) => ("0", message),
        };
        Json(json!({"syscode": SYSCODE, "operType": operation, "operResult": done, "message": message})).into_response()
    })
    .await
}

fn told(doubles: &Doubles, operation: &str, body: &[u8], showing: Showing) -> Result<String, String> {
    let told: Told = serde_json::from_slice(body).map_err(|error| format!("参数错误：{error}"))?;
    if told.syscode != SYSCODE {
        return Err(format!("异构系统标识【{}】未注册", told.syscode));
    }
    for (value, name) in [(&told.flowid, "流程实例"), (&told.requestname, "流程标题"), (&told.workflowname, "流程类型")]
    {
        if value.is_empty() {
            return Err(format!("{name}未填写"));
        }
    }
    let state = match (operation, told.isremark.as_str()) {
        ("ReceiveTodoRequestByJson", "") | ("ReceiveRequestInfoByJson", "0") => TO_DO,
        ("ReceiveRequestInfoByJson", "8") => TO_READ,
        ("ReceiveRequestInfoByJson", "2" | "4") | ("ProcessDoneRequestByJson" | "ProcessOverRequestByJson", "") => DONE,
        _ => return Err(format!("流程数据【{}】检测isremark不合法", told.requestname)),
    };
    if operation.starts_with("Receive") { receive(doubles, &told, state, showing) } else { finish(doubles, &told) }
}

fn receive(doubles: &Doubles, told: &Told, state: &'static str, showing: Showing) -> Result<String, String> {
    if told.creator != CREATOR {
        return Err(format!("流程数据【{}】检测创建人不存在", told.requestname));
    }
    if !doubles.halls.knows(&told.receiver) {
        return Err(format!("流程数据【{}】检测接收人不存在", told.requestname));
    }
    let dates = [&told.createdatetime, &told.receivedatetime];
    if dates.into_iter().any(|date| !is_date(date)) || !matches!(told.viewtype.as_str(), "" | "0" | "1") {
        return Err(format!("流程数据【{}】日期格式不合法", told.requestname));
    }
    if told.pcurl.is_empty() && told.appurl.is_empty() {
        return Err(format!("流程数据【{}】地址未填写", told.requestname));
    }
    let known = doubles.halls.weaver.todos().contains_key(&identity(told));
    if let Showing::After(span) = showing {
        // Until then there is no such to-do, and nothing that could be done.
        let (doubles, told) = (doubles.clone(), told.clone());
        tokio::spawn(async move {
            tokio::time::sleep(span).await;
            keep(&doubles, &told, state, Showing::Now);
        });
    } else {
        keep(doubles, told, state, showing);
    }
    Ok(format!("流程数据【{}】自动{}成功", told.requestname, if known { "更新" } else { "创建" }))
}

fn keep(doubles: &Doubles, told: &Told, state: &str, showing: Showing) {
    let known = doubles.halls.weaver.todos().insert(identity(told), state.to_owned());
    if known.is_some() {
        doubles.shown.change(|message| is(message, told), |message| message.state = state.to_owned());
        return;
    }
    let message = Message {
        double: NAME.to_owned(),
        to: told.receiver.clone(),
        key: told.flowid.clone(),
        text: told.requestname.clone(),
        link: Some(told.appurl.clone()),
        state: state.to_owned(),
    };
    doubles.shown.place(message, showing);
}

fn finish(doubles: &Doubles, told: &Told) -> Result<String, String> {
    match doubles.halls.weaver.todos().get_mut(&identity(told)) {
        Some(state) => DONE.clone_into(state),
        None => return Err(format!("流程数据【{}】不存在", told.requestname)),
    }
    doubles.shown.change(|message| is(message, told), |message| message.state = DONE.to_owned());
    Ok(format!("流程数据【{}】流程状态变更为已办成功", told.requestname))
}

fn identity(told: &Told) -> Identity {
    let Told { flowid, requestname, workflowname, nodename, receiver, .. } = told;
    [flowid, requestname, workflowname, nodename, receiver].map(Clone::clone)
}

fn is(message: &Message, told: &Told) -> bool {
    message.double == NAME && message.key == told.flowid && message.to == told.receiver
}

/// `2026-11-23 08:00:00`.
fn is_date(text: &str) -> bool {
    let form = "dddd-dd-dd dd:dd:dd";
    text.len() == form.len()
        && text
            .chars()
            .zip(form.chars())
            .all(|(is, should)| if should == 'd' { is.is_ascii_digit() } else { is == should })
}
