//! Filling in a form in a browser, and reading what is wrong with it.

use serde_json::json;
use world::{Trouble, people::Form};

use crate::browser::{Browser, Thing};

impl Browser {
    pub async fn types(&self, field: &str, typed: &str) -> Result<(), Trouble> {
        self.fills(field, 0, typed).await
    }

    /// Field by field; where a field's name is there several times, one after the other.
    pub async fn fills_in(&self, form: &Form) -> Result<(), Trouble> {
        let mut before = "";
        let mut row = 0;
        for (field, typed) in form.fields() {
            row = if field == before { row + 1 } else { 0 };
            before = field;
            self.fills(field, row, typed).await?;
        }
        Ok(())
    }

    async fn fills(&self, field: &str, row: usize, typed: &str) -> Result<(), Trouble> {
        let fields = self.all(&format!("main [name='{field}']")).await?;
        let missing = || Trouble::NotHeld(format!("field {field} {row} of the form"));
        let found = fields.get(row).or_else(|| fields.first().filter(|_| row == 0)).ok_or_else(missing)?;
        match (self.tag(found).await?.as_str(), self.attribute(found, "type").await?.as_str()) {
            ("select", _) => self.presses_on(&format!("main [name='{field}'] option[value='{typed}']")).await,
            (_, "radio") => self.presses_on(&format!("main [name='{field}'][value='{typed}']")).await,
            (_, "checkbox") => {
                let ticked = self.session.ask(&format!("element/{}/selected", found.0)).await?;
                if ticked == json!(true) { Ok(()) } else { self.press(found).await }
            }
            // What the keys of a date field mean depends on the machine's country.
            (_, "date" | "time") => self.puts(found, typed).await,
            _ => {
                self.session.tell(&format!("element/{}/clear", found.0), json!({})).await?;
                self.keys(found, typed).await
            }
        }
    }

    /// Key by key. Characters that no key has come as an input method puts them.
    async fn keys(&self, field: &Thing, typed: &str) -> Result<(), Trouble> {
        if typed.chars().all(|symbol| u32::from(symbol) <= 0xFFFF) {
            return self.session.tell(&format!("element/{}/value", field.0), json!({"text": typed})).await.map(drop);
        }
        self.press(field).await?;
        self.session.tell_chromium("Input.insertText", json!({"text": typed})).await.map(drop)
    }

    async fn puts(&self, field: &Thing, value: &str) -> Result<(), Trouble> {
        let put = "arguments[0].value = arguments[1];
                   for (const what of ['input', 'change']) arguments[0].dispatchEvent(new Event(what, {bubbles: true}));";
        self.runs(put, json!([field.json(), value])).await.map(drop)
    }

    /// The message that stands at a field, where there is one.
    pub async fn problem_at(&self, field: &str) -> Result<Option<String>, Trouble> {
        match self.all(&format!("#problem-{field}")).await?.first() {
            Some(problem) => Ok(Some(self.text_of(problem).await?)),
            None => Ok(None),
        }
    }
}
