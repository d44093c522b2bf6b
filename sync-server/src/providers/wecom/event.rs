//! The XML that WeCom writes, read as flat fields: a name and its text, one level below the root.
//!
//! It is a stranger's text until its envelope is opened, so nothing is expanded: a document type or an entity other than XML's own five ends the
//! reading, and so does depth or length beyond what WeCom writes.

use std::collections::BTreeMap;

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

/// By element name; of elements inside elements only the outer one's direct text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, String>);

const MOST_FIELDS: usize = 64;
const DEEPEST: usize = 8;

impl Fields {
    pub(super) fn read(xml: &str) -> Option<Self> {
        let mut reader = Reader::from_str(xml);
        let mut open: Vec<String> = Vec::new();
        let mut fields = BTreeMap::new();
        let mut text = String::new();
        let mut whole = false;
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if !whole && open.len() < DEEPEST => {
                    open.push(start.local_name().as_ref().to_owned());
                    if open.len() == 2 {
                        text.clear();
                    }
                }
                Event::End(_) => {
                    let name = open.pop()?;
                    if open.len() == 1 {
                        keep(&mut fields, name, std::mem::take(&mut text))?;
                    }
                    whole = open.is_empty();
                }
                Event::Empty(empty) if open.len() == 1 => {
                    keep(&mut fields, empty.local_name().as_ref().to_owned(), String::new())?;
                }
                Event::Text(part) if open.len() == 2 => text.push_str(&part.xml10_content()),
                Event::CData(part) if open.len() == 2 => text.push_str(&part.xml10_content()),
                Event::GeneralRef(name) if open.len() == 2 => match name.resolve_char_ref().ok()? {
                    Some(letter) => text.push(letter),
                    None => text.push_str(resolve_predefined_entity(&name.xml10_content())?),
                },
                Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::Empty(_) => {}
                Event::Eof => return whole.then_some(Self(fields)),
                Event::Start(_) | Event::GeneralRef(_) | Event::DocType(_) | Event::PI(_) => return None,
            }
        }
    }

    /// Empty where WeCom did not say it.
    pub(super) fn of(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Once each, and not without end: a second one of a name would leave open which is meant.
fn keep(fields: &mut BTreeMap<String, String>, name: String, text: String) -> Option<()> {
    let room = fields.len() < MOST_FIELDS;
    (room && fields.insert(name, text).is_none()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_however_they_are_written() {
        let xml = "<?xml version=\"1.0\"?>\n<xml>\n <ToUserName><![CDATA[ww01]]></ToUserName>\n <AgentID>1000002</AgentID>\
                   <Event><![CDATA[a<b]]>&amp;&#99;</Event><Empty/><Deep><Inner>x</Inner></Deep></xml>";
        let fields = Fields::read(xml).unwrap();
        assert_eq!((fields.of("ToUserName"), fields.of("AgentID"), fields.of("Event")), ("ww01", "1000002", "a<b&c"));
        assert_eq!((fields.of("Empty"), fields.of("Deep"), fields.of("Inner"), fields.of("Missing")), ("", "", "", ""));
    }

    #[test]
    fn what_could_expand_mislead_or_go_on_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(20), "</a>".repeat(20));
        let many =
            format!("<xml>{}</xml>", (0..100).map(|count| format!("<f{count}>1</f{count}>")).collect::<String>());
        for wrong in [
            "",
            "no xml",
            "<xml>",
            "<xml></other>",
            "<xml><a>1</a><a>2</a></xml>",
            "<xml><a>1</a><a/></xml>",
            "<xml/><xml/>",
            "<xml></xml><xml></xml>",
            "<!DOCTYPE xml [<!ENTITY e \"x\">]><xml><a>&e;</a></xml>",
            "<!DOCTYPE xml SYSTEM \"file:///etc/passwd\"><xml></xml>",
            "<xml><a>&e;</a></xml>",
            "<xml><a>&#xFFFFFFFF;</a></xml>",
            "<?php x ?><xml></xml>",
            deep.as_str(),
            many.as_str(),
        ] {
            assert_eq!(Fields::read(wrong), None, "{wrong}");
        }
    }
}
