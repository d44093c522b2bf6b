//! Every reader in a process of its own, which this program starts anew: some readers panic, and one can look for hours.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use cpu_time::ThreadTime;
use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::BenchError;
use super::peers::PeerName;

/// Generous, because it is wall time and the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What one reader made of one picture.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Look {
    pub(crate) texts: Vec<String>,
    pub(crate) cpu_ms: f64,
    panicked: bool,
}

/// All readers of the comparison, running.
#[derive(Debug)]
pub(crate) struct Stable {
    pub(crate) names: Vec<PeerName>,
    peers: Vec<Peer>,
}

impl Stable {
    pub(crate) fn start(names: &[PeerName]) -> Result<Self, BenchError> {
        let peers = names.iter().map(|name| Peer::start(*name)).collect::<Result<_, _>>()?;
        Ok(Self { names: names.to_vec(), peers })
    }

    /// One look of each reader, in the order of the names.
    pub(crate) fn look(&mut self, picture: &GrayImage, is_new: bool) -> Result<Vec<Look>, BenchError> {
        self.peers.iter_mut().map(|peer| peer.look(picture, is_new)).collect()
    }

    /// What went wrong with readers, if anything did.
    pub(crate) fn confess(&self, out: &mut dyn Write) -> io::Result<()> {
        for peer in self.peers.iter().filter(|peer| peer.panics + peer.silences > 0) {
            let Peer { name, panics, silences, .. } = peer;
            let patience = PATIENCE.as_secs();
            writeln!(out, "{}: {panics} panics, {silences} pictures without an answer in {patience} s", name.title())?;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Peer {
    name: PeerName,
    process: Process,
    panics: u32,
    silences: u32,
}

impl Peer {
    fn start(name: PeerName) -> Result<Self, BenchError> {
        Ok(Self { name, process: Process::start(name)?, panics: 0, silences: 0 })
    }

    fn look(&mut self, picture: &GrayImage, is_new: bool) -> Result<Look, BenchError> {
        let sent = self.process.ask(picture, is_new);
        let answer = sent.ok().and_then(|()| self.process.answers.recv_timeout(PATIENCE).ok());
        let Some(line) = answer else {
            self.silences += 1;
            self.process = Process::start(self.name)?;
            return Ok(Look { cpu_ms: PATIENCE.as_secs_f64() * 1000.0, ..Look::default() });
        };
        let look: Look = serde_json::from_str(&line)?;
        self.panics += u32::from(look.panicked);
        Ok(look)
    }
}

#[derive(Debug)]
struct Process {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    fn start(name: PeerName) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["peer", name.argument()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let no_pipe = || io::Error::other("a started process has no pipe");
        let questions = child.stdin.take().ok_or_else(no_pipe)?;
        let said = child.stdout.take().ok_or_else(no_pipe)?;
        let (heard, answers) = sync_channel(1);
        let listen = move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if heard.send(line).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name(format!("hears {}", name.argument())).spawn(listen)?;
        Ok(Self { child, questions, answers })
    }

    fn ask(&mut self, picture: &GrayImage, is_new: bool) -> io::Result<()> {
        self.questions.write_all(&[u8::from(is_new)])?;
        self.questions.write_all(&picture.width().to_le_bytes())?;
        self.questions.write_all(&picture.height().to_le_bytes())?;
        self.questions.write_all(picture.as_raw())?;
        self.questions.flush()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself is as good as ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The other end of the pipe: reads pictures until there are no more.
pub(crate) fn serve(name: PeerName, questions: &mut dyn Read, out: &mut dyn Write) -> Result<(), BenchError> {
    let mut peer = name.peer();
    while let Some((picture, is_new)) = heard(questions)? {
        if is_new {
            peer.forget();
        }
        let before = ThreadTime::try_now()?;
        let read = catch_unwind(AssertUnwindSafe(|| peer.read(&picture)));
        let cpu_ms = before.try_elapsed()?.as_secs_f64() * 1000.0;
        if read.is_err() {
            peer = name.peer();
        }
        let look = Look { cpu_ms, panicked: read.is_err(), texts: read.unwrap_or_default() };
        serde_json::to_writer(&mut *out, &look)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}

fn heard(questions: &mut dyn Read) -> io::Result<Option<(GrayImage, bool)>> {
    let mut is_new = [0];
    if questions.read(&mut is_new)? == 0 {
        return Ok(None);
    }
    let [mut width, mut height] = [[0; 4]; 2];
    questions.read_exact(&mut width)?;
    questions.read_exact(&mut height)?;
    let [width, height] = [width, height].map(u32::from_le_bytes);
    let length = u64::from(width) * u64::from(height);
    let mut pixels = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    questions.read_exact(&mut pixels)?;
    let picture = GrayImage::from_raw(width, height, pixels);
    Ok(picture.map(|picture| (picture, is_new == [1])))
}

#[cfg(test)]
mod tests {
    use gate_frames::{Class, GateFrame, Size};

    use super::*;

    #[test]
    fn a_served_reader_answers_every_picture_with_a_line() {
        let frame = GateFrame::drawn(3, 0, Class::Clean, Size::Hd, 5.0).unwrap();
        let mut questions = Vec::new();
        for (picture, is_new) in [(&GrayImage::new(8, 8), 1), (&frame.picture, 0)] {
            questions.push(is_new);
            questions.extend(picture.width().to_le_bytes());
            questions.extend(picture.height().to_le_bytes());
            questions.extend(picture.as_raw());
        }
        let mut said = Vec::new();
        serve(PeerName::Gate, &mut &questions[..], &mut said).unwrap();
        let looks: Vec<Look> =
            said.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let [nothing, pass] = &looks[..] else { panic!("two answers") };
        assert!(nothing.texts.is_empty() && !nothing.panicked);
        assert_eq!(pass.texts, [frame.text]);
        assert!(pass.cpu_ms > 0.0);
    }

    #[test]
    fn half_a_picture_is_an_error_and_no_picture_the_end() {
        assert!(heard(&mut &[][..]).unwrap().is_none());
        assert!(heard(&mut &[1, 8, 0, 0, 0, 8, 0, 0, 0, 77][..]).is_err());
    }
}
