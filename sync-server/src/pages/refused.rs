//! The page for what could not be answered: in the person's language, with what they can do next, and never the cause.
//!
//! Handlers answer with an [`AppError`], which knows no language; here, at the edge, its [`Told`] becomes a page. Routes that do
//! not exist, methods that do not fit and bodies that are too large come through here as well.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use super::{
    language::Language,
    shell::{Shell, page},
};
use crate::error::{AppError, Told};

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    shell: Shell,
    heading: &'static str,
    advice: &'static str,
}

pub(super) fn worded(told: Told, shell: Shell) -> Response {
    let (heading, advice) = words(told, shell.lang);
    let mut worded = page(&Refused { shell, heading, advice });
    *worded.status_mut() = told.status();
    worded
}

pub(super) async fn no_such_page() -> Response {
    AppError::told(Told::NotFound).into_response()
}

pub(super) async fn no_such_method() -> Response {
    AppError::told(Told::MethodNotAllowed).into_response()
}

fn words(told: Told, language: Language) -> (&'static str, &'static str) {
    let (chinese, english) = match told {
        Told::NotFound => (
            ("没有这个页面", "链接可能不完整，也可能不属于当前登录的手机号。"),
            (
                "There is no such page",
                "The link may be incomplete, or belong to another phone number than the one signed in.",
            ),
        ),
        Told::StaffOnly => (
            (
                "这里只供教职工使用",
                "登录的手机号不在教职工名录里。访客请回到首页预约；教职工请用名录里登记的手机号登录。",
            ),
            (
                "This is for members of staff",
                "The phone number signed in with is not in the staff directory. Visitors book from the front page; members of staff sign in with the number that the directory has.",
            ),
        ),
        Told::SignIn | Told::ProvePhone => {
            (("请先登录", "登录后再打开这个页面。"), ("Please sign in", "Then open this page again."))
        }
        Told::Forbidden => (
            ("这次提交没有被接受", "页面可能打开太久，或登录已过期。请返回、刷新页面，再提交一次。"),
            (
                "This was not accepted",
                "The page may have been open too long, or your sign-in has ended. Go back, reload and send it again.",
            ),
        ),
        Told::Malformed => (
            ("提交的内容无法读取", "请返回页面，重新填写后提交。"),
            ("What was sent cannot be read", "Go back, fill in the form and send it again."),
        ),
        Told::TooLarge => (
            ("提交的内容太多", "请返回页面，缩短填写的内容。"),
            ("Too much was sent", "Go back and shorten what you typed."),
        ),
        Told::MethodNotAllowed => (
            ("不能这样打开这个页面", "请从首页重新进入。"),
            ("This page is not opened this way", "Please start from the front page."),
        ),
        Told::TooMany => {
            (("操作太频繁", "请稍等几分钟再试。"), ("Too many attempts", "Please wait a few minutes and try again."))
        }
        Told::Unavailable => (
            ("系统正忙", "刚才的操作没有保存，请稍等片刻再试。"),
            ("The system is busy", "Nothing was saved just now. Please try again in a moment."),
        ),
        Told::Broken => (
            ("系统出了问题", "刚才的操作没有保存，问题已记录。请稍后再试，急需入校请联系被访人。"),
            (
                "Something went wrong",
                "Nothing was saved, and the fault was logged. Please try again later; if you are at the gate, call your host.",
            ),
        ),
    };
    if language.is_chinese() { chinese } else { english }
}
