//! A member of staff as the directory knows them: who can be visited, and how to reach them.

use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};

use super::Channel;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub number: StaffNumber,
    pub name: PersonName,
    pub department: String,
    pub phone: Phone,
    pub wecom_id: Option<String>,
    pub hall_id: Option<String>,
}

impl Staff {
    /// Where a notice for them goes. Hall and WeCom know staff by number where the directory has no other name for them.
    #[must_use]
    pub fn address(&self, channel: Channel) -> &str {
        match channel {
            Channel::Sms => self.phone.as_str(),
            Channel::Hall => self.hall_id.as_deref().unwrap_or(self.number.as_str()),
            Channel::Wecom => self.wecom_id.as_deref().unwrap_or(self.number.as_str()),
        }
    }
}
