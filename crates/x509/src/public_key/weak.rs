//! Detection of RSA moduli whose private key can be computed from the public one, since they were generated badly.

use std::sync::LazyLock;

use crypto_bigint::{BoxedUint, Limb, NonZero, Resize, Word};

/// Returns the known weakness of a modulus, or `None` if none was found.
///
/// The cost is bounded: about a millisecond for 4096 bits, and a root more for each step of Fermat that comes near a
/// square. Not detected are keys from a list (Debian's of 2008) and primes that two keys share.
pub(crate) fn weakness(modulus: &BoxedUint) -> Option<&'static str> {
    if has_pattern(modulus) {
        return Some("an RSA modulus with the same byte sixteen times in a row");
    }
    if has_small_factor(modulus) {
        return Some("an RSA modulus with a factor below 65536");
    }
    if has_roca(modulus) {
        return Some("an RSA key of a chip with the ROCA flaw (CVE-2017-15361)");
    }
    if has_close_primes(modulus) {
        return Some("an RSA key whose two primes are close together (CVE-2022-26320)");
    }
    None
}

/// Detects primes that were padded instead of drawn at random.
fn has_pattern(modulus: &BoxedUint) -> bool {
    modulus
        .to_be_bytes_trimmed_vartime()
        .windows(PATTERN_BYTES)
        .any(|window| window.iter().all(|byte| *byte == window[0]))
}

fn has_small_factor(modulus: &BoxedUint) -> bool {
    BATCHES.iter().any(|batch| {
        let rest = remainder(modulus, batch.product);
        batch.primes.iter().any(|prime| rest.is_multiple_of(Word::from(*prime)))
    })
}

/// Detects moduli whose primes have the form k·M + 65537^a mod M, M a product of the first primes ([Nemec et al., *The
/// Return of Coppersmith's Attack*](https://doi.org/10.1145/3133956.3133969), section 2.1). Such a modulus is a power
/// of 65537 modulo M: modulo each of its primes there is an exponent, and all of them belong to one number.
///
/// One in 2^150 random moduli has this form.
fn has_roca(modulus: &BoxedUint) -> bool {
    let mut exponents: Vec<(u32, u32)> = Vec::with_capacity(ROCA_PRIMES.len());
    for prime in ROCA_PRIMES {
        let target = u32::try_from(remainder(modulus, Word::from(prime))).expect("smaller than the prime");
        let Some(exponent) = logarithm(target, prime) else { return false };
        // Two exponents belong to one number if they agree modulo what their orders share (Chinese remainder theorem).
        let agree = |(other, order): &(u32, u32)| (exponent.0.abs_diff(*other)) % gcd(exponent.1, *order) == 0;
        if !exponents.iter().all(agree) {
            return false;
        }
        exponents.push(exponent);
    }
    true
}

/// Returns the discrete logarithm of `target` to the base 65537 modulo a prime, and the order of 65537, or `None` if
/// there is no logarithm.
fn logarithm(target: u32, prime: u32) -> Option<(u32, u32)> {
    let (mut power, mut found) = (1, None);
    for exponent in 0.. {
        if power == target && found.is_none() {
            found = Some(exponent);
        }
        power = power * (65_537 % prime) % prime;
        if power == 1 {
            return found.map(|found| (found, exponent + 1));
        }
    }
    unreachable!("the powers of a number that is coprime to the modulus come back to 1")
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Detects close primes by Fermat's factorization: a² - b² = n with a near √n, so that n = (a + b)(a - b). Primes drawn
/// at random are too far apart for any feasible number of steps.
fn has_close_primes(modulus: &BoxedUint) -> bool {
    // a² has up to two bits more than n.
    let modulus = modulus.resize(modulus.bits_precision() + Limb::BITS);
    let mut a = modulus.floor_sqrt_vartime();
    let mut square = a.wrapping_square();
    for _ in 0..=FERMAT_STEPS {
        if square >= modulus && is_square(&square.wrapping_sub(&modulus)) {
            return true;
        }
        // (a + 1)² = a² + 2a + 1
        square = square.wrapping_add(a.shl_vartime(1).expect("one bit of many")).wrapping_add(Limb::ONE);
        a = a.wrapping_add(Limb::ONE);
    }
    false
}

fn is_square(number: &BoxedUint) -> bool {
    // A root is costly, and most numbers are no square modulo one of a few small ones.
    let rest = remainder(number, SQUARE_MODULI.iter().product());
    let possible =
        SQUARE_MODULI.iter().all(|modulus| (0..*modulus).any(|root| root * root % modulus == rest % modulus));
    possible && number.checked_sqrt_vartime().is_some()
}

fn remainder(number: &BoxedUint, divisor: Word) -> Word {
    number.rem_limb(NonZero::new(Limb(divisor)).expect("only products of primes are divided by")).0
}

/// Primes whose product fits into a word, so that a modulus is divided once for all of them.
struct Batch {
    product: Word,
    primes: Vec<u16>,
}

static BATCHES: LazyLock<Vec<Batch>> = LazyLock::new(|| {
    let mut batches: Vec<Batch> = Vec::new();
    let primes = (2..=u16::MAX)
        .filter(|number| (2..).take_while(|d| d * d <= u32::from(*number)).all(|d| u32::from(*number) % d != 0));
    for prime in primes {
        let last = batches.last_mut();
        match last.and_then(|batch| Some((batch.product.checked_mul(Word::from(prime))?, batch))) {
            Some((product, batch)) => {
                batch.product = product;
                batch.primes.push(prime);
            }
            None => batches.push(Batch { product: Word::from(prime), primes: vec![prime] }),
        }
    }
    batches
});

/// The odd primes that divide M for every key length of the flawed library; 2 carries no information.
const ROCA_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// The number of steps that [badkeys](https://badkeys.info/) takes. The keys of CVE-2022-26320 need one.
const FERMAT_STEPS: usize = 100;

/// Coprime moduli whose product fits into 32 bits. One in 500 random numbers is a square modulo all of them.
const SQUARE_MODULI: [Word; 6] = [64, 63, 65, 11, 17, 19];

/// The length of a run of one byte that counts as a pattern. One in 2^111 random moduli has such a run.
const PATTERN_BYTES: usize = 16;

#[cfg(test)]
mod tests;
