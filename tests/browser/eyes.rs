//! What a browser shows and what it asked the network for.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use world::{Trouble, terminal};

use crate::{browser::Browser, device::Screen};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub const BOTH: [Self; 2] = [Self::Light, Self::Dark];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// What the screen shows, as a PNG file.
    pub async fn photograph(&self) -> Result<Vec<u8>, Trouble> {
        picture(&self.session.ask("screenshot").await?)
    }

    /// The whole page, however long.
    pub async fn photograph_whole(&self) -> Result<Vec<u8>, Trouble> {
        let height = self.runs("return document.documentElement.scrollHeight", json!([])).await?;
        let clip = json!({"x": 0, "y": 0, "width": self.screen.size().0, "height": height, "scale": 1});
        let how = json!({"captureBeyondViewport": true, "clip": clip});
        let shot = self.session.tell_chromium("Page.captureScreenshot", how).await?;
        picture(shot.get("data").unwrap_or(&Value::Null))
    }

    /// What the gate's own reader finds on the screen.
    pub async fn code_on_the_screen(&self) -> Result<String, Trouble> {
        terminal::read(&self.photograph().await?)
    }

    /// What it downloads.
    pub async fn keeps_files_in(&self, folder: &Path) -> Result<(), Trouble> {
        let how = json!({"behavior": "allow", "downloadPath": folder});
        self.session.tell_chromium("Browser.setDownloadBehavior", how).await.map(drop)
    }

    /// Until it is told otherwise, in points.
    pub async fn is_as_wide_as(&self, width: u32) -> Result<(), Trouble> {
        let (_, height) = self.screen.size();
        let (scale, mobile) = match self.screen {
            Screen::Phone => (2, true),
            Screen::Desktop => (1, false),
        };
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.session.tell_chromium("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    /// From now on; and nothing moves, so that a colour is looked at when it has come to rest.
    pub async fn wears(&self, theme: Theme) -> Result<(), Trouble> {
        let features = json!([
            {"name": "prefers-color-scheme", "value": theme.name()},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.session.tell_chromium("Emulation.setEmulatedMedia", json!({"features": features})).await.map(drop)
    }

    /// As it would come out of a printer.
    pub async fn is_printed(&self) -> Result<(), Trouble> {
        self.session.tell_chromium("Emulation.setEmulatedMedia", json!({"media": "print"})).await.map(drop)
    }

    /// As the network of the given round trip and rate would have it; nothing is kept from page to page.
    pub async fn is_slowed_to(&self, round_trip_ms: u32, bytes_a_second: u32) -> Result<(), Trouble> {
        let conditions = json!({
            "offline": false,
            "latency": round_trip_ms,
            "download_throughput": bytes_a_second,
            "upload_throughput": bytes_a_second,
        });
        self.session.tell("chromium/network_conditions", json!({"network_conditions": conditions})).await?;
        self.keeps_nothing().await
    }

    pub async fn keeps_nothing(&self) -> Result<(), Trouble> {
        self.session.tell_chromium("Network.setCacheDisabled", json!({"cacheDisabled": true})).await.map(drop)
    }

    /// Everything asked for since the last call, in order.
    pub async fn asked_for(&self) -> Result<Vec<Asked>, Trouble> {
        let log = self.session.tell("se/log", json!({"type": "performance"})).await?;
        let lines = log.as_array().into_iter().flatten().filter_map(|line| line.get("message")?.as_str());
        let asked = lines.filter_map(|line| Asked::of(&serde_json::from_str(line).ok()?));
        // The signs on a date's field are the browser's own and come from nowhere.
        Ok(asked.filter(|asked| !asked.url.starts_with("data:")).collect())
    }
}

/// One request, as the browser wrote it down.
#[derive(Debug)]
pub struct Asked {
    pub url: String,
    /// `Document`, `Stylesheet`, `Image` …
    pub kind: String,
}

impl Asked {
    fn of(event: &Value) -> Option<Self> {
        let text = |place: &str| event.pointer(place).and_then(Value::as_str).map(str::to_owned);
        (text("/message/method")? == "Network.requestWillBeSent").then_some(())?;
        Some(Self { url: text("/message/params/request/url")?, kind: text("/message/params/type").unwrap_or_default() })
    }
}

fn picture(value: &Value) -> Result<Vec<u8>, Trouble> {
    BASE64.decode(value.as_str().unwrap_or_default()).map_err(|error| Trouble::NotHeld(error.to_string()))
}
