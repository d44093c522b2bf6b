//! Every screen and verdict, drawn in both themes and sizes: no character is missing on any of them, not in the rarest names.
//!
//! With `SCREENS_DIR` set they are painted too and written there as PNG files, for people to look at: `./run screens`.

use std::path::PathBuf;

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{
    entry::{Direction, GuardReason, Outcome},
    ids::{CampusId, GateMask},
    sync::beacon::Freshness,
    time::CampusDay,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{
    Desk,
    enrolment::{Wizard, prints},
    install, made, press, settle, write,
};
use crate::ui::{
    enrolment::{EnrolProblem, EnrolStage},
    painted::Textures,
    records::{Lock, Records, ThemeChoice},
    screens::{HEIGHT, Screens},
    snapshot::{Alarm, Camera, CameraLoss, Link, Panel, Snapshot, Way},
    stopped_view, window,
    words::Language,
};

/// The monitors of gate houses.
const SIZES: [[u16; 2]; 2] = [[1280, 800], [1920, 1080]];

struct Portrait {
    name: &'static str,
    snapshot: Snapshot,
    records: Records,
    language: Language,
    /// What the guard does before it is drawn.
    led: fn(&mut Harness<'_, Desk>),
}

impl Portrait {
    fn of(name: &'static str, snapshot: Snapshot) -> Self {
        Self { name, snapshot, records: Records::default(), language: Language::Zh, led: |_| {} }
    }
}

fn portraits() -> Vec<Portrait> {
    let day = CampusDay::of(made::NOON);
    let counted = |mut snapshot: Snapshot| {
        if let Panel::Shown(shown) = &mut snapshot.panel {
            shown.count = 5;
        }
        snapshot
    };
    let offline = |mut snapshot: Snapshot| {
        snapshot.status.link = Link::Down;
        snapshot.status.freshness = Freshness::Stale;
        snapshot.status.news_as_of = Some(made::NOON.minus(chrono::TimeDelta::minutes(42)));
        snapshot.status.unsent = 17;
        snapshot
    };
    let mut blind = made::waiting();
    blind.status.camera = Camera::Lost(CameraLoss::Unplugged);
    blind.status.alarm = Some(Alarm::CursorAhead);
    let mut both = made::shown(Verdict::Admit, Some(Outcome::Passed));
    both.way = Way::Both;
    let mut waiting = made::waiting();
    waiting.walk_ins = made::walk_ins();
    let mut inside = made::waiting();
    inside.inside = Some(made::inside(30));
    let stale = Verdict::Ask(AskReason::NewsStale { since: day.at_minute(8 * 60) });
    let open = made::open_records;
    let locked = || Records { lock: Lock::Locked { retry_at: None }, ..Records::default() };
    let mut portraits = vec![
        Portrait::of("scan-waiting", waiting.clone()),
        Portrait::of("scan-admit", made::shown(Verdict::Admit, Some(Outcome::Passed))),
        Portrait::of("scan-admit-both-ways", both),
        Portrait::of("scan-admit-off-hours", {
            let admitted = made::shown(Verdict::Admit, Some(Outcome::Passed));
            Snapshot { now: day.at_minute(8 * 60), ..admitted }
        }),
        Portrait::of("scan-ask", offline(made::shown(stale.clone(), None))),
        Portrait::of("scan-ask-leaving", {
            let why = AskReason::LeavingWith { instead: RefuseReason::Revoked };
            let leaving = made::shown(Verdict::Ask(why), None);
            Snapshot { way: Way::Both, direction: Direction::Out, ..leaving }
        }),
        Portrait::of("scan-ask-by-hand", counted(made::found_by_hand())),
        Portrait::of("scan-sent-away", {
            made::shown(stale.clone(), Some(Outcome::SentAway { reason: GuardReason::CardDiffers }))
        }),
        Portrait::of("scan-unanswered", made::shown(stale.clone(), Some(Outcome::Unanswered))),
        Portrait::of("scan-long-name", {
            made::shown_to(Verdict::Admit, Some(Outcome::Passed), "阿卜杜拉·买买提江·图尔荪·𬭎䶮㼆𬀩")
        }),
        Portrait::of("scan-blind-alarm", blind),
        Portrait {
            led: |desk| press(desk, egui::Key::F2),
            ..Portrait::of("scan-why", made::shown(stale.clone(), None))
        },
        Portrait {
            led: |desk| {
                press(desk, egui::Key::F3);
                press(desk, egui::Key::Num4);
                write(desk, "证件照片与本人不符");
            },
            ..Portrait::of("scan-write-reason", made::shown(stale.clone(), None))
        },
        Portrait {
            language: Language::En,
            ..Portrait::of("scan-ask-english", offline(made::shown(stale.clone(), None)))
        },
        Portrait { led: find, ..Portrait::of("find", made::waiting()) },
        Portrait { led: |desk| press(desk, egui::Key::F4), ..Portrait::of("find-stale", offline(made::waiting())) },
        Portrait {
            led: |desk| {
                find(desk);
                let shown = made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused));
                desk.state_mut().snapshot.panel = shown.panel;
            },
            ..Portrait::of("find-somebody-scans", made::waiting())
        },
        Portrait { led: |desk| walk_in(desk, "138001380"), ..Portrait::of("walk-in", waiting.clone()) },
        Portrait {
            led: |desk| {
                walk_in(desk, "13800138000");
                press(desk, egui::Key::F2);
            },
            records: locked(),
            ..Portrait::of("walk-in-paper", offline(waiting.clone()))
        },
        Portrait {
            led: |desk| {
                press(desk, egui::Key::F5);
                press(desk, egui::Key::F1);
            },
            language: Language::En,
            ..Portrait::of("walk-in-faults-english", waiting)
        },
        Portrait {
            led: |desk| press(desk, egui::Key::F6),
            records: locked(),
            ..Portrait::of("log-locked", made::waiting())
        },
        Portrait {
            led: |desk| {
                press(desk, egui::Key::F6);
                (0..4).for_each(|_| press(desk, egui::Key::ArrowDown));
            },
            records: open(),
            ..Portrait::of("log", made::waiting())
        },
        Portrait {
            led: |desk| {
                press(desk, egui::Key::F6);
                press(desk, egui::Key::F2);
            },
            records: open(),
            ..Portrait::of("log-inside", inside)
        },
        Portrait {
            led: |desk| press(desk, egui::Key::F6),
            records: open(),
            language: Language::En,
            ..Portrait::of("log-english", made::waiting())
        },
        Portrait {
            led: |desk| press(desk, egui::Key::F7),
            records: open(),
            ..Portrait::of("settings", made::waiting())
        },
        Portrait {
            led: |desk| {
                press(desk, egui::Key::F7);
                desk.get_by_label("更改密码").click();
                settle(desk);
            },
            records: open(),
            ..Portrait::of("settings-pin", made::waiting())
        },
    ];
    portraits.extend(questions(day).map(|(name, why)| Portrait::of(name, made::shown(Verdict::Ask(why), None))));
    portraits.extend(refusals(day).map(|(name, why)| {
        let nobody = matches!(
            why,
            RefuseReason::NotOurs | RefuseReason::UnknownSuite | RefuseReason::UnknownKey | RefuseReason::BadSignature
        );
        let verdict = Verdict::Refuse(why);
        let refused = if nobody { made::shown_stranger(verdict) } else { made::shown(verdict, Some(Outcome::Refused)) };
        Portrait::of(name, refused)
    }));
    portraits
}

fn questions(day: CampusDay) -> [(&'static str, AskReason); 4] {
    let since = Some(day.minus_days(1).at_minute(8 * 60));
    [
        ("scan-ask-unknown", AskReason::UnknownToFreshNews),
        ("scan-ask-clock", AskReason::ClockUntrusted),
        ("scan-ask-expired-news", AskReason::NewsExpired { since }),
        ("scan-ask-no-news", AskReason::NewsExpired { since: None }),
    ]
}

fn refusals(day: CampusDay) -> [(&'static str, RefuseReason); 13] {
    let (at, gate) = (day.at_minute(14 * 60 + 3), made::gate(1));
    let open = GateMask::of([gate, made::gate(2)]).unwrap();
    [
        ("scan-refuse-foreign", RefuseReason::NotOurs),
        ("scan-refuse-format", RefuseReason::UnknownSuite),
        ("scan-refuse-key", RefuseReason::UnknownKey),
        ("scan-refuse-forged", RefuseReason::BadSignature),
        ("scan-refuse-campus", RefuseReason::OtherCampus { campus: CampusId::new(2) }),
        ("scan-refuse-gate", RefuseReason::WrongGate { open }),
        ("scan-refuse-tomorrow", RefuseReason::Early { from: day.plus_days(1).start() }),
        ("scan-refuse-yesterday", RefuseReason::Expired { until: day.start() }),
        ("scan-refuse-revoked", RefuseReason::Revoked),
        ("scan-refuse-watchlist", RefuseReason::Watchlist),
        ("scan-refuse-entered", RefuseReason::Inside { since: at, gate }),
        ("scan-refuse-used", RefuseReason::Used { last: at, gate }),
        ("scan-refuse-not-recorded", RefuseReason::NotRecorded),
    ]
}

fn find(desk: &mut Harness<'_, Desk>) {
    press(desk, egui::Key::F4);
    write(desk, "张𬭎");
    desk.state_mut().snapshot.found = Some(made::found("张𬭎"));
    settle(desk);
    press(desk, egui::Key::ArrowDown);
}

fn walk_in(desk: &mut Harness<'_, Desk>, phone: &str) {
    press(desk, egui::Key::F5);
    for text in ["张小𬭎", phone, made::CARD_NUMBER, "王㼆老师", "送实验样品", "陕A12345"] {
        write(desk, text);
        press(desk, egui::Key::Enter);
    }
}

#[test]
fn every_screen_can_be_drawn_by_day() {
    draw_all(ThemeChoice::Light);
}

#[test]
fn every_screen_can_be_drawn_by_night() {
    draw_all(ThemeChoice::Dark);
}

fn draw_all(theme: ThemeChoice) {
    for Portrait { name, snapshot, mut records, language, led } in portraits() {
        records.settings.theme = theme;
        let desk = || Desk {
            screens: Screens::new(language),
            records: records.clone(),
            picture: Some(made::scene(1)),
            ..Desk::of(snapshot.clone())
        };
        each_size(name, theme, |builder| {
            let mut harness = builder.build_ui_state(Desk::draw, desk());
            settle(&mut harness);
            led(&mut harness);
            settle(&mut harness);
            harness
        });
    }
}

#[test]
fn the_wizard_can_be_drawn() {
    let stages = [
        ("enrol-typing", EnrolStage::Typing { problem: None }),
        ("enrol-problem", EnrolStage::Typing { problem: Some(EnrolProblem::OtherRoot { terminal: "7".into() }) }),
        ("enrol-comparing", EnrolStage::Comparing(prints())),
        ("enrol-done", EnrolStage::Done(prints())),
    ];
    for (name, stage) in stages {
        for (theme, of_machine) in [(ThemeChoice::Light, egui::Theme::Light), (ThemeChoice::Dark, egui::Theme::Dark)] {
            each_size(name, theme, |builder| {
                let mut harness = builder.build_ui_state(Wizard::draw, Wizard::at(stage.clone()));
                harness.ctx.set_theme(of_machine);
                harness.run_steps(3);
                harness
            });
        }
    }
}

#[test]
fn a_gate_that_cannot_begin_can_be_drawn() {
    let why = "本机数据库用不了 the terminal's store cannot be used: /home/gate/terminal-data/terminal.sqlite3 打不开 cannot be opened: \
               磁盘满了 Error code 4874: I/O error in the shared memory";
    for (theme, of_machine) in [(ThemeChoice::Light, egui::Theme::Light), (ThemeChoice::Dark, egui::Theme::Dark)] {
        each_size("stopped", theme, |builder| {
            let mut harness = builder.build_ui_state(|ui, why| stopped_view::show(ui, why, Language::Zh), why);
            harness.ctx.set_theme(of_machine);
            harness.run_steps(3);
            harness.get_by_label("请用纸质登记，并打电话给保卫处");
            harness.get_by_label(why);
            harness
        });
    }
}

fn each_size<S>(name: &str, theme: ThemeChoice, draw: impl Fn(egui_kittest::HarnessBuilder<S>) -> Harness<'static, S>) {
    let folder = std::env::var_os("SCREENS_DIR").map(PathBuf::from);
    // What is drawn does not depend on size and theme, only how it looks does.
    let sizes = if folder.is_some() { SIZES.as_slice() } else { &SIZES[..1] };
    for [width, height] in sizes.iter().copied() {
        let pixels = egui::vec2(f32::from(width), f32::from(height));
        let scale = window::fitting_scale(pixels);
        let textures = Textures::default();
        let builder = Harness::builder()
            .with_size(pixels / scale)
            .with_pixels_per_point(scale)
            .with_theme(egui::Theme::Light)
            .renderer(textures.clone())
            .with_context_setup(install);
        let harness = draw(builder);
        let least = if name == "stopped" { 5 } else { 10 };
        assert!(harness.output().shapes.len() > least, "{name}");
        let Some(folder) = &folder else { continue };
        let primitives = harness.ctx.tessellate(harness.output().shapes.clone(), scale);
        let picture = textures.paint(&primitives, [usize::from(width), usize::from(height)], scale);
        std::fs::create_dir_all(folder).unwrap();
        let theme = if theme == ThemeChoice::Dark { "dark" } else { "light" };
        picture.save(folder.join(format!("{name}-{theme}-{width}x{height}.png"))).unwrap();
    }
}

#[test]
fn the_layout_keeps_its_height_on_both_monitors() {
    for [width, height] in SIZES {
        let scale = window::fitting_scale(egui::vec2(f32::from(width), f32::from(height)));
        assert!((f32::from(height) / scale - HEIGHT).abs() < 1.0, "{scale}");
    }
}
