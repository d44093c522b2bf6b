//! What is wrong with a form, each thing worded and standing at its field.

use std::borrow::Cow;

pub(super) struct Problem {
    /// The id of its input on the page.
    pub(super) field: Cow<'static, str>,
    pub(super) label: String,
    pub(super) said: String,
}

#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn one(field: &'static str, label: &'static str, said: String) -> Self {
        Self(vec![Problem { field: field.into(), label: label.to_owned(), said }])
    }

    pub(super) fn all(&self) -> &[Problem] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.at(field).is_some()
    }

    pub(super) fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.said.as_str())
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}
