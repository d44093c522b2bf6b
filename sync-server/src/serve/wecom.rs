//! The WeCom app is opened with its secrets when the server starts, so that what is missing is said then and not at night.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::Config,
    keys::{SecretFault, provider_secret},
    notify::{
        Line, Trouble,
        wecom::{Wecom, WecomMisconfigured, WecomSecrets},
    },
    sign_on::{SignOn, WecomSignOn},
    store::Store,
};

/// None where nothing is set.
pub(super) fn open(config: &Config, store: &Store, clock: &Arc<dyn Clock>) -> Result<Option<Arc<Wecom>>, WecomFault> {
    let Some(settings) = config.notify.wecom.clone() else { return Ok(None) };
    let secret = |setting, name| {
        provider_secret(&config.data_dir, name).map_err(|cause| WecomFault::Secret { setting, name, cause })
    };
    let app = secret("notify.wecom", "wecom.secret")?;
    let callback = if settings.callback {
        let of = "notify.wecom.callback";
        Some((secret(of, "wecom-callback.token")?, secret(of, "wecom-callback.aes")?))
    } else {
        None
    };
    let secrets = WecomSecrets { app, callback };
    let wecom = Wecom::open(settings, &config.public_url, secrets, Line::open()?, store.clone(), clock.clone())?;
    Ok(Some(wecom))
}

/// Of staff who open a link in the app.
pub(super) fn sign_on(wecom: Option<&Arc<Wecom>>, store: &Store) -> Option<Arc<dyn SignOn>> {
    wecom.map(|app| Arc::new(WecomSignOn::new(app.clone(), store.clone())) as Arc<dyn SignOn>)
}

#[derive(Debug, thiserror::Error)]
pub enum WecomFault {
    #[error("{setting} 需要密钥文件 secrets/{name}。It needs this secret")]
    Secret {
        setting: &'static str,
        name: &'static str,
        #[source]
        cause: SecretFault,
    },
    #[error(transparent)]
    Misconfigured(#[from] WecomMisconfigured),
    #[error(transparent)]
    Line(#[from] Trouble),
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use shared::time::Moment;

    use super::*;
    use crate::{clock::SetClock, serve};

    #[tokio::test]
    async fn what_is_missing_is_said_at_start_by_its_setting() {
        let dir = tempfile::tempdir().unwrap();
        let parsed = Config::parse("[notify.wecom]\ncorp_id = 'ww01'\nagent_id = 7\ncallback = true").unwrap();
        let config = Config { data_dir: dir.path().to_owned(), demo: true, ..parsed };
        let clock = Arc::new(SetClock::at(Moment::from_unix_s(1_795_363_200)));
        let start = async || serve::open(config.clone(), clock.clone()).await.map_err(|fault| fault.to_string());
        let put = |name: &str, text: &str| {
            let path = dir.path().join("secrets").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        };
        let key = "bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc";
        for (named, file, text) in [
            (vec!["notify.wecom ", "secrets/wecom.secret"], "wecom.secret", "made-up"),
            (vec!["notify.wecom.callback", "wecom-callback.token"], "wecom-callback.token", "made-up"),
            (vec!["notify.wecom.callback", "wecom-callback.aes"], "wecom-callback.aes", &key[..40]),
            (vec!["notify.wecom.callback", "43"], "wecom-callback.aes", key),
        ] {
            let told = start().await.unwrap_err();
            assert!(named.iter().all(|word| told.contains(word)), "{told}");
            put(file, text);
        }
        let state = start().await.unwrap();
        let wecom = state.wecom.as_ref().unwrap();
        assert!(wecom.callback().is_some());
        let adapters: Vec<_> = serve::channels(&state).unwrap().iter().map(|sender| sender.about().adapter).collect();
        assert_eq!(adapters, ["wecom", "console"]);
        let printed = format!("{wecom:?}{state:?}");
        assert!(!printed.contains("made-up"), "{printed}");
    }
}
