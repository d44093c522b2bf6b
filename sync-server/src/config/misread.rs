//! What this server's settings alone hold, said in Chinese as well: any other mistake is told by [`shared::settings`].

use serde::{Deserialize as _, Deserializer, de::Error as _};
use shared::identity::{Phone, PhoneError};

/// A telephone that is called or written to: why it is none is said in Chinese as well.
pub(super) fn phone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Phone>, D::Error> {
    let text = String::deserialize(from)?;
    let why = |error: PhoneError| match error {
        PhoneError::Empty => "手机号是空的".to_owned(),
        PhoneError::Character(symbol) => format!("手机号里不能有「{symbol}」"),
        PhoneError::Length { found } => format!("大陆手机号是 11 位，这里有 {found} 位"),
        PhoneError::NotMobile => "大陆手机号以 13 到 19 开头".to_owned(),
        PhoneError::ForeignLength { found } => format!("境外号码连区号是 7 到 15 位，这里有 {found} 位"),
        PhoneError::ForeignCountry => "区号不以 0 开头".to_owned(),
    };
    Phone::parse(&text).map(Some).map_err(|error| D::Error::custom(format!("{}。{error}", why(error))))
}
