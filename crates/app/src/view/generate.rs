use kube_enroll_core::commands;

use super::{
    Ui,
    element::{Element, el},
    parts::{actions, bar, elapsed_line, heading, lead, same_steps},
};
use crate::state::{Act, Options};

pub(super) fn generating(ui: &Ui, options: &Options, since_ms: f64) -> Element {
    let algorithm = options.algorithm;
    let making = if algorithm.modulus_bits().is_some() {
        "Looking for two large prime numbers. How long that takes is luck: mostly seconds, sometimes a minute."
    } else {
        "Drawing a random number and the curve point that belongs to it."
    };
    let by_hand = commands::make_request(&options.subject, algorithm)
        .map(|line| [&commands::make_key(algorithm), "\n", &line].concat());
    el("section")
        .add(heading("Making your key"))
        .add(lead().text(algorithm.name()).text(", in this browser. ").text(making))
        .add(bar())
        .add(elapsed_line(ui, since_ms))
        .add(actions().add(ui.button("cancel", "", "Cancel", Act::Cancel)))
        .add(same_steps(ui, by_hand.as_deref()))
}
