//! What the booking form shows beside what was typed: its rows, its choices, and the office's rules as it says them before anybody
//! breaks one.

use shared::time::CampusDay;

use super::{language::Language, wording::Choosable};
use crate::{
    office::{BookingForm, CompanionDocuments, Field, FormKind as Kind, Rules},
    state::AppState,
};

pub(super) struct CompanionRow {
    pub(super) number: usize,
    pub(super) name_id: String,
    pub(super) name: String,
    pub(super) document_id: String,
    pub(super) document: String,
}

pub(super) struct VehicleRow {
    pub(super) number: usize,
    pub(super) plate_id: String,
    pub(super) plate: String,
    pub(super) kind_id: String,
    pub(super) kind: String,
}

pub(super) struct Hints {
    pub(super) phone: &'static str,
    pub(super) companions: String,
    pub(super) companion_document: &'static str,
    pub(super) plates: String,
    pub(super) day: String,
    pub(super) day_attributes: String,
    pub(super) hours: String,
}

impl CompanionRow {
    pub(super) fn of(form: &BookingForm, row: usize) -> Self {
        Self {
            number: row + 1,
            name_id: Field::companion_name(row).id().into_owned(),
            name: typed(&form.companion_name, row),
            document_id: Field::companion_number(row).id().into_owned(),
            document: typed(&form.companion_number, row),
        }
    }
}

impl VehicleRow {
    pub(super) fn of(form: &BookingForm, row: usize) -> Self {
        Self {
            number: row + 1,
            plate_id: Field::Plate { row }.id().into_owned(),
            plate: typed(&form.plate, row),
            kind_id: format!("plate_kind-{}", row + 1),
            kind: typed(&form.plate_kind, row),
        }
    }
}

fn typed(rows: &[String], row: usize) -> String {
    rows.get(row).cloned().unwrap_or_default()
}

impl Hints {
    pub(super) fn of(state: &AppState, rules: &Rules, kind: Kind, lang: Language) -> Self {
        let first = CampusDay::of(state.clock.now());
        let last = first.plus_days(rules.horizon_days);
        let Rules { opens, closes, .. } = rules;
        Self {
            phone: match kind {
                Kind::OwnVisit | Kind::Change(_) if rules.foreign_phones => {
                    lang.say("用于接收通知", "For notices")
                }
                Kind::OwnVisit | Kind::Change(_) => {
                    lang.say("中国大陆手机号，用于接收通知", "A mainland mobile number, for notices")
                }
                Kind::OnBehalf => lang.say(
                    "访客的手机号；境外号码以 + 和国家或地区代码开头",
                    "The visitor's; a foreign number begins with + and the country code",
                ),
            },
            companions: lang
                .say("每行一人，最多 {} 人，不填的行不算", "One in each row, at most {}; empty rows do not count")
                .replace("{}", &rules.most_companions().to_string()),
            companion_document: match rules.companion_documents {
                CompanionDocuments::No => "",
                CompanionDocuments::Optional => lang.say("选填", "Optional"),
                CompanionDocuments::Required => lang.say("必填", "Required"),
            },
            plates: lang
                .say(
                    "每行一辆，最多 {} 辆，不填的行不算。普通车牌 7 位，新能源 8 位；使馆、军警、临时等特殊车牌请选「其他」，由门卫核对",
                    "One in each row, at most {}; empty rows do not count. Ordinary plates have 7 characters, new-energy ones 8; for embassy, military, temporary and other unusual plates choose “other”, and the guard looks",
                )
                .replace("{}", &rules.max_vehicles.to_string()),
            day: match lang {
                Language::Chinese => format!("可预约 {first} 至 {last}"),
                Language::English => format!("{first} to {last}"),
            },
            day_attributes: format!("class=\"short\" type=\"date\" min=\"{first}\" max=\"{last}\""),
            hours: format!("{}{opens}–{closes}", lang.say("可预约的时间：", "Between ")),
        }
    }
}

pub(super) fn visit_kinds(lang: Language) -> Vec<Choosable> {
    vec![
        choosable("ordinary", lang.say("拜访教职工、办事", "Visiting a member of staff, or on business")),
        choosable("group", lang.say("团体活动、会议、参观", "A group event, a conference or a tour")),
        choosable("family", lang.say("探望住在校内的亲友", "Family or friends who live on campus")),
    ]
}

pub(super) fn plate_kinds(lang: Language) -> Vec<Choosable> {
    vec![
        choosable("ordinary", lang.say("普通（7 位）", "Ordinary (7)")),
        choosable("new_energy", lang.say("新能源（8 位）", "New energy (8)")),
        choosable("other", lang.say("其他，由门卫核对", "Other; the guard looks")),
    ]
}

fn choosable(value: &'static str, label: &'static str) -> Choosable {
    Choosable { value: value.into(), label: label.into() }
}
