use yew::prelude::*;

use super::{Text, use_ui};
use kube_enroll_core::format_duration;

/// Properties of [`Elapsed`].
#[derive(Properties, PartialEq)]
pub(crate) struct ElapsedProps {
    /// The beginning, in milliseconds since 1970.
    pub since_ms: f64,
}

/// A line that counts the time since the step began.
#[component]
pub(crate) fn Elapsed(props: &ElapsedProps) -> Html {
    let ui = use_ui();
    html! { <p>{ "Elapsed: " }<span id="elapsed"><Text text={elapsed(ui.now_ms - props.since_ms)} /></span></p> }
}

/// A bar that moves while something is under way.
#[component]
pub(crate) fn ProgressBar() -> Html {
    html! { <div class="bar" aria-hidden="true"></div> }
}

/// Returns a duration to the second, for example `1 min 05 s`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative time shows as 0")]
pub(crate) fn elapsed(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1_000.0) as u32;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Returns a duration in its one largest unit, for example `3 hours`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative time shows as 0")]
pub(crate) fn rough(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1_000.0) as u32;
    let unit = match seconds {
        172_800.. => 86_400,
        7_200.. => 3_600,
        120.. => 60,
        _ => 1,
    };
    format_duration(seconds / unit * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_time_in_two_units() {
        for (milliseconds, text) in [
            (-1.0, "0 s"),
            (59_999.0, "59 s"),
            (65_000.0, "1 min 05 s"),
            (3_600_000.0, "1 h 00 min"),
            (93_600_000.0, "26 h 00 min"),
        ] {
            assert_eq!(elapsed(milliseconds), text);
        }
    }

    #[test]
    fn rounds_a_duration_down_to_its_largest_unit() {
        for (milliseconds, text) in [
            (119_000.0, "119 seconds"),
            (7_199_000.0, "119 minutes"),
            (10_800_000.0, "3 hours"),
            (180_000_000.0, "2 days"),
        ] {
            assert_eq!(rough(milliseconds), text);
        }
    }
}
