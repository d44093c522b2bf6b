//! The server of the demo: its settings, its process, and the telephones its notices ring.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    time::Duration,
};

use doubles::{Doubles, Gateway, Hall};
use world::{Trouble, campus::put_secrets, mailbox::Mailbox, people::DIRECTORY_CSV};

use crate::programs::{Running, beside, run};

/// The folder of its files, beside its settings.
const DATA: &str = "server";

#[derive(Debug)]
pub(crate) struct Office {
    settings: PathBuf,
    pub(crate) url: String,
    pub(crate) mailbox: Mailbox,
    process: Option<Running>,
}

impl Office {
    /// Writes settings and imports the directory; nothing runs yet.
    pub(crate) fn prepare(room: &Path) -> Result<Self, Trouble> {
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let url = format!("http://{listen}");
        let settings = room.join("sync-server.toml");
        let data = room.join(DATA);
        // The demo is told at any hour, and its audience does not wait half a minute for the next beacon.
        let at_any_hour = "[booking]\nopens = \"00:00\"\ncloses = \"24:00\"\n\n[sync]\nhold_s = 2\n";
        let basics = format!("listen = \"{listen}\"\npublic_url = \"{url}\"\ndata_dir = {data:?}\ndemo = true\n");
        write(&settings, &format!("{basics}\n{at_any_hour}"))?;
        let directory = room.join("directory.csv");
        write(&directory, DIRECTORY_CSV)?;
        let office = Self { settings, url, mailbox: Mailbox::default(), process: None };
        office.command(&["directory", "import", &directory.display().to_string()])?;
        Ok(office)
    }

    /// Runs one of the office's own commands.
    pub(crate) fn command(&self, words: &[&str]) -> Result<String, Trouble> {
        let settings = self.settings.display().to_string();
        run("sync-server", ["--config", &settings].iter().chain(words), "")
    }

    /// From its next start the channels lead to these doubles, which are at `at`.
    pub(crate) fn reach(&self, doubles: &Doubles, at: &str) -> Result<(), Trouble> {
        let failed = |error| Trouble::File(self.settings.clone(), error);
        let settings = fs::read_to_string(&self.settings).map_err(failed)?;
        let channels = doubles.settings(at, Gateway::Aliyun, Hall::Weaver);
        // How long each text may get is said at start, and is nothing to this audience.
        write(&self.settings, &format!("{settings}\n[log]\nfilter = \"warn\"\n\n{channels}"))?;
        put_secrets(&self.settings.with_file_name(DATA), &doubles.secrets())
    }

    pub(crate) fn start(&mut self) -> Result<(), Trouble> {
        let mut command = Command::new(beside("sync-server")?);
        command.arg("--config").arg(&self.settings).arg("serve");
        let (ready, listening) = mpsc::sync_channel(1);
        let slot = self.mailbox.slot();
        let process = Running::start(command, "the server", move |line| {
            if line.starts_with("listening on ") {
                ready.try_send(()).ok();
            }
            slot.read(line);
        })?;
        self.process = Some(process);
        listening.recv_timeout(Duration::from_secs(20)).map_err(|_| Trouble::Waited("the server to listen".to_owned()))
    }

    pub(crate) fn stop(&mut self) -> Result<(), Trouble> {
        self.process.take().map_or(Ok(()), |mut process| process.stop())
    }
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(path, text).map_err(|error| Trouble::File(path.to_owned(), error))
}
