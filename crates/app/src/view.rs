//! What a person sees, as a function of the page's state. One file per step; `parts` has what they share.

mod element;
mod failed;
mod generate;
mod identify;
mod keep;
mod manual;
mod parts;
mod save;
mod submit;
mod verify;
mod wait;

use yew::{Callback, Html};

use self::element::{Element, On, el, fragment};
use crate::state::{Act, Page, Retry, State, Step, Storage};

/// The browser's clock may be off by so much before that is worth a sentence.
const CLOCK_TOLERANCE_MS: f64 = 60_000.0;

pub(crate) fn page(page: &Page, send: &Callback<Act>) -> Html {
    let ui = Ui { page, send };
    let cluster = page
        .state
        .enrollment()
        .and_then(|enrollment| enrollment.cluster.as_ref())
        .or(page.cluster.as_ref())
        .map(|cluster| el("span").class("cluster").text("Cluster ").add(el("b").say(&cluster.name)));
    let logo = el("svg")
        .class("logo")
        .attr("viewBox", "0 0 32 32")
        .attr("aria-hidden", "true")
        .add(el("path").attr("d", "M16 2 28 8l2.5 13L22 30H10L1.5 21 4 8z"))
        .add(el("circle").attr("cx", "16").attr("cy", "12").attr("r", "4"))
        .add(el("path").attr("d", "M16 16v9m0-3h4"));
    let name = page.state.name();
    fragment([
        el("header").add(logo).add(el("b").text("kube-enroll")).option(cluster),
        el("main").attr("data-state", name).add(steps(&page.state)).add(banners(page)).add(step(&ui).key(name)),
        el("footer").text("The private key is made in this browser and never leaves it."),
    ])
}

/// What every part of the view needs.
struct Ui<'a> {
    page: &'a Page,
    send: &'a Callback<Act>,
}

impl Ui<'_> {
    /// Makes a button. Its look is its class.
    fn button(&self, id: &'static str, class: &'static str, text: &'static str, action: Act) -> Element {
        el("button").attr("type", "button").id(id).class(class).text(text).on(On::Click, self.send, action)
    }

    fn typed(&self, element: Element, action: impl Fn(String) -> Act + 'static) -> Element {
        element.on_text(On::Input, self.send, Box::new(action))
    }

    fn chosen(&self, element: Element, action: impl Fn(String) -> Act + 'static) -> Element {
        element.on_text(On::Change, self.send, Box::new(action))
    }

    fn form(&self, action: Act) -> Element {
        el("form").flag("novalidate", true).on(On::Submit, self.send, action)
    }
}

fn step(ui: &Ui) -> Element {
    match &ui.page.state {
        State::Loading => el("section").add(parts::heading("One moment")),
        State::Editing { tried } => identify::editing(ui, *tried),
        State::Generating { options, since_ms } => generate::generating(ui, options, *since_ms),
        State::Keeping { .. } => keep::keeping(),
        State::Unkept { enrollment, reason } => keep::unkept(ui, reason, enrollment.is_kept()),
        State::Taking { id, elsewhere } => keep::taking(ui, id, *elsewhere),
        State::Manual(manual) => manual::manual(ui, manual),
        State::Submitting { enrollment, since_ms, delivery } => submit::submitting(ui, enrollment, *since_ms, delivery),
        State::Waiting { enrollment, decision, lookout } => {
            wait::waiting(ui, enrollment, *decision, &lookout.connection)
        }
        State::Verifying { enrollment, cluster, .. } => verify::verifying(ui, enrollment, cluster.as_deref()),
        State::Locked { enrollment, passphrase, fault, .. } => keep::locked(ui, enrollment, &passphrase.0, fault),
        State::OtherCluster { enrollment } => wait::other_cluster(ui, enrollment),
        State::Issued(issued) => save::issued(ui, issued),
        State::Denied { enrollment, said } => wait::denied(ui, enrollment, said),
        State::Failed { enrollment, said } => wait::failed(ui, enrollment, said),
        State::Gone { enrollment, why } => wait::gone(ui, enrollment, *why),
        State::SignIn { .. } => failed::sign_in(ui),
        State::Refused { enrollment, code, message, .. } => verify::refused(ui, enrollment, code, message),
        State::Error { problem, retry } => failed::error(ui, problem, retry),
    }
}

fn steps(state: &State) -> Element {
    let now = state.step();
    let troubled = matches!(
        state,
        State::Denied { .. }
            | State::Failed { .. }
            | State::Gone { .. }
            | State::OtherCluster { .. }
            | State::Unkept { .. }
            | State::SignIn { .. }
            | State::Refused { .. }
            | State::Error { .. }
    );
    let saved = matches!(state, State::Issued(issued) if issued.saved);
    let names = [
        (Step::Identify, "Identify"),
        (Step::Generate, "Generate"),
        (Step::Submit, "Submit"),
        (Step::Wait, "Wait"),
        (Step::Verify, "Verify"),
        (Step::Save, "Save"),
    ];
    let item = |(step, name)| {
        let class = if step < now || saved {
            "done"
        } else if step > now {
            ""
        } else if troubled {
            "now bad"
        } else {
            "now"
        };
        let item = el("li").class(class).text(name);
        if step == now { item.attr("aria-current", "step") } else { item }
    };
    el("ol").class("steps").attr("aria-label", "Steps").all(names.map(item))
}

fn banners(page: &Page) -> Element {
    let mut banners = el("div");
    if !page.place.secure && !page.place.local {
        banners = banners.add(el("p").id("banner-http").class("note warn").text(
            "This page came over plain HTTP: whoever is on the path between you and its server could have changed it, and \
             could take your key. Where you can, use an address that begins with https.",
        ));
    }
    if let Storage::Refused(reason) = &page.storage {
        banners = banners.add(
            el("p").id("storage-refused").class("note warn").text(
                "This browser keeps nothing for this page, so leave the tab open until you have saved your file: closing or \
                 reloading it loses the key. ",
            ).say(reason),
        );
    }
    let off_ms = page.clock_offset_ms;
    if off_ms.abs() > CLOCK_TOLERANCE_MS && !matches!(page.state, State::Error { retry: Retry::Load, .. }) {
        banners = banners.add(
            el("p")
                .id("clock-warning")
                .class("note")
                .text("This computer’s clock is ")
                .say(&parts::rough(off_ms.abs()))
                .text(if off_ms > 0.0 { " behind" } else { " ahead of" })
                .text(
                    " the cluster’s. This page goes by the cluster’s; kubectl goes by yours, so please set it right.",
                ),
        );
    }
    banners
}
