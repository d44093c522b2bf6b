//! What a decision and a pass are made with, gathered beforehand: fresh ids and tokens, the campus's gates, the office's key.
//!
//! Randomness comes in here, so that the decision itself and the transaction that keeps it need none.

use shared::ids::{CampusId, PassId};

use crate::{
    error::{AppError, Told},
    random,
    state::AppState,
    store::{HostLinks, InvitationToken, Issuing, PageToken},
};

/// The links by which a host may decide, or who stands in for them.
pub(super) fn links(state: &AppState) -> Result<HostLinks, AppError> {
    let bits: [u8; 6 * 24] = fresh()?;
    let &[sms, hall, wecom, deputy_sms, deputy_hall, deputy_wecom] = bits.as_chunks().0 else {
        return Err(AppError::told(Told::Broken));
    };
    let links = HostLinks::from_random([sms, hall, wecom], [deputy_sms, deputy_hall, deputy_wecom]);
    let links = links.made_at(state.clock.now());
    Ok(if state.config.notify.texts_hold_codes() { state.store.with_codes(links) } else { links })
}

pub(super) fn for_campus(state: &AppState, campus: CampusId) -> Result<Issuing, AppError> {
    Ok(Issuing {
        signer: state.keys.now().signs.pass.clone(),
        pass: PassId::from_bytes(fresh()?),
        page: PageToken::from_random(fresh()?),
        gates: state.config.gates(campus).ok_or(AppError::told(Told::NotFound))?,
        entries: state.config.booking.entries_per_pass,
    })
}

/// A host's invitation link.
pub(super) fn invitation() -> Result<InvitationToken, AppError> {
    Ok(InvitationToken::from_random(fresh()?))
}

fn fresh<const N: usize>() -> Result<[u8; N], AppError> {
    random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))
}
