use kube_enroll_core::Policy;

/// The lifetime that is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// One of the presets.
    Seconds(u32),
    /// A number and a unit to type.
    Custom,
}

/// The unit of a lifetime that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Minutes,
    Hours,
    Days,
}

impl Lifetime {
    /// Returns the seconds, or `None` for a number that is not whole or does not fit.
    pub(crate) fn seconds(self, custom: &str, unit: Unit) -> Option<u32> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Custom => custom.trim().parse::<u32>().ok()?.checked_mul(unit.seconds()),
        }
    }
}

impl Unit {
    pub(crate) const ALL: [Self; 3] = [Self::Minutes, Self::Hours, Self::Days];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    const fn seconds(self) -> u32 {
        match self {
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// Returns the number to type for a lifetime, in its largest whole unit; a part of a minute is a whole one.
pub(super) fn custom(seconds: u32) -> (String, Unit) {
    let is_whole = |unit: &Unit| seconds.is_multiple_of(unit.seconds());
    let unit = Unit::ALL.into_iter().rev().find(is_whole).unwrap_or(Unit::Minutes);
    (seconds.div_ceil(unit.seconds()).to_string(), unit)
}

/// Returns the lifetimes to choose from, in seconds, the policy's default among them.
pub(crate) fn presets(policy: &Policy) -> Vec<u32> {
    let bounds = policy.expiration_seconds;
    let mut presets: Vec<u32> =
        PRESET_SECONDS.into_iter().filter(|seconds| (bounds.minimum..=bounds.maximum).contains(seconds)).collect();
    if let Err(place) = presets.binary_search(&bounds.default) {
        presets.insert(place, bounds.default);
    }
    presets
}

/// The value of the last choice, [`Lifetime::Custom`].
pub(crate) const CUSTOM: &str = "custom";

/// The preset lifetimes, offered if the policy allows them: an hour, a working day, a day, a week, thirty days.
const PRESET_SECONDS: [u32; 5] = [3_600, 28_800, 86_400, 604_800, 2_592_000];
