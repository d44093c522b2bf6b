//! A keyboard at the monitor, whose keys reach the window as the system sends them: each one down and up, Shift on its own.
//!
//! A keyboard-wedge scanner is one that types fast. What egui makes of real keys is not what a story in egui's own words
//! expects, so passes are typed here, too.

use std::{error::Error, io, thread, time::Duration};

use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        xproto::{ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::{Trouble, monitor::Monitor};

/// From one key to the next, as scanners do.
const SCANNER_PACE: Duration = Duration::from_millis(4);

/// How long a hand holds a key down.
const HELD: Duration = Duration::from_millis(80);

const ENTER: u32 = 0xff0d;
const F1: u32 = 0xffbe;
const SHIFT: u32 = 0xffe1;

#[derive(Debug)]
pub struct Keyboard {
    screen: RustConnection,
    root: u32,
    /// Which key writes a sign, and whether with Shift.
    keys: Vec<(u32, u8, bool)>,
}

impl Keyboard {
    /// What is typed goes to the window that is open there: no window manager stands by to say so.
    pub fn at(monitor: &Monitor) -> Result<Self, Trouble> {
        let (screen, number) = RustConnection::connect(Some(monitor.display())).map_err(broken)?;
        let setup = screen.setup();
        let root = setup.roots.get(number).map(|root| root.root).ok_or_else(|| broken("no screen"))?;
        let windows = screen.query_tree(root).map_err(broken)?.reply().map_err(broken)?.children;
        let window = windows.last().copied().ok_or_else(|| broken("no window"))?;
        screen
            .set_input_focus(InputFocus::POINTER_ROOT, window, CURRENT_TIME)
            .map_err(broken)?
            .check()
            .map_err(broken)?;
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let asked = screen.get_keyboard_mapping(first, last - first + 1).map_err(broken)?;
        let mapping = asked.reply().map_err(broken)?;
        let rows = mapping.keysyms.chunks(usize::from(mapping.keysyms_per_keycode).max(1));
        let keys = (first..=last).zip(rows).flat_map(|(key, signs)| {
            let of = move |column: usize| signs.get(column).map(|sign| (*sign, key, column == 1));
            [of(0), of(1)].into_iter().flatten()
        });
        let keys = keys.collect();
        Ok(Self { screen, root, keys })
    }

    /// As a keyboard-wedge scanner, with an Enter behind it.
    pub fn scans(&self, text: &str) -> Result<(), Trouble> {
        for sign in text.chars().map(u32::from).chain([ENTER]) {
            let (key, shifted) = self.key(sign)?;
            let shift = self.key(SHIFT)?.0;
            if shifted {
                self.send(KEY_PRESS_EVENT, shift)?;
            }
            self.send(KEY_PRESS_EVENT, key)?;
            self.send(KEY_RELEASE_EVENT, key)?;
            if shifted {
                self.send(KEY_RELEASE_EVENT, shift)?;
            }
            thread::sleep(SCANNER_PACE);
        }
        Ok(())
    }

    /// As a hand: F1 to F12.
    pub fn presses_f(&self, number: u32) -> Result<(), Trouble> {
        let (key, _) = self.key(F1 + number - 1)?;
        self.send(KEY_PRESS_EVENT, key)?;
        thread::sleep(HELD);
        self.send(KEY_RELEASE_EVENT, key)
    }

    fn key(&self, sign: u32) -> Result<(u8, bool), Trouble> {
        let found = self.keys.iter().find(|(written, ..)| *written == sign);
        found.map(|(_, key, shifted)| (*key, *shifted)).ok_or_else(|| broken(format!("no key for {sign:#x}")))
    }

    fn send(&self, what: u8, key: u8) -> Result<(), Trouble> {
        self.screen.xtest_fake_input(what, key, 0, self.root, 0, 0, 0).map_err(broken)?;
        self.screen.flush().map_err(broken)
    }
}

fn broken(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Trouble {
    Trouble::Io(io::Error::other(cause))
}
