//! What several steps share.

use super::{
    Ui,
    element::{Element, On, el},
};
use crate::state::{Act, Person};

/// The heading of a step; it takes the focus when the step begins.
pub(super) fn heading(text: &'static str) -> Element {
    el("h1").attr("tabindex", "-1").text(text)
}

/// The sentence under the heading, which screen readers hear when it changes.
pub(super) fn lead() -> Element {
    el("p").class("lead").attr("role", "status")
}

/// Begins a step that is about one request: a sentence with the object's name in it.
pub(super) fn about(title: &'static str, before: &'static str, name: &str, after: &'static str) -> Element {
    el("section").add(heading(title)).add(lead().text(before).add(code("object-name", name)).text(after))
}

pub(super) fn code(id: &'static str, text: &str) -> Element {
    el("code").id(id).say(text)
}

pub(super) fn paragraph(class: &'static str, text: &'static str) -> Element {
    el("p").class(class).text(text)
}

/// Leads to where a person stops being who they are.
pub(super) fn sign_out(person: &Person, text: &'static str) -> Element {
    el("a").id("sign-out").set("href", &person.sign_out_url).text(text)
}

pub(super) fn bar() -> Element {
    el("div").class("bar").attr("aria-hidden", "true")
}

pub(super) fn elapsed_line(ui: &Ui, since_ms: f64) -> Element {
    el("p").text("Elapsed: ").add(el("span").id("elapsed").say(&elapsed(ui.page.around.now_ms - since_ms)))
}

/// Lines to copy, with the button that copies exactly them.
pub(super) fn lines(ui: &Ui, id: &'static str, label: &'static str, text: &str) -> Element {
    el("div").class("lines").add(el("pre").id(id).say(text)).add(copy_button(ui, id, label, text))
}

/// The button beside a text that is worth copying. `label` says of what, for those who do not see it.
pub(super) fn copy_button(ui: &Ui, block: &'static str, label: &'static str, text: &str) -> Element {
    let said = match ui.page.copied {
        Some((copied, true)) if copied == block => "Copied",
        Some((copied, false)) if copied == block => "Please select it",
        _ => "Copy",
    };
    el("button")
        .attr("type", "button")
        .set("id", &["copy-", block.strip_suffix("-block").unwrap_or(block)].concat())
        .class("copy")
        .on(On::Click, ui.send, Act::Copy { block, text: text.to_owned() })
        .add(el("span").attr("aria-live", "polite").text(said))
        .add(el("span").class("unseen").text(" ").text(label))
}

/// The same by hand, folded away.
pub(super) fn same_steps(ui: &Ui, text: Option<&str>) -> Element {
    let content = match text {
        Some(text) => lines(ui, "same-steps-lines", "these commands", text),
        None => {
            paragraph("", "openssl cannot make this request: it takes names of at most 64 characters. This page can.")
        }
    };
    folded("The same step as commands").id("same-steps").add(content)
}

/// Something to open.
pub(super) fn folded(summary: &'static str) -> Element {
    el("details").add(el("summary").text(summary))
}

pub(super) fn actions() -> Element {
    el("div").class("actions")
}

/// What is wrong with a field, beside it. The element is always there, so that it is announced when it fills.
pub(super) fn fault(id: &'static str, text: Option<&str>) -> Element {
    el("p").id(id).class("fault").attr("aria-live", "polite").say(text.unwrap_or_default())
}

/// A text field; `described` names the elements that say more about it.
pub(super) fn field(id: &str, described: &'static str, wrong: bool, value: &str) -> Element {
    let field = el("input")
        .set("id", id)
        .attr("type", "text")
        .attr("autocapitalize", "none")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-describedby", described)
        .value(value);
    invalid(field, wrong)
}

pub(super) fn invalid(field: Element, wrong: bool) -> Element {
    if wrong { field.attr("aria-invalid", "true") } else { field }
}

pub(super) fn label(of: &'static str, text: &'static str, more: &'static str) -> Element {
    let label = el("label").attr("for", of).text(text);
    if more.is_empty() { label } else { label.text(" ").add(el("span").class("optional").text(more)) }
}

pub(super) fn hint(id: &'static str, text: &'static str) -> Element {
    el("p").class("hint").id(id).text(text)
}

/// A term and its value.
pub(super) fn row(term: &'static str, value: Element) -> Element {
    el("div").add(el("dt").text(term)).add(el("dd").add(value))
}

pub(super) fn span(id: &'static str, text: &str) -> Element {
    el("span").id(id).say(text)
}

/// Says how long something has taken, for example `1 min 05 s`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative time shows as 0")]
pub(super) fn elapsed(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1_000.0) as u32;
    let (large, small, units) = match seconds {
        0..60 => return [&seconds.to_string(), " s"].concat(),
        60..3_600 => (seconds / 60, seconds % 60, [" min ", " s"]),
        _ => (seconds / 3_600, seconds / 60 % 60, [" h ", " min"]),
    };
    let zero = if small < 10 { "0" } else { "" };
    [&large.to_string(), units[0], zero, &small.to_string(), units[1]].concat()
}

/// Says a duration in its one largest unit, for example `3 hours`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative time shows as 0")]
pub(super) fn rough(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1_000.0) as u32;
    let unit = match seconds {
        172_800.. => 86_400,
        7_200.. => 3_600,
        120.. => 60,
        _ => 1,
    };
    crate::state::in_words(seconds / unit * unit)
}
