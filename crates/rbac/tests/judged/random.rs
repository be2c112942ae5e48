//! Randomness that a seed repeats: [SplitMix64](https://prng.di.unimi.it/splitmix64.c).

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// Returns true that often in a hundred times.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    pub fn text(&mut self, texts: &[&str]) -> String {
        (*self.pick(texts)).to_owned()
    }

    /// Returns so many picks, the same twice among them at times.
    pub fn some(&mut self, texts: &[&str], at_least: usize, at_most: usize) -> Vec<String> {
        let number = at_least + self.below(at_most - at_least + 1);
        (0..number).map(|_| self.text(texts)).collect()
    }
}
