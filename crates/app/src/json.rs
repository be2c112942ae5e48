//! The messages of the key's room, as JavaScript has them.

mod message;
#[cfg(test)]
mod tests;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

pub(crate) use message::{reply, write_message};

/// A value of JSON: JavaScript's own in the browser, serde's in the tests.
pub(crate) trait Value: Sized {
    /// Returns a field of an object; nothing where there is none, or where it is `null`.
    fn field(&self, name: &str) -> Option<Self>;
    /// Returns the elements of an array; nothing where it is none.
    fn elements(&self) -> Option<Vec<Self>>;
    fn text(&self) -> Option<String>;
    fn number(&self) -> Option<f64>;
    fn truth(&self) -> bool;

    fn of_fields(fields: Vec<(&str, Self)>) -> Self;
    fn of_elements(elements: Vec<Self>) -> Self;
    fn of_text(text: &str) -> Self;
    fn of_number(number: f64) -> Self;

    /// Returns a text field; empty where there is none.
    fn text_of(&self, name: &str) -> String {
        self.field(name).and_then(|value| value.text()).unwrap_or_default()
    }

    fn number_of(&self, name: &str) -> f64 {
        self.field(name).and_then(|value| value.number()).unwrap_or_default()
    }

    fn truth_of(&self, name: &str) -> bool {
        self.field(name).is_some_and(|value| value.truth())
    }

    fn elements_of(&self, name: &str) -> Vec<Self> {
        self.field(name).and_then(|value| value.elements()).unwrap_or_default()
    }

    fn texts_of(&self, name: &str) -> Vec<String> {
        self.elements_of(name).iter().filter_map(Self::text).collect()
    }
}

impl Value for JsValue {
    fn field(&self, name: &str) -> Option<Self> {
        Reflect::get(self, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
    }

    fn elements(&self) -> Option<Vec<Self>> {
        self.dyn_ref::<Array>().map(|array| array.iter().collect())
    }

    fn text(&self) -> Option<String> {
        self.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> bool {
        self.is_truthy()
    }

    fn of_fields(fields: Vec<(&str, Self)>) -> Self {
        let object = Object::new();
        for (name, value) in fields {
            Reflect::set(&object, &name.into(), &value).expect("a new object takes fields");
        }
        object.into()
    }

    fn of_elements(elements: Vec<Self>) -> Self {
        elements.into_iter().collect::<Array>().into()
    }

    fn of_text(text: &str) -> Self {
        text.into()
    }

    fn of_number(number: f64) -> Self {
        number.into()
    }
}
