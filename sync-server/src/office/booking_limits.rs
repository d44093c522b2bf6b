//! How often one person may book, and name somebody whom the directory does not know. Without it, a form that says whether its
//! host was found would read out the whole directory to who has an evening.

use super::Limit;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingLimits {
    /// By a visitor's phone.
    pub per_phone: Limit,
    /// By a host's phone, for visitors.
    pub on_behalf_per_phone: Limit,
    /// Hosts asked for who were not found.
    pub unknown_hosts_per_phone: Limit,
    pub unknown_hosts_per_address: Limit,
    /// Visitors without a booking whom the guards of one terminal ask for.
    pub walk_ins_per_terminal: Limit,
    pub unknown_hosts_per_terminal: Limit,
}
