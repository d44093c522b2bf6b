//! How a name sounds: each of its characters with every reading it has, and whether what was typed is one way to write it.
//!
//! A name is kept as a row of sounds. A Chinese character sounds as any of its readings, or as itself; a word in Latin letters
//! sounds as the word. What is typed may give each sound in full or by its first letter, and the last one in part: 单晓明 is met
//! by 单晓, by `shanxiaoming`, `danxm` and `sxm`. All ways are walked at once, as a set of places in what was typed, so a name
//! with three readings to each character costs no more than another.

use std::collections::HashMap;

use pinyin::{Pinyin, ToPinyinMulti as _};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A sound, by its place in the table.
pub(super) type Sound = u32;

/// Places in what was typed, a bit each.
type Places = u64;

/// Longer than any name that is typed to the end; and a set of places fits a word.
const MOST_TYPED: usize = 48;

/// Every sound that some name has.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    by_character: HashMap<char, Sound>,
    by_word: HashMap<Box<str>, Sound>,
    readings: Vec<Vec<Box<str>>>,
}

impl Sounds {
    /// The sounds of `name`, in their order.
    pub(super) fn of(&mut self, name: &str, mut take: impl FnMut(Sound)) {
        let mut word = String::new();
        for symbol in folded(name) {
            match symbol {
                'a'..='z' | '0'..='9' => word.push(symbol),
                // O'Neill is typed as one word.
                '\'' => {}
                separator if is_separator(separator) => self.take_word(&mut word, &mut take),
                // Whatever stands before the blocks of Chinese characters is a letter of some alphabet.
                letter if letter < '\u{2E80}' => word.push(letter),
                character => {
                    self.take_word(&mut word, &mut take);
                    take(self.character(character));
                }
            }
        }
        self.take_word(&mut word, &mut take);
    }

    fn take_word(&mut self, word: &mut String, take: &mut impl FnMut(Sound)) {
        if word.is_empty() {
            return;
        }
        let sound = match self.by_word.get(word.as_str()) {
            Some(known) => *known,
            None => {
                let sound = self.add(vec![word.as_str().into()]);
                self.by_word.insert(word.as_str().into(), sound);
                sound
            }
        };
        word.clear();
        take(sound);
    }

    fn character(&mut self, character: char) -> Sound {
        if let Some(known) = self.by_character.get(&character) {
            return *known;
        }
        let mut readings = vec![String::from(character).into_boxed_str()];
        for reading in character.to_pinyin_multi().into_iter().flatten().map(Pinyin::plain) {
            for spelled in spellings(reading) {
                if !readings.contains(&spelled) {
                    readings.push(spelled);
                }
            }
        }
        let sound = self.add(readings);
        self.by_character.insert(character, sound);
        sound
    }

    fn add(&mut self, readings: Vec<Box<str>>) -> Sound {
        self.readings.push(readings);
        Sound::try_from(self.readings.len() - 1).unwrap_or(Sound::MAX)
    }

    /// What each sound does to what was typed; `None` when nothing of it could be a name.
    pub(super) fn heard(&self, typed: &str) -> Option<Heard> {
        let typed: Vec<char> = folded(typed).filter(|symbol| *symbol != '\'' && !is_separator(*symbol)).collect();
        if typed.is_empty() || typed.len() > MOST_TYPED {
            return None;
        }
        let length = typed.len();
        let steps = self
            .readings
            .iter()
            .flat_map(|readings| (0..length).map(|place| step(readings, typed.get(place..).unwrap_or_default(), place)))
            .collect();
        Some(Heard { steps, length })
    }
}

/// The `ü` of 吕 and 绿 is typed as u or as v.
fn spellings(reading: &str) -> impl Iterator<Item = Box<str>> {
    let u: String = reading.chars().map(|letter| if letter == 'ü' { 'u' } else { letter }).collect();
    let v = reading.contains('ü').then(|| reading.replace('ü', "v").into_boxed_str());
    std::iter::once(u.into_boxed_str()).chain(v)
}

fn step(readings: &[Box<str>], rest: &[char], place: usize) -> Step {
    let mut step = Step::default();
    for reading in readings {
        let same = reading.chars().zip(rest).take_while(|(sound, typed)| sound == *typed).count();
        let is_over = same == rest.len();
        if is_over || same == reading.chars().count() {
            step.whole |= 1 << (place + same);
        }
        if same >= 1 && reading.is_ascii() {
            step.initial |= 1 << (place + 1);
        }
        if same >= 2 && ["zh", "ch", "sh"].iter().any(|initial| reading.starts_with(initial)) {
            step.initial |= 1 << (place + 2);
        }
    }
    step
}

/// Where a sound leads from one place, given in full (or in part, when what was typed ends in it) and by its first letter.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    whole: Places,
    initial: Places,
}

/// What was typed, as all sounds of the table hear it.
#[derive(Debug)]
pub(super) struct Heard {
    steps: Vec<Step>,
    length: usize,
}

/// How a name was met, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Met {
    /// Some sound only by its first letter.
    pub by_initials: bool,
    pub reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// To its last sound.
    Whole,
    Start,
    Within,
}

impl Heard {
    /// How what was typed meets a name, at best.
    pub(super) fn meets(&self, name: &[Sound]) -> Option<Met> {
        (0..name.len()).filter_map(|start| self.meets_from(name, start)).min()
    }

    fn meets_from(&self, name: &[Sound], start: usize) -> Option<Met> {
        let end: Places = 1 << self.length;
        let (mut whole, mut by_initials): (Places, Places) = (1, 0);
        for (taken, sound) in name.iter().enumerate().skip(start) {
            let (from_whole, from_initials) = (self.all(whole, *sound), self.all(by_initials, *sound));
            whole = from_whole.whole;
            by_initials = from_whole.initial | from_initials.whole | from_initials.initial;
            if (whole | by_initials) & end != 0 {
                let reach = match (start, taken + 1 == name.len()) {
                    (0, true) => Reach::Whole,
                    (0, false) => Reach::Start,
                    _ => Reach::Within,
                };
                return Some(Met { by_initials: whole & end == 0, reach });
            }
            if whole | by_initials == 0 {
                return None;
            }
        }
        None
    }

    /// From each of `places` at once.
    fn all(&self, mut places: Places, sound: Sound) -> Step {
        let row = usize::try_from(sound).unwrap_or(usize::MAX).saturating_mul(self.length);
        let mut step = Step::default();
        while places != 0 {
            let place = places.trailing_zeros();
            places &= places - 1;
            let found = usize::try_from(place).ok().and_then(|place| self.steps.get(row.saturating_add(place)));
            if let Some(found) = found {
                step.whole |= found.whole;
                step.initial |= found.initial;
            }
        }
        step
    }
}

/// One spelling for what is written in many: width, case, accents.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|symbol| !is_combining_mark(*symbol)).flat_map(char::to_lowercase)
}

fn is_separator(symbol: char) -> bool {
    symbol.is_whitespace() || matches!(symbol, '·' | '-' | '•' | '・')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(name: &str, typed: &str) -> Option<(bool, Reach)> {
        let mut sounds = Sounds::default();
        let mut row = Vec::new();
        sounds.of(name, |sound| row.push(sound));
        sounds.heard(typed)?.meets(&row).map(|met| (met.by_initials, met.reach))
    }

    #[test]
    fn a_name_is_met_in_characters_in_pinyin_and_by_initials() {
        use Reach::{Start, Whole, Within};
        for (name, typed, expected) in [
            ("张晓明", "张晓明", Some((false, Whole))),
            ("张晓明", "晓明", Some((false, Within))),
            ("张晓明", "zhangxiaoming", Some((false, Whole))),
            ("张晓明", "ZHANG Xiao", Some((false, Start))),
            ("张晓明", "zhangxiaom", Some((false, Whole))),
            ("张晓明", "xiaoming", Some((false, Within))),
            ("张晓明", "zxm", Some((true, Whole))),
            ("张晓明", "ｚｘｍ", Some((true, Whole))),
            ("张晓明", "zx", Some((true, Start))),
            ("张晓明", "zhxm", Some((true, Whole))),
            ("张晓明", "zhangxm", Some((true, Whole))),
            ("张晓明", "zxming", Some((true, Whole))),
            ("张晓明", "张xm", Some((true, Whole))),
            ("张晓明", "zm", None),
            ("张晓明", "明张", None),
            // Each reading counts: 单 as a surname is shan, 曾 zeng, 乐 le or yue.
            ("单乐", "shanle", Some((false, Whole))),
            ("单乐", "danyue", Some((false, Whole))),
            ("单乐", "sy", Some((true, Whole))),
            ("曾长乐", "zengzhangyue", Some((false, Whole))),
            ("吕绿", "lvlu", Some((false, Whole))),
            ("吕绿", "lülü", Some((false, Whole))),
            ("王𬭎", "王𬭎", Some((false, Whole))),
            ("𬭎䶮", "䶮", Some((false, Within))),
            ("𬭎䶮", "yan", Some((false, Within))),
            ("〇一", "lingyi", Some((false, Whole))),
            ("阿依古丽·买买提", "aygl", Some((true, Start))),
            ("阿依古丽·买买提", "阿依古丽买买提", Some((false, Whole))),
            ("阿依古丽·买买提", "买买提", Some((false, Within))),
            ("José Müller", "jose mu", Some((false, Whole))),
            ("José Müller", "JOSÉMÜLLER", Some((false, Whole))),
            ("José Müller", "jm", Some((true, Whole))),
            ("O'Neill Anne-Marie", "oneill", Some((false, Start))),
            ("O'Neill Anne-Marie", "oam", Some((true, Whole))),
            ("O'Neill Anne-Marie", "marie", Some((false, Within))),
        ] {
            assert_eq!(met(name, typed), expected, "{name} by {typed}");
        }
    }

    #[test]
    fn what_is_no_name_meets_nothing() {
        for typed in ["", " ", "·-", &"z".repeat(49)] {
            assert_eq!(met("张晓明", typed), None, "{typed}");
        }
        assert_eq!(met(&"张".repeat(60), &"z".repeat(48)), Some((true, Reach::Start)));
    }
}
