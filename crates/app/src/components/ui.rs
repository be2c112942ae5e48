use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{browser::read_file, state::UserAction};

/// The context of all components: the way of an action to the root, and what any of them may show.
#[derive(Clone, PartialEq)]
pub(crate) struct Ui {
    /// Sends what a person does to the root.
    pub dispatch: Callback<UserAction>,
    /// The block that was copied last, and whether that worked; `None` again after a moment.
    pub copied: Option<(&'static str, bool)>,
    /// The browser's clock, in milliseconds since 1970.
    pub now_ms: f64,
    /// The browser has a share sheet.
    pub can_share: bool,
}

/// Returns the context that the root provides.
#[hook]
pub(crate) fn use_ui() -> Ui {
    use_context().expect("the root wraps every component in a provider of Ui")
}

impl Ui {
    /// Returns a handler that dispatches the action, whatever the event says.
    pub(crate) fn on<E>(&self, act: UserAction) -> Callback<E> {
        self.dispatch.reform(move |_| act.clone())
    }

    /// Returns a handler that dispatches the action when a form is submitted. The browser sends no form anywhere.
    pub(crate) fn on_submit(&self, act: UserAction) -> Callback<SubmitEvent> {
        self.dispatch.reform(move |event: SubmitEvent| {
            event.prevent_default();
            act.clone()
        })
    }

    /// Returns a handler that dispatches what `act` makes of a field's text, each time it is edited.
    pub(crate) fn on_input(&self, act: impl Fn(String) -> UserAction + 'static) -> Callback<InputEvent> {
        self.dispatch.reform(move |event: InputEvent| act(field(&event).value()))
    }

    /// Returns a handler that dispatches what `act` makes of a field's text and empties the field, which thereby never
    /// holds on to a text that may be secret.
    pub(crate) fn on_paste(&self, act: impl Fn(String) -> UserAction + 'static) -> Callback<InputEvent> {
        self.dispatch.reform(move |event: InputEvent| {
            let text = field(&event).value();
            field(&event).set_value("");
            act(text)
        })
    }

    /// Returns a handler that dispatches what `act` makes of the option that was selected.
    pub(crate) fn on_select(&self, act: impl Fn(String) -> UserAction + 'static) -> Callback<Event> {
        self.dispatch.reform(move |event: Event| act(field(&event).value()))
    }

    /// Returns a handler that dispatches what `act` makes of the text of the file that was chosen.
    pub(crate) fn on_file(&self, act: fn(String) -> UserAction) -> Callback<Event> {
        let dispatch = self.dispatch.reform(act);
        Callback::from(move |event: Event| {
            let dispatch = dispatch.clone();
            read_file(&event, move |text| dispatch.emit(text));
        })
    }

    /// Returns a handler that dispatches what `act` makes of the text, or of the file, that was dropped. The browser
    /// does not open it.
    pub(crate) fn on_drop(&self, act: fn(String) -> UserAction) -> Callback<DragEvent> {
        let dispatch = self.dispatch.reform(act);
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            let dispatch = dispatch.clone();
            read_file(&event, move |text| dispatch.emit(text));
        })
    }
}

/// Makes an element a drop target: without it, the browser handles `dragover` itself and refuses the drop.
pub(crate) fn allow_drop(event: DragEvent) {
    event.prevent_default();
}

/// Returns the field of an event. Its listeners are on `input`, `select` and `textarea` only, which all have a `value`.
fn field(event: &impl TargetCast) -> HtmlInputElement {
    event.target_unchecked_into()
}
