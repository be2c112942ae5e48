//! Detection of elliptic curve keys whose private key is a small number, or minus one: 1, 2, 3 … as examples and broken
//! generators have it.

use std::iter::successors;

use p256::elliptic_curve::{CurveArithmetic, CurveGroup, FieldBytes, Group, point::AffineCoordinates};

/// Returns whether a point is k·G or −k·G, G the generator, with k from 1 to 65,920.
///
/// Any bound is arbitrary: with a day's time, whoever has the point can search some 2^60 numbers, and no key that was
/// drawn at random is ever among them. Two bytes are what somebody types or counts, and cost about a millisecond by
/// steps of two sizes ([Shanks](https://en.wikipedia.org/wiki/Baby-step_giant-step)). Not detected are larger numbers
/// with a pattern, and keys that were published.
pub(crate) fn has_small_scalar<C: CurveArithmetic>(point: C::AffinePoint) -> bool {
    let generator = C::ProjectivePoint::generator();
    // A point and its negative have the same x: these are 0·G to ±NEAR·G.
    let mut near = coordinates::<C>(C::ProjectivePoint::identity(), generator, NEAR + 1);
    near.sort_unstable();
    let stride = generator * C::Scalar::from(2 * NEAR + 1);
    let first = C::ProjectivePoint::from(point) + stride * C::Scalar::from(STRIDES);
    coordinates::<C>(first, -stride, 2 * STRIDES + 1).iter().any(|x| near.binary_search(x).is_ok())
}

/// Returns the coordinates x of `count` points, each a step from the one before.
fn coordinates<C: CurveArithmetic>(
    first: C::ProjectivePoint,
    step: C::ProjectivePoint,
    count: u64,
) -> Vec<FieldBytes<C>> {
    let points: Vec<_> = successors(Some(first), |point| Some(*point + step)).take(count as usize).collect();
    let mut affine = vec![C::AffinePoint::default(); points.len()];
    C::ProjectivePoint::batch_normalize(&points, &mut affine);
    affine.iter().map(AffineCoordinates::x).collect()
}

/// The multiples of the generator that one step covers, in each direction.
const NEAR: u64 = 256;

/// The steps in each direction. The last number that they reach is `STRIDES * (2 * NEAR + 1) + NEAR`.
const STRIDES: u64 = 128;

#[cfg(test)]
mod tests {
    use p256::{NistP256, elliptic_curve::group::ff::Field};
    use p384::NistP384;

    use super::*;

    const MAX_SCALAR: u64 = STRIDES * (2 * NEAR + 1) + NEAR;

    fn of_scalar<C: CurveArithmetic>(scalar: C::Scalar) -> C::AffinePoint {
        (C::ProjectivePoint::generator() * scalar).into()
    }

    fn finds_small_numbers_and_their_negatives<C: CurveArithmetic>() {
        let edges = [1, 2, 3, NEAR, NEAR + 1, 2 * NEAR + 1, 2 * NEAR + 2, 3 * NEAR + 1, 65_535, 65_536, MAX_SCALAR];
        for number in edges {
            let scalar = C::Scalar::from(number);
            assert!(has_small_scalar::<C>(of_scalar::<C>(scalar)), "{number}");
            assert!(has_small_scalar::<C>(of_scalar::<C>(-scalar)), "-{number}");
        }
        let beyond = C::Scalar::from(MAX_SCALAR + 1);
        let half = C::Scalar::from(2).invert().into_option().expect("an odd order");
        for other in [beyond, -beyond, half, C::Scalar::from(u64::MAX), C::Scalar::from(u64::MAX).square()] {
            assert!(!has_small_scalar::<C>(of_scalar::<C>(other)), "{other:?}");
        }
    }

    #[test]
    fn finds_small_numbers_on_p_256() {
        finds_small_numbers_and_their_negatives::<NistP256>();
    }

    #[test]
    fn finds_small_numbers_on_p_384() {
        finds_small_numbers_and_their_negatives::<NistP384>();
    }

    #[test]
    fn reaches_whatever_two_bytes_hold() {
        assert_eq!(MAX_SCALAR, 65_920);
    }
}
