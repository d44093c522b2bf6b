//! Filling in a form in a browser, and reading what is wrong with it.

use serde::Deserialize;
use serde_json::{Value, json};
use world::{Trouble, campus::today, trouble::hold};

use crate::{
    browser::{Browser, Thing},
    town::Known,
};

/// Longer texts are pasted.
const TYPED: usize = 40;

/// The field of a name in a row.
const FIELD: &str = "const [name, row] = arguments;
    const field = document.querySelectorAll(`main [name='${name}']`)[row];
    return field && {element: field, kind: field.type, holds: field.value, ticked: Boolean(field.checked)}";

#[derive(Deserialize)]
struct Field {
    element: Value,
    /// Of an input its type, of others what they are.
    kind: String,
    holds: String,
    ticked: bool,
}

impl Browser {
    pub async fn types(&self, field: &str, typed: &str) -> Result<(), Trouble> {
        self.fills(field, 0, typed).await
    }

    /// To all that must be agreed to.
    pub async fn agrees(&self) -> Result<(), Trouble> {
        self.types("privacy", "yes").await?;
        self.types("document_consent", "yes").await
    }

    /// Field by field; where a field's name is there several times, one after the other.
    pub async fn fills_in(&self, form: &[(&str, String)]) -> Result<(), Trouble> {
        for (place, (field, typed)) in form.iter().enumerate() {
            let row = form.iter().take(place).filter(|(before, _)| before == field).count();
            self.fills(field, row, typed).await?;
        }
        Ok(())
    }

    /// What is asked on this page, of a form that is asked over several.
    pub async fn answers(&self, form: &[(&'static str, String)]) -> Result<(), Trouble> {
        let mut asked = Vec::new();
        for (field, typed) in form {
            if self.has(&format!("main [name='{field}']:not([type=hidden])")).await? {
                asked.push((*field, typed.clone()));
            }
        }
        self.fills_in(&asked).await
    }

    /// The field of this name in this row, from 0.
    pub async fn fills(&self, field: &str, row: usize, typed: &str) -> Result<(), Trouble> {
        self.soon(async || self.fill(field, row, typed).await).await
    }

    async fn fill(&self, field: &str, row: usize, typed: &str) -> Result<(), Trouble> {
        let found = self.runs(FIELD, json!([field, row])).await?;
        let Ok(Field { element, kind, holds, ticked }) = serde_json::from_value(found) else {
            return Err(Trouble::NotHeld(format!("field {field} {row} of the form")));
        };
        let element = Thing::of(&element)?;
        match kind.as_str() {
            "select-one" => self.chooses(&element, typed).await,
            "radio" => self.presses_on(&format!("main [name='{field}'][value='{typed}']")).await,
            "checkbox" if ticked == (typed == "yes") => Ok(()),
            "checkbox" => self.press(&element).await,
            // What the keys of a date field mean depends on the machine's country.
            "date" | "time" => self.puts(&element, typed).await,
            _ => {
                if !holds.is_empty() {
                    self.session.tell(&format!("element/{}/clear", element.0), json!({})).await?;
                }
                self.writes(&element, typed).await
            }
        }
    }

    async fn writes(&self, field: &Thing, text: &str) -> Result<(), Trouble> {
        if text.chars().nth(TYPED).is_none() {
            return self.session.tell(&format!("element/{}/value", field.0), json!({"text": text})).await.map(drop);
        }
        self.runs("arguments[0].focus()", json!([field.json()])).await?;
        self.session.tell_chromium("Input.insertText", json!({"text": text})).await.map(drop)
    }

    async fn chooses(&self, list: &Thing, value: &str) -> Result<(), Trouble> {
        let with = json!({"using": "css selector", "value": format!("option[value='{value}']")});
        let option = self.session.tell(&format!("element/{}/element", list.0), with).await?;
        self.press(&Thing::of(&option)?).await
    }

    async fn puts(&self, field: &Thing, value: &str) -> Result<(), Trouble> {
        let put = "arguments[0].value = arguments[1];
                   for (const what of ['input', 'change']) arguments[0].dispatchEvent(new Event(what, {bubbles: true}));";
        self.runs(put, json!([field.json(), value])).await.map(drop)
    }

    /// Puts into a field what the page offers nobody: somebody has tampered with it.
    pub async fn forces(&self, field: &str, row: usize, value: &str) -> Result<(), Trouble> {
        let force = "const [name, row, value] = arguments;
            const fields = [...document.querySelectorAll(`main [name='${name}']`)];
            const another = () => {
                const added = fields.at(-1).cloneNode();
                fields.at(-1).after(added);
                return added;
            };
            const field = fields[row] ?? another();
            if (field.type === 'radio') field.checked = true;
            if (field.tagName === 'SELECT') field.selectedOptions[0].value = value;
            else { if (field.type !== 'radio') field.type = 'text'; field.value = value; }";
        self.runs(force, json!([field, row, value])).await.map(drop)
    }

    /// What stands in a field.
    pub async fn value_of(&self, field: &str) -> Result<String, Trouble> {
        self.soon(async || {
            let found = self.one(&format!("main [name='{field}']")).await?;
            let value = self.session.ask(&format!("element/{}/property/value", found.0)).await?;
            Ok(value.as_str().unwrap_or_default().to_owned())
        })
        .await
    }

    /// Waits until these words stand at a field, below it and tied to it for whoever hears the page.
    pub async fn is_told_at(&self, field: &str, words: &str) -> Result<(), Trouble> {
        let stands = async || Ok(self.problem_at(field).await?.contains(words));
        if self.until(words, stands).await.is_err() {
            let said = self.problem_at(field).await?;
            return Err(Trouble::NotHeld(format!("at {field} stands {words}: {said:?}; {}", self.reads().await?)));
        }
        let tied = "const [id] = arguments;
            const field = document.getElementById(id);
            const message = document.getElementById('problem-' + id);
            return field.getAttribute('aria-describedby').split(' ').includes('problem-' + id)
                && field.closest('.wrong, form').contains(message)";
        let tied = self.runs(tied, json!([field])).await?;
        hold(tied == json!(true), &format!("{field} is described by its message"))
    }

    async fn problem_at(&self, field: &str) -> Result<String, Trouble> {
        match self.all(&format!("#problem-{field}")).await?.first() {
            Some(problem) => self.text_of(problem).await,
            None => Ok(String::new()),
        }
    }
}

/// The form of a good booking with two companions and a new-energy plate, as this visitor types it.
#[must_use]
pub fn visit(visitor: &Known, host: &Known) -> Vec<(&'static str, String)> {
    let mut form = visit_on_behalf(visitor);
    form.push(("host_name", host.name.clone()));
    form.push(("host_number", host.number.clone()));
    form
}

/// The same, as the host types it for the visitor.
#[must_use]
pub fn visit_on_behalf(visitor: &Known) -> Vec<(&'static str, String)> {
    let own = [("visitor_name", &visitor.name), ("document_number", &visitor.number), ("phone", &visitor.phone)];
    let day = today().to_string();
    let visit = [
        ("companion_name", "𬭎䶮"),
        ("companion_name", "阿卜杜拉·艾山"),
        ("plate_kind", "new_energy"),
        ("plate", "陕AD12345"),
        ("campus", "1"),
        ("day", &day),
        ("from", "09:00"),
        ("until", "21:59"),
        ("reason", "学术交流"),
        ("privacy", "yes"),
        ("document_consent", "yes"),
    ];
    let own = own.map(|(field, typed)| (field, typed.clone()));
    own.into_iter().chain(visit.map(|(field, typed)| (field, typed.to_owned()))).collect()
}
