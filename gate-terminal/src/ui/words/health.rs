//! The health page's texts.

use shared::time::Moment;

use crate::ui::words::Language;

words! {
    /// The health page.
    Health {
        disk: "磁盘剩余", "Disk free";
        store: "数据检查", "Store check";
        store_not_yet: "尚未检查", "not yet";
        store_sound: "完好", "sound";
        store_broken: "损坏：", "broken: ";
        camera: "摄像头", "Camera";
        frames: "每秒帧数", "Frames per second";
        reads: "每分钟识读", "Reads per minute";
        rate: "识读率", "Read rate";
        restarts: "摄像头重启", "Camera restarts";
        link: "网络", "Network";
        news: "名单更新", "List of";
        receipt: "服务器签收", "Last receipt";
        unsent: "待上传", "Unsent";
        clock: "与服务器时差", "Clock offset";
        entries: "本机记录", "Entries kept";
        passes: "本机名单", "Passes kept";
        memory: "内存", "Memory";
        running: "程序启动", "Running since";
        version: "版本", "Version";
        unknown: "未知", "unknown";
    }
}

/// How long ago, in the largest unit that says enough.
#[must_use]
pub fn ago(language: Language, then: Moment, now: Moment) -> String {
    let minutes = now.since(then).num_minutes();
    match minutes {
        ..1 => language.pick("刚刚".into(), "just now".into()),
        1..60 => language.pick(format!("{minutes} 分钟前"), format!("{minutes} min ago")),
        60..2_880 => language.pick(format!("{} 小时前", minutes / 60), format!("{} h ago", minutes / 60)),
        _ => language.pick(format!("{} 天前", minutes / 1_440), format!("{} days ago", minutes / 1_440)),
    }
}

/// Bytes as people say them.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    if bytes >= GIB { format!("{}.{} GB", bytes / GIB, bytes % GIB * 10 / GIB) } else { format!("{} MB", bytes / MIB) }
}

/// Milliseconds the server is ahead, in a unit that fits.
#[must_use]
pub fn offset(language: Language, offset_ms: i64) -> String {
    if offset_ms.abs() < 1_000 {
        language.pick("1 秒以内".into(), "within 1 s".into())
    } else {
        let seconds = offset_ms / 1_000;
        language.pick(format!("{seconds:+} 秒"), format!("{seconds:+} s"))
    }
}
