//! The log screen's texts, and those of the lock before it.

use shared::{entry::Outcome, verdict::Verdict};

use crate::ui::{
    records::{Failed, OfficerSaid, OutcomeKind, Proof, VerdictKind},
    words::Language,
};

words! {
    /// The officers' lock and the log screen.
    Log {
        locked_title: "保卫处", "Security office";
        locked: "请输入密码", "Enter the PIN";
        pin: "密码（6 至 12 位数字）", "PIN (6 to 12 digits)";
        pin_again: "再输入一次", "Once more";
        no_pin: "还没有设置密码。请保卫处人员现在设置", "No PIN has been set: an officer sets it now";
        pin_differs: "两次输入不一样", "The two differ";
        pin_form: "请输入 6 至 12 位数字", "6 to 12 digits";
        enter: "确定", "Enter";
        entries: "出入记录", "Entries";
        inside: "在校", "Inside";
        overdue: "超时未离校", "Overdue";
        late: "超时", "late";
        from: "从", "From";
        to: "到", "To";
        time: "时间", "Time";
        gate: "校门", "Gate";
        direction: "方向", "Way";
        verdict: "核验结果", "Verdict";
        outcome: "处理", "Outcome";
        name: "姓名", "Name";
        plate: "车牌", "Plate";
        party: "人数", "People";
        proof: "签名", "Signed";
        text: "姓名、拼音首字母、车牌、尾号、备注", "Name, initials, plate, tail, note";
        times: "时段 08:00-18:00", "Hours 08:00-18:00";
        times_fault: "写成 08:00-18:00", "As 08:00-18:00";
        conflicts: "只看一码多用", "Conflicts only";
        all: "全部", "all";
        yes: "是", "yes";
        no: "否", "no";
        admit: "通行", "pass";
        ask: "核对", "check";
        refuse: "禁止", "stop";
        passed: "直接通行", "passed";
        refused: "未放行", "refused";
        let_in: "门卫放行", "let in";
        sent_away: "劝返", "sent away";
        unanswered: "无人处理", "unanswered";
        corrected: "更正人数", "count corrected";
        unsent: "未上传", "not sent";
        countersigned: "已签收", "signed";
        unsent_long: "只在本机的记录链上，服务器还没有签收", "Only in this terminal's chain; the server has not signed for it yet";
        countersigned_long: "在本机的记录链上，服务器已核对并签收", "In this terminal's chain, checked and signed for by the server";
        conflict: "一码多用", "CONFLICT";
        chain: "链值", "Chain hash";
        number: "编号", "Number";
        host: "被访人", "Host";
        phone: "手机尾号", "Phone ends";
        since: "进校时间", "Since";
        note: "原因", "Reason";
        clock_doubted: "当时本机时间不可信", "The clock was not trusted then";
        no_name: "（不是通行码）", "(no pass)";
        nothing: "没有符合条件的记录", "No entries like that";
        nobody_inside: "没有人", "Nobody";
        choose: "用 ↑ ↓ 选择一行看详情", "Choose a line with the arrow keys";
        more: "显示更早的", "Show earlier ones";
        roll_call: "F9 点名册", "F9 Roll-call";
        csv: "F11 导出 CSV", "F11 CSV";
        xlsx: "F12 导出 XLSX", "F12 XLSX";
        lock: "锁定", "Lock";
        pin_set: "密码已设置", "The PIN is set";
        settings_kept: "设置已保存", "Settings kept";
        failed_pin: "密码用不了", "The PIN cannot be used";
        failed_log: "读不到记录", "The log cannot be read";
        failed_export: "没有导出", "Not exported";
        late_roll_call: "点名册还没有写出，请先看下面的在校名单", "The roll-call is not written yet; see the list below";
        failed_roll_call: "点名册没有写出，请看下面的在校名单", "The roll-call was not written, the list is below";
        failed_paper: "纸质登记没有记录", "The paper case was not recorded";
        failed_settings: "设置没有保存", "Settings were not kept";
    }
}

impl Log {
    #[must_use]
    pub const fn kind(&self, kind: VerdictKind) -> &'static str {
        match kind {
            VerdictKind::Admit => self.admit,
            VerdictKind::Ask => self.ask,
            VerdictKind::Refuse => self.refuse,
        }
    }

    #[must_use]
    pub const fn outcome_kind(&self, kind: OutcomeKind) -> &'static str {
        match kind {
            OutcomeKind::Passed => self.passed,
            OutcomeKind::Refused => self.refused,
            OutcomeKind::LetIn => self.let_in,
            OutcomeKind::SentAway => self.sent_away,
            OutcomeKind::Unanswered => self.unanswered,
            OutcomeKind::Corrected => self.corrected,
        }
    }

    #[must_use]
    pub const fn proof(&self, proof: Proof) -> &'static str {
        match proof {
            Proof::Unsent => self.unsent,
            Proof::Countersigned => self.countersigned,
        }
    }

    #[must_use]
    pub const fn proof_long(&self, proof: Proof) -> &'static str {
        match proof {
            Proof::Unsent => self.unsent_long,
            Proof::Countersigned => self.countersigned_long,
        }
    }
}

#[must_use]
pub const fn verdict_kind(verdict: &Verdict) -> VerdictKind {
    match verdict {
        Verdict::Admit => VerdictKind::Admit,
        Verdict::Ask(_) => VerdictKind::Ask,
        Verdict::Refuse(_) => VerdictKind::Refuse,
    }
}

#[must_use]
pub const fn outcome_kind(outcome: &Outcome) -> OutcomeKind {
    match outcome {
        Outcome::Passed => OutcomeKind::Passed,
        Outcome::Refused => OutcomeKind::Refused,
        Outcome::LetIn { .. } => OutcomeKind::LetIn,
        Outcome::SentAway { .. } => OutcomeKind::SentAway,
        Outcome::Unanswered => OutcomeKind::Unanswered,
        Outcome::Corrected { .. } => OutcomeKind::Corrected,
    }
}

/// What came of an ask, as one line.
#[must_use]
pub fn answer(language: Language, said: &OfficerSaid) -> String {
    let words = Log::of(language);
    match said {
        OfficerSaid::WrongPin { left_s: 0 } => language.pick("密码不对".into(), "Wrong PIN".into()),
        OfficerSaid::WrongPin { left_s } => {
            language.pick(format!("密码不对，请等 {left_s} 秒"), format!("Wrong PIN; wait {left_s} s"))
        }
        OfficerSaid::PinSet => words.pin_set.to_owned(),
        OfficerSaid::SettingsKept => words.settings_kept.to_owned(),
        OfficerSaid::Exported { path, lines } => {
            let path = path.display();
            language.pick(format!("已导出 {lines} 条到 {path}"), format!("{lines} lines exported to {path}"))
        }
        OfficerSaid::RollCall { path, people } => {
            let path = path.display();
            language.pick(format!("点名册 {people} 人，已写到 {path}"), format!("{people} people, written to {path}"))
        }
        OfficerSaid::PaperRecorded { seq } => {
            language.pick(format!("纸质登记已记录，编号 {seq}"), format!("Paper case recorded, number {seq}"))
        }
        OfficerSaid::Failed { what, why } => {
            let what = match what {
                Failed::Pin => words.failed_pin,
                Failed::Log => words.failed_log,
                Failed::Export => words.failed_export,
                Failed::RollCall => words.failed_roll_call,
                Failed::Paper => words.failed_paper,
                Failed::Settings => words.failed_settings,
            };
            language.pick(format!("{what}：{why}"), format!("{what}: {why}"))
        }
    }
}

/// `still` seconds of a lock after wrong PINs.
#[must_use]
pub fn wait(language: Language, seconds: i64) -> String {
    language.pick(format!("输错次数太多，请等 {seconds} 秒"), format!("Too many wrong PINs: wait {seconds} s"))
}

#[must_use]
pub fn counted(language: Language, shown: usize, total: usize) -> String {
    language.pick(format!("{total} 条，显示最近 {shown} 条"), format!("{total} lines, the newest {shown} shown"))
}

#[must_use]
pub fn people(language: Language, people: u32) -> String {
    language.pick(format!("共 {people} 人"), format!("{people} people"))
}
