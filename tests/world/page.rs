//! A page as a person reads it: its state, its messages, its form, its links.

use std::collections::BTreeMap;

/// What came back for one request.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub body: String,
    /// Where a redirect points, below the server's address.
    pub location: Option<String>,
}

impl Page {
    /// `waiting`, `approved`, `declined`, `cancelled` or `revoked`.
    #[must_use]
    pub fn standing(&self) -> Option<&str> {
        attribute(&self.body, "data-standing=\"")
    }

    /// The hidden token that a form must send back.
    #[must_use]
    pub fn form_token(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("name=\"form_token\"")?;
        let tag = rest.split_once('>').map_or(rest, |(tag, _)| tag);
        attribute(tag, "value=\"")
    }

    /// The number of the form that was shown: sent again, it is the same booking.
    #[must_use]
    pub fn form_id(&self) -> Option<&str> {
        attribute(&self.body, "name=\"form_id\" value=\"")
    }

    /// The state of a booking that a review page shows, which its form sends back.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        attribute(&self.body, "name=\"revision\" value=\"")
    }

    /// The messages at their fields.
    #[must_use]
    pub fn problems(&self) -> BTreeMap<String, String> {
        let mut problems = BTreeMap::new();
        for part in self.body.split("id=\"problem-").skip(1) {
            if let Some((field, rest)) = part.split_once('"')
                && let Some((_, rest)) = rest.split_once('>')
                && let Some((message, _)) = rest.split_once("</p>")
            {
                problems.insert(field.to_owned(), message.trim().to_owned());
            }
        }
        problems
    }

    /// The address of the pass picture, where there is one.
    #[must_use]
    pub fn pass_picture(&self) -> Option<&str> {
        self.body.match_indices("src=\"").find_map(|(at, found)| {
            let address = self.body.get(at + found.len()..)?.split('"').next()?;
            (address.starts_with("/pass/") && address.ends_with(".png")).then_some(address)
        })
    }

    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

fn attribute<'a>(html: &'a str, opening: &str) -> Option<&'a str> {
    html.split_once(opening)?.1.split('"').next()
}
