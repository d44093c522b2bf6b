//! The sound of a verdict: one high tone, two middle ones, or a long low one.
//!
//! The machine's own player is started for each; a gate PC without one, or without a loudspeaker, is silent and that is no
//! error, because sound is never the only sign. A tone that has not ended is not waited for: the next verdict is worth more.

use std::{
    io::{self, Write as _},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use crate::ports::{Lamp, Signal};

const RATE_HZ: u32 = 16_000;

/// The gate's end: hands the signal over and returns.
#[derive(Debug)]
pub struct Speaker {
    signals: SyncSender<Signal>,
}

impl Lamp for Speaker {
    fn shine(&mut self, signal: Signal) {
        // The one being played is old by now; a full channel means another waits already.
        self.signals.try_send(signal).ok();
    }
}

/// The thread "sound"; it ends with the speaker.
pub fn spawn() -> io::Result<Speaker> {
    let (signals, asked) = sync_channel(1);
    std::thread::Builder::new().name("sound".to_owned()).spawn(move || play_all(&asked))?;
    Ok(Speaker { signals })
}

fn play_all(asked: &Receiver<Signal>) {
    for signal in asked {
        if let Err(error) = play(&wav(tones(signal))) {
            tracing::debug!(%error, "no sound");
        }
    }
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
    fn a_machine_without_a_player_is_only_silent() {
        let mut speaker = spawn().unwrap();
        for _ in 0..10 {
            speaker.shine(Signal::Admit);
        }
    }
}
