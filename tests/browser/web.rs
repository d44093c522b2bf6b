//! `web screens DIR` photographs every page; `web paint` measures how soon something stands on it over a slow network.
//!
//! Neither judges: pictures are for people to look at, and times are figures of the machine they were taken on.

use std::{fs, path::PathBuf};

use browsing::{
    browser::Browser,
    device::{Device, Screen},
    eyes::Theme,
    sights::{Sight, Sights},
    town::Town,
};
use clap::{Parser, Subcommand};
use serde_json::json;
use world::Trouble;

#[derive(Parser)]
#[command(about = "The pages in a real browser, for people to look at")]
struct Asked {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Every page in both languages, on a phone, also in the elder version, and a desk, by day and by night
    Screens { folder: PathBuf },
    /// First contentful paint over slowed networks, from the browser's own record
    Paint {
        /// How often each page is opened
        #[arg(long, default_value_t = 5)]
        times: usize,
    },
}

#[tokio::main]
async fn main() -> Result<(), Trouble> {
    match Asked::parse().command {
        Command::Screens { folder } => screens(folder).await,
        Command::Paint { times } => paint(times).await,
    }
}

async fn screens(folder: PathBuf) -> Result<(), Trouble> {
    fs::create_dir_all(&folder)?;
    let first = Town::apart().await?;
    let phones = Browser::two(&first, Device::phone()).await?;
    let desktops = Browser::two(&first, Device::desktop()).await?;
    let elders = Browser::two(&first, Device::phone()).await?;
    for phone in &elders {
        phone.goes_to("/?elder=yes").await?;
    }
    let sights = Sights::laid_out(first).await?;
    for tomorrow in [false, true] {
        let watched = [
            (&phones, "zh", ""),
            (&phones, "en", ""),
            (&desktops, "zh", ""),
            (&desktops, "en", ""),
            (&elders, "zh", "-elder"),
            (&elders, "en", "-elder"),
        ];
        for (browsers, lang, version) in watched {
            for browser in browsers {
                browser.goes_to(&format!("/privacy?lang={lang}")).await?;
            }
            let shoot = async |browser: &Browser, sight: &Sight| {
                for theme in Theme::BOTH {
                    browser.wears(theme).await?;
                    let (screen, theme) = (browser.screen.name(), theme.name());
                    let name = format!("{}{version}-{lang}-{screen}-{theme}.png", sight.name);
                    fs::write(folder.join(name), browser.photograph_whole().await?)?;
                }
                Ok(())
            };
            if tomorrow {
                sights.walked_past_tomorrow(browsers, &shoot).await?;
            } else {
                sights.walked_past(browsers, &shoot).await?;
            }
        }
    }
    Ok(())
}

/// As Chromium's own tools name them: round trip in ms, kbit/s both ways.
const NETWORKS: [(&str, u32, u32); 2] = [("slow 3G", 400, 400), ("fast 3G", 150, 1_600)];

const PAINTED: &str = "const done = arguments[0];
    const look = () => {
        const [paint] = performance.getEntriesByName('first-contentful-paint');
        if (paint) done(Math.round(paint.startTime)); else setTimeout(look, 20);
    };
    look();";

const MEASURED: [&str; 6] = ["start", "sign-in", "book", "booking-waiting", "review", "pass"];

#[expect(clippy::print_stdout, reason = "the figures are what this is for")]
async fn paint(times: usize) -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let phone = Browser::open(&town, Device::of(Screen::Phone)).await?;
    let sights = Sights::laid_out(town).await?;
    println!(
        "First contentful paint in ms, as the browser recorded it: median and worst of {times} visits, nothing cached."
    );
    println!("Loopback behind the browser's own slow network, without TLS's two round trips.");
    for (network, round_trip_ms, kilobits) in NETWORKS {
        println!("\n{network} ({round_trip_ms} ms, {kilobits} kbit/s)");
        for sight in sights.all.iter().filter(|sight| MEASURED.contains(&sight.name)) {
            sights.opens(&phone, sight).await?;
            phone.is_slowed_to(round_trip_ms, kilobits * 125).await?;
            let mut taken = Vec::new();
            for _ in 0..times {
                phone.reloads().await?;
                taken.extend(phone.runs_to_the_end(PAINTED, json!([])).await?.as_u64());
            }
            phone.is_slowed_to(0, u32::MAX / 8).await?;
            taken.sort_unstable();
            let (median, worst) = (taken.get(taken.len() / 2), taken.last());
            println!("  {:<16}{:>6}{:>8}", sight.name, median.unwrap_or(&0), worst.unwrap_or(&0));
        }
    }
    Ok(())
}
