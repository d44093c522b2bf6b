//! What a command works with: the settings, the store and the time.

use std::{fs::File, sync::Arc};

use shared::{
    ids::{CampusId, GateIndex},
    time::Moment,
};

use super::Failure;
use crate::{
    clock::Clock,
    config::Config,
    keys::{self, Keys},
    serve,
    store::Store,
};

pub(super) struct Office {
    pub(super) config: Config,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    /// Until the store is closed.
    _beside: File,
}

impl Office {
    pub(super) fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let identity = if config.demo {
            Keys::load_or_init(&config.data_dir, clock.now())?.identity
        } else {
            keys::load_identity(&config.data_dir)?
        };
        let beside = serve::beside(&config)?;
        serve::not_gone(&config, clock.now())?;
        let store = Store::open(&config.database(), identity)?;
        Ok(Self { config, store, clock, _beside: beside })
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// `长安校区 南门`; a gate that has left the settings keeps its numbers.
    pub(super) fn place(&self, campus: CampusId, gate: GateIndex) -> String {
        let known = self.config.campus(campus).and_then(|campus| Some((campus, campus.gate(gate)?)));
        known.map_or_else(|| format!("{campus}/{gate}"), |(campus, gate)| format!("{} {}", campus.name, gate.name))
    }

    /// Every gate of the settings, for whoever named one that is not there.
    pub(super) fn places(&self) -> String {
        let gates = self.config.campus.iter().flat_map(|campus| {
            campus
                .gate
                .iter()
                .map(|gate| format!("\n  --campus {} --gate {}  {} {}", campus.id, gate.index, campus.name, gate.name))
        });
        gates.collect()
    }
}
