//! The officer thread: the log, the settings and the machine's health, behind a PIN and beside the gate.
//!
//! It has a connection of its own to the store that only reads, so whatever an officer asks for, people go through the gate as
//! fast as before; what it writes are files of its own. It fills [`Records`], newest wins, and takes one [`Ask`] after the other.
//! A story in a test takes turns by hand ([`Officer::turn`]); at a gate a named thread does ([`Officer::spawn`]).

mod digest;
mod export;
mod health;
mod kept_lists;
mod lock;
mod page;
mod paper;
mod private_file;
mod roll_call;
mod settings;
mod thread;
mod walk;

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::TimeDelta;
use shared::{
    causes,
    time::{CampusDay, Moment},
};

use crate::{
    ports::{Clock, EntryLog},
    ui::records::{
        Answer, Ask, CameraHealth, CameraOffered, ExportKind, Failed, Lock, LogFilter, OfficerSaid, PaperForm, Pin,
        Records, Settings, Tone,
    },
};
use digest::Digest;
use export::Export;
pub use lock::{Cost, PIN_FILE, PinError, PinLock, Tried};
use page::Lines;
pub use settings::{SETTINGS_FILE, SettingsError, SettingsFile};
pub use thread::Handle;

/// An officer who was called away must not leave the log open.
const OPEN_FOR_MS: u32 = 5 * 60_000;

/// What an officer can have the rest of the terminal do, and what only the rest knows.
pub trait Terminal {
    /// The terminal's best time.
    fn now(&self) -> Moment;

    /// The server's clock less this machine's, once the server has told it.
    fn clock_offset_ms(&self) -> Option<i64>;

    fn camera(&self) -> CameraHealth;

    fn cameras(&self) -> Vec<CameraOffered>;

    /// Also once at the start.
    fn apply(&mut self, before: Option<&Settings>, settings: &Settings);

    /// Has the gate write a paper case down; `false` when it does not take it now.
    fn paper(&mut self, form: PaperForm) -> bool;

    fn sound(&mut self, tone: Tone);

    /// Shows a file to whoever stands there, or prints it, where the machine can.
    fn show(&mut self, file: &Path);

    fn end(&mut self);
}

/// Where an officer's files are, and what may be done.
#[derive(Debug, Clone)]
pub struct Desk {
    pub data_dir: PathBuf,
    /// As the configuration has them.
    pub settings: Settings,
    /// The first PIN may be set at the screen: the terminal was enrolled just now, by whoever stands there.
    pub may_set_first_pin: bool,
    pub cost: Cost,
}

pub struct Officer<L: EntryLog, T: Terminal> {
    log: L,
    terminal: T,
    clock: Box<dyn Clock + Send>,
    desk: Desk,
    lock: PinLock,
    file: SettingsFile,
    open: Option<Open>,
    records: Records,
    answers: u64,
    /// Lists of days before this one have been forgotten.
    day: Option<CampusDay>,
}

/// While the lock is open.
struct Open {
    /// By the clock since boot.
    until_ms: u64,
    /// Empty before the log was first looked at.
    digest: Digest,
    looked_for: Option<LogFilter>,
}

impl<L: EntryLog, T: Terminal> Officer<L, T> {
    pub fn new(log: L, mut terminal: T, clock: Box<dyn Clock + Send>, desk: Desk) -> Self {
        let lock = PinLock::open(&desk.data_dir, desk.cost);
        let mut file = SettingsFile::new(&desk.data_dir, desk.settings.clone());
        let loaded = file.load();
        let settings = loaded.as_ref().map_or_else(|_| desk.settings.clone(), Clone::clone);
        terminal.apply(None, &settings);
        let mut records = Records { settings, ..Records::default() };
        records.health.running_since = Some(terminal.now());
        let mut officer = Self { log, terminal, clock, desk, lock, file, open: None, records, answers: 0, day: None };
        if let Err(error) = loaded {
            officer.fail(Failed::Settings, &error);
        }
        officer.look_at_the_machine();
        officer.show_lock();
        officer
    }

    /// One thing asked for, or the passing of time.
    pub fn turn(&mut self, ask: Option<Ask>) {
        let now_ms = self.clock.read().since_boot_ms;
        if self.open.as_ref().is_some_and(|open| open.until_ms <= now_ms) {
            self.close();
        }
        match ask {
            Some(ask) => {
                // Anybody may ask for the roll-call, so it is no sign of the officer.
                if let Some(open) = self.open.as_mut().filter(|_| ask != Ask::RollCall) {
                    open.until_ms = now_ms.saturating_add(OPEN_FOR_MS.into());
                }
                self.answer(ask, now_ms);
                self.show_lock();
            }
            None => self.pass_time(now_ms),
        }
        self.turn_day();
    }

    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }

    fn answer(&mut self, ask: Ask, now_ms: u64) {
        match ask {
            Ask::Unlock(pin) => {
                if self.is_right(&pin, now_ms) {
                    self.unlock(now_ms);
                }
            }
            Ask::SetPin { old, new } => self.set_pin(old.as_ref(), &new, now_ms),
            Ask::Lock => self.close(),
            Ask::RollCall => self.roll_call(),
            Ask::Look(filter) => self.opened(Failed::Log, |officer| officer.look(filter)),
            Ask::Export { filter, kind } => self.opened(Failed::Export, |officer| officer.export(&filter, kind)),
            Ask::Paper(form) => self.opened(Failed::Paper, |officer| officer.paper(*form)),
            Ask::Change(settings) => self.opened(Failed::Settings, |officer| officer.change(settings)),
            Ask::CheckStore => self.opened(Failed::Log, |officer| {
                officer.records.health.store = health::check(&officer.log, officer.terminal.now());
            }),
            Ask::TestSound(tone) => self.opened(Failed::Settings, |officer| officer.terminal.sound(tone)),
            Ask::EndProgram => self.opened(Failed::Settings, |officer| {
                tracing::warn!("an officer ends the program");
                officer.terminal.end();
            }),
        }
    }

    /// Does it only while the lock is open.
    fn opened(&mut self, what: Failed, act: impl FnOnce(&mut Self)) {
        if self.open.is_some() {
            act(self);
        } else {
            self.say(OfficerSaid::Failed {
                what, why: "已锁定，请先输入密码 locked: enter the PIN first".to_owned()
            });
        }
    }

    /// Says so when it is not.
    fn is_right(&mut self, pin: &Pin, now_ms: u64) -> bool {
        match self.lock.try_pin(pin, now_ms) {
            Ok(Tried::Right) => return true,
            Ok(Tried::Wrong | Tried::Early) => {
                let left_s = self.lock.left_ms(now_ms).div_ceil(1_000);
                tracing::warn!(left_s, "a wrong PIN");
                self.say(OfficerSaid::WrongPin { left_s: u32::try_from(left_s).unwrap_or(u32::MAX) });
            }
            Err(error) => self.fail(Failed::Pin, &error),
        }
        false
    }

    fn set_pin(&mut self, old: Option<&Pin>, new: &Pin, now_ms: u64) {
        if self.lock.is_set() {
            // Without the old one it is as wrong as a wrong one, and costs as much.
            let Some(old) = old else {
                self.say(OfficerSaid::WrongPin { left_s: 0 });
                return;
            };
            if !self.is_right(old, now_ms) {
                return;
            }
        } else if !self.desk.may_set_first_pin {
            let why = "请在本机命令行运行 gate-terminal pin 设置 set it with: gate-terminal pin".to_owned();
            self.say(OfficerSaid::Failed { what: Failed::Pin, why });
            return;
        }
        match self.lock.set(new) {
            Ok(()) => {
                tracing::warn!("the officers' PIN was set");
                self.desk.may_set_first_pin = false;
                self.unlock(now_ms);
                self.say(OfficerSaid::PinSet);
            }
            Err(error) => self.fail(Failed::Pin, &error),
        }
    }

    fn unlock(&mut self, now_ms: u64) {
        tracing::info!("the officers' lock is open");
        let until_ms = now_ms.saturating_add(OPEN_FOR_MS.into());
        self.open = Some(Open { until_ms, digest: Digest::default(), looked_for: None });
        self.records.answer = None;
        self.look_at_the_machine();
    }

    fn close(&mut self) {
        self.open = None;
        self.records.page = None;
        self.show_lock();
    }

    fn show_lock(&mut self) {
        let now_ms = self.clock.read().since_boot_ms;
        let now = self.terminal.now();
        let after = |ms: u64| now.plus(TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX)));
        self.records.lock = match (&self.open, self.lock.is_set(), self.lock.left_ms(now_ms)) {
            (Some(open), ..) => Lock::Open { until: after(open.until_ms.saturating_sub(now_ms)) },
            (None, false, _) => Lock::NoPin,
            (None, true, 0) => Lock::Locked { retry_at: None },
            (None, true, left_ms) => Lock::Locked { retry_at: Some(after(left_ms)) },
        };
    }

    fn pass_time(&mut self, now_ms: u64) {
        if self.open.is_some() {
            self.look_at_the_machine();
            self.look_again();
        } else if matches!(self.records.lock, Lock::Locked { retry_at: Some(_) }) && self.lock.left_ms(now_ms) == 0 {
            self.show_lock();
        }
    }

    /// Only under a clock the server vouches for: a wrong one must not take today's list away.
    fn turn_day(&mut self) {
        let today = CampusDay::of(self.terminal.now());
        if self.day == Some(today) || self.terminal.clock_offset_ms().is_none() {
            return;
        }
        self.day = Some(today);
        match kept_lists::forget(&export::own_folder(&self.desk.data_dir), today) {
            Ok(0) => {}
            Ok(lists) => tracing::info!(lists, "old roll-calls were deleted"),
            Err(error) => tracing::error!(%error, "old roll-calls were not deleted"),
        }
    }

    fn look(&mut self, filter: LogFilter) {
        if let Some(open) = &mut self.open {
            open.looked_for = Some(filter);
        }
        self.look_again();
    }

    /// The page follows the gate while somebody looks at it.
    fn look_again(&mut self) {
        let Some(Open { digest, looked_for: Some(filter), .. }) = &mut self.open else { return };
        let looked = digest
            .catch_up(&self.log, filter.from.start())
            .and_then(|()| Lines::new(&self.log, digest))
            .and_then(|lines| lines.page(filter.clone()));
        match looked {
            Ok(page) if self.records.page.as_deref() == Some(&page) => {}
            Ok(page) => self.records.page = Some(Arc::new(page)),
            Err(error) => self.fail(Failed::Log, &error),
        }
    }

    fn export(&mut self, filter: &LogFilter, kind: ExportKind) {
        let chosen = self.records.settings.export_folder.as_deref();
        let folder = match export::folder(chosen, &self.desk.data_dir) {
            Ok(folder) => folder,
            Err(error) => return self.fail(Failed::Export, &error),
        };
        match self.export_into(&folder, filter, kind) {
            Ok((path, lines)) => {
                tracing::warn!(lines, path = %path.display(), "an officer exported entries");
                self.say(OfficerSaid::Exported { path, lines });
            }
            Err(error) => self.fail(Failed::Export, &error),
        }
    }

    fn export_into(
        &mut self,
        folder: &Path,
        filter: &LogFilter,
        kind: ExportKind,
    ) -> Result<(PathBuf, usize), export::ExportError<L::Error>> {
        let Self { log, terminal, open: Some(Open { digest, .. }), records, .. } = self else {
            return Ok((PathBuf::new(), 0));
        };
        digest.catch_up(log, filter.from.start()).map_err(export::ExportError::Log)?;
        let places = log.places().map_err(export::ExportError::Log)?;
        let lines = Lines::new(log, digest).map_err(export::ExportError::Log)?;
        let language = records.settings.language;
        export::write(&lines, &Export { folder, filter, kind, language, places: places.as_ref(), now: terminal.now() })
    }

    fn roll_call(&mut self) {
        let now = self.terminal.now();
        let folder = match export::folder(None, &self.desk.data_dir) {
            Ok(folder) => folder,
            Err(error) => return self.fail(Failed::RollCall, &error),
        };
        let path = folder.join(kept_lists::name(now));
        match roll_call::write(&self.log, now, &path) {
            Ok(people) => {
                tracing::warn!(people, path = %path.display(), "a roll-call was written");
                self.terminal.show(&path);
                self.say(OfficerSaid::RollCall { path, people });
            }
            Err(error) => self.fail(Failed::RollCall, &error),
        }
    }

    fn paper(&mut self, form: PaperForm) {
        match paper::record(&self.log, &mut self.terminal, form) {
            Ok(Some(seq)) => self.say(OfficerSaid::PaperRecorded { seq }),
            Ok(None) => {
                let why = "门岗没有写入，请用纸质登记本 the gate did not write it down: use the paper log".to_owned();
                self.say(OfficerSaid::Failed { what: Failed::Paper, why });
            }
            Err(error) => self.fail(Failed::Paper, &error),
        }
    }

    fn change(&mut self, settings: Settings) {
        match self.file.keep(&settings) {
            Ok(()) => {
                tracing::info!(?settings, "an officer changed the settings");
                self.terminal.apply(Some(&self.records.settings), &settings);
                self.records.settings = settings;
                self.say(OfficerSaid::SettingsKept);
            }
            Err(error) => self.fail(Failed::Settings, &error),
        }
    }

    fn look_at_the_machine(&mut self) {
        let cameras = self.terminal.cameras();
        if *self.records.cameras != *cameras {
            self.records.cameras = cameras.into();
        }
        let (camera, offset_ms) = (self.terminal.camera(), self.terminal.clock_offset_ms());
        self.records.health = health::look(&self.log, &self.desk.data_dir, &self.records.health, camera, offset_ms);
    }

    fn fail(&mut self, what: Failed, error: &dyn Error) {
        let why = causes::in_one_line(error);
        tracing::error!(?what, why, "what an officer asked for failed");
        self.say(OfficerSaid::Failed { what, why });
    }

    fn say(&mut self, said: OfficerSaid) {
        self.answers = self.answers.saturating_add(1);
        self.records.answer = Some(Answer { number: self.answers, said });
    }
}

impl<L: EntryLog, T: Terminal> std::fmt::Debug for Officer<L, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Officer")
    }
}

#[cfg(test)]
mod tests;
