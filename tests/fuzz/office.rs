//! What reaches the office past its doors: settings, the staff directory, what CAS answers, what WeCom puts into an envelope, and
//! the form of a booking.

use std::sync::LazyLock;

use aes::{
    Aes256,
    cipher::{Array, BlockModeEncrypt as _, KeyIvInit as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};
use shared::time::{CampusDay, Moment};
use sync_server::{
    commands::staff_in,
    config::Config,
    notify::wecom::{Envelope, NotOpened, Proof},
    office::{ApprovalCode, BookingForm, Reason, Rules, TimeOfDay},
    sign_on::CasAnswer,
};

use crate::{chosen, text};

pub(crate) fn look(bytes: &[u8]) {
    let Some((reader, bytes)) = chosen(bytes, 7) else { return };
    match reader {
        0 => drop(text(bytes).map(Config::parse)),
        1 => directory(bytes),
        2 => cas(bytes),
        3 => envelope(bytes),
        4 => sealed_by_wecom(bytes),
        5 => form(bytes),
        _ => words(bytes),
    }
}

/// What was read is written by the plainest writer there is, and read again.
fn directory(bytes: &[u8]) {
    let Ok(staff) = staff_in(bytes) else { return };
    let mut csv = "number,name,department,phone,wecom,hall\n".to_owned();
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    for one in &staff {
        let cells = [
            one.number.as_str(),
            one.name.as_str(),
            &one.department,
            one.phone.as_str(),
            one.wecom_id.as_deref().unwrap_or_default(),
            one.hall_id.as_deref().unwrap_or_default(),
        ];
        csv.push_str(&cells.map(quoted).join(","));
        csv.push('\n');
    }
    assert_eq!(staff_in(csv.as_bytes()).expect("what was written is read"), staff, "{csv}");
}

fn cas(bytes: &[u8]) {
    match CasAnswer::read(bytes) {
        Ok(CasAnswer::Is(person)) => {
            assert!(!person.user.is_empty());
            let said: usize = person.attributes.iter().map(|(_, value)| value.len()).sum();
            // A number may be written shorter than it is read: 1e15.
            assert!(person.user.len() + said <= 8 * bytes.len(), "{} bytes expanded to {said}", bytes.len());
        }
        Ok(CasAnswer::IsNot { code }) => assert!(code.len() <= bytes.len()),
        Err(_) => {}
    }
}

const TOKEN: &str = "made-up-token";
const AES: &str = "bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc";
const CORP: &str = "ww0123456789abcdef";
const KEY: &[u8; 32] = b"made-up-key-of-32-bytes-01234567";

static ENVELOPE: LazyLock<Envelope> =
    LazyLock::new(|| Envelope::new(TOKEN.to_owned().into(), AES, CORP).expect("a key of 43 characters"));

fn opened(sealed: &str) -> Result<String, NotOpened> {
    let mut parts = [TOKEN, "1795363200", "nonce", sealed];
    parts.sort_unstable();
    let hash = parts.into_iter().fold(Sha1::new(), |hash, part| hash.chain_update(part)).finalize();
    let signature: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = Proof { signature: &signature, timestamp: "1795363201", nonce: "nonce" };
    assert_eq!(ENVELOPE.open(other, sealed), Err(NotOpened::Signature), "of another second, and believed");
    ENVELOPE.open(Proof { signature: &signature, timestamp: "1795363200", nonce: "nonce" }, sealed)
}

fn envelope(bytes: &[u8]) {
    let Some(sealed) = text(bytes) else { return };
    if let Ok(inside) = opened(sealed) {
        assert!(inside.len() <= bytes.len());
    }
}

/// Whatever stands inside, encrypted as WeCom does it: the lengths and the padding are the input's own.
fn sealed_by_wecom(bytes: &[u8]) {
    let mut sealed = bytes.to_vec();
    sealed.resize(bytes.len().next_multiple_of(16), 16);
    let iv: [u8; 16] = KEY.first_chunk().copied().expect("32 are more than 16");
    let mut cipher = cbc::Encryptor::<Aes256>::new(&Array::from(*KEY), &Array::from(iv));
    for block in sealed.chunks_exact_mut(16) {
        cipher.encrypt_block(block.try_into().expect("16 bytes"));
    }
    let Ok(inside) = opened(&STANDARD.encode(sealed)) else { return };
    let length = u32::try_from(inside.len()).expect("short").to_be_bytes();
    let said = [&length, inside.as_bytes(), CORP.as_bytes()].concat();
    assert_eq!(bytes.get(16..16 + said.len()), Some(said.as_slice()), "something else than what was inside");
}

fn now() -> Moment {
    CampusDay::parse("2026-11-23").expect("a day").at_minute(8 * 60)
}

static RULES: LazyLock<Rules> = LazyLock::new(|| Config::default().rules());

/// A booking, written as the form that would say it, is the same booking.
fn form(bytes: &[u8]) {
    let Ok(form) = serde_html_form::from_bytes::<BookingForm>(bytes) else { return };
    let _mark = form.mark();
    let _host = form.host();
    drop(form.check_on_behalf(&RULES, now()));
    let booking = match form.check(&RULES, now()) {
        Ok(booking) => booking,
        Err(problems) => return assert!(!problems.is_empty(), "refused, and nobody is told why"),
    };
    let again = BookingForm::of(booking.facts(), Some(booking.document()), booking.companions());
    let again = BookingForm {
        privacy: form.privacy,
        document_consent: form.document_consent,
        guardian: form.guardian,
        visit_kind: form.visit_kind,
        host_name: form.host_name,
        host_department: form.host_department,
        host_number: form.host_number,
        host_phone: form.host_phone,
        ..again
    };
    let again = again.check(&RULES, now()).expect("what was booked can be booked");
    assert_eq!(again.facts(), booking.facts());
    assert_eq!((again.document(), again.companions()), (booking.document(), booking.companions()));
}

fn words(bytes: &[u8]) {
    let Some(typed) = text(bytes) else { return };
    if let Some(code) = ApprovalCode::parse(typed) {
        assert_eq!(ApprovalCode::parse(&code.text()), Some(code));
    }
    if let Some(time) = TimeOfDay::parse(typed) {
        assert_eq!(TimeOfDay::parse(&time.to_string()), Some(time));
    }
    if let Ok(reason) = Reason::parse(typed) {
        assert_eq!(Reason::parse(reason.as_str()).as_ref(), Ok(&reason));
        assert!(reason.as_str().chars().count() <= Reason::MAX_CHARACTERS);
    }
}
