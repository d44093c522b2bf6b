//! Every text of the window, in both languages, in one place.
//!
//! Fixed texts are a table with one column a language, so the compiler sees to it that none is missing; sentences that say a
//! time or a place are in [`reason`]. A verdict's word is two to four characters: it must be read from three metres, by
//! somebody who looks up for a second.

pub mod reason;

use shared::{
    entry::{Direction, GuardReason},
    identity::DocumentKind,
};

use super::snapshot::Way;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Zh,
    En,
}

impl Language {
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// `zh` or `en`.
    #[must_use]
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    #[must_use]
    pub const fn words(self) -> &'static Words {
        Words::of(self)
    }
}

/// A table of texts, one column a language.
macro_rules! words {
    ($(#[$about:meta])* $table:ident { $($name:ident: $zh:literal, $en:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $table {
            $(pub $name: &'static str,)*
        }

        impl $table {
            const ZH: Self = Self { $($name: $zh,)* };
            const EN: Self = Self { $($name: $en,)* };

            #[must_use]
            pub const fn of(language: $crate::ui::words::Language) -> &'static Self {
                match language {
                    $crate::ui::words::Language::Zh => &Self::ZH,
                    $crate::ui::words::Language::En => &Self::EN,
                }
            }

            /// Every text of the table.
            pub fn all(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$name,)*].into_iter()
            }
        }
    };
}

pub mod enrol;
pub mod find;
pub mod health;
pub mod log;
pub mod settings;
pub mod stopped;
pub mod walk_in;

pub use enrol::Enrol;
pub use find::Find;
pub use health::Health;
pub use log::Log;
pub use settings::Settings;
pub use stopped::Stopped;
pub use walk_in::WalkIn;

words! {
    /// The scan screen and what is round all screens.
    Words {
    title: "校园访客门岗", "Campus visitor gate";
    // The big word.
    waiting: "请出示通行码", "Show your code";
    waiting_below: "把手机上的通行码对准取景框", "Hold the code inside the frame";
    take_away: "这个码已看过：拿开两秒，再出示一次", "Seen: take it away for two seconds, then show it again";
    blind: "摄像头中断", "CAMERA LOST";
    no_camera: "没有摄像头", "NO CAMERA";
    use_other_ways: "请用扫码枪，或按 F4 查找访客", "Use the hand scanner, or F4 to find the visitor";
    checking: "核验中", "Checking";
    checking_below: "正在写入记录，请稍候", "Writing the record, please wait";
    admit: "通行", "PASS";
    ask: "请核对", "CHECK";
    refuse: "禁止通行", "STOP";
    sent_away: "已劝返", "SENT AWAY";
    unanswered: "未放行", "NOT LET IN";
    // Under the big word, once it has been decided.
    come_in: "核验通过，请进", "Verified, please come in";
    go_out: "核验通过，请离校", "Verified, good bye";
    let_in_by_guard: "门卫放行：", "Let in by the guard: ";
    sent_away_by_guard: "门卫劝返：", "Sent away by the guard: ";
    nobody_answered: "超时没有处理，未放行，请重新扫码", "Nobody answered in time; scan again";
    // What is known of the visitor.
    visitor: "访客", "Visitor";
    last_four: "证件后四位", "Document ends in";
    companions: "随行", "With";
    plates: "车牌", "Plates";
    host: "被访人", "Host";
    reason: "事由", "Reason";
    visit_time: "时间", "Time";
    party: "人数", "People";
    phone: "手机尾号", "Phone ends in";
    not_on_list: "名单中没有详细资料，以通行码内容为准", "Not on this terminal's list; shown as the pass says";
    no_details: "没有可显示的访客资料", "Nothing is known of the visitor";
    check_card: "请核对证件", "Check the card";
    escort: "须由被访人接", "Must be met by the host";
    by_vehicle: "有车辆", "By vehicle";
    off_hours: "非预约时段", "Outside the hours";
    // What the guard can do.
    key_let_in: "放行（已核对）", "Let in (checked)";
    key_let_in_noting: "放行并注明", "Let in, noting";
    key_send_away: "劝返", "Send away";
    key_next: "下一位", "Next";
    key_direction: "进/出/双向", "In/out/both";
    key_language: "English", "中文";
    why_let_in: "为什么放行？", "Why let in?";
    why_send_away: "为什么劝返？", "Why send away?";
    other_reason: "其他原因", "Another reason";
    other_reason_hint: "写几个字，回车确认", "A few words, then Enter";
    other_reason_fault: "这里不能写证件号码或通行码，请删去", "No document numbers or codes here: take them out";
    confirm: "确认", "Confirm";
    back: "返回", "Back";
    seconds_left: "秒内处理", "s left";
    // The camera's side.
    going_in: "进校", "IN";
    going_out: "离校", "OUT";
    no_picture: "没有画面", "No picture";
    // The screens.
    tab_scan: "扫码", "Scan";
    tab_find: "查找", "Find";
    tab_walk_in: "现场登记", "Walk-in";
    tab_log: "出入记录", "Log";
    tab_settings: "设置", "Settings";
    somebody_new: "有人扫码，按 Esc 查看", "Somebody scanned; Esc to look";
    somebody_first: "先处理这位，按 Esc 查看", "First this visitor; Esc to look";
    scanner_in_ime: "扫码枪正在输入法里打字：请切换到英文输入后再扫一次", "The scanner types into the input method: switch to English, scan again";
    // The party.
    one_less: "－ 减一人", "－ one less";
    one_more: "＋ 加一人", "＋ one more";
    booked: "预约", "booked";
    going_both: "进出", "IN / OUT";
    // The bar.
    camera: "摄像头", "Camera";
    camera_off: "没有配置", "not configured";
    camera_starting: "正在启动", "starting";
    camera_running: "正常", "working";
    camera_not_found: "没有摄像头", "none found";
    camera_busy: "摄像头被占用", "used by another program";
    camera_not_allowed: "没有使用权限", "not allowed";
    camera_unusable: "不能用，请更换", "not usable, change it";
    camera_stalled: "画面停住，正在重启", "stuck, restarting";
    camera_unplugged: "被拔出，请插好", "unplugged, plug it in";
    camera_reader_crashed: "识读中断，正在重启", "reader died, restarting";
    link: "网络", "Network";
    link_not_yet: "正在连接", "connecting";
    link_up: "正常", "up";
    link_down: "断开，可照常核验", "down, checking goes on";
    link_refused: "服务器不认可本机", "refused by the server";
    news: "名单", "List";
    news_none: "还没有收到", "none yet";
    news_just_now: "刚刚更新", "just now";
    news_stale: "旧，请核对证件", "old, check cards";
    news_expired: "过期，请门卫判断", "too old, guard decides";
    clock: "时间", "Clock";
    clock_trusted: "准确", "right";
    clock_untrusted: "不可信", "not trusted";
    unsent: "待上传", "Unsent";
    entered_today: "今日进校", "In today";
    inside_now: "在校", "Inside";
    // Alarms.
    alarm_unproven: "服务器的答复无法验证，没有采用，请联系保卫处", "The server's answer could not be proven and was not taken; call the office";
    alarm_cursor_ahead: "服务器数据比本机旧，可能被还原过，请联系保卫处", "The server knows less than this terminal; call the office";
    alarm_entries_differ: "服务器上的出入记录与本机不一致，请联系保卫处", "The server holds other entries than this terminal; call the office";
    alarm_not_accepted: "服务器不认可本机，请联系保卫处重新登记", "The server does not accept this terminal; call the office";
    alarm_clock_wrong: "本机时间与服务器相差太多，请校准时间", "This machine's clock is wrong; set it right";
    alarm_too_old: "本机程序太旧，看不懂服务器的新数据，请联系保卫处更新", "This terminal's program is too old; call the office";
    alarm_not_recording: "无法写入记录，请用纸质登记本登记", "Entries cannot be written; use the paper log";
    }
}

impl Words {
    #[must_use]
    pub const fn way(&self, way: Way) -> &'static str {
        match way {
            Way::In => self.going_in,
            Way::Out => self.going_out,
            Way::Both => self.going_both,
        }
    }

    #[must_use]
    pub const fn direction(&self, direction: Direction) -> &'static str {
        match direction {
            Direction::In => self.going_in,
            Direction::Out => self.going_out,
        }
    }
}

/// Why a guard decided, as it stands on a button and in the log.
#[must_use]
pub fn guard_reason(language: Language, reason: &GuardReason) -> String {
    let (zh, en) = match reason {
        GuardReason::CardChecked => ("证件已核对", "card checked"),
        GuardReason::HostCalled => ("已电话联系被访人", "host was called"),
        GuardReason::OfficeCalled => ("已请示保卫处", "security office was asked"),
        GuardReason::OfficerAgreed => ("保卫处同意", "the security officer agreed"),
        GuardReason::CardDiffers => ("证件不符", "card differs"),
        GuardReason::Other { text } => return text.as_str().to_owned(),
    };
    match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    }
}

#[must_use]
pub fn document(language: Language, kind: DocumentKind) -> &'static str {
    let (zh, en) = document_names(kind);
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

const fn document_names(kind: DocumentKind) -> (&'static str, &'static str) {
    match kind {
        DocumentKind::ResidentId => ("居民身份证", "Resident ID"),
        DocumentKind::HkMacaoResidence => ("港澳台居民居住证", "HK/Macao/Taiwan residence permit"),
        DocumentKind::HkMacaoPermit => ("港澳居民来往内地通行证", "HK/Macao travel permit"),
        DocumentKind::HkMacaoPermitNonChinese => {
            ("港澳居民来往内地通行证（非中国籍）", "HK/Macao travel permit (non-Chinese)")
        }
        DocumentKind::TaiwanPermit => ("台胞证", "Taiwan travel permit"),
        DocumentKind::Passport => ("护照", "Passport"),
        DocumentKind::ForeignPermanentResidence | DocumentKind::ForeignPermanentResidenceOld => {
            ("外国人永久居留身份证", "Foreign permanent resident ID")
        }
    }
}
