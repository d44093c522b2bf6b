//! The settings: each with a working default, none of them a secret.
//!
//! Unknown keys are refused, because a misspelt setting that is silently ignored is found on the busiest morning. Keys live in
//! files beside the database, never here, so this may be printed.

mod backup;
mod colour;
mod defaults;
mod limits;
mod misread;
mod notify;
mod place;
mod provider_url;
mod sign_on;

use std::{
    collections::BTreeSet,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use shared::{
    ids::{CampusId, GateIndex, GateMask},
    pass::EntriesAllowed,
    sync::change::{MAX_DAYS_AHEAD, PlaceGate, Places},
};
use thiserror::Error;

pub use self::{
    backup::BackupSettings,
    colour::Colour,
    misread::Misread,
    notify::{
        AliyunSigning, ApprovalCodes, Hall, HallAdapter, HallChosen, MessageCentre, Notify, Piece, Pull, QuietHours,
        Remind, Sms, SmsFault, SmsProvider, SmsTemplate, Template, TogetherSettings, Variable, Weaver, Webhook, Wecom,
        WecomCard, WecomMistake, Wisedu, holds_address, is_address, is_forbidden, is_of_address, parts,
    },
    provider_url::ProviderUrl,
    sign_on::{CasSettings, SignOnSettings},
};
use crate::office::{CompanionDocuments, Retention, Rules, TimeOfDay};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub listen: SocketAddr,
    /// How people and terminals reach this server; links in notices begin with it. No slash at the end.
    pub public_url: String,
    pub data_dir: PathBuf,
    /// Everything on one machine to play with: keys are made, notices are printed.
    pub demo: bool,
    /// Whether the client's address is to be taken from `X-Forwarded-For`.
    pub behind_proxy: bool,
    pub university: University,
    pub campus: Vec<Campus>,
    pub booking: BookingSettings,
    pub sign_in: SignIn,
    pub sign_on: SignOnSettings,
    pub notify: Notify,
    pub sync: SyncSettings,
    pub retention: Retention,
    /// Copies of the database that are made by themselves; without it, none.
    pub backup: Option<BackupSettings>,
    pub log: Log,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct University {
    pub name: String,
    pub name_en: String,
    /// A small SVG or PNG; without one a drawn gate stands in its place.
    pub seal: Option<PathBuf>,
    /// Of links and buttons.
    pub accent: Colour,
    /// Behind the university's name.
    pub accent_dark: Colour,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campus {
    pub id: CampusId,
    pub name: String,
    pub name_en: String,
    pub gate: Vec<Gate>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub index: GateIndex,
    pub name: String,
    pub name_en: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BookingSettings {
    pub horizon_days: u16,
    pub opens: TimeOfDay,
    pub closes: TimeOfDay,
    pub max_companions: u8,
    pub max_vehicles: u8,
    pub companion_documents: CompanionDocuments,
    pub entries_per_pass: EntriesAllowed,
    pub per_phone_day: u16,
    pub on_behalf_per_phone_day: u16,
    pub unknown_hosts_per_phone_day: u16,
    pub unknown_hosts_per_address_hour: u16,
    pub walk_ins_per_terminal_hour: u16,
    pub unknown_hosts_per_terminal_hour: u16,
    /// Where group visits are arranged.
    pub group_office: Office,
    /// Where residents' families are registered.
    pub residents_office: Office,
}

/// An office that people are pointed to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    pub name: String,
    pub name_en: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    pub code_minutes: u16,
    pub attempts: u8,
    pub per_phone_minute: u16,
    pub per_phone_hour: u16,
    pub per_phone_day: u16,
    /// Codes lent to an address that was never seen, until some are used.
    pub unused_per_address: u16,
    /// The same for the network around it.
    pub unused_per_network: u16,
    /// Messages for sign-in codes altogether, and so what they cost.
    pub per_minute: u16,
    pub per_hour: u16,
    pub per_day: u16,
    /// How long a session lasts that was to be remembered; others end after a day.
    pub session_days: u16,
    /// A session unused for so long ends earlier.
    pub session_idle_days: u16,
    /// Whether a channel reaches numbers outside mainland China.
    pub foreign: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncSettings {
    /// For how long a terminal may call its news fresh.
    pub beacon_valid_s: u32,
    /// The longest a pull is held open.
    pub hold_s: u16,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A filter as `tracing` reads it.
    pub filter: String,
    pub json: bool,
}

impl Config {
    /// A service has no current folder worth the name, so relative paths lie beside the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|cause| ConfigError::Unread { path: path.to_owned(), cause })?;
        let config = Self::parse(&text)
            .map_err(|cause| ConfigError::Misunderstood { path: path.to_owned(), cause: Box::new(cause) })?;
        let beside = path.parent().unwrap_or_else(|| Path::new(""));
        let seal = config.university.seal.as_ref().map(|seal| beside.join(seal));
        let university = University { seal, ..config.university };
        let backup = config.backup.map(|backup| BackupSettings { folder: beside.join(&backup.folder), ..backup });
        Ok(Self { data_dir: beside.join(&config.data_dir), university, backup, ..config })
    }

    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|cause| ConfigError::Misread(Box::new(Misread::of(text, cause))))?;
        config.checked().map_err(|cause| cause.placed(text))
    }

    /// What a setting alone cannot show to be wrong.
    fn checked(mut self) -> Result<Self, ConfigError> {
        while self.public_url.ends_with('/') {
            self.public_url.pop();
        }
        host_of(&self.public_url).ok_or(ConfigError::PublicUrl)?;
        if !is_site(&self.public_url) {
            return Err(ConfigError::NotHttps);
        }
        let mut ids = BTreeSet::new();
        for campus in &self.campus {
            if !ids.insert(campus.id) {
                return Err(ConfigError::CampusTwice(campus.id));
            }
            let indices: BTreeSet<_> = campus.gate.iter().map(|gate| gate.index).collect();
            if indices.is_empty() || indices.len() != campus.gate.len() {
                return Err(ConfigError::Gates(campus.id));
            }
        }
        if ids.is_empty() {
            return Err(ConfigError::NoCampus);
        }
        if let Some((name, colour, least)) = self.university.too_pale() {
            let contrast = colour.contrast(Colour::WHITE);
            return Err(ConfigError::TooPale { name, colour, contrast, least });
        }
        if self.booking.opens >= self.booking.closes {
            return Err(ConfigError::Hours);
        }
        if self.booking.horizon_days > MAX_DAYS_AHEAD {
            return Err(ConfigError::Horizon);
        }
        if self.booking.max_companions > MAX_COMPANIONS {
            return Err(ConfigError::Companions);
        }
        if let Some(name) = self.nothing_allowed() {
            return Err(ConfigError::NothingAllowed(name));
        }
        if self.sync.beacon_valid_s <= u32::from(self.sync.hold_s) {
            return Err(ConfigError::BeaconValid);
        }
        self.notify.check()?;
        if let Some(sms) = &self.notify.sms {
            sms.check(&self.public_url, self.gate_names())?;
        }
        self.sign_on.check()?;
        Ok(self)
    }

    /// Each with the setting it stands in.
    fn gate_names<'a>(&'a self) -> impl Iterator<Item = (String, &'a str)> {
        (1_usize..).zip(&self.campus).flat_map(|(at, campus)| {
            let named = move |(gate_at, gate): (usize, &'a Gate)| {
                (format!("campus[{at}].gate[{gate_at}].name"), gate.name.as_str())
            };
            (1..).zip(&campus.gate).map(named)
        })
    }

    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            horizon_days: self.booking.horizon_days,
            opens: self.booking.opens,
            closes: self.booking.closes,
            max_companions: usize::from(self.booking.max_companions),
            max_vehicles: usize::from(self.booking.max_vehicles),
            companion_documents: self.booking.companion_documents,
            foreign_phones: self.sign_in.foreign,
            campuses: self.campus.iter().map(|campus| campus.id).collect(),
        }
    }

    #[must_use]
    pub fn campus(&self, id: CampusId) -> Option<&Campus> {
        self.campus.iter().find(|campus| campus.id == id)
    }

    /// Every gate of a campus, as a pass names them.
    #[must_use]
    pub fn gates(&self, id: CampusId) -> Option<GateMask> {
        GateMask::of(self.campus(id)?.gate.iter().map(|gate| gate.index))
    }

    /// What terminals are told of each campus.
    #[must_use]
    pub fn places(&self) -> Vec<Places> {
        self.campus.iter().map(|campus| self.places_of(campus)).collect()
    }

    fn places_of(&self, campus: &Campus) -> Places {
        let gate = |gate: &Gate| PlaceGate { gate: gate.index, name: gate.name.clone(), name_en: gate.name_en.clone() };
        let others = self.campus.iter().filter(|other| other.id != campus.id);
        Places {
            campus: campus.id,
            campus_name: campus.name.clone(),
            campus_name_en: campus.name_en.clone(),
            gates: campus.gate.iter().map(gate).collect(),
            others: others.map(|other| (other.id, other.name.clone())).collect(),
        }
    }

    /// Whether cookies can be `Secure` and HSTS be sent.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("office.sqlite3")
    }

    #[must_use]
    pub fn secrets_dir(&self) -> PathBuf {
        self.data_dir.join("secrets")
    }

    #[must_use]
    pub fn key_set_file(&self) -> PathBuf {
        self.data_dir.join("key-set.json")
    }
}

impl University {
    /// The accent as links wear it on dark pages.
    #[must_use]
    pub fn accent_light(&self) -> Colour {
        self.accent.lightened()
    }

    /// A colour on which white, or which on white, is not read by everybody; its setting, and the contrast it needs.
    fn too_pale(&self) -> Option<(&'static str, Colour, f64)> {
        // Links stand on the pages' light grey as well, which takes a tenth.
        let colours = [("university.accent", self.accent, 5.0), ("university.accent_dark", self.accent_dark, 7.0)];
        colours.into_iter().find(|(_, colour, least)| colour.contrast(Colour::WHITE) < *least)
    }
}

impl Campus {
    #[must_use]
    pub fn gate(&self, index: GateIndex) -> Option<&Gate> {
        self.gate.iter().find(|gate| gate.index == index)
    }
}

/// The pass counts a party in four bits, the visitor included.
const MAX_COMPANIONS: u8 = 14;

/// Why the settings are not taken.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("读不了设置文件 {path}。Cannot be read")]
    Unread {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("设置文件 {path} 有误。The settings are not understood")]
    Misunderstood {
        path: PathBuf,
        #[source]
        cause: Box<Self>,
    },
    #[error(transparent)]
    Misread(Box<Misread>),
    #[error("第 {line} 行：{cause} (line {line}, {setting})")]
    At { line: usize, setting: String, cause: Box<Self> },
    #[error("public_url 应写成 http://主机[:端口] 或 https://主机[:端口]。It is not http(s)://host[:port]")]
    PublicUrl,
    #[error(
        "public_url 除指本机（127.0.0.1、[::1]、localhost）外必须用 https。It must be https unless it names this machine"
    )]
    NotHttps,
    #[error("campus 没有设置，至少要有一个校区。There is no campus")]
    NoCampus,
    #[error("campus 中 id = {0} 写了两次。Campus {0} stands twice")]
    CampusTwice(CampusId),
    #[error(
        "campus {0} 至少要有一个 gate（校门），index 不能重复。Campus {0} needs at least one gate, and each index once"
    )]
    Gates(CampusId),
    #[error(
        "{name} = \"{colour}\" 太浅：与白色的对比度是 {contrast:.1}，至少要 {least:.1}，否则有人看不清。It is too pale: its contrast to white is {contrast:.1} and must be {least:.1}"
    )]
    TooPale { name: &'static str, colour: Colour, contrast: f64, least: f64 },
    #[error("booking.opens 应早于 booking.closes。It must open before it closes")]
    Hours,
    #[error(
        "{0} = 0 会让任何人都进不来；删去这一行即用默认值。It would let nobody in at all; leave it out for the usual value"
    )]
    NothingAllowed(&'static str),
    #[error(
        "sync.beacon_valid_s 应大于 sync.hold_s，否则校门的数据永远不是最新。It must be more than sync.hold_s, or no gate's news would ever be fresh"
    )]
    BeaconValid,
    #[error(
        "booking.horizon_days 最多 {MAX_DAYS_AHEAD}，校门把撤销只记这么久。It is at most {MAX_DAYS_AHEAD}: gates keep revocations for so long"
    )]
    Horizon,
    #[error(
        "notify.remind 的各个时间应从小到大，不为 0、不重复。Its times must rise from rung to rung: host_after_min, deputy_after_min, duty_after_min"
    )]
    Ladder,
    #[error(transparent)]
    Sms(#[from] SmsFault),
    #[error("notify.hall.adapter = \"{0}\" 需要 [notify.hall.{0}]。Its table is missing")]
    NoHallTable(&'static str),
    #[error("notify.hall.{0} 不能为空。It must not be empty")]
    EmptyHallSetting(&'static str),
    #[error("sign_on.cas.validate 应以 / 开头，不带 ? 和 #。It begins with a slash and has no query")]
    CasValidate,
    #[error("sign_on.cas.staff_number 应为 \"user\" 或属性名。It is \"user\" or the name of an attribute")]
    CasStaffNumber,
    #[error("booking.max_companions 最多 {MAX_COMPANIONS}。It is at most {MAX_COMPANIONS}")]
    Companions,
    #[error(transparent)]
    Wecom(#[from] WecomMistake),
}

impl ConfigError {
    /// With the line of its setting, which all that is found wrong begins with.
    fn placed(self, text: &str) -> Self {
        let said = self.to_string();
        let is_named = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || "_.[]".contains(symbol);
        let setting = said.split(|symbol| !is_named(symbol)).next().unwrap_or_default().to_owned();
        match place::of(text, &setting) {
            Some(line) => Self::At { line, setting, cause: Box::new(self) },
            None => self,
        }
    }
}

/// A plain site address that is read by nobody on the way.
fn is_site(url: &str) -> bool {
    host_of(url).is_some_and(|(scheme, host)| scheme == "https" || is_loopback(host))
}

/// The scheme and the host of a plain site address: no path, query or user.
fn host_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = url.split_once("://")?;
    let uri: http::Uri = url.parse().ok()?;
    let plain = matches!(scheme, "http" | "https") && !authority.contains(['/', '?', '#', '@']);
    let host_len = uri.host()?.len();
    plain.then(|| authority.get(..host_len)).flatten().map(|host| (scheme, host))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_parses_and_says_what_the_defaults_are() {
        let sample = Config::parse(include_str!("../../sync-server.sample.toml")).unwrap();
        assert_eq!(sample, Config::default());
    }

    #[test]
    fn the_data_directory_lies_beside_the_file_and_mistakes_name_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("office.toml");
        for (text, data) in [("", "./data"), ("data_dir = './x'", "./x"), ("data_dir = '/srv/x'", "/srv/x")] {
            fs::write(&file, text).unwrap();
            assert_eq!(Config::load(&file).unwrap().data_dir, dir.path().join(data), "{text}");
        }
        fs::write(&file, "university = { seal = 'seal.svg' }").unwrap();
        assert_eq!(Config::load(&file).unwrap().university.seal, Some(dir.path().join("seal.svg")));
        fs::write(&file, "lisen = 1").unwrap();
        assert!(Config::load(&file).unwrap_err().to_string().contains("office.toml"));
    }

    #[test]
    fn nothing_at_all_is_a_working_configuration() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn a_colour_nobody_can_read_is_refused_by_name() {
        for (key, colour, said) in [
            ("accent", "#ff8800", "与白色的对比度是 2."),
            ("accent", "#777777", "至少要 5.0"),
            ("accent_dark", "#666666", "至少要 7.0"),
            ("accent", "blue", "#rrggbb"),
        ] {
            let told = Config::parse(&format!("[university]\n{key} = '{colour}'")).unwrap_err().to_string();
            assert!(told.contains(key) && told.contains(said), "{told}");
        }
        let red = Config::parse("[university]\naccent = '#a6192e'\naccent_dark = '#6b0f1d'").unwrap();
        assert_eq!(red.university.accent.to_string(), "#a6192e");
    }

    #[test]
    fn unknown_keys_are_refused_and_named_at_every_level() {
        let campus = "[[campus]]\nid=1\nname='x'\nname_en='x'\n";
        for (text, key) in [
            ("lisen = '127.0.0.1:1'", "lisen"),
            ("[booking]\nhorizon = 3", "horizon"),
            ("[sign_in]\nsecret = 'x'", "secret"),
            ("[sync]\nhold = 1", "hold"),
            ("[university]\nnom = 'x'", "nom"),
            ("[retention]\nyears = 1", "years"),
            ("[log]\nlevel = 'x'", "level"),
            (&format!("{campus}colour='x'\n"), "colour"),
            (&format!("{campus}[[campus.gate]]\nindex=0\nname='x'\nname_en='x'\nwide=1"), "wide"),
        ] {
            let said = Config::parse(text).unwrap_err().to_string();
            assert!(said.contains(key), "{text}: {said}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_reason_its_line_and_its_whole_name_in_both_languages() {
        let campus = "[[campus]]\nid=1\nname='x'\nname_en='x'\n[[campus.gate]]\nindex=16\nname='x'\nname_en='x'";
        for (text, line, setting, chinese) in [
            ("\nlisen = 'x'", 2, "lisen", "没有「lisen」这个设置，可用的有：listen"),
            ("[notfy.sms]\nkey_id = 'x'", 1, "notfy.sms", "没有「notfy」这个设置"),
            ("[booking]\n# x\nhorizon = 3", 3, "booking.horizon", "没有「horizon」这个设置"),
            (
                "[notify.sms]\nprovider = 'mailgun'",
                2,
                "notify.sms.provider",
                "不能是「mailgun」，可用的有：aliyun、tencent",
            ),
            ("[notify.wecom]\nagent_id = 1", 1, "notify.wecom.corp_id", "缺少 corp_id"),
            ("[notify.hall]\nadapter = 'fax'", 2, "notify.hall.adapter", "没有 \"fax\" 这种大厅"),
            ("[booking]\nopens = '25:00'", 2, "booking.opens", "时间应写成 14:05"),
            ("[booking]\nhorizon_days = 'x'", 2, "booking.horizon_days", "值的类型不对，应是 0 到 65535 的整数"),
            ("[booking]\nhorizon_days = -1", 2, "booking.horizon_days", "值不在可用的范围内"),
            (
                "[notify.remind]\nduty_phone = '1380013'",
                2,
                "notify.remind.duty_phone",
                "大陆手机号是 11 位，这里有 7 位",
            ),
            ("listen = 'here'", 1, "listen", "应写成 地址:端口"),
            ("demo = true\ndemo = true", 2, "demo", "写了两次"),
            ("demo = maybe", 1, "demo", "写法不对"),
            (campus, 6, "campus[1].gate[1].index", "校门编号是 0 到 15"),
            // And what a line alone does not show.
            ("[booking]\n\nmax_companions = 15", 3, "booking.max_companions", "最多 14"),
            ("[university]\naccent = '#ff8800'", 2, "university.accent", "太浅"),
            ("[notify.remind]\nhost_after_min = [9, 3]", 1, "notify.remind", "从小到大"),
            ("[notify.hall]\nadapter = 'weaver'", 2, "notify.hall.adapter", "需要 [notify.hall.weaver]"),
        ] {
            let told = Config::parse(text).unwrap_err().to_string();
            let head = if told.starts_with(&format!("第 {line} 行，{setting}：")) {
                format!("Line {line}, {setting}, is not understood")
            } else {
                assert!(told.starts_with(&format!("第 {line} 行：{setting} ")), "{told}");
                format!("(line {line}, {setting})")
            };
            assert!(told.contains(chinese) && told.contains(&head), "{told}");
        }
    }

    #[test]
    fn only_this_machine_may_be_reached_without_tls() {
        for (url, holds) in [
            ("http://127.0.0.1:8460", true),
            ("http://127.0.0.1:8460/", true),
            ("http://[::1]:1", true),
            ("http://localhost:80", true),
            ("https://visit.example.edu.cn", true),
            ("http://visit.example.edu.cn", false),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1@example.com", false),
            ("ftp://127.0.0.1", false),
            ("https://example.com/visit", false),
            ("", false),
        ] {
            assert_eq!(Config::parse(&format!("public_url = '{url}'")).is_ok(), holds, "{url}");
        }
        assert_eq!(Config::parse("public_url = 'https://a.cn/'").unwrap().public_url, "https://a.cn");
    }

    #[test]
    fn a_limit_that_lets_nobody_in_is_refused_by_name() {
        for (table, keys) in [
            (
                "sign_in",
                &[
                    "code_minutes",
                    "attempts",
                    "per_phone_minute",
                    "per_phone_hour",
                    "per_phone_day",
                    "unused_per_address",
                    "unused_per_network",
                    "per_minute",
                    "per_hour",
                    "per_day",
                    "session_days",
                    "session_idle_days",
                ][..],
            ),
            (
                "booking",
                &[
                    "per_phone_day",
                    "on_behalf_per_phone_day",
                    "unknown_hosts_per_phone_day",
                    "unknown_hosts_per_address_hour",
                    "walk_ins_per_terminal_hour",
                    "unknown_hosts_per_terminal_hour",
                ],
            ),
            ("sync", &["beacon_valid_s"]),
        ] {
            for key in keys {
                let told = Config::parse(&format!("[{table}]\n{key} = 0")).unwrap_err().to_string();
                assert!(told.contains(&format!("{table}.{key}")), "{told}");
                assert!(Config::parse(&format!("[{table}]\n{key} = 200")).is_ok(), "{key}");
            }
        }
        let told = Config::parse("[sync]\nbeacon_valid_s = 25\nhold_s = 25").unwrap_err().to_string();
        assert!(told.contains("sync.beacon_valid_s"), "{told}");
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        let gate = "[[campus.gate]]\nindex=0\nname='x'\nname_en='x'\n";
        let campus = format!("[[campus]]\nid=1\nname='x'\nname_en='x'\n{gate}");
        for text in [
            "campus = []",
            "[booking]\nopens='10:00'\ncloses='10:00'",
            "[booking]\nmax_companions=15",
            "[booking]\nhorizon_days=91",
            &format!("{campus}{campus}"),
            &format!("{campus}{gate}"),
            "[[campus]]\nid=1\nname='x'\nname_en='x'\ngate=[]",
            "[[campus]]\nid=1\nname='x'\nname_en='x'\ngate=[{index=16,name='x',name_en='x'}]",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
        assert!(Config::parse(&campus).is_ok());
    }
}
