//! On what somebody reads the pages: a phone inside WeChat, or a desk.

use serde_json::{Value, json};

/// Of a common Android phone, as WeChat's own browser says it.
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 13; V2171A Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like \
                      Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 \
                      MMWEBID/7777 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI \
                      Language/zh_CN ABI/arm64";

const CHINESE: &str = "zh-CN,zh";
/// As Chromium's settings number it.
const ALLOW: u8 = 1;
const BLOCK: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 375 by 812, two pixels to the point, a finger, WeChat.
    Phone,
    /// 1280 by 800 and a mouse.
    Desktop,
}

impl Screen {
    pub const BOTH: [Self; 2] = [Self::Phone, Self::Desktop];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }

    #[must_use]
    pub const fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (375, 812),
            Self::Desktop => (1280, 800),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    pub screen: Screen,
    scripts: bool,
    languages: &'static str,
}

impl Device {
    #[must_use]
    pub const fn of(screen: Screen) -> Self {
        Self { screen, scripts: true, languages: CHINESE }
    }

    #[must_use]
    pub const fn phone() -> Self {
        Self::of(Screen::Phone)
    }

    #[must_use]
    pub const fn desktop() -> Self {
        Self::of(Screen::Desktop)
    }

    /// Scripts are turned off in its settings.
    #[must_use]
    pub const fn without_scripts(self) -> Self {
        Self { scripts: false, ..self }
    }

    /// Which languages it asks for, the dearest first.
    #[must_use]
    pub const fn speaking(self, languages: &'static str) -> Self {
        Self { languages, ..self }
    }

    /// What the driver is asked for.
    pub(crate) fn capabilities(self) -> Value {
        let (width, height) = self.screen.size();
        let arguments = [
            "--headless=new".to_owned(),
            // As root, as continuous integration runs, there is no sandbox; the pages are our own.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            // Nobody looks at any of them, and each is to be as quick as one that is looked at.
            "--disable-background-timer-throttling".to_owned(),
            "--disable-backgrounding-occluded-windows".to_owned(),
            "--disable-renderer-backgrounding".to_owned(),
            "--disable-component-update".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--accept-lang={}", self.languages),
        ];
        let scripts = if self.scripts { ALLOW } else { BLOCK };
        let preferences = json!({
            "intl.accept_languages": self.languages,
            "profile.managed_default_content_settings.javascript": scripts,
        });
        let mut options = json!({"args": arguments, "prefs": preferences});
        if let (Screen::Phone, Some(options)) = (self.screen, options.as_object_mut()) {
            // After a tap the driver waits by a timer on the page, which without scripts never rings.
            let touch = self.scripts;
            let metrics = json!({"width": width, "height": height, "pixelRatio": 2.0, "touch": touch, "mobile": true});
            options.insert("mobileEmulation".to_owned(), json!({"deviceMetrics": metrics, "userAgent": WECHAT}));
        }
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL"},
            "unhandledPromptBehavior": "ignore",
            // On a machine that is busy a page of many rows is looked through for more than the usual half minute.
            "timeouts": {"script": 110_000},
        }}})
    }
}
