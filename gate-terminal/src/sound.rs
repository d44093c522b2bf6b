//! The sound of a verdict: one high tone, two middle ones, or a long low one.
//!
//! The machine's own player is started for each; a gate PC without one, or without a loudspeaker, is silent and that is no
//! error, because sound is never the only sign. Tones do not queue: after one only the newest is played, since an older one would
//! say the wrong verdict beside the panel of the next visitor.

use std::{
    io::{self, Write as _},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
};

use crate::ports::{Lamp, Signal};

const RATE_HZ: u32 = 16_000;

/// The gate's end: hands the signal over and returns.
#[derive(Debug)]
pub struct Speaker {
    newest: Newest,
    bell: SyncSender<()>,
}

/// What is to be played next, if anything.
type Newest = Arc<Mutex<Option<Signal>>>;

impl Lamp for Speaker {
    fn shine(&mut self, signal: Signal) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(signal);
        // A bell that has not been heard yet will be.
        self.bell.try_send(()).ok();
    }
}

/// The thread "sound"; it ends with the speaker.
pub fn spawn() -> io::Result<Speaker> {
    spawn_with(|signal| {
        if let Err(error) = play(&wav(tones(signal))) {
            tracing::debug!(%error, "no sound");
        }
    })
}

fn spawn_with(mut play: impl FnMut(Signal) + Send + 'static) -> io::Result<Speaker> {
    let newest = Newest::default();
    let (bell, rung) = sync_channel(1);
    let speaker = Speaker { newest: Arc::clone(&newest), bell };
    std::thread::Builder::new().name("sound".to_owned()).spawn(move || {
        for () in rung {
            let signal = newest.lock().unwrap_or_else(PoisonError::into_inner).take();
            signal.into_iter().for_each(&mut play);
        }
    })?;
    Ok(speaker)
}

fn play(wav: &[u8]) -> io::Result<()> {
    let mut player =
        Command::new("aplay").arg("-q").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let written = player.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(wav));
    player.wait()?;
    written
}

/// Pitch (0 for silence) and length of each tone.
const fn tones(signal: Signal) -> &'static [(u32, u32)] {
    match signal {
        Signal::Admit => &[(1320, 160)],
        Signal::Ask => &[(880, 140), (0, 80), (880, 140)],
        Signal::Refuse => &[(294, 600)],
    }
}

/// A WAV file of square tones, 16 bits, one channel; square because small loudspeakers lose a soft low tone.
fn wav(tones: &[(u32, u32)]) -> Vec<u8> {
    let mut samples = Vec::new();
    for &(pitch_hz, length_ms) in tones {
        let half_period = RATE_HZ.checked_div(pitch_hz * 2).unwrap_or_default().max(1);
        for at in 0..RATE_HZ * length_ms / 1000 {
            let up = (at / half_period).is_multiple_of(2);
            let sample: i16 = match (pitch_hz, up) {
                (0, _) => 0,
                (_, true) => 9_000,
                (_, false) => -9_000,
            };
            samples.extend(sample.to_le_bytes());
        }
    }
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(44 + samples.len());
    file.extend(b"RIFF");
    file.extend((length.saturating_add(36)).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(RATE_HZ.to_le_bytes());
    file.extend((RATE_HZ * 2).to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_sounds_of_its_own_and_its_file_is_as_long_as_it_says() {
        let files = [Signal::Admit, Signal::Ask, Signal::Refuse].map(|signal| wav(tones(signal)));
        for file in &files {
            let said = u32::from_le_bytes(file[40..44].try_into().unwrap());
            assert_eq!(file.len(), 44 + said as usize);
            assert!(file[44..].chunks(2).any(|sample| sample != [0, 0]));
        }
        assert!(files[0] != files[1] && files[1] != files[2]);
    }

    #[test]
    fn of_what_came_during_a_tone_only_the_newest_is_played() {
        let (started, starts) = sync_channel(8);
        let (end, ended) = sync_channel::<()>(8);
        let mut speaker = spawn_with(move |signal| {
            started.send(signal).unwrap();
            ended.recv().ok();
        })
        .unwrap();
        speaker.shine(Signal::Refuse);
        assert_eq!(starts.recv().unwrap(), Signal::Refuse);
        speaker.shine(Signal::Admit);
        speaker.shine(Signal::Refuse);
        drop(speaker);
        drop(end);
        assert_eq!(starts.iter().collect::<Vec<_>>(), [Signal::Refuse]);
    }

    #[test]
    fn a_machine_without_a_player_is_only_silent() {
        let mut speaker = spawn().unwrap();
        for _ in 0..10 {
            speaker.shine(Signal::Admit);
        }
    }
}
