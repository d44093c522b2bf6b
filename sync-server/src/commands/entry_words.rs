//! What an entry says of a visitor, in a few words for a table: Chinese, and behind it the word that the log and `--json` have.

use shared::{
    entry::{Entry, GuardReason, Outcome},
    verdict::{AskReason, RefuseReason, Verdict},
};

pub(super) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Admit => "通行 admit".to_owned(),
        Verdict::Ask(AskReason::LeavingWith { instead }) => format!("请核对 ask：离校；{}", refused(instead)),
        Verdict::Ask(reason) => format!("请核对 ask：{}", asked(reason)),
        Verdict::Refuse(reason) => format!("禁止 refuse：{}", refused(reason)),
    }
}

pub(super) fn outcome(entry: &Entry) -> String {
    let said = match &entry.outcome {
        Outcome::Passed => "通过 passed".to_owned(),
        Outcome::Refused => "未放行 refused".to_owned(),
        Outcome::LetIn { reason } => format!("门卫放行 let in：{}", because(reason)),
        Outcome::SentAway { reason } => format!("门卫不放行 sent away：{}", because(reason)),
        Outcome::Unanswered => "未处理 unanswered".to_owned(),
        Outcome::Corrected { entry: of } => format!("更正 corrected：第 {of} 条"),
    };
    if entry.party > 1 { format!("{said}，{} 人", entry.party) } else { said }
}

const fn asked(reason: &AskReason) -> &'static str {
    match reason {
        AskReason::UnknownToFreshNews => "最新名单里没有 unknown to fresh news",
        AskReason::ClockUntrusted => "终端时间不可信 clock untrusted",
        AskReason::NewsStale { .. } => "名单不新 news stale",
        AskReason::NewsExpired { .. } => "名单太旧 news expired",
        AskReason::FoundOnList => "从名单找到 found on list",
        AskReason::NoBooking => "没有预约 no booking",
        AskReason::LeavingWith { .. } => "离校 leaving with",
    }
}

const fn refused(reason: &RefuseReason) -> &'static str {
    match reason {
        RefuseReason::NotOurs => "不是本校通行码 not ours",
        RefuseReason::UnknownSuite => "格式不认识 unknown suite",
        RefuseReason::UnknownKey => "密钥已停用 unknown key",
        RefuseReason::BadSignature => "假码 bad signature",
        RefuseReason::OtherCampus { .. } => "别的校区 other campus",
        RefuseReason::WrongGate { .. } => "别的校门 wrong gate",
        RefuseReason::Early { .. } => "没到日期 early",
        RefuseReason::Expired { .. } => "过期 expired",
        RefuseReason::Revoked => "已撤销 revoked",
        RefuseReason::Watchlist => "限制名单 watchlist",
        RefuseReason::Inside { .. } => "已在校内 inside",
        RefuseReason::Used { .. } => "次数用完 used",
        RefuseReason::NotRecorded => "无法记录 not recorded",
    }
}

fn because(reason: &GuardReason) -> &str {
    match reason {
        GuardReason::CardChecked => "证件已核对 card checked",
        GuardReason::HostCalled => "已电话联系被访人 host called",
        GuardReason::OfficeCalled => "已请示保卫处 office called",
        GuardReason::OfficerAgreed => "保卫处同意 officer agreed",
        GuardReason::CardDiffers => "证件不符 card differs",
        GuardReason::Other { text } => text.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::{
        ids::{CampusId, GateIndex, GateMask},
        time::Moment,
    };

    use super::*;

    /// Every reason's English is the word of the log.
    #[test]
    fn the_table_and_the_log_use_one_word() {
        let since = Moment::from_unix_s(0);
        let gate = GateIndex::new(0).unwrap();
        let refusals = [
            RefuseReason::NotOurs,
            RefuseReason::UnknownSuite,
            RefuseReason::UnknownKey,
            RefuseReason::BadSignature,
            RefuseReason::OtherCampus { campus: CampusId::new(1) },
            RefuseReason::WrongGate { open: GateMask::of([gate]).unwrap() },
            RefuseReason::Early { from: since },
            RefuseReason::Expired { until: since },
            RefuseReason::Revoked,
            RefuseReason::Watchlist,
            RefuseReason::Inside { since, gate },
            RefuseReason::Used { last: since, gate },
            RefuseReason::NotRecorded,
        ];
        let asks = [
            AskReason::UnknownToFreshNews,
            AskReason::ClockUntrusted,
            AskReason::NewsStale { since },
            AskReason::NewsExpired { since: None },
            AskReason::FoundOnList,
            AskReason::NoBooking,
        ];
        let verdicts = refusals.map(Verdict::Refuse).into_iter().chain(asks.map(Verdict::Ask));
        for said in verdicts {
            let value = json!(said);
            let reason = value["reason"]["why"].as_str().unwrap().replace('_', " ");
            let shown = verdict(&said);
            assert!(shown.ends_with(&format!(" {reason}")), "{shown} is {value}");
            assert!(shown.contains(value["verdict"].as_str().unwrap()), "{shown} is {value}");
        }
        assert_eq!(json!(Verdict::Admit)["reason"], Value::Null);
    }
}
