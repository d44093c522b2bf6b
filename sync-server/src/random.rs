//! Randomness: the one place that asks the operating system for it.
//!
//! Everything that must not be guessed (pass ids, link and session tokens, codes, keys) is made from these bytes by whoever needs
//! it. A machine without randomness is an error to answer with, never a reason to fall back to something weaker.

use std::cell::RefCell;

use zeroize::Zeroize as _;

/// `N` bytes nobody can guess.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// The same for what every page needs some of: drawn in stock, because to ask the system takes longer than most of what a page does.
/// What is given out is wiped.
pub fn stocked<const N: usize>() -> Result<[u8; N], NoRandomness> {
    STOCK.with_borrow_mut(|stock| {
        if stock.left < N {
            getrandom::fill(&mut stock.bytes)?;
            stock.left = STOCK_BYTES;
        }
        let mut given = [0; N];
        if let Some(rest) = stock.left.checked_sub(N)
            && let Some(bytes) = stock.bytes.get_mut(rest..stock.left)
        {
            given.copy_from_slice(bytes);
            bytes.zeroize();
            stock.left = rest;
            return Ok(given);
        }
        // More at once than is kept in stock.
        bytes()
    })
}

/// A code of six digits for a text message, each of the million equally likely.
pub fn six_digits() -> Result<String, NoRandomness> {
    loop {
        if let Some(code) = code_of(u32::from_be_bytes(bytes()?)) {
            return Ok(code);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("操作系统不提供随机数。The operating system gives no randomness")]
pub struct NoRandomness(#[from] getrandom::Error);

const STOCK_BYTES: usize = 2048;

struct Stock {
    bytes: [u8; STOCK_BYTES],
    left: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK_BYTES], left: 0 }) };
}

const CODES: u32 = 1_000_000;

/// Numbers of the last, incomplete million are drawn again, or the low codes would come a little more often.
fn code_of(number: u32) -> Option<String> {
    (number < u32::MAX - u32::MAX % CODES).then(|| format!("{:06}", number % CODES))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_has_six_digits_and_no_bias() {
        let whole = u32::MAX / CODES * CODES;
        for (number, code) in [
            (0, Some("000000")),
            (7, Some("000007")),
            (999_999, Some("999999")),
            (1_000_000, Some("000000")),
            (whole - 1, Some("999999")),
            (whole, None),
            (u32::MAX, None),
        ] {
            assert_eq!(code_of(number).as_deref(), code, "{number}");
        }
    }

    #[test]
    fn two_draws_differ() {
        assert_ne!(bytes::<16>().unwrap(), bytes::<16>().unwrap());
        assert_eq!(six_digits().unwrap().len(), 6);
    }

    #[test]
    fn what_was_in_stock_is_given_out_once() {
        let drawn: HashSet<[u8; 16]> = (0..1000).map(|_| stocked().unwrap()).collect();
        assert!(drawn.len() == 1000 && !drawn.contains(&[0; 16]));
        assert_ne!(stocked::<{ 2 * STOCK_BYTES }>().unwrap(), [0; 2 * STOCK_BYTES]);
        STOCK.with_borrow(|stock| assert_eq!(stock.bytes[stock.left..], vec![0; STOCK_BYTES - stock.left]));
    }
}
