//! The documents a visitor may come with, each kind with its own check, and the last four symbols a pass carries of
//! one.
//!
//! Only what the issuing rule proves is checked. The resident id and its relatives have a check digit (ISO 7064 MOD
//! 11-2) and a birth date, and both must hold; area codes are not looked up, because abolished ones stay valid on the
//! cards that bear them. For the other kinds a stricter pattern than the published one would turn real people away.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{half_width, last_four::LastFour};

/// Kinds of document. Names and codes are stored and sent: they are added to, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DocumentKind {
    /// 居民身份证
    #[serde(rename = "resident_id")]
    ResidentId,
    /// 港澳台居民居住证, of residents of Taiwan too.
    #[serde(rename = "hk_macao_taiwan_residence")]
    HkMacaoResidence,
    /// 港澳居民来往内地通行证
    #[serde(rename = "hk_macao_permit")]
    HkMacaoPermit,
    /// 港澳居民来往内地通行证（非中国籍）, issued since July 2024.
    #[serde(rename = "hk_macao_permit_non_chinese")]
    HkMacaoPermitNonChinese,
    /// 台湾居民来往大陆通行证 (台胞证)
    #[serde(rename = "taiwan_permit")]
    TaiwanPermit,
    /// 护照, of any country.
    #[serde(rename = "passport")]
    Passport,
    /// 外国人永久居留身份证, the present card with 18 symbols.
    #[serde(rename = "foreign_permanent_residence")]
    ForeignPermanentResidence,
    /// 外国人永久居留身份证, the older card with 15 symbols.
    #[serde(rename = "foreign_permanent_residence_old")]
    ForeignPermanentResidenceOld,
}

impl DocumentKind {
    pub const ALL: [Self; 8] = [
        Self::ResidentId,
        Self::HkMacaoResidence,
        Self::HkMacaoPermit,
        Self::HkMacaoPermitNonChinese,
        Self::TaiwanPermit,
        Self::Passport,
        Self::ForeignPermanentResidence,
        Self::ForeignPermanentResidenceOld,
    ];

    /// The name in JSON, in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::HkMacaoResidence => "hk_macao_taiwan_residence",
            Self::HkMacaoPermit => "hk_macao_permit",
            Self::HkMacaoPermitNonChinese => "hk_macao_permit_non_chinese",
            Self::TaiwanPermit => "taiwan_permit",
            Self::Passport => "passport",
            Self::ForeignPermanentResidence => "foreign_permanent_residence",
            Self::ForeignPermanentResidenceOld => "foreign_permanent_residence_old",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The code where a byte must do. 0 is left free to mean "no document".
    pub fn code(self) -> u8 {
        match self {
            Self::ResidentId => 1,
            Self::HkMacaoResidence => 2,
            Self::HkMacaoPermit => 3,
            Self::HkMacaoPermitNonChinese => 4,
            Self::TaiwanPermit => 5,
            Self::Passport => 6,
            Self::ForeignPermanentResidence => 7,
            Self::ForeignPermanentResidenceOld => 8,
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A document whose number passed the check of its kind.
///
/// There is no `Display`: whoever shows a number chooses between [`Document::number`] and [`Document::masked`]. Serde
/// writes the whole number as `kind:number` and is the way back from one's own storage; it knows no day, so only
/// [`Document::parse`], the door for what people type, refuses a birth in the future.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Document {
    kind: DocumentKind,
    number: String,
    birth: Option<NaiveDate>,
}

impl Document {
    pub fn parse(kind: DocumentKind, typed: &str, today: NaiveDate) -> Result<Self, DocumentError> {
        let document = Self::checked(kind, typed)?;
        match document.birth {
            Some(birth) if birth > today => Err(DocumentError::BirthInFuture),
            Some(_) | None => Ok(document),
        }
    }

    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The whole number, normalised. Not for logs, nor for a terminal.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// For the eye: at least half of the symbols hidden, four shown at the end and no more than four at the start.
    pub fn masked(&self) -> String {
        let length = self.number.len();
        let tail = (length / 2).min(4);
        let head = (length / 2 - tail).min(4);
        let mask = |(place, symbol)| if place < head || place >= length - tail { symbol } else { '*' };
        self.number.chars().enumerate().map(mask).collect()
    }

    pub fn last_four(&self) -> LastFour {
        LastFour::of(&self.number)
    }

    /// The day of birth, for the kinds whose number states it.
    pub fn birth_date(&self) -> Option<NaiveDate> {
        self.birth
    }

    /// Whole years lived on `day`; someone born on 29 February turns a year older on 1 March of a common year. None
    /// where the number states no birth date, and before the birth.
    pub fn age_on(&self, day: NaiveDate) -> Option<u32> {
        day.years_since(self.birth?)
    }

    fn checked(kind: DocumentKind, typed: &str) -> Result<Self, DocumentError> {
        let number = normalised(typed);
        let birth = check(kind, &number)?;
        Ok(Self { kind, number, birth })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} {})", self.kind.name(), self.masked())
    }
}

impl From<Document> for String {
    fn from(document: Document) -> Self {
        format!("{}:{}", document.kind.name(), document.number)
    }
}

impl TryFrom<String> for Document {
    type Error = StoredDocumentError;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        let (name, number) = stored.split_once(':').ok_or(StoredDocumentError::Kind)?;
        let kind = DocumentKind::from_name(name).ok_or(StoredDocumentError::Kind)?;
        Ok(Self::checked(kind, number)?)
    }
}

/// Why a document number was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DocumentError {
    #[error("no document number")]
    Empty,
    #[error("a number of this kind has {allowed:?} symbols, this one {found}")]
    Length { allowed: &'static [usize], found: usize },
    /// Positions count from 1, after spaces were dropped.
    #[error("{symbol:?} cannot stand at position {position} of a number of this kind")]
    Character { symbol: char, position: usize },
    #[error("the area is none that residence permits are issued for")]
    Area,
    #[error("the birth date in the number is no day of the calendar")]
    BirthDate,
    #[error("the birth date in the number lies in the future")]
    BirthInFuture,
    #[error("the check digit does not agree with the number")]
    CheckDigit,
}

/// Why a stored document was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoredDocumentError {
    #[error("a stored document begins with its kind and a colon")]
    Kind,
    #[error("a stored document number fails its check")]
    Number(#[from] DocumentError),
}

pub(super) fn normalised(typed: &str) -> String {
    typed
        .chars()
        .map(half_width)
        .filter(|symbol| !symbol.is_whitespace())
        .map(|symbol| symbol.to_ascii_uppercase())
        .collect()
}

/// The check of a kind; what is left of the number afterwards is its birth date, where it states one.
fn check(kind: DocumentKind, number: &str) -> Result<Option<NaiveDate>, DocumentError> {
    match kind {
        DocumentKind::ResidentId => {
            shape(number, &[18], resident_symbol)?;
            birth_and_check_digit(number).map(Some)
        }
        DocumentKind::HkMacaoResidence => {
            shape(number, &[18], resident_symbol)?;
            if !["810000", "820000", "830000"].iter().any(|area| number.starts_with(area)) {
                return Err(DocumentError::Area);
            }
            birth_and_check_digit(number).map(Some)
        }
        DocumentKind::HkMacaoPermit => {
            // The last two of eleven count the renewals and are often left off.
            let fits =
                |place, symbol: char| if place == 0 { matches!(symbol, 'H' | 'M') } else { symbol.is_ascii_digit() };
            shape(number, &[9, 11], fits).map(|()| None)
        }
        DocumentKind::HkMacaoPermitNonChinese => {
            let fits = |place, symbol: char| match place {
                0 => matches!(symbol, 'H' | 'M'),
                1 => symbol == 'A',
                _ => symbol.is_ascii_digit(),
            };
            shape(number, &[9], fits).map(|()| None)
        }
        DocumentKind::TaiwanPermit => shape(number, &[8, 10], |_, symbol| symbol.is_ascii_digit()).map(|()| None),
        DocumentKind::Passport => {
            shape(number, &[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], |_, symbol| symbol.is_ascii_alphanumeric())
                .map(|()| None)
        }
        DocumentKind::ForeignPermanentResidence => {
            // Where its birth date stands is published nowhere we trust, so none is read.
            shape(
                number,
                &[18],
                |place, symbol| if place == 0 { symbol == '9' } else { resident_symbol(place, symbol) },
            )?;
            check_digit(number).map(|()| None)
        }
        DocumentKind::ForeignPermanentResidenceOld => {
            let fits =
                |place, symbol: char| if place < 3 { symbol.is_ascii_uppercase() } else { symbol.is_ascii_digit() };
            shape(number, &[15], fits).map(|()| None)
        }
    }
}

fn shape(number: &str, allowed: &'static [usize], fits: impl Fn(usize, char) -> bool) -> Result<(), DocumentError> {
    let found = number.chars().count();
    if found == 0 {
        return Err(DocumentError::Empty);
    }
    if !allowed.contains(&found) {
        return Err(DocumentError::Length { allowed, found });
    }
    match number.chars().enumerate().find(|&(place, symbol)| !fits(place, symbol)) {
        Some((place, symbol)) => Err(DocumentError::Character { symbol, position: place + 1 }),
        None => Ok(()),
    }
}

fn resident_symbol(place: usize, symbol: char) -> bool {
    symbol.is_ascii_digit() || (place == 17 && symbol == 'X')
}

fn birth_and_check_digit(number: &str) -> Result<NaiveDate, DocumentError> {
    let birth = birth_date(number).ok_or(DocumentError::BirthDate)?;
    check_digit(number).map(|()| birth)
}

fn birth_date(number: &str) -> Option<NaiveDate> {
    let year = number.get(6..10)?.parse().ok()?;
    let month = number.get(10..12)?.parse().ok()?;
    let day = number.get(12..14)?.parse().ok()?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// GB 11643: weights 2^(17 - place) mod 11, and the remainder names the symbol.
fn check_digit(number: &str) -> Result<(), DocumentError> {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const SYMBOLS: [u8; 11] = *b"10X98765432";
    let sum: usize =
        number.bytes().zip(WEIGHTS).map(|(digit, weight)| usize::from(digit.saturating_sub(b'0')) * weight).sum();
    if number.bytes().last() == SYMBOLS.get(sum % 11).copied() { Ok(()) } else { Err(DocumentError::CheckDigit) }
}

#[cfg(test)]
mod tests;
