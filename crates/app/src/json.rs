//! Objects of the API, settings, and the room's messages, as JavaScript has them.
//!
//! The browser reads and writes JSON by itself, so the page takes core's types from what `JSON.parse` returns. Serde would do
//! the same with 60 KB more, a half of the whole page; core's own serde forms are the measure in the tests.

mod message;
mod object;
mod person;
mod settings;
#[cfg(test)]
mod tests;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

pub(crate) use message::{reply, write_message};
pub(crate) use object::{event, kubeconfig_of_config_map, list, request, status, write_request};
pub(crate) use person::person;
pub(crate) use settings::settings;

/// A value of JSON: JavaScript's own in the browser, serde's in the tests.
pub(crate) trait Value: Sized {
    /// Returns a field of an object; nothing where there is none, or where it is `null`.
    fn field(&self, name: &str) -> Option<Self>;
    /// Returns the names of all fields.
    fn names(&self) -> Vec<String>;
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

    fn names(&self) -> Vec<String> {
        self.dyn_ref::<Object>().map(|object| texts(&Object::keys(object))).unwrap_or_default()
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

fn texts(array: &Array) -> Vec<String> {
    array.iter().filter_map(|value| value.as_string()).collect()
}
