//! The booking form as a page: one form for who books a visit of their own, for a host who books for a visitor, and for who
//! changes a booking, which differ in what they need not ask.

use std::borrow::Borrow;

use askama::Template;
use axum::{
    http::{StatusCode, header::REFERRER_POLICY},
    response::{AppendHeaders, IntoResponse as _, Response},
};

use super::{
    booking,
    elsewhere::Elsewhere,
    form_parts::{CompanionRow, Hints, VehicleRow, plate_kinds, visit_kinds},
    problem_words,
    problems::Problems,
    session::SignedIn,
    shell::{Shell, page},
    wording::{self, Choosable},
};
use crate::{
    error::{AppError, Told},
    office::{BookingForm, CompanionDocuments, Consent, Field, FormKind as Kind, Problem, Step},
    random,
    state::AppState,
};

/// What stands above the form.
enum Above {
    /// What the form is for.
    Opening,
    /// Why it was not taken although it may be right.
    Alert(String),
    /// It was begun before.
    Draft,
    Problems,
}

#[derive(Template)]
#[template(path = "book.html")]
pub(super) struct FormPage {
    shell: Shell,
    kind: Kind,
    action: String,
    form_token: String,
    form: BookingForm,
    problems: Problems,
    above: Above,
    /// The one question that is asked, where they are asked one by one.
    step: Option<Step>,
    companions: Vec<CompanionRow>,
    more_companions: bool,
    vehicles: Vec<VehicleRow>,
    more_vehicles: bool,
    asks_companion_documents: bool,
    visit_kinds: Vec<Choosable>,
    document_kinds: Vec<Choosable>,
    plate_kinds: Vec<Choosable>,
    campuses: Vec<Choosable>,
    hints: Hints,
}

struct Tick {
    name: &'static str,
    said: &'static str,
    ticked: bool,
}

/// A line of the overview, and the step that asks for it.
struct Line {
    step: &'static str,
    name: &'static str,
    value: String,
}

impl FormPage {
    pub(super) fn new(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind) -> Self {
        Self::with(state, (asked.shell, asked.form_token.text()), form, kind)
    }

    /// `form_token` as it stands in the form.
    pub(super) fn with(state: &AppState, (shell, form_token): (Shell, String), form: BookingForm, kind: Kind) -> Self {
        let lang = shell.lang;
        let rules = state.config.rules();
        let one_by_one = shell.elder && kind == Kind::OwnVisit;
        let companions = (0..form.companion_rows(&rules)).map(|row| CompanionRow::of(&form, row)).collect::<Vec<_>>();
        let vehicles = (0..form.vehicle_rows(&rules)).map(|row| VehicleRow::of(&form, row)).collect::<Vec<_>>();
        Self {
            kind,
            action: address(kind),
            form_token,
            problems: Problems::default(),
            above: Above::Opening,
            step: one_by_one.then(|| Step::from_name(&form.step).unwrap_or(Step::Who)),
            more_companions: companions.len() < rules.most_companions(),
            companions,
            more_vehicles: vehicles.len() < rules.max_vehicles,
            vehicles,
            asks_companion_documents: rules.companion_documents != CompanionDocuments::No,
            visit_kinds: visit_kinds(lang),
            document_kinds: wording::document_kinds(lang),
            plate_kinds: plate_kinds(lang),
            campuses: wording::campuses(state, lang),
            hints: Hints::of(state, &rules, kind, lang),
            form,
            shell,
        }
    }

    pub(super) fn saying(self, alert: String) -> Self {
        Self { above: Above::Alert(alert), ..self }
    }

    /// Typed before and not sent.
    pub(super) fn unsent(self) -> Self {
        let said = self.shell.say(
            "这份预约还没有提交。您填写的内容都在，请核对后再提交一次。",
            "This booking has not been sent. All that you typed is here: please look it over and send it again.",
        );
        let said = said.to_owned();
        self.saying(said)
    }

    pub(super) fn draft(self) -> Self {
        Self { above: Above::Draft, ..self }
    }

    pub(super) fn with_problems(self, state: &AppState, found: Vec<(Field, Problem)>) -> Self {
        let lang = self.shell.lang;
        // Where one thing is asked at a time, one is mended at a time: the first.
        let first = found.first().map(|(field, _)| Step::of(*field));
        let step = self.step.and(first);
        let asked = |(field, _): &(Field, Problem)| step.is_none_or(|step| Step::of(*field) == step);
        let found = found.into_iter().filter(asked).collect();
        let problems = problem_words::worded(found, &Elsewhere::of(state, lang), lang);
        Self { problems, above: Above::Problems, step, ..self }
    }

    /// The address of these pages is no secret, and told where a form comes from, older browsers can have it shown again.
    pub(super) fn answer(&self, status: StatusCode) -> Response {
        Self::answered(status, page(self))
    }

    pub(super) fn answered(status: StatusCode, page: Response) -> Response {
        (status, AppendHeaders([(REFERRER_POLICY, "same-origin")]), page).into_response()
    }

    fn heading(&self) -> &'static str {
        let lang = self.shell.lang;
        match self.kind {
            Kind::OwnVisit => lang.say("预约来访", "Book a visit"),
            Kind::OnBehalf => lang.say("为访客代办预约", "Book for a visitor"),
            Kind::Change(_) => lang.say("修改预约", "Change a booking"),
        }
    }

    fn opening(&self) -> &'static str {
        let lang = self.shell.lang;
        match self.kind {
            Kind::OwnVisit => lang.say(
                "提交后由被访人审核，通过后您会得到通行码。",
                "Your host decides; once approved you receive your pass.",
            ),
            Kind::OnBehalf => lang.say(
                "您代办即表示您同意这次来访，提交后立即生成通行码。大陆手机号会收到短信；境外号码收不到，请您把通行码转发给访客。",
                "Booking for a visitor is your approval: the pass is made at once. A mainland number gets a text message; to a number from elsewhere please forward the pass yourself.",
            ),
            Kind::Change(_) => lang.say(
                "审核之前，除被访人外都可以修改。通过之后，更换车牌、在当天内改时间、减少随行人员立即生效；其他修改需要重新审核，审核期间原来的通行码仍然有效。",
                "Before the decision everything but the host may change. After it, plates, times within the day and fewer companions take effect at once; anything else is decided anew, and until then your pass stays good.",
            ),
        }
    }

    fn sending(&self) -> &'static str {
        let lang = self.shell.lang;
        match self.kind {
            Kind::OwnVisit => lang.say("提交预约", "Send the booking"),
            Kind::OnBehalf => lang.say("代办并生成通行码", "Book and make the pass"),
            Kind::Change(_) => lang.say("提交修改", "Send the changes"),
        }
    }

    /// What is to be agreed to, in its own words each.
    fn ticks(&self) -> [Tick; 3] {
        let lang = self.shell.lang;
        let own = matches!(self.kind, Kind::OwnVisit | Kind::Change(_));
        let said = |consent| {
            match (consent, own) {
            (Consent::Notice, true) => lang.say(
                "我已阅读告知，同意为本次来访处理我填写的信息。",
                "I have read the notice and agree that what I typed is handled for this visit.",
            ),
            (Consent::Notice, false) => lang.say(
                "我已将告知内容转达访客，访客同意为本次来访处理其信息。",
                "I have passed the notice on to the visitor, who agrees that their data is handled for this visit.",
            ),
            (Consent::DocumentNumber, true) => lang.say(
                "我单独同意：为核验身份处理证件号码，并与手机号、来访记录一起保存。",
                "I agree separately that the document number is used for the check at the gate and kept with phone number and visits.",
            ),
            (Consent::DocumentNumber, false) => lang.say(
                "访客单独同意：为核验身份处理证件号码，并与手机号、来访记录一起保存。",
                "The visitor agrees separately that the document number is used for the check at the gate and kept with phone number and visits.",
            ),
            (Consent::Guardian, true) => lang.say(
                "来访者中有不满十四周岁的：我是其监护人或已征得其监护人同意。（没有则不勾选）",
                "Somebody is under fourteen: I am their guardian, or have the guardian's consent. (Leave this empty if nobody is.)",
            ),
            (Consent::Guardian, false) => lang.say(
                "来访者中有不满十四周岁的：其监护人已同意。（没有则不勾选）",
                "Somebody is under fourteen: their guardian agrees. (Leave this empty if nobody is.)",
            ),
        }
        };
        Consent::ALL.map(|consent| Tick {
            name: consent.name(),
            said: said(consent),
            ticked: self.form.agrees_to(consent),
        })
    }

    fn asks_host(&self) -> bool {
        self.kind == Kind::OwnVisit && self.asks(Step::Host)
    }

    fn changes(&self) -> bool {
        matches!(self.kind, Kind::Change(_))
    }

    /// Whether this page asks what belongs to `step`. Templates hand over a value or a reference, as they like.
    fn asks(&self, step: impl Borrow<Step>) -> bool {
        self.step.is_none_or(|only| only == *step.borrow())
    }

    /// What this page carries without asking for it.
    fn beside(&self) -> Vec<(&'static str, &str)> {
        self.step.map(|step| self.form.beside(step)).unwrap_or_default()
    }

    fn asks_one_of(&self, steps: impl AsRef<[Step]>) -> bool {
        steps.as_ref().iter().any(|step| self.asks(step))
    }

    /// All that was typed so far, a line for each step that can be gone back to.
    fn overview(&self) -> Vec<Line> {
        let lang = self.shell.lang;
        let form = &self.form;
        let chosen = |list: &[Choosable], value: &str| {
            list.iter().find(|one| one.value == value).map(|one| one.label.clone().into_owned()).unwrap_or_default()
        };
        let filled = |rows: &[String]| {
            rows.iter().map(|row| row.trim()).filter(|row| !row.is_empty()).collect::<Vec<_>>().join("\n")
        };
        let one = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
        let line = |step: Step, chinese, english, value: String| Line {
            step: step.name(),
            name: lang.say(chinese, english),
            value,
        };
        vec![
            line(Step::Who, "访客", "Visitor", form.visitor_name.clone()),
            line(
                Step::Document,
                "证件",
                "Document",
                one(&[&chosen(&self.document_kinds, &form.document_kind), &form.document_number]),
            ),
            line(Step::Phone, "手机号", "Phone", form.phone.clone()),
            line(Step::Companions, "随行人员", "Companions", filled(&form.companion_name)),
            line(Step::Vehicles, "随行车辆", "Vehicles", filled(&form.plate)),
            line(Step::Place, "校区和日期", "Campus and day", one(&[&chosen(&self.campuses, &form.campus), &form.day])),
            line(Step::Times, "时间", "Time", one(&[&form.from, "–", &form.until])),
            line(Step::Reason, "事由", "Reason", form.reason.clone()),
            line(
                Step::Host,
                "被访人",
                "Host",
                one(&[&form.host_number, &form.host_phone, &form.host_name, &form.host_department]),
            ),
        ]
    }

    /// A change is sent or left alone.
    fn keeps_drafts(&self) -> bool {
        matches!(self.kind, Kind::OwnVisit | Kind::OnBehalf)
    }
}

/// Where the form stands, and is sent to.
pub(super) fn address(kind: Kind) -> String {
    match kind {
        Kind::OwnVisit => "/book".to_owned(),
        Kind::OnBehalf => "/host/book".to_owned(),
        Kind::Change(id) => format!("{}/edit", booking::address(id)),
    }
}

/// An empty form, with the choices made that most people would make.
pub(super) fn opening_form(state: &AppState) -> Result<BookingForm, AppError> {
    let number: [u8; 16] = random::stocked().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    Ok(BookingForm {
        form_id: number.iter().map(|byte| format!("{byte:02x}")).collect(),
        visit_kind: "ordinary".to_owned(),
        document_kind: "resident_id".to_owned(),
        campus: state.config.campus.first().map(|campus| campus.id.to_string()).unwrap_or_default(),
        ..BookingForm::default()
    })
}
