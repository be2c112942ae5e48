use std::collections::HashMap;

use super::{
    Limits,
    party::{Bounds, Party},
    table::Limit,
};

/// The number of things of each party; a party without any takes no memory.
#[derive(Default)]
pub(super) struct Counts(HashMap<Party, usize>);

impl Counts {
    /// Checks that each of the parties, the narrowest first, and then all together, who have `all`, may have one more.
    ///
    /// # Errors
    /// The limit that is reached.
    pub(super) fn check(&self, parties: &[Party], all: usize, bounds: &Bounds, limits: &Limits) -> Result<(), Limit> {
        let value = |limit| usize::try_from(limits.value(limit)).unwrap_or(usize::MAX);
        for party in parties {
            let (limit, factor) = bounds.of(party);
            if self.0.get(party).is_some_and(|count| *count >= value(limit).saturating_mul(factor)) {
                return Err(limit);
            }
        }
        if all < value(bounds.all) { Ok(()) } else { Err(bounds.all) }
    }

    /// Counts one more for each of the parties.
    pub(super) fn add(&mut self, parties: &[Party]) {
        for party in parties {
            *self.0.entry(party.clone()).or_default() += 1;
        }
    }

    /// Counts one less for each of the parties.
    pub(super) fn remove(&mut self, parties: &[Party]) {
        for party in parties {
            if let Some(count) = self.0.get_mut(party) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(party);
                }
            }
        }
    }
}
