//! What is wrong with a name, a phone or a document, as the form says it in Chinese: for the commands, whose operators read the
//! same words as the people who call them.

use shared::identity::{DocumentError, NameError, PhoneError};

use super::{language::Language::Chinese, problem_words};

pub(crate) fn name(error: NameError) -> String {
    problem_words::name(error, Chinese)
}

pub(crate) fn phone(error: PhoneError) -> String {
    problem_words::phone(error, Chinese)
}

pub(crate) fn document(error: &DocumentError) -> String {
    problem_words::document(error, Chinese)
}
