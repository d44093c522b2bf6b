//! What the guard can press now, and the short list of reasons behind two of the keys.
//!
//! Function keys, because a keyboard-wedge scanner types letters, digits and Enter. A key counts only once its panel has settled:
//! a press meant for the last visitor must not let the next one in. And it names the visitor it was meant for, since the gate may
//! see the next one before the press.
//!
//! While a reason is looked for, the panel is held: it must not go before the guard has finished writing.

use egui::{Event, Key, Rect, Ui, pos2, vec2};
use shared::{
    entry::{GuardReason, Outcome, Remark},
    verdict::{RefuseReason, Verdict},
};

use super::{
    command::Command,
    settling::Settling,
    snapshot::{CaseNumber, Panel},
    theme::{self, Field, Type},
    words::{self, Language, Words},
};

pub(super) const HEIGHT: f32 = 84.0;

const GAP: f32 = 10.0;

/// Which keys do something to this panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Offered {
    let_in: bool,
    let_in_noting: bool,
    send_away: bool,
    next: bool,
}

impl Offered {
    fn by(panel: &Panel) -> Self {
        let Panel::Shown(shown) = panel else { return Self::default() };
        let next = Self { next: true, ..Self::default() };
        match (&shown.outcome, &shown.verdict) {
            (None, Verdict::Ask(_)) => Self { let_in: true, let_in_noting: true, send_away: true, next: false },
            (None, Verdict::Admit) => Self::default(),
            // What cannot be written down cannot be overridden: the paper log is the way.
            (_, Verdict::Refuse(RefuseReason::NotRecorded)) | (Some(Outcome::SentAway { .. }), _) => next,
            // Admitted by the code, stopped by the guard: the card is somebody else's.
            (Some(Outcome::Passed | Outcome::LetIn { .. }), _) => Self { send_away: true, ..next },
            (Some(Outcome::Refused | Outcome::Unanswered | Outcome::Corrected { .. }) | None, _) => {
                Self { let_in_noting: true, ..next }
            }
        }
    }
}

/// The question the guard has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    WhyLetIn,
    WhySendAway,
}

impl Asking {
    fn reasons(self) -> [GuardReason; 3] {
        match self {
            Self::WhyLetIn => [GuardReason::HostCalled, GuardReason::OfficeCalled, GuardReason::CardChecked],
            Self::WhySendAway => [GuardReason::CardDiffers, GuardReason::HostCalled, GuardReason::OfficeCalled],
        }
    }

    fn with(self, case: CaseNumber, reason: GuardReason) -> Command {
        match self {
            Self::WhyLetIn => Command::LetIn { case, reason },
            Self::WhySendAway => Command::SendAway { case, reason },
        }
    }

    const fn title(self, words: &Words) -> &'static str {
        match self {
            Self::WhyLetIn => words.why_let_in,
            Self::WhySendAway => words.why_send_away,
        }
    }
}

/// What the guard did about the open question in this frame.
enum Step {
    Busy,
    Chose(GuardReason),
}

/// The guard's side of the window: it forgets everything when the panel changes.
#[derive(Debug, Default)]
pub(super) struct Actions {
    shown: Settling<Subject>,
    asking: Option<Asking>,
    /// What is being written as another reason.
    writing: Option<String>,
}

impl Actions {
    /// The keys into `place`; the reasons, when asked for, over `reasons`.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        reasons: Rect,
        panel: &Panel,
        language: Language,
    ) -> Option<Command> {
        let offered = self.offered(ui, panel);
        let words = language.words();
        let palette = theme::of(ui);
        let width = (place.width() - 3.0 * GAP) / 4.0;
        let mut left = place.left();
        let mut pressed = |key: Key, name: &str, text: &str, offered: bool, fill| {
            let button = Rect::from_min_size(pos2(left, place.top()), vec2(width, place.height()));
            left += width + GAP;
            let clicked = theme::key_button(ui, button, name, text, offered.then_some(fill));
            let typed = struck(ui, key) && self.shown.was_over_at(ui, key);
            offered && (clicked || typed)
        };
        let let_in = pressed(Key::F1, "F1", words.key_let_in, offered.let_in, theme::GREEN);
        let noting = pressed(Key::F2, "F2", words.key_let_in_noting, offered.let_in_noting, palette.card);
        let send_away = pressed(Key::F3, "F3", words.key_send_away, offered.send_away, theme::RED);
        let leave_or_next = offered.next || self.asking.is_some();
        let text = if self.asking.is_some() { words.back } else { words.key_next };
        let next = pressed(Key::Escape, "Esc", text, leave_or_next, palette.card);

        let case = self.shown.subject()?.case;
        if let_in {
            self.close();
            return Some(Command::LetIn { case, reason: GuardReason::CardChecked });
        }
        if noting {
            self.asking = Some(Asking::WhyLetIn);
            self.writing = None;
        }
        if send_away {
            self.asking = Some(Asking::WhySendAway);
            self.writing = None;
        }
        if next {
            return if self.asking.is_some() {
                self.close();
                Some(Command::LetGo { case })
            } else {
                Some(Command::Dismiss { case })
            };
        }
        let asking = self.asking?;
        match self.choose(ui, reasons, asking, language) {
            Some(Step::Chose(reason)) => {
                self.close();
                Some(asking.with(case, reason))
            }
            Some(Step::Busy) => Some(Command::Hold { case }),
            None => (noting || send_away).then_some(Command::Hold { case }),
        }
    }

    fn offered(&mut self, ui: &Ui, panel: &Panel) -> Offered {
        if self.shown.follow(ui, Subject::of(panel)) {
            self.close();
        }
        let offered = Offered::by(panel);
        if offered == Offered::default() || self.shown.is_over(ui) { offered } else { Offered::default() }
    }

    fn choose(&mut self, ui: &mut Ui, place: Rect, asking: Asking, language: Language) -> Option<Step> {
        let words = language.words();
        let palette = theme::of(ui);
        theme::card(ui, place);
        let inner = place.shrink2(vec2(20.0, 12.0));
        let (title, options) = inner.split_top_bottom_at_y(inner.top() + 52.0);
        theme::told(ui, title, asking.title(words), Type::new(32.0, palette.ink).bold());
        let row = |index: f32| {
            let top = options.top() + index * (56.0 + GAP);
            Rect::from_min_size(pos2(options.left(), top), vec2(options.width(), 56.0))
        };
        if let Some(text) = &mut self.writing {
            return write_reason(ui, row(0.0), row(1.0), text, words);
        }
        let keys = [(0.0, Key::Num1, "1"), (1.0, Key::Num2, "2"), (2.0, Key::Num3, "3")];
        for (reason, (index, key, name)) in asking.reasons().into_iter().zip(keys) {
            let text = format!("{name}　{}", words::guard_reason(language, &reason));
            let clicked = theme::key_button(ui, row(index), "", &text, Some(palette.paper));
            if clicked || struck(ui, key) {
                return Some(Step::Chose(reason));
            }
        }
        let text = format!("4　{}", words.other_reason);
        let clicked = theme::key_button(ui, row(3.0), "", &text, Some(palette.paper));
        if clicked || struck(ui, Key::Num4) {
            self.writing = Some(String::new());
            return Some(Step::Busy);
        }
        None
    }

    /// The guard is choosing or writing a reason: other keys are not for the visitor.
    #[must_use]
    pub(super) const fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    fn close(&mut self) {
        self.asking = None;
        self.writing = None;
    }
}

fn write_reason(ui: &mut Ui, field: Rect, confirm: Rect, text: &mut String, words: &Words) -> Option<Step> {
    // One line that is not too long and is refused all the same holds a number or a code.
    let fault = (!text.trim().is_empty() && Remark::parse(text).is_none()).then_some(words.other_reason_fault);
    let look = Field { most: Remark::MAX_CHARS, size: 28.0, fault, ..Field::new("", words.other_reason_hint) };
    let place = field.with_max_y(field.bottom() + 22.0);
    let response = theme::field(ui, place, egui::Id::unique("another reason"), text, look);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !entered {
        response.request_focus();
    }
    let written = Remark::parse(text);
    let fill = written.is_some().then_some(theme::AMBER);
    let clicked = theme::key_button(ui, confirm, "", words.confirm, fill);
    if let Some(text) = written.filter(|_| clicked || entered) {
        return Some(Step::Chose(GuardReason::Other { text }));
    }
    response.changed().then_some(Step::Busy)
}

/// Whether the key has just gone down. A key that is held down repeats itself and would decide on one visitor after another.
pub(super) fn struck(ui: &Ui, wanted: Key) -> bool {
    let down = |event: &Event| {
        matches!(event, Event::Key { key, pressed: true, repeat: false, modifiers, .. }
            if *key == wanted && modifiers.is_none())
    };
    ui.input(|input| input.events.iter().any(down))
}

/// Whom the panel shows and how far it has come, without what only counts down.
#[derive(Debug, PartialEq, Eq)]
struct Subject {
    case: CaseNumber,
    verdict: Verdict,
    outcome: Option<Outcome>,
}

impl Subject {
    fn of(panel: &Panel) -> Option<Self> {
        let Panel::Shown(shown) = panel else { return None };
        Some(Self { case: shown.case, verdict: shown.verdict.clone(), outcome: shown.outcome.clone() })
    }
}
