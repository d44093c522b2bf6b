//! The sentence under the verdict: why, and what to do now, for somebody who is tired and has forty people waiting.
//!
//! It names days as people do (明天, 昨天) and places by their names. A name that the feed has not brought yet is replaced by
//! its number rather than left out.

use chrono::Datelike as _;
use shared::{
    entry::Direction,
    ids::{CampusId, GateIndex, GateMask},
    sync::change::Places,
    time::{CampusDay, Moment},
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::Language;

/// What a sentence needs to know beside the verdict.
#[derive(Debug, Clone, Copy)]
pub struct Teller<'a> {
    pub language: Language,
    pub places: Option<&'a Places>,
    pub now: Moment,
    pub direction: Direction,
    /// The day of the pass, where there is one.
    pub day: Option<CampusDay>,
}

impl Teller<'_> {
    #[must_use]
    pub fn verdict(&self, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Admit => match self.direction {
                Direction::In => self.language.words().come_in.to_owned(),
                Direction::Out => self.language.words().go_out.to_owned(),
            },
            Verdict::Ask(reason) => self.ask(reason),
            Verdict::Refuse(reason) => self.refuse(reason),
        }
    }

    #[must_use]
    pub fn ask(&self, reason: &AskReason) -> String {
        match reason {
            AskReason::UnknownToFreshNews => {
                self.say("最新名单里没有这个通行码，请打电话问被访人", "Not on the newest list: call the host")
            }
            AskReason::ClockUntrusted => self.day.map_or_else(
                || {
                    self.say(
                        "本机时间不可信，请核对预约日期和证件",
                        "The clock is not trusted: check the day and the card",
                    )
                },
                |day| {
                    let day = month_and_day(self.language, day);
                    self.say(
                        &format!("本机时间不可信。预约是 {day}，请核对日期和证件"),
                        &format!("The clock is not trusted. Booked for {day}: check the day and the card"),
                    )
                },
            ),
            AskReason::NewsStale { since } => {
                let when = self.when(*since);
                self.say(
                    &format!("名单停在 {when}，请核对证件后四位"),
                    &format!("The list is of {when}: compare the card"),
                )
            }
            AskReason::NewsExpired { since: Some(since) } => {
                let when = self.when(*since);
                self.say(
                    &format!("名单停在 {when}，太旧了，请核对证件并问被访人"),
                    &format!("The list is of {when}, too old: check the card and call the host"),
                )
            }
            AskReason::NewsExpired { since: None } => self.say(
                "本机还没有收到名单，请核对证件并问被访人",
                "No list has arrived yet: check the card and call the host",
            ),
            AskReason::FoundOnList => self.say(
                "从名单里找到，没有看到通行码，请核对证件",
                "Found on the list, no code was read: compare the card",
            ),
            AskReason::NoBooking => {
                self.say("没有预约，由保卫处登记放行", "No booking: taken down by the security office")
            }
            AskReason::LeavingWith { instead } => {
                let note = self.refuse(instead);
                self.say(&format!("离校可以放行。请留意：{note}"), &format!("May leave. Note: {note}"))
            }
        }
    }

    #[must_use]
    pub fn refuse(&self, reason: &RefuseReason) -> String {
        match reason {
            RefuseReason::NotOurs => {
                self.say("不是本校的访客通行码，请访客打开预约页面上的通行码", "Not a visitor pass of this university")
            }
            RefuseReason::UnknownSuite => self.say(
                "通行码的格式本机不认识，请联系保卫处",
                "This terminal does not know the pass's format: call the office",
            ),
            RefuseReason::UnknownKey => {
                // The office may have just ended a key: the visitor's page has another code by then.
                self.say(
                    "通行码的密钥已停用，请访客刷新页面再扫；仍不行请联系保卫处",
                    "Its key is not in use: let the visitor reload the page; if it stays so, call the office",
                )
            }
            RefuseReason::BadSignature => self.say("通行码被改动过，是假的", "The code was altered: it is forged"),
            RefuseReason::OtherCampus { campus } => {
                let campus = self.campus(*campus);
                self.say(
                    &format!("这是{campus}的预约，请到{campus}"),
                    &format!("Booked for another campus, {campus}: please go there"),
                )
            }
            RefuseReason::WrongGate { open } => {
                let gates = self.gates(*open);
                self.say(&format!("不能走这个门，请走{gates}"), &format!("Not by this gate; use {gates}"))
            }
            RefuseReason::Early { from } => self.early(*from),
            RefuseReason::Expired { until } => self.expired(*until),
            RefuseReason::Revoked => self.say("预约已经撤销，不能进", "The booking was revoked"),
            RefuseReason::Watchlist => self.say("在限制名单上，请联系保卫处", "On the watchlist: call the office"),
            RefuseReason::Inside { since, gate } => {
                let (when, gate) = (self.when(*since), self.gate(*gate));
                self.say(&format!("已于 {when} 从{gate}进入"), &format!("Already entered at {when} by {gate}"))
            }
            RefuseReason::Used { last, gate } => {
                let (when, gate) = (self.when(*last), self.gate(*gate));
                self.say(
                    &format!("次数已用完，最后一次 {when} 从{gate}进入"),
                    &format!("No entries left; the last at {when} by {gate}"),
                )
            }
            RefuseReason::NotRecorded => {
                self.say("无法写入记录，请用纸质登记本登记", "The entry could not be written: use the paper log")
            }
        }
    }

    #[must_use]
    pub fn gate(&self, gate: GateIndex) -> String {
        let known = self.places.and_then(|places| places.gates.iter().find(|known| known.gate == gate));
        known.map_or_else(
            || self.say(&format!("{gate} 号门"), &format!("gate {gate}")),
            |known| self.say(&known.name, &known.name_en),
        )
    }

    /// `14:03`, with the day before it when it is not today.
    #[must_use]
    pub fn when(&self, moment: Moment) -> String {
        let day = CampusDay::of(moment);
        if day == CampusDay::of(self.now) {
            moment.campus_clock()
        } else {
            format!("{} {}", self.day_as_said(day), moment.campus_clock())
        }
    }

    fn early(&self, from: Moment) -> String {
        let day = CampusDay::of(from);
        if day == CampusDay::of(self.now) {
            let clock = from.campus_clock();
            return self.say(&format!("还没到时间，{clock} 以后才能进"), &format!("Too early: good from {clock}"));
        }
        let said = self.day_as_said(day);
        self.say(&format!("{said}的预约，今天不能进"), &format!("Booked for {said}, not today"))
    }

    fn expired(&self, until: Moment) -> String {
        // `until` is the first moment it no longer holds: midnight belongs to the day before.
        let day = CampusDay::of(Moment::from_unix_ms(until.unix_ms().saturating_sub(1)));
        if day == CampusDay::of(self.now) {
            let clock = until.campus_clock();
            return self.say(&format!("预约到 {clock} 为止，已经过时"), &format!("Was good until {clock}"));
        }
        let said = self.day_as_said(day);
        self.say(&format!("{said}的预约，已经过期"), &format!("Was for {said}: expired"))
    }

    fn day_as_said(&self, day: CampusDay) -> String {
        day_as_said(self.language, day, self.now)
    }

    fn campus(&self, campus: CampusId) -> String {
        let known = self.places.and_then(|places| places.others.iter().find(|(known, _)| *known == campus));
        known.map_or_else(
            || self.say(&format!("{campus} 号校区"), &format!("campus {campus}")),
            |(_, name)| name.clone(),
        )
    }

    fn gates(&self, open: GateMask) -> String {
        let known: Vec<String> = self.places.map_or_else(Vec::new, |places| {
            let open = places.gates.iter().filter(|gate| open.holds(gate.gate));
            open.map(|gate| self.say(&gate.name, &gate.name_en)).collect()
        });
        let named = if known.is_empty() {
            (0..=GateIndex::MAX)
                .filter_map(GateIndex::new)
                .filter(|gate| open.holds(*gate))
                .map(|gate| self.gate(gate))
                .collect()
        } else {
            known
        };
        named.join(match self.language {
            Language::Zh => "、",
            Language::En => ", ",
        })
    }

    fn say(&self, zh: &str, en: &str) -> String {
        match self.language {
            Language::Zh => zh.to_owned(),
            Language::En => en.to_owned(),
        }
    }
}

/// As people say it on the day of `now`.
pub(in crate::ui) fn day_as_said(language: Language, day: CampusDay, now: Moment) -> String {
    let today = CampusDay::of(now);
    let near = [
        (today, "今天", "today"),
        (today.plus_days(1), "明天", "tomorrow"),
        (today.plus_days(2), "后天", "the day after tomorrow"),
        (today.minus_days(1), "昨天", "yesterday"),
        (today.minus_days(2), "前天", "the day before yesterday"),
    ];
    let said = near.into_iter().find(|(near, ..)| *near == day);
    said.map_or_else(|| month_and_day(language, day), |(_, zh, en)| language.pick(zh, en).to_owned())
}

fn month_and_day(language: Language, day: CampusDay) -> String {
    let date = day.date();
    language.pick(format!("{}月{}日", date.month(), date.day()), day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::made;

    fn teller(places: Option<&Places>, language: Language) -> Teller<'_> {
        Teller { language, places, now: made::NOON, direction: Direction::In, day: None }
    }

    #[test]
    fn each_refusal_in_a_sentence() {
        let places = made::places();
        let day = CampusDay::of(made::NOON);
        let gate = made::gate(1);
        let open = GateMask::of([made::gate(1), made::gate(2)]).unwrap();
        let at = day.at_minute(14 * 60 + 3);
        for (reason, said) in [
            (RefuseReason::NotOurs, "不是本校的访客通行码，请访客打开预约页面上的通行码"),
            (RefuseReason::UnknownSuite, "通行码的格式本机不认识，请联系保卫处"),
            (RefuseReason::UnknownKey, "通行码的密钥已停用，请访客刷新页面再扫；仍不行请联系保卫处"),
            (RefuseReason::BadSignature, "通行码被改动过，是假的"),
            (RefuseReason::OtherCampus { campus: CampusId::new(2) }, "这是雁塔校区的预约，请到雁塔校区"),
            (RefuseReason::OtherCampus { campus: CampusId::new(9) }, "这是9 号校区的预约，请到9 号校区"),
            (RefuseReason::WrongGate { open }, "不能走这个门，请走南门、东门"),
            (RefuseReason::Early { from: day.plus_days(1).start() }, "明天的预约，今天不能进"),
            (RefuseReason::Early { from: day.plus_days(9).start() }, "12月2日的预约，今天不能进"),
            (RefuseReason::Early { from: day.at_minute(900) }, "还没到时间，15:00 以后才能进"),
            (RefuseReason::Expired { until: day.start() }, "昨天的预约，已经过期"),
            (RefuseReason::Expired { until: day.minus_days(1).start() }, "前天的预约，已经过期"),
            (RefuseReason::Expired { until: day.at_minute(600) }, "预约到 10:00 为止，已经过时"),
            (RefuseReason::Revoked, "预约已经撤销，不能进"),
            (RefuseReason::Watchlist, "在限制名单上，请联系保卫处"),
            (RefuseReason::Inside { since: at, gate }, "已于 14:03 从南门进入"),
            (RefuseReason::Used { last: at, gate }, "次数已用完，最后一次 14:03 从南门进入"),
            (RefuseReason::Used { last: at, gate: made::gate(7) }, "次数已用完，最后一次 14:03 从7 号门进入"),
            (RefuseReason::NotRecorded, "无法写入记录，请用纸质登记本登记"),
        ] {
            assert_eq!(teller(Some(&places), Language::Zh).refuse(&reason), said);
            let english = teller(Some(&places), Language::En).refuse(&reason);
            assert!(!english.is_empty() && english != said, "{english}");
        }
    }

    #[test]
    fn each_question_in_a_sentence() {
        let day = CampusDay::of(made::NOON);
        let since = day.minus_days(1).at_minute(8 * 60);
        for (reason, said) in [
            (AskReason::UnknownToFreshNews, "最新名单里没有这个通行码，请打电话问被访人"),
            (AskReason::ClockUntrusted, "本机时间不可信。预约是 11月23日，请核对日期和证件"),
            (AskReason::NewsStale { since: day.at_minute(8 * 60) }, "名单停在 08:00，请核对证件后四位"),
            (AskReason::NewsExpired { since: Some(since) }, "名单停在 昨天 08:00，太旧了，请核对证件并问被访人"),
            (AskReason::NewsExpired { since: None }, "本机还没有收到名单，请核对证件并问被访人"),
            (AskReason::LeavingWith { instead: RefuseReason::Revoked }, "离校可以放行。请留意：预约已经撤销，不能进"),
        ] {
            let teller = Teller { day: Some(day), ..teller(None, Language::Zh) };
            assert_eq!(teller.ask(&reason), said);
        }
    }

    #[test]
    fn an_admission_says_which_way() {
        let coming = teller(None, Language::Zh);
        assert_eq!(coming.verdict(&Verdict::Admit), "核验通过，请进");
        assert_eq!(Teller { direction: Direction::Out, ..coming }.verdict(&Verdict::Admit), "核验通过，请离校");
    }
}
