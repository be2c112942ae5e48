use std::rc::Rc;

use kube_enroll_core::{Policy, format_duration};
use yew::prelude::*;

use crate::{
    components::{Fault, Hint, Label, invalid, use_ui},
    state::{CUSTOM, Edit, Form, Lifetime, Unit, UserAction, presets},
};

/// Properties of [`LifetimeField`].
#[derive(Properties, PartialEq)]
pub(crate) struct LifetimeFieldProps {
    /// The form's contents.
    pub form: Rc<Form>,
    /// The policy of this page.
    pub policy: Rc<Policy>,
    /// The lifetime's fault, or `None`.
    pub fault: Option<AttrValue>,
}

/// The lifetime of the certificate: one of the policy's, or a number and a unit.
#[component]
pub(crate) fn LifetimeField(props: &LifetimeFieldProps) -> Html {
    let ui = use_ui();
    let form = &props.form;
    let custom = form.lifetime == Lifetime::Custom;
    html! {
        <div class="field">
            <Label field="lifetime" text="Lifetime" />
            <Hint id="lifetime-hint">
                { "A certificate cannot be taken back, so shorter is safer. The cluster may give less." }
            </Hint>
            <div class="row">
                <select
                    id="lifetime"
                    aria-describedby="lifetime-hint"
                    onchange={ui.on_select(|value| UserAction::Edit(Edit::Lifetime(value)))}
                >
                    for seconds in presets(&props.policy) {
                        <option
                            key={seconds}
                            value={seconds.to_string()}
                            selected={form.lifetime == Lifetime::Seconds(seconds)}
                        >
                            { format_duration(seconds) }
                        </option>
                    }
                    <option value={CUSTOM} selected={custom}>{ "Another…" }</option>
                </select>
                if custom {
                    <CustomLifetime {form} invalid={props.fault.is_some()} />
                }
            </div>
            <Fault id="lifetime-error" text={props.fault.clone()} />
        </div>
    }
}

/// Properties of [`CustomLifetime`].
#[derive(Properties, PartialEq)]
struct CustomLifetimeProps {
    /// The form's contents.
    form: Rc<Form>,
    /// The number has a fault.
    invalid: bool,
}

/// A lifetime that a person types.
#[component]
fn CustomLifetime(props: &CustomLifetimeProps) -> Html {
    let ui = use_ui();
    html! {
        <>
            <input
                id="lifetime-custom"
                type="number"
                min="1"
                inputmode="numeric"
                aria-label="How many"
                aria-describedby="lifetime-error"
                aria-invalid={invalid(props.invalid)}
                value={props.form.custom.clone()}
                oninput={ui.on_input(|text| UserAction::Edit(Edit::Custom(text)))}
            />
            <select
                id="lifetime-unit"
                aria-label="Unit"
                onchange={ui.on_select(|value| UserAction::Edit(Edit::Unit(value)))}
            >
                for unit in Unit::ALL {
                    <option key={unit.name()} value={unit.name()} selected={props.form.unit == unit}>
                        { unit.name() }
                    </option>
                }
            </select>
        </>
    }
}
