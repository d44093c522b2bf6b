//! Every wrong line that can be planted in the products, and what is to find it: one list for both proofs.
//!
//! Whoever finds one again begins with that seed. The list is held against the sources, so that no line can be planted and not looked
//! for, and none looked for that is planted no more.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Fewer would be too few for a proof.
pub const AT_LEAST: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The simulation, by this seed first.
    Seed(u64),
    /// A cut of the power while a gate's store does all it can do.
    CutAtGate,
    /// The same of the server's.
    CutAtServer,
    /// The same of a gate's database and its journal together.
    CutAtJournal,
}

pub const ALL: &[(&str, By)] = &[
    ("UTC for the local day", By::Seed(1)),
    ("a clock that was turned back is believed", By::Seed(2)),
    ("a cursor that stays behind", By::Seed(1)),
    ("a fork taken for a repeat", By::Seed(11)),
    ("a jump of the clock unnoticed", By::Seed(1)),
    ("a leap of the clock is told to the gates", By::Seed(1)),
    ("a new numbering told from the old place", By::Seed(11)),
    ("a pass by anybody's hand", By::Seed(0)),
    ("a pass nobody told of", By::Seed(0)),
    ("a withdrawn terminal is heard", By::Seed(5)),
    ("answered for more than is kept", By::Seed(1)),
    ("any campus's pass", By::Seed(0)),
    ("entries not held against their head", By::Seed(6)),
    ("links not held against the beacon", By::Seed(1)),
    ("numbers of links unchecked", By::Seed(3)),
    ("old news is fresh", By::Seed(0)),
    ("old requests are answered", By::Seed(2)),
    ("other gates' entries not heard", By::Seed(0)),
    ("passes told days ahead", By::Seed(0)),
    ("plain verify", By::Seed(7)),
    ("purged before it is countersigned", By::Seed(6)),
    ("requests are answered twice", By::Seed(1)),
    ("revocations forgotten with a restart", By::Seed(1)),
    ("revocations not heard", By::Seed(1)),
    ("the age of a beacon unchecked", By::Seed(6)),
    ("the floor of the clock not kept", By::Seed(1)),
    ("the wall clock believed for ever", By::Seed(1)),
    ("the watchlist not asked", By::Seed(4)),
    ("what is held already is not known again", By::Seed(1)),
    ("who went in is forgotten with a restart", By::Seed(86)),
    ("a revocation not told", By::Seed(1)),
    ("a seal by anybody's hand", By::Seed(3)),
    ("another campus's news", By::Seed(5)),
    ("news acted on and not stored", By::Seed(1)),
    ("open calls not woken", By::Seed(1)),
    ("silent for a fortnight and nothing forgotten", By::Seed(6)),
    ("withdrawn and nothing forgotten", By::Seed(5)),
    ("a fork where the head is", By::Seed(100)),
    ("set aside and not kept", By::Seed(100)),
    ("an older key set is taken", By::Seed(102)),
    ("a suite may fall", By::Seed(101)),
    ("nothing is sealed anew", By::Seed(100)),
    ("a new key is an alarm", By::Seed(102)),
    ("the host's word for whoever waits", By::Seed(100)),
    ("a walk-in sent again is booked again", By::Seed(102)),
    ("a gate with NORMAL", By::CutAtGate),
    ("a server with NORMAL", By::CutAtServer),
    ("a journal that nobody syncs", By::CutAtJournal),
    ("an entry answered for and not committed", By::Seed(0)),
    ("the floor of the clock apart from its news", By::CutAtGate),
];

/// Their names, as they stand in the products.
///
/// # Errors
/// When the sources are not there.
pub fn planted() -> io::Result<BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = BTreeSet::new();
    for krate in ["shared", "gate-terminal", "sync-server"] {
        for path in sources(&root.join(krate).join("src"))? {
            let text = fs::read_to_string(path)?;
            let after = text.split("planted!(").skip(1).map(str::trim_start);
            let after = after.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
            names.extend(after.map(str::to_owned));
        }
    }
    Ok(names)
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
