//! Keys over the years: each command on real files, read back as a server and a terminal read them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use shared::{
    identity::{LastFour, MaskedName},
    ids::{CampusId, GateMask, PassId},
    pass::{Claims, EntriesAllowed, Flags, PartySize, PassFault, Validity},
};
use tempfile::TempDir;

use super::*;
use crate::keys::{Keyring, Keys, Lookout, Rotation, secret_file};

const NOW: Moment = Moment::from_unix_s(1_795_363_200);

struct Desk {
    dir: TempDir,
    root: PathBuf,
    spare: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [root, spare] = ["root.key", "spare.key"].map(|name| dir.path().join(name));
        init(&dir.path().join("data"), &root, &spare, NOW).unwrap();
        Self { dir, root, spare }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn keys(&self) -> Keys {
        Keys::load(&self.data()).unwrap()
    }

    /// The names of the signing keys' files.
    fn secrets(&self) -> Vec<String> {
        let secrets = fs::read_dir(self.data().join("secrets")).unwrap();
        let mut names: Vec<String> = secrets.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "identity.key");
        names.sort();
        names
    }
}

fn after(days: i64) -> Moment {
    NOW.plus(TimeDelta::days(days))
}

fn claims(day: CampusDay) -> Claims {
    Claims {
        campus: CampusId::new(1),
        pass: PassId::from_bytes([1; 8]),
        validity: Validity::whole_day(day).unwrap(),
        gates: GateMask::EVERY,
        entries: EntriesAllowed::ONE,
        party: PartySize::ONE,
        flags: Flags::NONE,
        last_four: LastFour::of("1234"),
        name: MaskedName::parse("张*明").unwrap(),
    }
}

#[test]
fn what_the_old_key_sealed_up_to_the_last_moment_opens_on_its_day() {
    let desk = Desk::new();
    let mut now = after(30);
    for round in 0..6 {
        let before = desk.keys();
        rotate(&desk.data(), &desk.root, Some(u32::MAX), now).unwrap();
        let keys = desk.keys();
        keys.opened.may_follow(&before.opened).unwrap();
        // Sealed by the old key in the very moment in which the new one takes its place, for the last day that can be booked.
        let switches = now.plus(SWITCH_WITHIN);
        let last = CampusDay::of(switches).plus_days(MAX_DAYS_AHEAD);
        assert!(keys.switched(Some(0), switches.minus(TimeDelta::seconds(1))).is_none());
        let sealed = keys.signs.pass.seal(&claims(last));
        let switched = keys.switched(Some(0), switches).unwrap();
        assert_ne!(switched.signs.pass.id(), keys.signs.pass.id());
        for later in [0, 60] {
            if later > 0 {
                rotate(&desk.data(), &desk.spare, Some(u32::MAX), switches.plus(TimeDelta::days(later))).unwrap();
            }
            assert!(sealed.open(&desk.keys().opened).is_ok(), "round {round}, {later} days later");
        }
        now = now.plus(TimeDelta::days(70));
    }
    let size = desk.keys().key_set.body.len();
    assert!(size < 4_096, "old keys leave the set: {size} bytes");
    assert_eq!(desk.secrets().len(), 4, "and their secrets the disk: {:?}", desk.secrets());
}

#[test]
fn the_next_keys_sign_as_soon_as_every_gate_knows_them() {
    let desk = Desk::new();
    rotate(&desk.data(), &desk.root, Some(1), after(30)).unwrap();
    let keys = desk.keys();
    assert_eq!(keys.signs.pass.id(), KeyId::new(1));
    assert!(keys.switched(Some(1), after(31)).is_none(), "one gate is behind");
    assert_eq!(keys.switched(Some(2), after(31)).unwrap().signs.pass.id(), KeyId::new(3));
    assert_eq!(keys.switched(None, after(31)).unwrap().signs.pass.id(), KeyId::new(3), "there is no gate");
    assert_eq!(keys.rotation(after(31)), Rotation::NotYet { from: after(60) });
    assert!(matches!(rotate(&desk.data(), &desk.root, Some(1), after(31)), Err(KeysFault::StillSwitching)));
    assert_eq!(desk.keys().key_set_number, 2, "what is refused changes nothing");
}

#[test]
fn a_revoked_key_is_gone_at_once_and_its_number_never_comes_again() {
    let desk = Desk::new();
    let old = desk.keys();
    let today = CampusDay::of(NOW);
    let renewed = revoke(&desk.data(), &desk.root, &[KeyId::new(1)], None, NOW).unwrap();
    assert_eq!(renewed.made, [KeyId::new(3)]);
    let keys = desk.keys();
    assert_eq!(keys.signs.pass.id(), KeyId::new(3), "without waiting for any gate");
    assert_eq!(keys.signs.beacon_id, KeyId::new(2), "the other key is left alone");
    assert_eq!(old.signs.pass.seal(&claims(today)).open(&keys.opened), Err(PassFault::UnknownKey));
    assert!(keys.signs.pass.seal(&claims(today)).open(&keys.opened).is_ok());
    assert_eq!(desk.secrets(), ["beacon.key", "pass-3.key"]);
    revoke(&desk.data(), &desk.spare, &[KeyId::new(2), KeyId::new(3)], None, NOW).unwrap();
    let keys = desk.keys();
    assert_eq!((keys.signs.pass.id(), keys.signs.beacon_id), (KeyId::new(4), KeyId::new(5)));
    assert!(matches!(revoke(&desk.data(), &desk.root, &[KeyId::new(3)], None, NOW), Err(KeysFault::UnknownKey(_))));
    let mode = fs::metadata(desk.data().join("secrets/pass-4.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_key_revoked_in_the_middle_of_a_rotation() {
    let wants = |revoked: &[u16], held, pass, next: Option<u16>| {
        let desk = Desk::new();
        rotate(&desk.data(), &desk.root, None, after(30)).unwrap();
        let ids: Vec<KeyId> = revoked.iter().copied().map(KeyId::new).collect();
        let renewed = revoke(&desk.data(), &desk.root, &ids, Some(held), after(30)).unwrap();
        let keys = desk.keys();
        let found = (keys.signs.pass.id().get(), keys.next.map(|next| next.pass.id().get()));
        assert_eq!(found, (pass, next), "revoked {revoked:?} where gates hold {held}");
        let kept: Vec<_> = (1..=4).filter(|id| !revoked.contains(id)).map(KeyId::new).collect();
        assert_eq!(renewed.kept().collect::<Vec<_>>(), kept);
    };
    wants(&[1], 1, 3, None);
    wants(&[3], 1, 1, None);
    wants(&[1, 3], 1, 5, None);
    wants(&[1, 2, 3, 4], 1, 5, None);
    // Every gate has the next keys, so they sign, and what they follow signs no more.
    wants(&[1], 2, 3, None);
    wants(&[3], 2, 5, None);
    wants(&[3, 4], 2, 5, None);
}

#[test]
fn a_lost_root_is_replaced_by_the_spare_and_signs_nothing_more() {
    let desk = Desk::new();
    let (held, new) = (desk.keys(), desk.dir.path().join("new.key"));
    let renewed = replace_spare(&desk.data(), &desk.spare, &new, NOW).unwrap();
    assert_eq!(renewed.retired, [held.roots.root]);
    let keys = desk.keys();
    keys.opened.may_follow(&held.opened).unwrap();
    assert_eq!(
        (Some(keys.roots.root), &keys.opened),
        (held.roots.spare, &KeySet::open(&keys.key_set, held.roots).unwrap())
    );
    assert!(matches!(rotate(&desk.data(), &desk.root, None, NOW), Err(KeysFault::NoRoot { .. })));
    assert!(matches!(replace_spare(&desk.data(), &desk.root, &desk.root, NOW), Err(KeysFault::Exists { .. })));
    rotate(&desk.data(), &new, None, NOW).unwrap();
    assert_eq!(desk.keys().opened.retired(), [held.roots.root], "for good");
}

/// The file of an office of before there were spares, with the root beside it.
#[test]
fn an_office_of_one_root_gets_a_spare() {
    let desk = Desk::new();
    let place = Places::of(&desk.data()).set;
    let (file, set) = KeySetFile::read(&place).unwrap();
    let root = SigningKey::from_bytes(&secret_file::read(&desk.root).unwrap());
    let body = KeySetBody { number: 1, min_suite: 1, roots: None, retired: Vec::new(), keys: set.keys().to_vec() };
    let old = serde_json::json!({ "root": file.root, "set": Sealed::seal(&body, None, &root).unwrap() });
    fs::write(&place, old.to_string()).unwrap();
    let before = desk.keys();
    assert_eq!((before.roots.spare, before.signs.pass.id()), (None, KeyId::new(1)));
    assert_eq!(before.rotation(after(30)), Rotation::Due);
    fs::remove_file(&desk.spare).unwrap();
    let renewed = replace_spare(&desk.data(), &desk.root, &desk.spare, NOW).unwrap();
    assert!(renewed.retired.is_empty());
    desk.keys().opened.may_follow(&before.opened).unwrap();
    rotate(&desk.data(), &desk.spare, None, NOW).unwrap();
}

#[test]
fn a_running_server_takes_what_is_newer_and_only_that() {
    let desk = Desk::new();
    let ring = Keyring::new(desk.keys());
    let mut lookout = Lookout::new(&desk.data());
    let mut look = || lookout.look(&ring.now()).unwrap().map(|keys| keys.key_set_number);
    assert_eq!(look(), None);
    let place = Places::of(&desk.data()).set;
    let old = fs::read(&place).unwrap();
    rotate(&desk.data(), &desk.root, None, after(30)).unwrap();
    assert_eq!(look(), Some(2));
    ring.put(desk.keys());
    assert_eq!(look(), None);
    fs::remove_file(&place).unwrap();
    assert_eq!(look(), None, "gone for a moment");
    fs::write(&place, old).unwrap();
    assert_eq!(look(), None, "an older set is for people to look at");
}

/// As when root ran the command and somebody gives the secret to the server: the set itself is not touched by that.
#[test]
fn a_set_whose_secret_cannot_be_read_is_taken_as_soon_as_it_can() {
    let desk = Desk::new();
    let held = desk.keys();
    let mut lookout = Lookout::new(&desk.data());
    let ids = [held.signs.pass.id()];
    revoke(&desk.data(), &desk.root, &ids, None, NOW).unwrap();
    let secret = Places::of(&desk.data()).secret(desk.keys().signs.pass.id(), KeyUse::Pass);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(lookout.look(&held), Err(KeysFault::Secret(_))));
    assert!(lookout.look(&held).unwrap().is_none(), "it is said once");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(lookout.look(&held).unwrap().map(|keys| keys.key_set_number), Some(2));
}

/// The chores make the next keys sign, of a set that they read before a revocation was heard of.
#[test]
fn keys_of_an_older_set_are_not_put_in_place_of_newer_ones() {
    let desk = Desk::new();
    let (ring, older) = (Keyring::new(desk.keys()), desk.keys());
    rotate(&desk.data(), &desk.root, None, after(30)).unwrap();
    ring.put(desk.keys());
    ring.put(older);
    assert_eq!(ring.now().key_set_number, 2);
}

#[test]
fn two_who_sign_at_once_follow_each_other() {
    let desk = Desk::new();
    let (data, root) = (desk.data(), desk.root.clone());
    let first = Draft::begin(&data, &root, NOW).unwrap();
    let second = std::thread::Builder::new()
        .name("second".to_owned())
        .spawn(move || rotate(&data, &root, None, NOW).unwrap().set.number())
        .unwrap();
    assert_eq!(first.sign().unwrap().set.number(), 2);
    assert_eq!(second.join().unwrap(), 3);
}

/// Root runs the command, and the server is somebody else.
#[test]
fn secrets_and_set_belong_to_whom_their_folder_belongs() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let desk = Desk::new();
    let (data, places) = (desk.data(), Places::of(&desk.data()));
    let given = [&data, &places.secrets].map(|folder| chown(folder, Some(4242), Some(4242)).is_ok());
    rotate(&data, &desk.root, None, after(30)).unwrap();
    let file: KeySetFile = KeySetFile::read(&places.set).unwrap().0;
    let made = file.next.unwrap();
    for path in [places.set.clone(), places.secret(made.pass, KeyUse::Pass), places.secret(made.beacon, KeyUse::Beacon)]
    {
        let owner = fs::metadata(&path).unwrap();
        assert_eq!(owner.uid() == 4242 && owner.gid() == 4242, given == [true, true], "{}", path.display());
    }
}

#[test]
fn nothing_is_signed_by_a_file_that_is_no_root() {
    let desk = Desk::new();
    let stranger = desk.dir.path().join("stranger.key");
    create(&stranger, &secret().unwrap()).unwrap();
    for told in [
        rotate(&desk.data(), &stranger, None, NOW).unwrap_err(),
        revoke(&desk.data(), &stranger, &[KeyId::new(1)], None, NOW).unwrap_err(),
        replace_spare(&desk.data(), &stranger, &desk.dir.path().join("new.key"), NOW).unwrap_err(),
    ] {
        assert!(matches!(told, KeysFault::NoRoot { .. }), "{told}");
    }
    assert!(!desk.dir.path().join("new.key").exists());
    fs::set_permissions(&desk.root, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(rotate(&desk.data(), &desk.root, None, NOW), Err(KeysFault::Secret(_))));
}
