//! What CAS answers, in XML or JSON, read as a stranger's word.
//!
//! A document type is refused as a whole, so no entity of its making is ever expanded and no file or address of its choosing read.
//! Elements are known by their namespace and not by their prefix, which every server may choose. A value that stands in pieces, with
//! a comment between them, is all of its pieces. A name with an element inside, and anything outside the root, ends the reading: two
//! readers could take it for two people.

use std::collections::BTreeMap;

use quick_xml::{
    NsReader,
    events::{BytesRef, Event},
    name::{Namespace, ResolveResult},
};
use serde::Deserialize;
use serde_json::Value;

use super::NotKnown;

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Is(Person),
    IsNot { code: String },
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub user: String,
    /// One line for each value.
    pub attributes: Vec<(String, String)>,
}

impl Answer {
    pub fn read(body: &[u8]) -> Result<Self, NotKnown> {
        let text = std::str::from_utf8(body).ok().map(|text| text.trim_start_matches('\u{feff}').trim());
        let read = text.and_then(|text| if text.starts_with('{') { from_json(text) } else { from_xml(text) });
        read.ok_or_else(|| NotKnown::unreachable("CAS: the answer is not understood"))
    }
}

const CAS: &str = "http://www.yale.edu/tp/cas";
const USER: [&str; 3] = ["serviceResponse", "authenticationSuccess", "user"];
/// How many elements are open within one.
const ATTRIBUTE_DEPTH: usize = 4;

fn from_xml(text: &str) -> Option<Answer> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let (mut users, mut person, mut failure) = (Vec::new(), Person::default(), None);
    let (mut value, mut roots) = (String::new(), 0);
    // Whether the attribute that is read holds elements, and so no plain value.
    let mut nested = false;
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let of_cas = matches!(namespace, ResolveResult::Bound(Namespace(name)) if name == CAS);
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            if path(&open) == USER {
                return None;
            }
            nested |= open.len() >= ATTRIBUTE_DEPTH;
        }
        match event {
            Event::Eof => break,
            Event::Text(text) if open.is_empty() && !text.xml10_content().trim().is_empty() => return None,
            Event::CData(_) | Event::GeneralRef(_) | Event::Empty(_) if open.is_empty() => return None,
            Event::Start(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) if open.is_empty() && roots > 0 => {
                return None;
            }
            Event::Start(start) => {
                let name = if of_cas { start.local_name().into_inner().to_owned() } else { String::new() };
                roots += usize::from(open.is_empty());
                if path(&open) == ["serviceResponse"] && name == "authenticationFailure" {
                    let code = start.try_get_attribute("code").ok()??;
                    failure = Some(code.value.to_string());
                }
                open.push(name);
                value.clear();
            }
            Event::Empty(start) => {
                let name = start.local_name().into_inner();
                if of_cas && path(&open) == ["serviceResponse"] && name == "authenticationFailure" {
                    let code = start.try_get_attribute("code").ok()??;
                    failure = Some(code.value.to_string());
                }
            }
            Event::End(_) => {
                match path(&open).as_slice() {
                    ["serviceResponse", "authenticationSuccess", "user"] => {
                        users.push(value.trim().to_owned());
                    }
                    ["serviceResponse", "authenticationSuccess", "attributes", name] if !name.is_empty() && !nested => {
                        person.attributes.push(((*name).to_owned(), value.trim().to_owned()));
                    }
                    _ => {}
                }
                open.pop();
                value.clear();
                nested &= open.len() >= ATTRIBUTE_DEPTH;
            }
            Event::Text(text) => value.push_str(&text.xml10_content()),
            Event::CData(text) => value.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => value.push(letter(&reference)?),
            Event::DocType(_) => return None,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if !open.is_empty() || roots != 1 {
        return None;
    }
    match (users.as_slice(), failure) {
        // Two of them would leave open who is meant.
        ([user], None) if !user.is_empty() => Some(Answer::Is(Person { user: user.clone(), ..person })),
        ([], Some(code)) => Some(Answer::IsNot { code }),
        _ => None,
    }
}

fn path(open: &[String]) -> Vec<&str> {
    open.iter().map(String::as_str).collect()
}

/// The five that XML itself knows, and characters by their number.
fn letter(reference: &BytesRef<'_>) -> Option<char> {
    match &*reference.xml10_content() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => reference.resolve_char_ref().ok()?,
    }
}

fn from_json(text: &str) -> Option<Answer> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whole {
        service_response: Response,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        authentication_success: Option<Success>,
        authentication_failure: Option<Failure>,
    }
    #[derive(Deserialize)]
    struct Success {
        user: String,
        #[serde(default)]
        attributes: BTreeMap<String, Value>,
    }
    #[derive(Deserialize)]
    struct Failure {
        code: String,
    }
    let Response { authentication_success, authentication_failure } =
        serde_json::from_str::<Whole>(text).ok()?.service_response;
    match (authentication_success, authentication_failure) {
        (Some(Success { user, attributes }), None) if !user.trim().is_empty() => {
            let attributes = attributes.into_iter().flat_map(|(key, value)| {
                let values = if let Value::Array(several) = value { several } else { vec![value] };
                values.into_iter().filter_map(move |value| Some((key.clone(), plain(&value)?)))
            });
            Some(Answer::Is(Person { user: user.trim().to_owned(), attributes: attributes.collect() }))
        }
        (None, Some(Failure { code })) => Some(Answer::IsNot { code }),
        _ => None,
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(user: &str, attributes: &[(&str, &str)]) -> Option<Answer> {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Some(Answer::Is(Person { user: user.to_owned(), attributes }))
    }

    fn read(text: &str) -> Option<Answer> {
        Answer::read(text.as_bytes()).ok()
    }

    #[test]
    fn a_success_is_understood_under_any_prefix_and_with_any_space() {
        for text in [
            "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'><cas:authenticationSuccess><cas:user>T1</cas:user>\
             <cas:attributes><cas:no>7</cas:no><cas:no>8</cas:no></cas:attributes></cas:authenticationSuccess></cas:serviceResponse>",
            "<?xml version=\"1.0\"?>\n<serviceResponse xmlns=\"http://www.yale.edu/tp/cas\">\n <authenticationSuccess>\n  <user>\n  T1 </user>\n\
             <attributes>\n<no> 7 </no>\n<no><![CDATA[8]]></no></attributes></authenticationSuccess></serviceResponse>\n",
            "\u{feff}<a:serviceResponse xmlns:a='http://www.yale.edu/tp/cas'><a:authenticationSuccess><a:user>T<!-- x -->&#49;</a:user>\
             <a:attributes><a:no>7</a:no><b:no xmlns:b='urn:other'>9</b:no><a:no>8</a:no></a:attributes>\
             </a:authenticationSuccess></a:serviceResponse>",
            r#"{"serviceResponse":{"authenticationSuccess":{"user":" T1","attributes":{"no":["7",8],"x":null}}}}"#,
        ] {
            assert_eq!(read(text), is("T1", &[("no", "7"), ("no", "8")]), "{text}");
        }
    }

    #[test]
    fn an_attribute_with_elements_inside_is_none() {
        let text = "<c:serviceResponse xmlns:c='http://www.yale.edu/tp/cas'><c:authenticationSuccess><c:user>T1</c:user><c:attributes>\
                    <c:no>6<c:x>5</c:x>7</c:no><c:no>1<c:x/>2</c:no><c:no>8</c:no></c:attributes></c:authenticationSuccess>\
                    </c:serviceResponse>\n ";
        assert_eq!(read(text), is("T1", &[("no", "8")]));
    }

    #[test]
    fn a_failure_is_its_code() {
        for text in [
            "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>\n<cas:authenticationFailure code=\"INVALID_TICKET\">\
             Ticket not recognized</cas:authenticationFailure></cas:serviceResponse>",
            "<serviceResponse xmlns='http://www.yale.edu/tp/cas'><authenticationFailure code='INVALID_TICKET'/></serviceResponse>",
            r#"{"serviceResponse":{"authenticationFailure":{"code":"INVALID_TICKET","description":"x"}}}"#,
        ] {
            assert_eq!(read(text), Some(Answer::IsNot { code: "INVALID_TICKET".to_owned() }), "{text}");
        }
    }

    #[test]
    fn what_tries_to_be_clever_says_nobody() {
        let within = |user: &str| {
            format!(
                "<c:serviceResponse xmlns:c='http://www.yale.edu/tp/cas'><c:authenticationSuccess>{user}</c:authenticationSuccess>\
                 </c:serviceResponse>"
            )
        };
        for text in [
            // Entities of its own: a file, an address, a bomb; and one that nobody declared.
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><c:serviceResponse xmlns:c='http://www.yale.edu/tp/cas'>\
             <c:authenticationSuccess><c:user>&e;</c:user></c:authenticationSuccess></c:serviceResponse>"
                .to_owned(),
            format!("<!DOCTYPE x>{}", within("<c:user>T1</c:user>")),
            within("<c:user>&e;</c:user>"),
            // Somebody else's namespace, or none.
            within("<user>T1</user>"),
            within("<c:user>T1</c:user>").replace("yale", "evil"),
            // Two of them, none, an empty one, or not where it belongs.
            within("<c:user>T1</c:user><c:user>T2</c:user>"),
            within(""),
            within("<c:user> </c:user>"),
            within("<c:proxies><c:user>T1</c:user></c:proxies>"),
            "<c:user xmlns:c='http://www.yale.edu/tp/cas'>T1</c:user>".to_owned(),
            // A name around another, or in two pieces with one between them.
            within("<c:user>T1<c:x>T2</c:x></c:user>"),
            within("<c:user><c:x>T2</c:x>T1</c:user>"),
            within("<c:user>T<c:x/>1</c:user>"),
            within("<c:user>T<x/>1</c:user>"),
            // Something outside the root.
            format!("T2{}", within("<c:user>T1</c:user>")),
            format!("{}T2", within("<c:user>T1</c:user>")),
            format!("{}&#49;", within("<c:user>T1</c:user>")),
            format!("{}<![CDATA[ ]]>", within("<c:user>T1</c:user>")),
            format!("{}<x/>", within("<c:user>T1</c:user>")),
            format!("{}<!-- x -->", within("<c:user>T1</c:user>")),
            format!("{}<?xml version='1.0'?>", within("<c:user>T1</c:user>")),
            // Cut short, both at once, two documents, no XML at all.
            within("<c:user>T1</c:user>").replace("</c:serviceResponse>", ""),
            within("<c:user>T1</c:user>")
                .replace("</c:serviceResponse>", "<c:authenticationFailure code='X'>x</c:authenticationFailure></c:serviceResponse>"),
            format!("{0}{0}", within("<c:user>T1</c:user>")),
            "yes\nT1\n".to_owned(),
            "<html><body>login</body></html>".to_owned(),
            String::new(),
            r#"{"serviceResponse":{"authenticationSuccess":{"user":""}}}"#.to_owned(),
            r#"{"serviceResponse":{}}"#.to_owned(),
            r#"{"serviceResponse":{"authenticationSuccess":{"user":"T1"},"authenticationFailure":{"code":"X"}}}"#.to_owned(),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
    }
}
