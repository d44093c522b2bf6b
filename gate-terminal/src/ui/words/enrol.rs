//! The enrolment wizard's texts.

use std::borrow::Cow;

use crate::ui::{enrolment::EnrolProblem, words::Language};

words! {
    /// The enrolment wizard.
    Enrol {
        title: "登记本机", "Enrol this terminal";
        how: "请向服务器管理员索取服务器地址和一次性登记码", "Ask the server's administrator for its address and a one-time code";
        server: "服务器地址", "Server address";
        server_hint: "https://visit.example.edu.cn", "https://visit.example.edu.cn";
        code: "登记码", "Enrolment code";
        code_hint: "XXXX-XXXX-XXXX-XXXX", "XXXX-XXXX-XXXX-XXXX";
        code_fault: "登记码是四组，每组四位", "Four groups of four";
        server_fault: "请填写完整地址，以 https:// 开头", "The whole address, beginning with https://";
        begin: "登记", "Enrol";
        asking: "正在联系服务器", "Asking the server";
        compare: "请打电话与服务器管理员逐字核对", "Compare with the administrator by telephone, character by character";
        own: "本机指纹", "This terminal's fingerprint";
        root: "根密钥指纹", "Root key's fingerprint";
        terminal: "终端", "Terminal";
        campus: "校区", "Campus";
        gate: "校门", "Gate";
        agree: "一致，启用本机", "They agree: begin";
        differ: "不一致", "They differ";
        differ_note: "不一致时不要继续：可能有人冒充服务器", "If they differ, stop: somebody may pose as the server";
        done: "登记完成，正在启动", "Enrolled, starting";
        address: "这不是服务器地址", "That is no server's address";
        unreachable: "联系不上服务器，请检查网络和地址", "The server cannot be reached: check network and address";
        wrong_code: "登记码不对，或已经用过、过期：请向管理员要新的", "Code unknown, used or expired: ask for a new one";
        withdrawn: "本机上次的登记已停用，密钥已换新：请再按一次登记", "This machine's last enrolment is withdrawn and its key is new: enrol once more";
        other_root: "服务器的根密钥与配置不符：不要继续，请联系管理员", "The server's root key is not the configured one: stop, call the administrator";
        clock: "本机时间与服务器相差太多，请先校准时间", "This machine's clock is wrong: set it first";
        machine: "本机不能保存，请联系保卫处", "This machine cannot keep it: call the office";
        differed: "指纹不一致，本机什么都没有保存。请打电话给管理员，要新的登记码", "The fingerprints differed and nothing was kept: call the administrator for a new code";
    }
}

/// What to do about it, and what whoever is called needs to know.
#[must_use]
pub fn problem(language: Language, problem: &EnrolProblem) -> (&'static str, Option<Cow<'_, str>>) {
    let words = Enrol::of(language);
    match problem {
        EnrolProblem::Address => (words.address, None),
        EnrolProblem::Unreachable { why } => (words.unreachable, Some(why.into())),
        EnrolProblem::Code => (words.wrong_code, None),
        EnrolProblem::Withdrawn => (words.withdrawn, None),
        EnrolProblem::OtherRoot { terminal } => (words.other_root, Some(withdraw(language, terminal).into())),
        EnrolProblem::Clock => (words.clock, None),
        EnrolProblem::Machine { why } => (words.machine, Some(why.into())),
    }
}

/// The number is given, and this terminal does not take it.
#[must_use]
pub fn withdraw(language: Language, terminal: &str) -> String {
    match language {
        Language::Zh => format!("管理员请停用 {terminal} 号终端：sync-server terminal withdraw {terminal}"),
        Language::En => {
            format!("The administrator withdraws terminal {terminal}: sync-server terminal withdraw {terminal}")
        }
    }
}
