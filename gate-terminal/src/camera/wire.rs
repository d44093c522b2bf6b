//! What the reading process says to the gate, as bytes through a pipe.
//!
//! ```text
//! opening   "GCAM" and a version byte, once
//! message   length u32 of what follows · kind u8 · body            all numbers little-endian
//!   0 alive                                            nothing new, still here
//!   1 failed    fault u8                               no camera, for this reason
//!   2 opened    width u32 · height u32 · fps u32 · layout text · name text
//!   3 nothing                                          a frame without a code
//!   4 codes     count u8 · that many texts
//!   5 preview   width u16 · height u16 · RGB bytes
//!   6 tally     frames u64 · overlaid u64 · corrupt u64 · read u64 · CPU time in ms u64
//! text      length u16 · UTF-8
//! ```
//!
//! The other end is native code that strangers feed with pictures, so the gate's end believes nothing: lengths are bounded before
//! memory is taken, numbers must fit each other, a text must be one, and not a byte may be left over. What breaks a rule ends the
//! conversation, and with it the process.

use std::io::{self, Read, Write};

use super::frame::{PREVIEW_MAX_WIDTH_PX, Preview};
use crate::ports::CameraFault;

/// 2026-11: the first. Both ends are the same program, unless it was replaced while it ran.
pub const VERSION: u8 = 1;

const MAGIC: &[u8; 4] = b"GCAM";

/// A frame has no more symbols that matter.
pub const CODES_MAX: usize = 16;

/// Six times the longest pass: what is cut off here could not have become one.
pub const TEXT_MAX_BYTES: usize = 1_024;

const NAME_MAX_BYTES: usize = 128;

/// A picture of a phone's shape; narrower strips have no preview.
const PREVIEW_MAX_HEIGHT_PX: u32 = 1_280;

/// The largest message is a preview.
const MESSAGE_MAX_BYTES: usize = 16 + 3 * (PREVIEW_MAX_WIDTH_PX as usize) * (PREVIEW_MAX_HEIGHT_PX as usize);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Alive,
    Failed(CameraFault),
    Opened(Opened),
    Nothing,
    Codes(Vec<String>),
    Preview(Preview),
    Tally(Tally),
}

/// Which camera gives pictures now, and of what kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    pub name: String,
    pub layout: String,
    pub width: u32,
    pub height: u32,
    pub fps: u32,
}

/// Counted since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Frames the camera gave.
    pub frames: u64,
    /// Of these, how many a newer one replaced before they were looked at.
    pub overlaid: u64,
    pub corrupt: u64,
    /// Frames in which a code was read.
    pub read: u64,
    pub cpu_ms: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the reading process ended the conversation")]
    Ended,
    #[error("the pipe failed")]
    Io(#[source] io::Error),
    #[error("the reading process is of another version")]
    Version,
    #[error("a message of {0} bytes")]
    TooLong(u32),
    #[error("a message of kind {kind} that makes no sense")]
    Misshapen { kind: u8 },
}

pub fn open(out: &mut impl Write) -> io::Result<()> {
    out.write_all(MAGIC)?;
    out.write_all(&[VERSION])?;
    out.flush()
}

/// One write and one flush. What is too long for the wire is cut at this end: texts at a character, codes beyond the most.
pub fn say(out: &mut impl Write, message: &Message) -> io::Result<()> {
    let Some(said) = encode(message) else { return Ok(()) };
    let length = u32::try_from(said.len()).map_err(io::Error::other)?;
    out.write_all(&[&length.to_le_bytes(), said.as_slice()].concat())?;
    out.flush()
}

pub fn hear_opening(from: &mut impl Read) -> Result<(), WireError> {
    let mut opening = [0; 5];
    fill(from, &mut opening)?;
    let [magic @ .., version] = opening;
    if magic == *MAGIC && version == VERSION { Ok(()) } else { Err(WireError::Version) }
}

pub fn hear(from: &mut impl Read) -> Result<Message, WireError> {
    let mut length = [0; 4];
    fill(from, &mut length)?;
    let too_long = || WireError::TooLong(u32::from_le_bytes(length));
    let most = usize::try_from(u32::from_le_bytes(length)).map_err(|_| too_long())?;
    if most > MESSAGE_MAX_BYTES {
        return Err(too_long());
    }
    let mut said = vec![0; most];
    fill(from, &mut said)?;
    let (&kind, body) = said.split_first().ok_or(WireError::Misshapen { kind: u8::MAX })?;
    decode(kind, body).ok_or(WireError::Misshapen { kind })
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), WireError> {
    let ended = |cause: &io::Error| cause.kind() == io::ErrorKind::UnexpectedEof;
    from.read_exact(bytes).map_err(|cause| if ended(&cause) { WireError::Ended } else { WireError::Io(cause) })
}

/// `None` for a preview of a shape the wire does not carry.
fn encode(message: &Message) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match message {
        Message::Alive => out.push(0),
        Message::Failed(fault) => out.extend([1, fault_number(*fault)]),
        Message::Opened(Opened { name, layout, width, height, fps }) => {
            out.push(2);
            out.extend([width, height, fps].into_iter().flat_map(|number| number.to_le_bytes()));
            put_text(&mut out, layout, NAME_MAX_BYTES);
            put_text(&mut out, name, NAME_MAX_BYTES);
        }
        Message::Nothing => out.push(3),
        Message::Codes(texts) => {
            let most = texts.len().min(CODES_MAX);
            out.extend([4, u8::try_from(most).unwrap_or_default()]);
            texts.iter().take(most).for_each(|text| put_text(&mut out, text, TEXT_MAX_BYTES));
        }
        Message::Preview(Preview { width, height, rgb }) => {
            if *width > PREVIEW_MAX_WIDTH_PX || *height > PREVIEW_MAX_HEIGHT_PX {
                return None;
            }
            out.push(5);
            out.extend(u16::try_from(*width).ok()?.to_le_bytes());
            out.extend(u16::try_from(*height).ok()?.to_le_bytes());
            out.extend_from_slice(rgb);
        }
        Message::Tally(Tally { frames, overlaid, corrupt, read, cpu_ms }) => {
            out.push(6);
            out.extend([frames, overlaid, corrupt, read, cpu_ms].into_iter().flat_map(|number| number.to_le_bytes()));
        }
    }
    Some(out)
}

fn put_text(out: &mut Vec<u8>, text: &str, most: usize) {
    let text = text.get(..text.floor_char_boundary(most)).unwrap_or_default();
    out.extend(u16::try_from(text.len()).unwrap_or_default().to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn decode(kind: u8, body: &[u8]) -> Option<Message> {
    let mut body = Body(body);
    let message = match kind {
        0 => Message::Alive,
        1 => Message::Failed(fault(body.byte()?)?),
        2 => {
            let (width, height, fps) = (body.u32()?, body.u32()?, body.u32()?);
            let (layout, name) = (body.text(NAME_MAX_BYTES)?, body.text(NAME_MAX_BYTES)?);
            Message::Opened(Opened { name, layout, width, height, fps })
        }
        3 => Message::Nothing,
        4 => {
            let count = usize::from(body.byte()?);
            if count == 0 || count > CODES_MAX {
                return None;
            }
            Message::Codes((0..count).map(|_| body.text(TEXT_MAX_BYTES)).collect::<Option<_>>()?)
        }
        5 => {
            let (width, height) = (u32::from(body.u16()?), u32::from(body.u16()?));
            let fits = width > 0 && height > 0 && width <= PREVIEW_MAX_WIDTH_PX && height <= PREVIEW_MAX_HEIGHT_PX;
            let rgb = body.rest();
            if !fits || rgb.len() as u64 != 3 * u64::from(width) * u64::from(height) {
                return None;
            }
            Message::Preview(Preview { width, height, rgb: rgb.to_vec() })
        }
        6 => Message::Tally(Tally {
            frames: body.u64()?,
            overlaid: body.u64()?,
            corrupt: body.u64()?,
            read: body.u64()?,
            cpu_ms: body.u64()?,
        }),
        _ => return None,
    };
    body.0.is_empty().then_some(message)
}

struct Body<'b>(&'b [u8]);

impl<'b> Body<'b> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn text(&mut self, most: usize) -> Option<String> {
        let length = usize::from(self.u16()?);
        let (text, rest) = self.0.split_at_checked(length).filter(|_| length <= most)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn rest(&mut self) -> &'b [u8] {
        std::mem::take(&mut self.0)
    }
}

const fn fault_number(fault: CameraFault) -> u8 {
    match fault {
        CameraFault::NotFound => 0,
        CameraFault::Busy => 1,
        CameraFault::NotAllowed => 2,
        CameraFault::Unusable => 3,
        CameraFault::Stalled => 4,
        CameraFault::Unplugged => 5,
        CameraFault::ReaderCrashed => 6,
    }
}

const fn fault(number: u8) -> Option<CameraFault> {
    Some(match number {
        0 => CameraFault::NotFound,
        1 => CameraFault::Busy,
        2 => CameraFault::NotAllowed,
        3 => CameraFault::Unusable,
        4 => CameraFault::Stalled,
        5 => CameraFault::Unplugged,
        6 => CameraFault::ReaderCrashed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
