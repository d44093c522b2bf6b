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
mod provider_url;
mod sign_on;
#[cfg(test)]
mod tests;

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
    settings::{Misread, place},
    sync::change::{MAX_DAYS_AHEAD, PlaceGate, Places},
};
use thiserror::Error;

pub use self::{
    backup::BackupSettings,
    colour::Colour,
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
        let config: Self = toml::from_str(text).map_err(|cause| {
            let offset = cause.span().map(|span| span.start).unwrap_or_default();
            ConfigError::Misread(Box::new(Misread::of(text, offset, cause.message(), cause.to_string())))
        })?;
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
