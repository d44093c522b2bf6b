//! Enrolment at the screen: what the wizard asks for is done here, on a thread of its own, while the window draws.
//!
//! Nothing is kept before two people have compared the fingerprints. The code is spent by then, so whoever says that they differ,
//! or pulls the plug in between, asks the office for another.

use std::{
    error::Error,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use shared::{
    causes,
    sync::{Refusal, enrol::InviteCode},
};
use tokio::runtime::Runtime;

use super::enrol::make_data_dir;
use crate::{
    clock::SystemClock,
    config::Config,
    enrol::{self, Claimed, EnrolError},
    officer::SettingsFile,
    store::{DATABASE_FILE, SqliteStore, StoreError},
    sync::http::{self, Http, HttpError},
    ui::{
        enrolment::{EnrolAsk, EnrolProblem, EnrolStage, Enrolment, Fingerprints},
        records::Settings,
    },
};

/// The thread "enrol" from outside; it ends when this is dropped and what it does is done.
#[derive(Debug, Clone)]
pub struct Wizard {
    asks: SyncSender<EnrolAsk>,
    newest: Newest,
}

impl Wizard {
    /// `wake` is called whenever there is something new to draw.
    pub fn spawn(config: &Config, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (asks, asked) = sync_channel(1);
        let newest =
            Newest::at(Enrolment { server: config.server_url.clone(), stage: EnrolStage::Typing { problem: None } });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let enrolling = Enrolling { config: config.clone(), runtime, newest: newest.clone(), claimed: None };
        std::thread::Builder::new().name("enrol".to_owned()).spawn(move || enrolling.run(&asked, wake))?;
        Ok(Self { asks, newest })
    }

    #[must_use]
    pub fn enrolment(&self) -> Arc<Enrolment> {
        self.newest.get()
    }

    /// Never blocks; what is pressed while the server is asked does nothing.
    pub fn ask(&self, ask: EnrolAsk) {
        self.asks.try_send(ask).ok();
    }

    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.enrolment().stage, EnrolStage::Done(_))
    }
}

#[derive(Debug, Clone)]
struct Newest(Arc<Mutex<Arc<Enrolment>>>);

impl Newest {
    fn at(enrolment: Enrolment) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(enrolment))))
    }

    fn get(&self) -> Arc<Enrolment> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn show(&self, stage: EnrolStage) {
        let server = self.get().server.clone();
        self.set(Enrolment { server, stage });
    }

    fn set(&self, enrolment: Enrolment) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(enrolment);
    }
}

struct Enrolling {
    config: Config,
    runtime: Runtime,
    newest: Newest,
    /// Waits to be compared.
    claimed: Option<Claimed>,
}

impl Enrolling {
    fn run(mut self, asked: &Receiver<EnrolAsk>, wake: impl Fn()) {
        for ask in asked {
            if let EnrolAsk::Enrol { server, .. } = &ask {
                self.newest.set(Enrolment { server: server.clone(), stage: EnrolStage::Asking });
                wake();
            }
            let stage = self.answer(ask);
            let done = matches!(stage, EnrolStage::Done(_));
            self.newest.show(stage);
            wake();
            if done {
                break;
            }
        }
    }

    fn answer(&mut self, ask: EnrolAsk) -> EnrolStage {
        let problem = match ask {
            EnrolAsk::Enrol { server, code } => match self.claim(&server, code) {
                Ok(claimed) => {
                    let shown = fingerprints(&claimed);
                    self.claimed = Some(claimed);
                    return EnrolStage::Comparing(shown);
                }
                Err(problem) => Some(problem),
            },
            EnrolAsk::Agree => match self.claimed.take().map(|claimed| (fingerprints(&claimed), self.keep(&claimed))) {
                Some((shown, Ok(()))) => return EnrolStage::Done(shown),
                Some((_, Err(problem))) => Some(problem),
                None => None,
            },
            EnrolAsk::Differ => {
                self.claimed = None;
                enrol::forget_key(&self.config.data_dir).err().map(|error| machine(&error))
            }
        };
        EnrolStage::Typing { problem }
    }

    fn claim(&self, server: &str, code: InviteCode) -> Result<Claimed, EnrolProblem> {
        let http = http::is_bare(server)
            .and_then(|()| Http::believing(self.config.server_ca.as_deref(), server, None, Arc::new(SystemClock)));
        let http = http.map_err(|error| of_http(&error))?;
        let store = self.store()?;
        let expected = self.config.root_fingerprint.as_deref();
        let claimed = self.runtime.block_on(enrol::claim(&http, &store, &self.config.data_dir, code, expected));
        claimed.map_err(|error| {
            let problem = of_enrolment(&error);
            let withdrawn = problem == EnrolProblem::Withdrawn;
            let kept = if withdrawn { enrol::forget_key(&self.config.data_dir) } else { Ok(()) };
            kept.map_or_else(|error| machine(&error), |()| problem)
        })
    }

    fn keep(&self, claimed: &Claimed) -> Result<(), EnrolProblem> {
        let server = self.newest.get().server.clone();
        if server != self.config.server_url {
            let mut settings = SettingsFile::new(&self.config.data_dir, Settings::default());
            settings.keep_server_url(server).map_err(|error| machine(&error))?;
        }
        enrol::keep(&mut self.store()?, claimed).map_err(|error| machine(&error))
    }

    /// Opened for each step, so that the gate finds it free afterwards.
    fn store(&self) -> Result<SqliteStore, EnrolProblem> {
        let data_dir = &self.config.data_dir;
        make_data_dir(data_dir).map_err(|error| machine(&error))?;
        SqliteStore::open(&data_dir.join(DATABASE_FILE)).map_err(|error| machine(&error))
    }
}

fn fingerprints(claimed: &Claimed) -> Box<Fingerprints> {
    let enrol::Enrolled { post, public } = claimed.enrolled;
    Box::new(Fingerprints {
        terminal: post.terminal.to_string(),
        campus: post.campus.to_string(),
        gate: post.gate.to_string(),
        own: public.fingerprint(),
        root: post.roots.fingerprint(),
    })
}

fn of_enrolment(error: &EnrolError<HttpError, StoreError>) -> EnrolProblem {
    match error {
        EnrolError::Server(error) => of_http(error),
        EnrolError::OtherRoot { terminal, .. } => EnrolProblem::OtherRoot { terminal: terminal.to_string() },
        EnrolError::AlreadyEnrolled { .. } | EnrolError::Key(_) | EnrolError::Claim(_) | EnrolError::Store(_) => {
            machine(error)
        }
    }
}

fn of_http(error: &HttpError) -> EnrolProblem {
    match error {
        HttpError::Address | HttpError::Plain => EnrolProblem::Address,
        HttpError::Refused(Refusal::Code) => EnrolProblem::Code,
        HttpError::Refused(Refusal::Withdrawn { .. }) => EnrolProblem::Withdrawn,
        HttpError::Refused(Refusal::Clock { .. }) => EnrolProblem::Clock,
        HttpError::Client(_)
        | HttpError::Authority { .. }
        | HttpError::Unwritable(_)
        | HttpError::Unsigned
        | HttpError::NoRandomness(_) => machine(error),
        HttpError::Refused(_)
        | HttpError::Certificate { .. }
        | HttpError::Exchange(_)
        | HttpError::Deflated(_)
        | HttpError::Status(_)
        | HttpError::TooLong
        | HttpError::Unreadable(_) => EnrolProblem::Unreachable { why: causes::in_one_line(error) },
    }
}

fn machine(error: &dyn Error) -> EnrolProblem {
    EnrolProblem::Machine { why: causes::in_one_line(error) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        commands::enrol::tests::{server, taken},
        gate::small_campus::Office,
        ports::Store as _,
    };

    /// An office on this machine that takes any code.
    fn office() -> String {
        server(std::iter::repeat_with(taken))
    }

    fn wait(wizard: &Wizard, until: impl Fn(&EnrolStage) -> bool) -> EnrolStage {
        for _ in 0..1_000 {
            let enrolment = wizard.enrolment();
            if until(&enrolment.stage) {
                return enrolment.stage.clone();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the wizard stands still at {:?}", wizard.enrolment());
    }

    fn enrolled_in(config: &Config) -> bool {
        SqliteStore::open(&config.data_dir.join(DATABASE_FILE)).unwrap().post().unwrap().is_some()
    }

    #[test]
    fn nothing_is_kept_before_the_fingerprints_agree() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        let wizard = Wizard::spawn(&config, || {}).unwrap();
        let server = office();
        let code = InviteCode::parse("0123-4567-89AB-CDEF").unwrap();
        let enrol = || wizard.ask(EnrolAsk::Enrol { server: server.clone(), code: code.clone() });
        let comparing = |stage: &EnrolStage| matches!(stage, EnrolStage::Comparing(_));

        enrol();
        let EnrolStage::Comparing(first) = wait(&wizard, comparing) else { panic!("not comparing") };
        assert_eq!(first.root, Office::open().post().roots.fingerprint());
        assert!(!enrolled_in(&config));
        wizard.ask(EnrolAsk::Differ);
        wait(&wizard, |stage| *stage == EnrolStage::Typing { problem: None });
        assert!(!enrolled_in(&config));

        enrol();
        let EnrolStage::Comparing(second) = wait(&wizard, comparing) else { panic!("not comparing") };
        assert_ne!(second.own, first.own, "another key was made");
        wizard.ask(EnrolAsk::Agree);
        wait(&wizard, |stage| *stage == EnrolStage::Done(second.clone()));
        assert!(wizard.is_done() && enrolled_in(&config));
        let mut settings = SettingsFile::new(&config.data_dir, Settings::default());
        settings.load().unwrap();
        assert_eq!(settings.server_url(), Some(server.as_str()));
    }

    #[test]
    fn what_goes_wrong_is_said_and_can_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        let wizard = Wizard::spawn(&config, || {}).unwrap();
        let code = InviteCode::parse("0123-4567-89AB-CDEF").unwrap();
        for (server, expected) in [
            ("nowhere", EnrolProblem::Address),
            ("http://gate.example.edu.cn", EnrolProblem::Address),
            ("https://gate.example.edu.cn/visit", EnrolProblem::Address),
            ("http://127.0.0.1:1", EnrolProblem::Unreachable { why: String::new() }),
        ] {
            wizard.ask(EnrolAsk::Enrol { server: server.to_owned(), code: code.clone() });
            let stage = wait(&wizard, |stage| {
                wizard.enrolment().server == server && matches!(stage, EnrolStage::Typing { problem: Some(_) })
            });
            let EnrolStage::Typing { problem: Some(problem) } = stage else { panic!("no problem") };
            assert_eq!(std::mem::discriminant(&problem), std::mem::discriminant(&expected), "{server}: {problem:?}");
        }
    }
}
