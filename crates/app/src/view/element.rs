//! Elements, built by calls.
//!
//! Yew's `html!` writes out each element at its place in the code: 60 KB for this page. Calls to these few functions come
//! to a third of that.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};
use yew::{
    Callback, Html,
    virtual_dom::{AttrValue, Key, Listener, ListenerKind, VList, VNode, VTag, VText},
};

use crate::{effects::read_file, state::Act};

/// An element that is being built.
pub(super) struct Element(Box<VTag>);

/// Begins an element.
pub(super) fn el(tag: &'static str) -> Element {
    Element(Box::new(VTag::new(AttrValue::Static(tag))))
}

impl Element {
    #[inline(never)]
    pub(super) fn attr(mut self, name: &'static str, value: &'static str) -> Self {
        self.0.add_attribute(name, AttrValue::Static(value));
        self
    }

    #[inline(never)]
    pub(super) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.0.add_attribute(name, AttrValue::Rc(value.into()));
        self
    }

    /// Sets an attribute that says something by being there.
    pub(super) fn flag(self, name: &'static str, is: bool) -> Self {
        if is { self.attr(name, "") } else { self }
    }

    pub(super) fn id(self, id: &'static str) -> Self {
        self.attr("id", id)
    }

    pub(super) fn class(self, class: &'static str) -> Self {
        self.attr("class", class)
    }

    /// Makes it another element than one of another key in its place.
    pub(super) fn key(mut self, key: impl Into<Key>) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// Adds words of the page.
    #[inline(never)]
    pub(super) fn text(mut self, text: &'static str) -> Self {
        self.0.add_child(VText::new(AttrValue::Static(text)).into());
        self
    }

    /// Adds a text that is not known before, always as text (attack 24).
    #[inline(never)]
    pub(super) fn say(mut self, text: &str) -> Self {
        self.0.add_child(VText::new(AttrValue::Rc(text.into())).into());
        self
    }

    #[inline(never)]
    pub(super) fn add(mut self, child: Self) -> Self {
        self.0.add_child(child.into());
        self
    }

    /// Adds an element, or keeps its place free: Yew compares children by their places, counted from the end, and a field
    /// that is taken for its neighbour is made anew, without the focus of whoever types in it.
    pub(super) fn option(mut self, child: Option<Self>) -> Self {
        self.0.add_child(child.map(VNode::from).unwrap_or_default());
        self
    }

    /// Adds any number of elements in one place.
    pub(super) fn all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.0.add_child(fragment(children));
        self
    }

    /// Sets what an input holds.
    pub(super) fn value(mut self, value: &str) -> Self {
        self.0.set_value(Some(AttrValue::Rc(value.into())));
        self
    }

    pub(super) fn checked(mut self, is: bool) -> Self {
        self.0.set_checked(is);
        self
    }

    /// Sends an action for each event.
    #[inline(never)]
    pub(super) fn on(mut self, kind: On, send: &Callback<Act>, act: Act) -> Self {
        self.0.add_listener(Rc::new(Handler { kind, send: send.clone(), what: What::Act(act) }));
        self
    }

    /// Sends an action for each click that is then confirmed.
    pub(super) fn on_sure(mut self, question: &'static str, send: &Callback<Act>, act: Act) -> Self {
        self.0.add_listener(Rc::new(Handler { kind: On::Click, send: send.clone(), what: What::Sure(question, act) }));
        self
    }

    /// Sends what is made of the field's text, for each event.
    #[inline(never)]
    pub(super) fn on_text(mut self, kind: On, send: &Callback<Act>, action: Box<dyn Fn(String) -> Act>) -> Self {
        self.0.add_listener(Rc::new(Handler { kind, send: send.clone(), what: What::Text(action) }));
        self
    }

    /// Sends what is made of the text of a file that was chosen or dropped.
    pub(super) fn on_file(mut self, kind: On, send: &Callback<Act>, act: fn(String) -> Act) -> Self {
        for kind in [Some(kind), (kind == On::Drop).then_some(On::DragOver)].into_iter().flatten() {
            self.0.add_listener(Rc::new(Handler { kind, send: send.clone(), what: What::File(act) }));
        }
        self
    }
}

impl From<Element> for VNode {
    fn from(element: Element) -> Self {
        Self::VTag(Rc::new(*element.0))
    }
}

/// Puts elements beside each other.
pub(super) fn fragment(elements: impl IntoIterator<Item = Element>) -> Html {
    let children = elements.into_iter().map(VNode::from).collect();
    VNode::VList(Rc::new(VList::with_children(children, None)))
}

/// The events that are heard.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum On {
    Change,
    Click,
    /// Without which nothing can be dropped.
    DragOver,
    Drop,
    Input,
    Submit,
}

struct Handler {
    kind: On,
    send: Callback<Act>,
    what: What,
}

enum What {
    Act(Act),
    Sure(&'static str, Act),
    Text(Box<dyn Fn(String) -> Act>),
    File(fn(String) -> Act),
}

impl Listener for Handler {
    fn kind(&self) -> ListenerKind {
        match self.kind {
            On::Change => ListenerKind::onchange,
            On::Click => ListenerKind::onclick,
            On::DragOver => ListenerKind::ondragover,
            On::Drop => ListenerKind::ondrop,
            On::Input => ListenerKind::oninput,
            On::Submit => ListenerKind::onsubmit,
        }
    }

    fn handle(&self, event: Event) {
        // A form is never sent anywhere, and a file that is dropped is not opened.
        if matches!(self.kind, On::Submit | On::DragOver | On::Drop) {
            event.prevent_default();
        }
        match &self.what {
            What::Act(act) => self.send.emit(act.clone()),
            What::Sure(question, act) => {
                if web_sys::window().and_then(|window| window.confirm_with_message(question).ok()) == Some(true) {
                    self.send.emit(act.clone());
                }
            }
            // Every field that is used here has a `value`.
            What::Text(act) => {
                let field = event.target().map(JsCast::unchecked_into::<HtmlInputElement>);
                self.send.emit(act(field.map(|field| field.value()).unwrap_or_default()));
            }
            What::File(_) if self.kind == On::DragOver => {}
            What::File(act) => {
                let (send, act) = (self.send.clone(), *act);
                read_file(&event, move |text| send.emit(act(text)));
            }
        }
    }

    fn passive(&self) -> bool {
        false
    }
}
