//! A page that is the same letters to everybody but for a few places: laid out once a day, filled in for each who asks.
//!
//! It is cut at marks that stand where a person's own would, so a layout holds nothing of anybody.

use std::sync::{Arc, Mutex, PoisonError};

use shared::time::CampusDay;

#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// What stands before each place, and which place it is.
    parts: Vec<(String, usize)>,
    rest: String,
}

impl Layout {
    /// Cuts a page at its marks; each has to stand there, and once.
    #[must_use]
    pub fn cut<const N: usize>(page: &str, marks: [&str; N]) -> Option<Self> {
        let mut found = Vec::new();
        for (place, mark) in marks.into_iter().enumerate() {
            let mut at = page.match_indices(mark);
            let (Some((first, _)), None) = (at.next(), at.next()) else { return None };
            found.push((first, mark.len(), place));
        }
        found.sort_unstable();
        let (mut parts, mut from) = (Vec::new(), 0);
        for (at, length, place) in found {
            parts.push((page.get(from..at)?.to_owned(), place));
            from = at + length;
        }
        Some(Self { parts, rest: page.get(from..)?.to_owned() })
    }

    /// What stands in the places is written as it is: it may hold no markup.
    #[must_use]
    pub fn filled<const N: usize>(&self, places: [&str; N]) -> String {
        let length = self.rest.len() + self.parts.iter().map(|(before, _)| before.len()).sum::<usize>();
        let mut page = String::with_capacity(length + places.iter().map(|text| text.len()).sum::<usize>());
        for (before, place) in &self.parts {
            page.push_str(before);
            page.push_str(places.get(*place).copied().unwrap_or_default());
        }
        page.push_str(&self.rest);
        page
    }
}

/// One page's layouts of the day, in Chinese and in English.
#[derive(Debug, Default)]
pub struct Layouts(Mutex<[Option<OfDay>; 2]>);

type OfDay = (CampusDay, Arc<Layout>);

impl Layouts {
    #[must_use]
    pub fn of(&self, day: CampusDay, chinese: bool) -> Option<Arc<Layout>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, layout) = held.get(usize::from(chinese))?.as_ref()?;
        (*of == day).then(|| Arc::clone(layout))
    }

    pub fn keep(&self, day: CampusDay, chinese: bool, layout: Arc<Layout>) {
        if let Some(place) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(usize::from(chinese)) {
            *place = Some((day, layout));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_at_its_marks_and_only_where_each_stands_once() {
        let layout = Layout::cut("a ff b nn c tt d", ["nn", "tt", "ff"]).unwrap();
        assert_eq!(layout.filled(["1", "two", ""]), "a  b 1 c two d");
        assert_eq!(layout.filled(["nn", "tt", "ff"]), "a ff b nn c tt d");
        for page in ["a ff b nn", "ff nn tt nn", ""] {
            assert_eq!(Layout::cut(page, ["nn", "tt", "ff"]), None, "{page}");
        }
    }

    #[test]
    fn a_layout_is_of_its_day_and_language() {
        let [today, tomorrow] = ["2026-11-23", "2026-11-24"].map(|day| CampusDay::parse(day).unwrap());
        let layouts = Layouts::default();
        layouts.keep(today, true, Arc::new(Layout::cut("x", ["x"]).unwrap()));
        assert!(layouts.of(today, true).is_some());
        assert!(layouts.of(today, false).is_none() && layouts.of(tomorrow, true).is_none());
    }
}
