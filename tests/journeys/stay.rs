//! `./run demo --stay`, as its script starts it: the story is told, then an office and its providers' doubles stay, until they are told to
//! end.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use gatehouse::machine::now;
use reqwest::Client;
use world::{Trouble, trouble::hold};

/// Far longer than the story takes.
const PATIENCE: Duration = Duration::from_secs(900);

struct Demo {
    process: Child,
    lines: Receiver<String>,
}

impl Demo {
    fn start() -> Result<Self, Trouble> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        // A window is another story.
        let command = command.arg("--stay").env_remove("DISPLAY").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        let (says, lines) = sync_channel(1000);
        if let Some(output) = process.stdout.take() {
            thread::Builder::new().name("lines of the demo".to_owned()).spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(says.send(line)));
            })?;
        }
        Ok(Self { process, lines })
    }

    /// The rest of the next line that has this in it.
    fn says(&self, what: &str) -> Result<String, Trouble> {
        let since = now();
        loop {
            let line = self.lines.recv_timeout(PATIENCE.saturating_sub(since.elapsed()));
            let line = line.map_err(|_: RecvTimeoutError| Trouble::Waited(what.to_owned()))?;
            if let Some((_, rest)) = line.split_once(what) {
                return Ok(rest.to_owned());
            }
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It has ended by itself where the story went well.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_stays_with_its_doubles_until_it_is_told_to_end() -> Result<(), Trouble> {
    let mut demo = Demo::start()?;
    demo.says("Every step held")?;
    let office = demo.says("Book a visit at ")?;
    let telephones = demo.says("dials to make them fail: ")?;
    demo.says("Ctrl-C ends it")?;
    let person = Client::builder().no_proxy().build()?;
    let page = person.get(&telephones).send().await?.text().await?;
    hold(page.contains("通知替身"), &format!("the doubles' page: {page}"))?;
    let sign_in = person.get(format!("{office}/sign-in")).send().await?;
    hold(sign_in.status() == 200, "the office sends codes")?;

    let told = Command::new("kill").args(["-INT", &demo.process.id().to_string()]).status()?;
    hold(told.success() && demo.process.wait()?.success(), "it ends well")?;
    for gone in [office, telephones] {
        hold(person.get(&gone).send().await.is_err(), &format!("{gone} is still there"))?;
    }
    Ok(())
}
