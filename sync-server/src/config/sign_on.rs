//! Other houses by whose word staff may sign in. A house without a table is not asked.

use serde::Deserialize;

use super::{ConfigError, provider_url::ProviderUrl};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignOnSettings {
    pub cas: Option<CasSettings>,
}

/// The university's CAS (统一身份认证).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasSettings {
    /// What `/login` and `validate` are put after.
    pub url: ProviderUrl,
    /// `/serviceValidate` where only CAS 2 is spoken.
    #[serde(default = "CasSettings::validate")]
    pub validate: String,
    /// Whether it is asked to answer in JSON; what it answers is understood either way.
    #[serde(default)]
    pub json: bool,
    /// Where it says the staff number: `user`, or the name of an attribute.
    #[serde(default = "CasSettings::staff_number")]
    pub staff_number: String,
}

impl CasSettings {
    fn validate() -> String {
        "/p3/serviceValidate".to_owned()
    }

    fn staff_number() -> String {
        "user".to_owned()
    }
}

impl SignOnSettings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Some(cas) = &self.cas else { return Ok(()) };
        if !cas.validate.starts_with('/') || cas.validate.contains(['?', '#']) {
            return Err(ConfigError::CasValidate);
        }
        if cas.staff_number.trim().is_empty() { Err(ConfigError::CasStaffNumber) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn each_mistake_is_told_with_the_name_of_its_setting() {
        let url = "url = 'https://cas.example.edu.cn/cas'";
        for (text, said) in [
            (String::new(), "url"),
            ("url = 'http://cas.example.edu.cn'".to_owned(), "url"),
            (format!("{url}\nvalidate = 'serviceValidate'"), "sign_on.cas.validate"),
            (format!("{url}\nvalidate = '/p3/serviceValidate?format=XML'"), "sign_on.cas.validate"),
            (format!("{url}\nstaff_number = ' '"), "sign_on.cas.staff_number"),
            (format!("{url}\nsecret = 'x'"), "secret"),
        ] {
            let told = Config::parse(&format!("[sign_on.cas]\n{text}")).unwrap_err().to_string();
            assert!(told.contains(said), "{text}: {told}");
        }
        assert!(Config::parse(&format!("[sign_on.cas]\n{url}")).is_ok());
    }
}
