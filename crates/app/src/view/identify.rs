use super::{
    Ui,
    element::{Element, On, el},
    keep,
    parts::{actions, fault, field, folded, heading, hint, invalid, label, paragraph, same_steps, sign_out},
};
use crate::state::{Act, CUSTOM, Choice, Edit, Faults, Form, Unit, in_words, presets};
use kube_enroll_core::{Algorithm, ObjectName, Subject, commands};

pub(super) fn editing(ui: &Ui, tried: bool) -> Element {
    let form = &ui.page.form;
    let mut faults = form.options(ui.page.policy()).err().unwrap_or_default();
    // Nobody has to be told that they have not begun yet.
    if !tried && form.user.is_empty() {
        faults.user = None;
    }
    if !tried && form.passphrase.is_empty() {
        faults.passphrase = None;
    }
    if !tried && form.lifetime == Choice::Custom && form.custom.is_empty() {
        faults.lifetime = None;
    }
    let fields = ui
        .form(Act::Create)
        .add(user(ui, &faults))
        .add(groups(ui, &faults))
        .add(algorithms(ui))
        .add(lifetime(ui, &faults))
        .option(keep::choice(ui, &faults))
        .add(advanced(ui, &faults))
        .add(actions().add(el("button").id("create").class("primary").text("Create key and request")).add(paragraph(
            "hint",
            if ui.page.has_api {
                "The key stays in this browser. Only the request is sent."
            } else {
                "The key stays in this browser. This page sends nothing: you carry the request yourself."
            },
        )));
    el("section")
        .add(heading("Get access to your cluster"))
        .add(paragraph(
            "lead",
            "Say who you are. This page makes a private key in your browser, asks the cluster for a certificate, and gives you \
             a kubeconfig once somebody has approved it.",
        ))
        .option(keep::list(ui))
        .add(fields)
        .add(by_hand(ui))
}

fn user(ui: &Ui, faults: &Faults) -> Element {
    let form = &ui.page.form;
    let person = ui.page.person.as_deref();
    let input =
        field("user", "user-hint user-error", faults.user.is_some(), &form.user).flag("readonly", person.is_some());
    let hint = match person {
        None => hint("user-hint", "What the cluster will know you by, for example jane or jane@example.com."),
        Some(person) if person.sign_out_url.is_empty() => hint(
            "user-hint",
            "You are signed in as this. Not you? Sign out where you have signed in, then reload this page.",
        ),
        Some(person) => {
            hint("user-hint", "You are signed in as this. Not you? ").add(sign_out(person, "Sign in as somebody else"))
        }
    };
    el("div")
        .class("field")
        .add(label("user", "User name", ""))
        .add(hint)
        .add(ui.typed(input, |text| Act::Edit(Edit::User(text))))
        .add(fault("user-error", faults.user.as_deref()))
        .option(unusual(&form.user))
}

fn groups(ui: &Ui, faults: &Faults) -> Element {
    let (form, policy) = (&ui.page.form, ui.page.policy());
    let mut set = el("fieldset")
        .class("field")
        .add(el("legend").text("Groups ").add(el("span").class("optional").text("optional")))
        .add(hint("groups-hint", "Rights are mostly given to groups. Ask your team which ones to name."));
    if ui.page.person.is_some() && policy.groups.is_empty() {
        set = set.add(paragraph("", "You are in no group that can be asked for here."));
    } else if policy.groups.is_empty() {
        set = set
            .all(form.groups.iter().enumerate().map(|(row, group)| group_row(ui, row, group, faults)))
            .add(ui.button("add-group", "quiet", "+ Add a group", Act::Edit(Edit::AddGroup)));
    } else {
        set = set.add(checkboxes(ui, faults));
    }
    let powerful = |group: &String| {
        el("p").class("note warn").add(el("b").say(group)).text(
            " has far-reaching rights in this cluster. Ask for it only if you need it; the approver will look closely.",
        )
    };
    let notes = form
        .groups
        .iter()
        .flat_map(|group| [unusual(group), policy.is_powerful(group).then(|| powerful(group))].into_iter().flatten());
    set.add(fault("groups-error", faults.groups.as_deref())).all(notes)
}

fn group_row(ui: &Ui, row: usize, group: &str, faults: &Faults) -> Element {
    let number = row.to_string();
    let counted = (row + 1).to_string();
    let input = field(&["group-", &number].concat(), "groups-hint groups-error", faults.group_row == Some(row), group)
        .set("aria-label", &["Group ", &counted].concat());
    let input = ui.typed(input, move |text| Act::Edit(Edit::Group(row, text)));
    let remove = el("button")
        .attr("type", "button")
        .class("quiet")
        .set("id", &["remove-group-", &number].concat())
        .set("aria-label", &["Remove group ", &counted].concat())
        .text("Remove")
        .on(On::Click, ui.send, Act::Edit(Edit::RemoveGroup(row)));
    let needed = ui.page.form.groups.len() > 1 || !group.is_empty();
    el("div").key(row).class("row").add(input).option(needed.then_some(remove))
}

fn checkboxes(ui: &Ui, faults: &Faults) -> Element {
    let (form, offered) = (&ui.page.form, &ui.page.policy().groups);
    // A link to the page may name others: they are shown, so that they can be taken out.
    let others = form.groups.iter().filter(|group| !group.is_empty() && !offered.contains(group));
    let checkbox = |(index, group): (usize, &String)| {
        let wrong = faults.group_row.is_some_and(|row| form.groups.get(row) == Some(group));
        let input = el("input")
            .set("id", &["group-", &index.to_string()].concat())
            .attr("type", "checkbox")
            .attr("aria-describedby", "groups-hint groups-error")
            .value(group)
            .checked(form.groups.contains(group))
            .on(On::Change, ui.send, Act::Edit(Edit::ToggleGroup(group.clone())));
        el("label").class("choice").add(invalid(input, wrong)).add(el("b").say(group))
    };
    el("div").class("choices").all(offered.iter().chain(others).enumerate().map(checkbox))
}

fn algorithms(ui: &Ui) -> Element {
    let radio = |(index, algorithm): (usize, &Algorithm)| {
        let input = el("input")
            .attr("type", "radio")
            .attr("name", "algorithm")
            .value(algorithm.name())
            .checked(ui.page.form.algorithm == *algorithm)
            .on(On::Change, ui.send, Act::Edit(Edit::Algorithm(*algorithm)));
        let usual = (index == 0).then(|| el("span").class("optional").text(" · the usual choice here"));
        let words = el("span")
            .add(el("b").text(algorithm.name()))
            .option(usual)
            .add(el("span").class("hint").text(about(*algorithm)));
        el("label").class("choice").add(input).add(words)
    };
    el("fieldset")
        .class("field")
        .add(el("legend").text("Key type"))
        .add(el("div").class("choices").all(ui.page.policy().algorithms.iter().enumerate().map(radio)))
}

fn about(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048 => "The shortest RSA key that is still accepted. Made in about a second.",
        Algorithm::Rsa3072 => "Works with everything. Takes some seconds to make.",
        Algorithm::Rsa4096 => "The longest RSA key. May take a minute to make.",
        Algorithm::EcdsaP256 => "Small, fast and widely known. Made at once.",
        Algorithm::EcdsaP384 => "As P-256, with a larger margin. Made at once.",
        Algorithm::Ed25519 => "Small and modern; some older tools do not know it. Made at once.",
    }
}

fn lifetime(ui: &Ui, faults: &Faults) -> Element {
    let form = &ui.page.form;
    let option = |value: &str, text: &str, chosen| el("option").set("value", value).flag("selected", chosen).say(text);
    let custom = form.lifetime == Choice::Custom;
    let select =
        el("select")
            .id("lifetime")
            .attr("aria-describedby", "lifetime-hint")
            .all(presets(ui.page.policy()).into_iter().map(|seconds| {
                option(&seconds.to_string(), &in_words(seconds), form.lifetime == Choice::Seconds(seconds))
            }))
            .add(option(CUSTOM, "Another…", custom));
    let mut row = el("div").class("row").add(ui.chosen(select, |value| Act::Edit(Edit::Lifetime(value))));
    if custom {
        let number = el("input")
            .id("lifetime-custom")
            .attr("type", "number")
            .attr("min", "1")
            .attr("inputmode", "numeric")
            .attr("aria-label", "How many")
            .attr("aria-describedby", "lifetime-error")
            .value(&form.custom);
        let unit = el("select")
            .id("lifetime-unit")
            .attr("aria-label", "Unit")
            .all(Unit::ALL.map(|unit| option(unit.name(), unit.name(), form.unit == unit)));
        row = row
            .add(ui.typed(invalid(number, faults.lifetime.is_some()), |text| Act::Edit(Edit::Custom(text))))
            .add(ui.chosen(unit, |value| Act::Edit(Edit::Unit(value))));
    }
    el("div")
        .class("field")
        .add(label("lifetime", "Lifetime", ""))
        .add(hint(
            "lifetime-hint",
            "A certificate cannot be taken back, so shorter is safer. The cluster may give less.",
        ))
        .add(row)
        .add(fault("lifetime-error", faults.lifetime.as_deref()))
}

fn advanced(ui: &Ui, faults: &Faults) -> Element {
    let form = &ui.page.form;
    let name = field("label", "label-hint label-error", faults.label.is_some(), &form.label);
    let namespace = field("namespace", "namespace-hint namespace-error", faults.namespace.is_some(), &form.namespace);
    folded("Advanced")
        .id("advanced")
        .flag("open", form.unfolded || faults.label.is_some() || faults.namespace.is_some())
        .add(
            el("div")
                .class("field")
                .add(label("label", "Name of the request", "a label, optional"))
                .add(
                    el("p")
                        .id("label-hint")
                        .class("hint")
                        .text("Approvers see ")
                        .add(el("code").say(&shown_name(form)))
                        .text(". Your user name and a random ending keep others from taking it."),
                )
                .add(el("div").class("row").add(ui.typed(name, |text| Act::Edit(Edit::Label(text)))).add(ui.button(
                    "reroll",
                    "quiet",
                    "Another ending",
                    Act::Edit(Edit::Reroll),
                )))
                .add(fault("label-error", faults.label.as_deref())),
        )
        .add(
            el("div")
                .class("field")
                .add(label("namespace", "Namespace", "optional"))
                .add(hint("namespace-hint", "Where kubectl works when you do not say otherwise."))
                .add(ui.typed(namespace, |text| Act::Edit(Edit::Namespace(text))))
                .add(fault("namespace-error", faults.namespace.as_deref())),
        )
}

/// The object's name as far as it can be shown, with a label that may be wrong.
fn shown_name(form: &Form) -> String {
    let plain = ObjectName::new("x", "", form.random).map(|name| name.as_str()[1..].to_owned()).unwrap_or_default();
    let dash = if form.label.is_empty() { "" } else { "-" };
    [&ObjectName::prefix(&form.user), dash, &form.label, &plain].concat()
}

fn by_hand(ui: &Ui) -> Element {
    let form = &ui.page.form;
    let groups: Vec<&str> = form.groups.iter().map(String::as_str).filter(|group| !group.is_empty()).collect();
    let key = commands::make_key(form.algorithm);
    match Subject::parse(&form.user, &groups) {
        Ok(subject) => {
            let request = commands::make_request(&subject, form.algorithm);
            same_steps(ui, request.map(|line| [&key, "\n", &line].concat()).as_deref())
        }
        Err(_) => same_steps(ui, Some(&key)),
    }
}

/// Letters outside of ASCII are fine, and worth a second look.
fn unusual(name: &str) -> Option<Element> {
    (!name.is_ascii()).then(|| {
        el("p").class("note").add(el("b").say(name)).text(
            " has letters outside of a–z. The cluster compares names exactly: whoever gives you rights must type the very same.",
        )
    })
}
