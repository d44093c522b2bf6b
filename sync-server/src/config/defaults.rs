//! What holds where nothing is set: enough for a walk through the whole office on one machine.

use std::{net::SocketAddr, path::PathBuf};

use shared::{
    ids::{CampusId, GateIndex},
    pass::EntriesAllowed,
};

use super::{
    BookingSettings, Campus, Colour, Config, Gate, Log, Notify, Office, SignIn, SignOnSettings, SyncSettings,
    University,
};
use crate::office::{CompanionDocuments, Retention, TimeOfDay};

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8460)),
            public_url: "http://127.0.0.1:8460".to_owned(),
            data_dir: PathBuf::from("./data"),
            demo: false,
            behind_proxy: false,
            university: University::default(),
            campus: vec![
                Campus::new(
                    1,
                    "长安校区",
                    "Chang'an Campus",
                    &[("南门", "South Gate"), ("东门", "East Gate"), ("北门", "North Gate")],
                ),
                Campus::new(2, "雁塔校区", "Yanta Campus", &[("南门", "South Gate"), ("北门", "North Gate")]),
            ],
            booking: BookingSettings::default(),
            sign_in: SignIn::default(),
            sign_on: SignOnSettings::default(),
            notify: Notify::default(),
            sync: SyncSettings::default(),
            retention: Retention::default(),
            backup: None,
            log: Log::default(),
        }
    }
}

impl Campus {
    fn new(id: u16, name: &str, name_en: &str, gates: &[(&str, &str)]) -> Self {
        let gate = |(index, (name, name_en)): (u8, &(&str, &str))| {
            Some(Gate { index: GateIndex::new(index)?, name: (*name).to_owned(), name_en: (*name_en).to_owned() })
        };
        let gate = (0..).zip(gates).filter_map(gate).collect();
        Self { id: CampusId::new(id), name: name.to_owned(), name_en: name_en.to_owned(), gate }
    }
}

impl Default for University {
    fn default() -> Self {
        Self {
            name: "某某大学".to_owned(),
            name_en: "University".to_owned(),
            seal: None,
            accent: Colour::new(0x0a, 0x55, 0x70),
            accent_dark: Colour::new(0x07, 0x3f, 0x54),
        }
    }
}

impl Default for BookingSettings {
    fn default() -> Self {
        let at = |hour| TimeOfDay::of(hour, 0);
        let office = |name: &str, name_en: &str, phone: &str| Office {
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            phone: phone.to_owned(),
        };
        Self {
            horizon_days: 14,
            opens: at(7).unwrap_or(TimeOfDay::MIDNIGHT),
            closes: at(22).unwrap_or(TimeOfDay::DAY_END),
            max_companions: 9,
            max_vehicles: 3,
            companion_documents: CompanionDocuments::No,
            entries_per_pass: EntriesAllowed::ONE,
            per_phone_day: 20,
            on_behalf_per_phone_day: 100,
            unknown_hosts_per_phone_day: 10,
            unknown_hosts_per_address_hour: 60,
            walk_ins_per_terminal_hour: 60,
            unknown_hosts_per_terminal_hour: 30,
            group_office: office("学校办公室", "the University Office", "029-8846-0000"),
            residents_office: office("后勤保障部社区办公室", "the Residents' Office", "029-8846-0001"),
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            code_minutes: 5,
            attempts: 5,
            per_phone_minute: 1,
            per_phone_hour: 5,
            per_phone_day: 10,
            unused_per_address: 6,
            unused_per_network: 12,
            per_minute: 150,
            per_hour: 3000,
            per_day: 6000,
            session_days: 30,
            session_idle_days: 7,
            foreign: false,
        }
    }
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self { beacon_valid_s: 300, hold_s: 25 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), json: false }
    }
}
