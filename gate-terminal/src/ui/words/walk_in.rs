//! The walk-in screen's texts, among them what is wrong with a field.

use shared::{
    identity::{DocumentError, NameError, PhoneError, PlateError},
    time::Moment,
};

use crate::ui::{
    snapshot::{Unsent, WalkInField, WalkInProblem, WalkInStanding},
    words::Language,
};

words! {
    /// The walk-in screen.
    WalkIn {
        title: "现场登记", "Walk-in";
        how: "没有预约的访客：填好后请被访人同意。身份证可直接刷读卡器", "A visitor without a booking: fill in, then the host is asked. A card reader may type the number";
        visitor: "访客姓名", "Visitor's name";
        phone: "手机号", "Mobile number";
        document_kind: "证件种类", "Document";
        document: "证件号码", "Document number";
        host: "被访人（工号、姓名或电话）", "Host (staff number, name or phone)";
        purpose: "事由", "Purpose";
        party: "人数（含本人）", "People in all";
        plates: "车牌（没有不填）", "Plates (if any)";
        ask_host: "请被访人同意", "Ask the host";
        paper_in: "纸质登记：进校", "Paper case: in";
        paper_out: "纸质登记：离校", "Paper case: out";
        clear: "清空", "Clear";
        clear_sure: "再按一次清空", "Press again";
        offline: "网络断开，联系不上被访人：请打电话确认，由保卫处输入密码按纸质登记放行", "Offline, the host cannot be asked: call them, then an officer records a paper case with the PIN";
        list: "等待回复", "Waiting for an answer";
        nobody: "现在没有人等待", "Nobody is waiting";
        sending: "正在发送", "Sending";
        waiting: "等被访人同意", "The host has been asked";
        approved: "已同意，请核验", "Approved: check in";
        declined: "被访人不同意", "Declined";
        let_pass: "核验", "Check in";
        remove: "移除", "Remove";
        needed: "请填写", "Please fill in";
        host_unknown: "查无此人，请核对工号、姓名或电话", "Nobody like that: check number, name or phone";
        host_ambiguous: "有几位同名，请改填工号或电话", "Several of that name: use the number or phone";
        closed: "现在不接受现场登记，请访客预约", "No walk-ins now: please book";
        rules: "按规定不能现场登记，请联系保卫处", "Not allowed by the rules: call the office";
        refused_field: "服务器不接受：", "The server refuses: ";
        no_link: "没有发出：网络断开", "Not sent: offline";
        not_accepted: "没有发出：服务器不认可本机", "Not sent: the server does not accept this terminal";
        party_fault: "请填 1 到 99", "1 to 99";
        paper_done: "已按纸质登记记录，编号 ", "Recorded as a paper case, number ";
        paper_pin: "保卫处人员输入密码后记录并放行", "An officer enters the PIN to record it and let them in";
    }
}

impl WalkIn {
    #[must_use]
    pub const fn field(&self, field: WalkInField) -> &'static str {
        match field {
            WalkInField::Visitor => self.visitor,
            WalkInField::Phone => self.phone,
            WalkInField::Document => self.document,
            WalkInField::Host => self.host,
            WalkInField::Purpose => self.purpose,
            WalkInField::Party => self.party,
            WalkInField::Plates => self.plates,
        }
    }

    #[must_use]
    pub fn standing(&self, standing: &WalkInStanding, language: Language) -> String {
        match standing {
            WalkInStanding::Sending => self.sending.to_owned(),
            WalkInStanding::Waiting => self.waiting.to_owned(),
            WalkInStanding::Approved { .. } => self.approved.to_owned(),
            WalkInStanding::Declined => self.declined.to_owned(),
            WalkInStanding::HostUnknown => self.host_unknown.to_owned(),
            WalkInStanding::NotAllowed { why: WalkInProblem::HostAmbiguous } => self.host_ambiguous.to_owned(),
            WalkInStanding::NotAllowed { why: WalkInProblem::Field(field) } => {
                format!("{}{}", self.refused_field, self.field(*field))
            }
            WalkInStanding::NotAllowed { why: WalkInProblem::Closed } => self.closed.to_owned(),
            WalkInStanding::NotAllowed { why: WalkInProblem::Rules } => self.rules.to_owned(),
            WalkInStanding::Unsent { why: Unsent::NoLink } => self.no_link.to_owned(),
            WalkInStanding::Unsent { why: Unsent::Limited { retry_at } } => limited(language, *retry_at),
            WalkInStanding::Unsent { why: Unsent::Refused } => self.not_accepted.to_owned(),
        }
    }
}

#[must_use]
pub fn limited(language: Language, retry_at: Moment) -> String {
    let clock = retry_at.campus_clock();
    language.pick(format!("登记太频繁，请 {clock} 以后再试"), format!("Too many: try again after {clock}"))
}

#[must_use]
pub fn name_fault(language: Language, fault: &NameError) -> String {
    match fault {
        NameError::Empty => language.pick("请填写姓名".into(), "A name is needed".into()),
        NameError::TooLong { max } => {
            language.pick(format!("姓名最多 {max} 个字"), format!("A name has at most {max} letters"))
        }
        NameError::Character(symbol) => {
            language.pick(format!("姓名里不能有“{symbol}”"), format!("{symbol:?} cannot stand in a name"))
        }
        NameError::NoLetter => language.pick("姓名里没有字".into(), "A name has letters".into()),
    }
}

#[must_use]
pub fn phone_fault(language: Language, fault: PhoneError) -> String {
    match fault {
        PhoneError::Empty => language.pick("请填写手机号".into(), "A number is needed".into()),
        PhoneError::Character(symbol) => {
            language.pick(format!("号码里不能有“{symbol}”"), format!("{symbol:?} cannot stand in a number"))
        }
        PhoneError::Length { found } => {
            language.pick(format!("手机号是 11 位，现在 {found} 位"), format!("11 digits, these are {found}"))
        }
        PhoneError::NotMobile => language.pick("手机号以 13 到 19 开头".into(), "Begins with 13 to 19".into()),
        PhoneError::ForeignLength { found } => {
            language.pick(format!("国际号码位数不对：{found} 位"), format!("{found} digits cannot be a number"))
        }
        PhoneError::ForeignCountry => language.pick("国家码不对".into(), "No such country code".into()),
    }
}

#[must_use]
pub fn document_fault(language: Language, fault: &DocumentError) -> String {
    match fault {
        DocumentError::Empty => language.pick("请填写证件号码".into(), "A number is needed".into()),
        DocumentError::Length { found, .. } => {
            language.pick(format!("位数不对，现在 {found} 位"), format!("{found} symbols are not right"))
        }
        DocumentError::Character { symbol, position } => language.pick(
            format!("第 {position} 位不能是“{symbol}”"),
            format!("{symbol:?} cannot stand at position {position}"),
        ),
        DocumentError::Area => language.pick("地区代码不对".into(), "The area is wrong".into()),
        DocumentError::BirthDate | DocumentError::BirthInFuture => {
            language.pick("号码里的出生日期不对".into(), "The birth date in it is wrong".into())
        }
        DocumentError::CheckDigit => language.pick("校验位不对，请再核对一遍".into(), "The check digit differs".into()),
    }
}

#[must_use]
pub fn plate_fault(language: Language, fault: &PlateError) -> String {
    match fault {
        PlateError::Character(symbol) => {
            language.pick(format!("车牌里不能有“{symbol}”"), format!("{symbol:?} cannot stand in a plate"))
        }
        PlateError::Empty | PlateError::TooShort { .. } | PlateError::TooLong { .. } => {
            language.pick("车牌不对".into(), "That is no plate".into())
        }
    }
}
