//! Who is meant: looking a visitor up among the passes held, by anything they can say over a counter.
//!
//! No phone, a dead battery, a code that cannot be read: the guard types a name (characters, pinyin or first letters), the last
//! digits of the telephone, a plate or the short code, and sees the best twenty with every key. A hundred thousand passes are
//! simply walked through: what is compared lies side by side in memory, folded once when the pass is learnt, and walking it
//! takes less time than a key takes to come up again.

mod sounds;

use std::{collections::HashMap, sync::Arc};

use shared::{
    identity::{DocumentTag, Plate},
    ids::PassId,
    pass::ShortCode,
    sync::change::PassRecord,
    time::{CampusDay, Moment},
};

use self::sounds::{Heard, Met, Reach, Sound, Sounds};

/// What a screen holds.
const MOST_HITS: usize = 20;

/// Between the names of one pass.
const NEXT_NAME: Sound = Sound::MAX;

/// Who was looked for, and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// As it was typed; of a card only what is left to show of its number.
    pub query: String,
    /// Best first.
    pub hits: Vec<Hit>,
    /// How many further ones there are.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub record: Arc<PassRecord>,
    pub by: FoundBy,
    pub inside: bool,
    /// It lets nobody in any more.
    pub spent: bool,
}

/// What of a pass was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundBy {
    Card,
    ShortCode,
    Name,
    PhoneTail,
    Plate,
    Initials,
}

/// The passes held, as they can be asked for.
#[derive(Debug, Default)]
pub(super) struct Index {
    rows: Vec<Row>,
    place: HashMap<PassId, usize>,
    sounds: Sounds,
    /// The names of all rows, one after the other.
    names: Vec<Sound>,
}

#[derive(Debug)]
struct Row {
    record: Arc<PassRecord>,
    /// Where its names begin and end.
    names: (usize, usize),
    phone_tail: [u8; 4],
    short_code: [u8; 8],
    /// All plates, normalised, with a space between; most visitors come on foot.
    plates: Box<str>,
}

/// A visitor alone, said in two or three syllables.
const SOUNDS_OF_MOST: usize = 4;

impl Index {
    pub(super) fn with_room_for(passes: usize) -> Self {
        Self {
            rows: Vec::with_capacity(passes),
            place: HashMap::with_capacity(passes),
            names: Vec::with_capacity(passes * SOUNDS_OF_MOST),
            sounds: Sounds::default(),
        }
    }

    pub(super) fn learn(&mut self, record: Arc<PassRecord>) {
        let pass = record.pass;
        let row = self.row(record);
        match self.place.get(&pass).and_then(|place| self.rows.get_mut(*place)) {
            Some(known) => *known = row,
            None => {
                self.place.insert(pass, self.rows.len());
                self.rows.push(row);
            }
        }
    }

    /// Built anew of what is left, once a day: nothing of a name that is gone stays behind.
    pub(super) fn forget(&mut self, stays: impl Fn(&PassRecord) -> bool) {
        let rows = std::mem::take(self).rows;
        for row in rows.into_iter().filter(|row| stays(&row.record)) {
            self.learn(row.record);
        }
        self.names.shrink_to_fit();
    }

    fn row(&mut self, record: Arc<PassRecord>) -> Row {
        let begin = self.names.len();
        let Self { sounds, names, .. } = self;
        for name in std::iter::once(&record.visitor).chain(&record.companions) {
            if names.len() > begin {
                names.push(NEXT_NAME);
            }
            sounds.of(name.as_str(), |sound| names.push(sound));
        }
        Row {
            names: (begin, names.len()),
            phone_tail: ascii(&record.phone_tail),
            short_code: ascii(&ShortCode::of(record.pass).digits()),
            plates: record.plates.join(" ").into(),
            record,
        }
    }

    /// The best of those that `typed` may mean, and how many there are.
    pub(super) fn find(&self, typed: &str) -> (Vec<(Arc<PassRecord>, FoundBy)>, usize) {
        let query = Query::read(typed, &self.sounds);
        let mut best = Best::default();
        for row in &self.rows {
            let names = self.names.get(row.names.0..row.names.1).unwrap_or_default();
            if let Some(rank) = query.rank(row, names) {
                best.offer(rank, row);
            }
        }
        best.in_order()
    }

    pub(super) fn with_short_code(&self, code: ShortCode) -> Vec<PassId> {
        let digits = ascii(&code.digits());
        self.rows.iter().filter(|row| row.short_code == digits).map(|row| row.record.pass).collect()
    }

    /// Those whose visitor has this document, of the first of the days on which there is one.
    pub(super) fn with_document(&self, tags: &[(CampusDay, DocumentTag)]) -> Vec<Arc<PassRecord>> {
        let has = |row: &&Row| tags.contains(&(row.record.day, row.record.document_tag));
        let mut found: Vec<_> = self.rows.iter().filter(has).map(|row| Arc::clone(&row.record)).collect();
        found.sort_by_key(|record| (record.day, record.visit_from, record.pass));
        let first = found.first().map(|record| record.day);
        found.retain(|record| Some(record.day) == first);
        found
    }
}

/// Padded with zeros, cut where it is longer.
fn ascii<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(text.bytes()).for_each(|(byte, symbol)| *byte = symbol);
    bytes
}

/// What was typed, as each thing it may be.
#[derive(Debug)]
struct Query {
    name: Option<Heard>,
    /// Digits that may be the end of a telephone number.
    phone: Option<Box<[u8]>>,
    short_code: Option<Box<[u8]>>,
    plate: Option<Box<str>>,
}

impl Query {
    fn read(typed: &str, sounds: &Sounds) -> Self {
        const A_PLATE_IS_TOLD_BY: usize = 3;
        const A_SHORT_CODE_IS_TOLD_BY: usize = 4;
        let plain = Plate::parse(typed).ok().map(|plate| plate.as_str().to_owned());
        let plain = plain.unwrap_or_else(|| typed.trim().to_uppercase());
        let digits = plain.bytes().all(|symbol| symbol.is_ascii_digit()).then_some(plain.as_bytes());
        // A whole number was typed; the list has its end.
        let phone = digits.and_then(|digits| match digits.len() {
            1..=4 => Some(digits),
            11 => digits.get(7..),
            _ => None,
        });
        Self {
            name: sounds.heard(typed),
            phone: phone.map(Into::into),
            short_code: digits.filter(|digits| (A_SHORT_CODE_IS_TOLD_BY..=8).contains(&digits.len())).map(Into::into),
            plate: (plain.chars().count() >= A_PLATE_IS_TOLD_BY).then(|| plain.into_boxed_str()),
        }
    }

    fn rank(&self, row: &Row, names: &[Sound]) -> Option<Rank> {
        let by_name = || {
            let heard = self.name.as_ref()?;
            let mut all = names.split(|sound| *sound == NEXT_NAME);
            let visitor = all.next().and_then(|name| heard.meets(name)).map(|met| Rank::of_name(met, true));
            let companion = || all.filter_map(|name| heard.meets(name)).min().map(|met| Rank::of_name(met, false));
            visitor.or_else(companion)
        };
        let by_phone = || {
            let digits = self.phone.as_deref()?;
            let grade = if row.phone_tail == *digits { 0 } else { 2 };
            row.phone_tail.starts_with(digits).then_some(Rank { grade, by: FoundBy::PhoneTail })
        };
        let by_short_code = || {
            let digits = self.short_code.as_deref()?;
            let grade = if row.short_code == *digits { 0 } else { 3 };
            row.short_code.starts_with(digits).then_some(Rank { grade, by: FoundBy::ShortCode })
        };
        let by_plate = || {
            let plate = self.plate.as_deref().filter(|_| !row.plates.is_empty())?;
            let whole = row.plates.split(' ').any(|whole| whole == plate);
            let grade = if whole { 0 } else { 2 };
            row.plates.contains(plate).then_some(Rank { grade, by: FoundBy::Plate })
        };
        [by_name(), by_phone(), by_short_code(), by_plate()].into_iter().flatten().min()
    }
}

/// How well a pass was met: the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    grade: u8,
    by: FoundBy,
}

impl Rank {
    fn of_name(met: Met, visitor: bool) -> Self {
        let grade = match met.reach {
            Reach::Whole => 0,
            Reach::Start => 1,
            Reach::Within => 3,
        };
        let by = if met.by_initials { FoundBy::Initials } else { FoundBy::Name };
        Self { grade: grade + u8::from(!visitor) + u8::from(met.by_initials), by }
    }
}

/// The best so far, in order. A screen's worth, however many there are: one letter meets a tenth of the list.
#[derive(Debug, Default)]
struct Best<'a> {
    kept: Vec<(Place<'a>, &'a Row)>,
    offered: usize,
}

/// Today before tomorrow, sooner before later, and always the same order.
type Place<'a> = (Rank, CampusDay, Moment, &'a str, PassId);

impl<'a> Best<'a> {
    fn offer(&mut self, rank: Rank, row: &'a Row) {
        self.offered += 1;
        if self.kept.len() == MOST_HITS && self.kept.last().is_some_and(|(worst, _)| worst.0 < rank) {
            return;
        }
        let record = &row.record;
        let place = (rank, record.day, record.visit_from, record.visitor.as_str(), record.pass);
        let at = self.kept.partition_point(|(known, _)| *known < place);
        if at < MOST_HITS {
            self.kept.truncate(MOST_HITS - 1);
            self.kept.insert(at.min(self.kept.len()), (place, row));
        }
    }

    fn in_order(self) -> (Vec<(Arc<PassRecord>, FoundBy)>, usize) {
        let hits = self.kept.into_iter().map(|(place, row)| (Arc::clone(&row.record), place.0.by)).collect();
        (hits, self.offered)
    }
}

#[cfg(test)]
mod tests {
    use shared::identity::PersonName;

    use super::{
        super::small_campus::{day, morning, record},
        *,
    };

    fn pass(number: u64) -> PassId {
        PassId::from_bytes(number.to_be_bytes())
    }

    fn booked(number: u64, visitor: &str) -> PassRecord {
        PassRecord {
            pass: pass(number),
            visitor: PersonName::parse(visitor).unwrap(),
            companions: Vec::new(),
            plates: Vec::new(),
            phone_tail: "9999".into(),
            ..record(1)
        }
    }

    fn index(records: Vec<PassRecord>) -> Index {
        let mut index = Index::default();
        records.into_iter().for_each(|record| index.learn(Arc::new(record)));
        index
    }

    fn found(index: &Index, typed: &str) -> Vec<(u64, FoundBy)> {
        let (hits, _) = index.find(typed);
        hits.into_iter().map(|(record, by)| (u64::from_be_bytes(*record.pass.as_bytes()), by)).collect()
    }

    #[test]
    fn anything_a_visitor_can_say_finds_them() {
        use FoundBy::{Initials, Name, PhoneTail, Plate, ShortCode};
        let companion = PersonName::parse("阿卜杜拉·艾山").unwrap();
        let index = index(vec![
            PassRecord { phone_tail: "0102".into(), ..booked(12_345_678, "单晓明") },
            PassRecord {
                plates: vec!["陕AD12345".into(), "使123456".into()],
                companions: vec![companion],
                ..booked(2, "张晓明")
            },
            booked(30_102_000, "王𬭎"),
        ]);
        for (typed, expected) in [
            ("单晓明", vec![(12_345_678, Name)]),
            ("xiaoming", vec![(12_345_678, Name), (2, Name)]),
            ("sxm", vec![(12_345_678, Initials)]),
            ("zxm", vec![(2, Initials)]),
            ("王𬭎", vec![(30_102_000, Name)]),
            ("艾山", vec![(2, Name)]),
            ("abdl", vec![(2, Initials)]),
            ("0102", vec![(12_345_678, PhoneTail)]),
            ("01", vec![(12_345_678, PhoneTail)]),
            ("13800000102", vec![(12_345_678, PhoneTail)]),
            ("陕A·D12345", vec![(2, Plate)]),
            ("d123", vec![(2, Plate)]),
            ("123", vec![(2, Plate)]),
            ("1234", vec![(2, Plate), (12_345_678, ShortCode)]),
            ("1234 5678", vec![(12_345_678, ShortCode)]),
            ("１２３４５６７８", vec![(12_345_678, ShortCode)]),
            ("3010 2000", vec![(30_102_000, ShortCode)]),
            ("D1", vec![]),
            ("nobody", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(&index, typed), expected, "{typed}");
        }
    }

    #[test]
    fn the_best_come_first_and_a_screen_holds_twenty() {
        let at = |number, visitor: &str, minute| PassRecord {
            visit_from: day().at_minute(minute),
            ..booked(number, visitor)
        };
        let tomorrow = PassRecord { day: day().plus_days(1), visit_from: day().end(), ..booked(5, "李明") };
        let index = index(vec![
            at(1, "欧阳李明", 500),
            at(2, "李明亮", 500),
            tomorrow,
            at(3, "李明", 700),
            at(4, "李明", 600),
            at(6, "刘梅", 400),
        ]);
        let order: Vec<_> = found(&index, "李明").into_iter().map(|(number, _)| number).collect();
        assert_eq!(order, [4, 3, 5, 2, 1]);
        let order: Vec<_> = found(&index, "lm").into_iter().map(|(number, _)| number).collect();
        assert_eq!(order[0], 6, "by first letters the next to come stands first");

        let many = super::tests::index((0..500).map(|number| booked(number, "李明")).collect());
        let (hits, all) = many.find("l");
        assert_eq!((hits.len(), all), (MOST_HITS, 500));
        let order: Vec<_> = hits.iter().map(|(record, _)| record.pass).collect();
        assert!(order.is_sorted());
    }

    #[test]
    fn what_is_told_anew_or_forgotten_is_not_found_as_it_was() {
        let mut index = index(vec![booked(1, "李明"), booked(2, "王芳")]);
        index.learn(Arc::new(booked(1, "李明亮")));
        assert_eq!(found(&index, "liming").len(), 1);
        assert_eq!(index.find("liming").0[0].0.visitor.as_str(), "李明亮");
        index.forget(|record| record.pass != pass(1));
        assert_eq!(found(&index, "liming"), []);
        assert_eq!(found(&index, "wf"), [(2, FoundBy::Initials)]);
        index.learn(Arc::new(booked(1, "李明")));
        assert_eq!(found(&index, "liming").len(), 1);
    }

    #[test]
    fn two_passes_may_share_a_short_code_and_a_document() {
        let tag = |seed: &str| DocumentTag::try_from(seed.repeat(32)).unwrap();
        let of = |number, tag, day| PassRecord { document_tag: tag, day, ..booked(number, "李明") };
        let (today, tomorrow) = (day(), day().plus_days(1));
        let index = index(vec![
            of(7, tag("a"), tomorrow),
            of(100_000_007, tag("a"), today),
            of(3, tag("a"), today),
            of(4, tag("b"), tomorrow),
        ]);
        assert_eq!(index.with_short_code(ShortCode::of(pass(7))), [pass(7), pass(100_000_007)]);
        let mine = |tags: &[(CampusDay, DocumentTag)]| -> Vec<_> {
            index.with_document(tags).into_iter().map(|record| record.pass).collect()
        };
        assert_eq!(mine(&[(today, tag("a")), (tomorrow, tag("a"))]), [pass(3), pass(100_000_007)]);
        assert_eq!(mine(&[(today, tag("b")), (tomorrow, tag("b"))]), [pass(4)]);
        assert_eq!(mine(&[(today, tag("b"))]), [], "a tag is of its day");
        assert!(morning() < tomorrow.start());
    }
}
