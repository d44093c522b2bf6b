//! The service hall and the university's CAS, set up from the settings and the secrets beside the database.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    config::{Config, Hall, HallAdapter},
    keys::{DoorToken, SecretFault, provider_line, provider_secret},
    notify::{
        Line, Sender, Trouble,
        hall::{self, Misconfigured, Way},
    },
    sign_on::{Cas, SignOn},
    state::AppState,
};

#[derive(Debug, thiserror::Error)]
pub enum HallFault {
    #[error(transparent)]
    Settings(#[from] Misconfigured),
    #[error("notify.hall.adapter = \"{adapter}\" 缺少密钥或密钥不对。It lacks its secret, or it is wrong")]
    Secret {
        adapter: &'static str,
        #[source]
        cause: SecretFault,
    },
    #[error(
        "notify.hall.adapter = \"{adapter}\" 的密钥文件 secrets/{file} 至少要有 32 个字母或数字，不能猜到。\
         It must hold 32 letters and digits that nobody can guess"
    )]
    WeakSecret { adapter: &'static str, file: &'static str },
    #[error(transparent)]
    Line(#[from] Trouble),
}

pub(super) fn channel(state: &AppState) -> Result<Option<Box<dyn Sender>>, HallFault> {
    let Some(settings) = &state.config.notify.hall else { return Ok(None) };
    let way = Way { site: state.config.public_url.clone(), clock: state.clock.clone(), line: Line::open()? };
    Ok(Some(hall::open(settings, secret(&state.config, settings)?, way)?))
}

/// Of a hall that fetches.
pub(super) fn code(config: &Config) -> Result<Option<Arc<DoorToken>>, HallFault> {
    match &config.notify.hall {
        Some(settings) if settings.adapter == HallAdapter::Pull => {
            let Some(code) = secret(config, settings)? else { return Ok(None) };
            let file = settings.adapter.secret().unwrap_or_default();
            let weak = HallFault::WeakSecret { adapter: settings.adapter.name(), file };
            DoorToken::new(&code).map(Arc::new).map(Some).ok_or(weak)
        }
        Some(_) | None => Ok(None),
    }
}

pub(super) fn cas(config: &Config) -> Result<Option<Arc<dyn SignOn>>, HallFault> {
    let Some(settings) = &config.sign_on.cas else { return Ok(None) };
    Ok(Some(Arc::new(Cas::new(settings.clone(), Line::open()?))))
}

fn secret(config: &Config, settings: &Hall) -> Result<Option<Zeroizing<String>>, HallFault> {
    let adapter = settings.adapter;
    let read = if adapter == HallAdapter::Webhook { provider_line } else { provider_secret };
    let secret = adapter.secret().map(|name| read(&config.data_dir, name)).transpose();
    secret.map_err(|cause| HallFault::Secret { adapter: adapter.name(), cause })
}
