//! The inputs that are kept of each target: `corpus/TARGET.txt`, one on each line, with everything but plain ASCII escaped.
//!
//! One file and not a thousand, because the engine names its files by their hash and a change of them could not be read.

use std::{fs, io, path::Path};

/// What is kept of a target; nothing of one that is new.
pub fn kept(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.txt"));
    let text = fs::read_to_string(file)?;
    text.lines().map(|line| unescaped(line).ok_or_else(|| io::Error::other(line.to_owned()))).collect()
}

/// Of a target, as they are written; every test reads all of them.
const KEPT_AT_MOST_BYTES: usize = 64 * 1024;

/// From here on these are kept, too: the short ones, as far as there is room beside those of before.
pub fn keep(target: &str, mut found: Vec<Vec<u8>>) -> io::Result<()> {
    let mut inputs = kept(target)?;
    found.sort_by_key(|input| (input.len(), input.clone()));
    found.retain(|input| !inputs.contains(input));
    let written = |input: &Vec<u8>| input.escape_ascii().count();
    let mut bytes: usize = inputs.iter().map(written).sum();
    inputs.extend(found.into_iter().take_while(|input| {
        bytes += written(input);
        bytes <= KEPT_AT_MOST_BYTES
    }));
    inputs.sort_by_key(|input| (input.len(), input.clone()));
    inputs.dedup();
    let lines: String = inputs.iter().map(|input| format!("{}\n", input.escape_ascii())).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.txt"));
    fs::write(file, lines)
}

/// The way back from [`slice::escape_ascii`].
fn unescaped(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                sign @ (b'\\' | b'\'' | b'"') => sign,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_its_line() {
        let every: Vec<u8> = (0..=u8::MAX).collect();
        let line = every.escape_ascii().to_string();
        assert!(!line.contains('\n'));
        assert_eq!(unescaped(&line), Some(every));
        assert_eq!(unescaped(r"\"), None);
        assert_eq!(unescaped(r"\xg0"), None);
    }

    #[test]
    fn every_input_that_was_kept_is_read_as_it_should_be() {
        for name in crate::names() {
            let (inputs, target) = (kept(name).unwrap(), crate::target(name).unwrap());
            assert!(!inputs.is_empty(), "{name} has no corpus");
            for input in inputs {
                println!("{name}: {}", input.escape_ascii());
                target(&input);
            }
        }
    }
}
