//! The settings screen's texts.

use crate::ui::{
    records::{ThemeChoice, Tone},
    words::Language,
};

words! {
    /// The settings screen.
    Settings {
        camera: "摄像头", "Camera";
        as_configured: "按配置文件", "as configured";
        camera_none: "不使用", "none";
        unplugged: "（未插上）", "(not plugged in)";
        way: "通行方向", "Way";
        language: "语言", "Language";
        chinese: "中文", "Chinese";
        english: "English", "English";
        theme: "画面", "Theme";
        light: "浅色", "light";
        dark: "深色", "dark";
        auto: "自动（晚上深色）", "auto (dark at night)";
        kiosk: "全屏锁定", "Kiosk";
        on: "开", "on";
        off: "关", "off";
        sounds: "声音测试", "Sound test";
        tone_admit: "通行", "Pass";
        tone_ask: "核对", "Check";
        tone_refuse: "禁止", "Stop";
        picture: "摄像头画面", "Camera picture";
        reads: "识读", "Reads";
        health: "运行状况", "Health";
        pin: "更改密码", "Change the PIN";
        pin_old: "现在的密码", "The present PIN";
        pin_new: "新密码", "The new PIN";
        check_store: "检查数据", "Check the store";
        lock: "锁定", "Lock";
        end: "退出程序", "End the program";
        end_sure: "再按一次退出", "Press again to end";
        how: "用 Tab 选择，← → 更改，改后立即生效", "Tab moves, the arrow keys change; it holds at once";
    }
}

impl Settings {
    #[must_use]
    pub const fn theme_name(&self, theme: ThemeChoice) -> &'static str {
        match theme {
            ThemeChoice::Light => self.light,
            ThemeChoice::Dark => self.dark,
            ThemeChoice::Auto => self.auto,
        }
    }

    #[must_use]
    pub const fn tone(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Admit => self.tone_admit,
            Tone::Ask => self.tone_ask,
            Tone::Refuse => self.tone_refuse,
        }
    }
}

/// What is kept, and what a guard has switched to meanwhile.
#[must_use]
pub fn kept_and_now(language: Language, kept: &str, now: &str) -> String {
    if kept == now {
        return kept.to_owned();
    }
    language.pick(format!("{kept}（现为{now}）"), format!("{kept} (now {now})"))
}
