//! The wire's bytes stand as they were written down, and nothing that is sent down it can hurt.

use proptest::{collection::vec, prelude::*};

use super::*;

fn said(message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    say(&mut out, message).unwrap();
    out
}

fn opened() -> Opened {
    Opened { name: "USB 摄像头".into(), layout: "MJPEG".into(), width: 1280, height: 720, fps: 30 }
}

#[test]
fn the_bytes_are_the_agreed_ones() {
    let mut opening = Vec::new();
    open(&mut opening).unwrap();
    assert_eq!(opening, b"GCAM\x01");
    let preview = Preview { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
    let tally = Tally { frames: 1, overlaid: 2, corrupt: 3, read: 4, cpu_ms: 0x0102_0304 };
    for (message, bytes) in [
        (Message::Alive, &b"\x01\0\0\0\0"[..]),
        (Message::Failed(CameraFault::Unplugged), b"\x02\0\0\0\x01\x05"),
        (
            Message::Opened(opened()),
            b"\x23\0\0\0\x02\0\x05\0\0\xd0\x02\0\0\x1e\0\0\0\x05\0MJPEG\x0d\0USB \xe6\x91\x84\xe5\x83\x8f\xe5\xa4\xb4",
        ),
        (Message::Nothing, b"\x01\0\0\0\x03"),
        (Message::Codes(vec!["A1".into(), String::new()]), b"\x08\0\0\0\x04\x02\x02\0A1\0\0"),
        (Message::Preview(preview), b"\x0b\0\0\0\x05\x02\0\x01\0\x01\x02\x03\x04\x05\x06"),
        (
            Message::Tally(tally),
            b"\x29\0\0\0\x06\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\x04\x03\x02\x01\0\0\0\0",
        ),
    ] {
        assert_eq!(said(&message), bytes, "{message:?}");
        assert_eq!(hear(&mut &bytes[..]).unwrap(), message);
    }
}

#[test]
fn another_program_is_not_listened_to() {
    assert!(hear_opening(&mut &b"GCAM\x01"[..]).is_ok());
    for other in [&b"GCAM\x02"[..], b"GIF89", b"\0\0\0\0\0"] {
        assert!(matches!(hear_opening(&mut &*other), Err(WireError::Version)));
    }
    assert!(matches!(hear_opening(&mut &b"GCA"[..]), Err(WireError::Ended)));
}

#[test]
fn every_fault_has_a_number_of_its_own() {
    for number in 0..=u8::MAX {
        if let Some(fault) = fault(number) {
            assert_eq!(fault_number(fault), number);
        }
    }
    assert!(fault(7).is_none());
}

#[test]
fn what_is_too_long_is_cut_before_it_is_sent() {
    let long = "码".repeat(1_000);
    let codes = vec![long.clone(); CODES_MAX + 3];
    let Message::Codes(heard) = hear(&mut said(&Message::Codes(codes)).as_slice()).unwrap() else { unreachable!() };
    assert_eq!(heard.len(), CODES_MAX);
    assert!(heard.iter().all(|text| text.len() == 1_023 && long.starts_with(text)));
    let named = Opened { name: long, ..opened() };
    let Message::Opened(heard) = hear(&mut said(&Message::Opened(named)).as_slice()).unwrap() else { unreachable!() };
    assert_eq!(heard.name.len(), 126);
    let strip = Preview { width: 1, height: 2_000, rgb: vec![0; 6_000] };
    assert_eq!(said(&Message::Preview(strip)), b"");
}

/// Each of these is what a process taken over by a picture might say.
#[test]
fn what_breaks_a_rule_ends_the_conversation() {
    let framed = |body: &[u8]| [&u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat();
    let long_text = [&b"\x04\x01\x01\x04"[..], &[b'A'; 1_025]].concat();
    for body in [
        &b""[..],
        b"\x07",
        b"\xff",
        b"\0\0",
        b"\x01",
        b"\x01\x07",
        b"\x01\x05\0",
        b"\x04\0",
        b"\x04\x11",
        b"\x04\x01\x02\0A",
        b"\x04\x01\x01\0\xff",
        b"\x04\x01\x01\0AA",
        &long_text,
        b"\x05\0\0\x01\0",
        b"\x05\x01\0\x01\0\x01\x02",
        b"\x05\x01\0\x01\0\x01\x02\x03\x04",
        b"\x05\x81\x02\x01\0",
        b"\x06\0",
    ] {
        let heard = hear(&mut framed(body).as_slice());
        assert!(matches!(heard, Err(WireError::Misshapen { .. })), "{body:?}: {heard:?}");
    }
    for length in [u32::MAX, 1 << 30, u32::try_from(MESSAGE_MAX_BYTES).unwrap() + 1] {
        assert!(matches!(hear(&mut &length.to_le_bytes()[..]), Err(WireError::TooLong(said)) if said == length));
    }
    assert!(matches!(hear(&mut &b"\x05\0\0\0\x04"[..]), Err(WireError::Ended)));
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().collect())
}

fn message() -> impl Strategy<Value = Message> {
    let preview = (1_u32..=9, 1_u32..=9).prop_flat_map(|(width, height)| {
        let bytes = usize::try_from(width * height * 3).unwrap();
        vec(any::<u8>(), bytes).prop_map(move |rgb| Message::Preview(Preview { width, height, rgb }))
    });
    let opened = (text(), any::<[u32; 3]>()).prop_map(|(name, [width, height, fps])| {
        let name = name.chars().take(30).collect();
        Message::Opened(Opened { name, layout: "YUYV".into(), width, height, fps })
    });
    let tally = any::<[u64; 5]>().prop_map(|[frames, overlaid, corrupt, read, cpu_ms]| {
        Message::Tally(Tally { frames, overlaid, corrupt, read, cpu_ms })
    });
    prop_oneof![
        Just(Message::Alive),
        Just(Message::Nothing),
        (0_u8..7).prop_map(|number| Message::Failed(fault(number).unwrap())),
        vec(text(), 1..=CODES_MAX).prop_map(Message::Codes),
        opened,
        preview,
        tally,
    ]
}

proptest! {
    #[test]
    fn what_is_said_is_heard_one_after_the_other(messages in vec(message(), 0..8)) {
        let bytes: Vec<u8> = messages.iter().flat_map(said).collect();
        let mut from = bytes.as_slice();
        for message in messages {
            prop_assert_eq!(hear(&mut from).unwrap(), message);
        }
        prop_assert!(matches!(hear(&mut from), Err(WireError::Ended)));
    }

    #[test]
    fn any_bytes_are_heard_without_harm_and_canonically(kind in 0_u8..9, body in vec(any::<u8>(), 0..80)) {
        let framed = [&u32::try_from(body.len() + 1).unwrap().to_le_bytes()[..], &[kind], &body].concat();
        if let Ok(message) = hear(&mut framed.as_slice()) {
            prop_assert_eq!(said(&message), framed);
        }
    }
}
