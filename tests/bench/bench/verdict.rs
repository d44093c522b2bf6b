//! `bench verdict`: what the policy costs beside the one signature it cannot do without.
//!
//! Both see the same passes, one after the other in turn, so that a busy moment of the machine meets both. The bare check
//! is given everything ready: the key unpacked, the signed bytes put together, the signature parsed.

use std::{
    hint::black_box,
    io::{self, Write},
};

use ed25519_dalek::{Signature, VerifyingKey};
use gate_terminal::{
    clock::SystemClock,
    gate::{BestTime, LocalState, open, verdict},
    ports::Clock as _,
};
use gatehouse::{Trouble, machine::now, office::Office};
use shared::{entry::Direction, seal::Label, verdict::Verdict};

use crate::spread::Spread;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Passes on the terminal
    #[arg(long, default_value_t = 100_000)]
    passes: u64,
    /// How many of them are shown
    #[arg(long, default_value_t = 20_000)]
    shown: u64,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { passes, shown } = *wanted;
    writeln!(out, "The verdict beside its signature: {shown} of {passes} passes shown, in ms")?;
    let office = Office::today();
    let local = LocalState::new(office.post()?, office.held(passes)?, &[]);
    let key = VerifyingKey::from_bytes(office.pass_key().as_bytes()).map_err(told)?;
    let moment = BestTime { at: SystemClock.read().wall, trusted: true, proven: true };
    let (mut whole, mut bare) = (Spread::default(), Spread::default());
    for number in 0..shown {
        let sealed = office.seal(scattered(number, passes))?;
        let text = sealed.text().to_string();
        let (body, signature) = sealed.as_bytes().split_last_chunk().ok_or_else(|| told("a pass without an end"))?;
        let message = [Label::Pass.text().as_bytes(), &[0], body].concat();
        let signature = Signature::from_bytes(signature);
        let bare_first = number.is_multiple_of(2);
        if bare_first {
            check(&key, &message, &signature, &mut bare)?;
        }
        let since = now();
        let said = open(black_box(&text), local.keys()).map(|pass| verdict(&pass, &local, Direction::In, moment));
        whole.note(since.elapsed());
        if !matches!(said, Ok(Verdict::Admit)) {
            return Err(told(format!("a good pass is met with {said:?}")));
        }
        if !bare_first {
            check(&key, &message, &signature, &mut bare)?;
        }
    }
    writeln!(out, "                         {}", Spread::HEADING)?;
    writeln!(out, "bare verify_strict       {bare}")?;
    writeln!(out, "from text to the verdict {whole}")?;
    say_times(&whole, &bare, out)?;
    Ok(())
}

fn say_times(whole: &Spread, bare: &Spread, out: &mut dyn Write) -> io::Result<()> {
    let [p50, p99] =
        [50, 99].map(|percent| whole.percentile(percent).as_secs_f64() / bare.percentile(percent).as_secs_f64());
    writeln!(
        out,
        "the verdict is {p50:.2} times the bare signature at p50, {p99:.2} times at p99 (at most 1.5 is wanted)"
    )
}

fn check(key: &VerifyingKey, message: &[u8], signature: &Signature, bare: &mut Spread) -> Result<(), Trouble> {
    let since = now();
    let verified = key.verify_strict(black_box(message), black_box(signature));
    bare.note(since.elapsed());
    verified.map_err(told)
}

/// All over the list, so that no row of it is in the processor's cache already; the factor is prime and larger than any list.
fn scattered(number: u64, passes: u64) -> u64 {
    number.wrapping_mul(1_000_003) % passes.max(1)
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
