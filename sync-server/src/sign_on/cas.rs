//! CAS, protocol 3 and 2: the browser brings a ticket, and CAS says once whose it is.
//!
//! The service that a ticket was made for must be said again letter by letter, or CAS lets the ticket die. So it is built by
//! one function for both, from our own address and the state that came back, and encoded by one rule. A ticket that could not
//! be one is not asked about: what stands in an address is a stranger's word.

mod answer;

use shared::ids::StaffNumber;

pub use self::answer::{Answer, Person};
use super::{NotKnown, SignOn, Who};
use crate::{config::CasSettings, notify::Line};

/// CAS promises to take 256; longer ones have not been seen.
const LONGEST_TICKET: usize = 512;

#[derive(Debug)]
pub struct Cas {
    settings: CasSettings,
    line: Line,
}

impl Cas {
    #[must_use]
    pub const fn new(settings: CasSettings, line: Line) -> Self {
        Self { settings, line }
    }

    async fn ask(&self, query: &str, back: &str) -> Result<StaffNumber, NotKnown> {
        let fields: Vec<(String, String)> = serde_html_form::from_str(query).map_err(|_| NotKnown::Refused)?;
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let ticket = field("ticket").filter(|ticket| could_be_a_ticket(ticket)).ok_or(NotKnown::Refused)?;
        let service = service(back, field("state").unwrap_or_default());
        let CasSettings { url, validate, json, .. } = &self.settings;
        let format = if *json { "&format=JSON" } else { "" };
        let address = format!("{url}{validate}?service={}&ticket={}{format}", encoded(&service), encoded(ticket));
        let answer = self
            .line
            .call(self.line.client().get(address))
            .await
            .map_err(|unsent| NotKnown::Unreachable { why: format!("CAS: {}", unsent.why), cause: unsent.cause })?;
        if !answer.status.is_success() {
            return Err(NotKnown::unreachable(format!("CAS: HTTP {}", answer.status.as_u16())));
        }
        match Answer::read(&answer.body)? {
            Answer::Is(person) => self.number(&person),
            Answer::IsNot { code } => Err(refused(&code)),
        }
    }

    /// One and the same, however often it is said; of several nobody knows which is meant.
    fn number(&self, person: &Person) -> Result<StaffNumber, NotKnown> {
        let name = self.settings.staff_number.as_str();
        let mut said: Vec<&str> = match name {
            "user" => vec![&person.user],
            name => person.attributes.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect(),
        };
        said.dedup();
        match said.as_slice() {
            [number] => StaffNumber::parse(number).ok_or(NotKnown::Refused),
            [] => {
                tracing::warn!(
                    attribute = name,
                    "CAS knows somebody and does not say sign_on.cas.staff_number of them"
                );
                Err(NotKnown::Refused)
            }
            [_, _, ..] => Err(NotKnown::Refused),
        }
    }
}

impl SignOn for Cas {
    fn name(&self) -> &'static str {
        "cas"
    }

    fn away(&self, back: &str, state: &str) -> String {
        format!("{}/login?service={}", self.settings.url, encoded(&service(back, state)))
    }

    fn who<'a>(&'a self, query: &'a str, back: &'a str) -> Who<'a> {
        Box::pin(self.ask(query, back))
    }
}

/// What a ticket is made for, the same at the door and when it is explained.
fn service(back: &str, state: &str) -> String {
    format!("{back}?state={}", encoded(state))
}

/// Most are of letters, digits and hyphens; a server's own name may stand at the end.
fn could_be_a_ticket(text: &str) -> bool {
    text.starts_with("ST-")
        && text.len() <= LONGEST_TICKET
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

fn refused(code: &str) -> NotKnown {
    match code {
        "INTERNAL_ERROR" => NotKnown::unreachable("CAS: INTERNAL_ERROR"),
        "INVALID_TICKET" | "INVALID_TICKET_SPEC" => NotKnown::Refused,
        _ => {
            // INVALID_SERVICE and its like: nobody will get in until our address is put right there.
            let code: String = code.chars().filter(char::is_ascii_graphic).take(40).collect();
            tracing::warn!(code, "CAS does not answer this office");
            NotKnown::Refused
        }
    }
}

/// Only letters, digits and `-._~` as they are.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let one = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderUrl;

    fn cas(staff_number: &str) -> Cas {
        let url = ProviderUrl::try_from("https://cas.example.edu.cn/cas".to_owned()).unwrap();
        let validate = "/p3/serviceValidate".to_owned();
        let settings = CasSettings { url, validate, json: false, staff_number: staff_number.to_owned() };
        Cas::new(settings, Line::open().unwrap())
    }

    #[test]
    fn the_browser_is_sent_away_with_the_whole_service_encoded() {
        assert_eq!(
            cas("user").away("https://visit.example.edu.cn/sign-on/cas/back", "a&b"),
            "https://cas.example.edu.cn/cas/login?service=https%3A%2F%2Fvisit.example.edu.cn%2Fsign-on%2Fcas%2Fback\
             %3Fstate%3Da%2526b"
        );
    }

    #[test]
    fn only_what_could_be_a_ticket_is_asked_about() {
        for ticket in ["ST-1-abc", "ST-1856339-aA5Yuvrxzpv8Tau1cYQ7", "ST-1-x_y-cas01.example.edu.cn"] {
            assert!(could_be_a_ticket(ticket), "{ticket}");
        }
        for other in ["", "PT-1-abc", "ST-1&service=x", "ST-1 ", "ST-张", &format!("ST-{}", "a".repeat(510))] {
            assert!(!could_be_a_ticket(other), "{other}");
        }
    }

    #[test]
    fn the_number_is_one_or_nobody_s() {
        let person = Person {
            user: " t2001 ".to_owned(),
            attributes: [("no", "T7"), ("no", "T7"), ("both", "T1"), ("both", "T2"), ("name", "张三")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        };
        for (name, number) in [("user", Some("T2001")), ("no", Some("T7")), ("both", None), ("name", None), ("x", None)]
        {
            let found = cas(name).number(&person).ok();
            assert_eq!(found.as_ref().map(StaffNumber::as_str), number, "{name}");
        }
    }
}
