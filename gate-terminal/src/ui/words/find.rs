//! The find screen's texts.

use crate::ui::{snapshot::FoundBy, words::Language};

words! {
    /// The find screen.
    Find {
        title: "查找访客", "Find a visitor";
        query: "姓名、拼音首字母、手机尾号、车牌、证件号或短信里的 8 位数字", "Name, initials, phone tail, plate, document number, or the 8 digits of the message";
        not_fresh: "名单不是最新的，可能不全：", "The list is not the newest and may lack people: ";
        nothing: "名单里没有这个人。核对写法，或按 F5 现场登记", "Nobody like that on the list. Check the spelling, or F5 for a walk-in";
        how: "输入后用 ↑ ↓ 选择，回车确认；请核对证件", "Type, choose with the arrow keys, confirm with Enter; check the card";
        looking: "正在查找", "Looking";
        inside: "在校内", "inside";
        spent: "不能再进", "No more entry";
        by_name: "姓名", "name";
        by_initials: "拼音首字母", "initials";
        by_phone: "手机尾号", "phone tail";
        by_plate: "车牌", "plate";
        by_short_code: "短信数字", "short code";
        by_card: "证件", "card";
        visitor: "访客", "Visitor";
        document: "证件后四位", "Card ends";
        phone: "手机尾号", "Phone ends";
        host: "被访人", "Host";
        time: "时间", "Time";
        matched: "按", "Matched";
    }
}

impl Find {
    #[must_use]
    pub const fn by(&self, by: FoundBy) -> &'static str {
        match by {
            FoundBy::Name => self.by_name,
            FoundBy::Initials => self.by_initials,
            FoundBy::PhoneTail => self.by_phone,
            FoundBy::Plate => self.by_plate,
            FoundBy::ShortCode => self.by_short_code,
            FoundBy::Card => self.by_card,
        }
    }
}

#[must_use]
pub fn more(language: Language, count: usize) -> String {
    language.pick(format!("另有 {count} 人，请再输入几个字"), format!("{count} more: type a little further"))
}
