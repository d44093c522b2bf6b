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

/// Of a directory that names itself whole: whether so many of those who stood in it before are missing that the file was cut short,
/// rather than that they left.
#[must_use]
pub const fn looks_cut_short(before: usize, missing: usize) -> bool {
    missing > 5 && missing.saturating_mul(10) > before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_may_leave_at_once_and_five_of_a_small_house() {
        for (before, missing, cut) in [
            (0, 0, false),
            (6, 5, false),
            (6, 6, true),
            (60, 6, false),
            (60, 7, true),
            (5000, 500, false),
            (5000, 501, true),
        ] {
            assert_eq!(looks_cut_short(before, missing), cut, "{missing} of {before}");
        }
    }
}
