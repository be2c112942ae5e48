use super::*;

/// A modulus of this many bits that nobody has bent: no randomness is needed for that, only numbers without a pattern.
fn any_modulus(seed: u64, bits: u32) -> BoxedUint {
    use sha2::{Digest, Sha256};
    let mut bytes: Vec<u8> =
        (0..bits / 256).flat_map(|block| Sha256::digest(format!("{seed} {block}")).to_vec()).collect();
    bytes[0] |= 0x80;
    *bytes.last_mut().unwrap() |= 1;
    BoxedUint::from_be_slice_vartime(&bytes)
}

/// 2^127 - 1, a prime.
const MERSENNE: &str = "170141183460469231731687303715884105727";

fn number(digits: &str) -> BoxedUint {
    BoxedUint::from_str_radix_vartime(digits, 10).unwrap()
}

#[test]
fn the_powers_of_65537_pass_the_roca_test_and_nothing_else_does() {
    // 65537^a modulo the product of all these primes, and something above it.
    let product = ROCA_PRIMES.iter().fold(BoxedUint::one_with_precision(2048), |product, prime| {
        product.wrapping_mul(BoxedUint::from(u64::from(*prime)))
    });
    let product = product.to_nz().unwrap();
    let mut power = BoxedUint::one_with_precision(2048);
    for exponent in 0..200_u64 {
        let bent = power.wrapping_add(product.as_ref().wrapping_mul(BoxedUint::from(exponent)));
        assert!(has_roca(&bent), "{exponent}");
        assert!(!has_roca(&bent.wrapping_add(BoxedUint::one())), "{exponent}");
        power = power.wrapping_mul(BoxedUint::from(65_537_u64)).rem_vartime(&product);
    }
    for seed in 0..1000 {
        assert!(!has_roca(&any_modulus(seed, 2048)), "{seed}");
    }
}

#[test]
fn a_power_of_65537_modulo_each_prime_with_exponents_that_disagree_is_not_roca() {
    // Modulo 3, 65537 is 2, of order 2.
    assert_eq!((logarithm(1, 3), logarithm(2, 3)), (Some((0, 2)), Some((1, 2))));
    // Modulo 11, 65537 is -1: only 1 and 10 are powers of it.
    assert_eq!((logarithm(1, 11), logarithm(10, 11), logarithm(2, 11)), (Some((0, 2)), Some((1, 2)), None));

    // 1, and so the power with the exponent 0, modulo all but 3.
    let others = ROCA_PRIMES[1..]
        .iter()
        .fold(BoxedUint::one_with_precision(512), |product, prime| product.wrapping_mul(BoxedUint::from(*prime)));
    let modulo_3 = |expected| {
        let mut number = BoxedUint::one_with_precision(512).wrapping_add(&others);
        while remainder(&number, 3) != expected {
            number = number.wrapping_add(&others);
        }
        number
    };
    assert!(has_roca(&modulo_3(1)));
    assert!(!has_roca(&modulo_3(2)));
}

#[test]
fn finds_primes_as_far_apart_as_fermats_steps_reach() {
    let prime = number(MERSENNE).resize(512);
    for distance in [0_u64, 2, 1 << 20, 1 << 34] {
        let other = prime.wrapping_add(BoxedUint::from(distance));
        assert!(has_close_primes(&prime.wrapping_mul(&other)), "{distance}");
    }
    // The steps needed grow with the square of the distance, over eight times the prime: 2^(2·72 - 3 - 127) = 2^14 of
    // them.
    let far = prime.wrapping_add(BoxedUint::from(1_u128 << 72));
    assert!(!has_close_primes(&prime.wrapping_mul(&far)));
}

#[test]
fn distinguishes_squares_from_their_neighbours() {
    for root in [0_u64, 1, 2, 3, 63, 64, 65, 1000, u64::from(u32::MAX)] {
        let square = BoxedUint::from(root).resize(256).wrapping_square();
        assert!(is_square(&square), "{root}");
        assert_eq!(is_square(&square.wrapping_add(BoxedUint::one())), root == 0, "{root}");
    }
}

#[test]
fn finds_every_prime_below_65536_as_a_factor() {
    assert_eq!(BATCHES.iter().map(|batch| batch.primes.len()).sum::<usize>(), 6542);
    for prime in [2_u64, 3, 5, 251, 257, 65_519, 65_521] {
        assert!(has_small_factor(&any_modulus(prime, 2048).wrapping_mul(BoxedUint::from(prime))), "{prime}");
    }
    // 65537 is the next one, and this a product of it with a Mersenne prime.
    assert!(!has_small_factor(&number(MERSENNE).resize(256).wrapping_mul(BoxedUint::from(65_537_u64))));
}

#[test]
fn sees_sixteen_equal_bytes_in_a_row_and_not_fifteen() {
    let mut bytes = any_modulus(0, 2048).to_be_bytes().to_vec();
    for (count, expected) in [(15, false), (16, true)] {
        bytes[100..100 + count].fill(0);
        assert_eq!(has_pattern(&BoxedUint::from_be_slice_vartime(&bytes)), expected, "{count}");
    }
}
