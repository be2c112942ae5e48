//! Objects of JSON, and nothing in their place: serde's derived code reads a struct from an array too, its fields in
//! order, so that two programs may see another object in the same text.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
    forward_to_deserialize_any,
};

/// Implements serde's traits for structs that derive them with `#[serde(remote = "Self")]`: they are then read from an
/// object alone. `read` is for those that derive `Deserialize` only.
///
/// Only for formats that describe themselves, as JSON does.
#[macro_export]
macro_rules! objects_alone {
    (read $($name:ty),+) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::ObjectAlone(deserializer))
            }
        }
    )+};
    ($($name:ty),+) => {$(
        $crate::objects_alone!(read $name);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    )+};
}

/// A deserializer of objects, for [`objects_alone`].
#[derive(Debug)]
pub struct ObjectAlone<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectAlone<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(OfMap(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct OfMap<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OfMap<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}

#[cfg(test)]
mod tests {
    use crate::{CertificateSigningRequest, CertificateSigningRequestList, Policy, Settings, Status};

    fn is_read<T: serde::de::DeserializeOwned>(json: &str) -> bool {
        match serde_json::from_str::<T>(json) {
            Ok(_) => true,
            Err(error) => {
                assert!(error.to_string().starts_with("invalid type: sequence, expected an object"), "{error}");
                false
            }
        }
    }

    #[test]
    fn reads_no_array_where_an_object_belongs() {
        assert!(is_read::<CertificateSigningRequest>(r#"{"metadata":{},"spec":{},"status":{"conditions":[{}]}}"#));
        assert!(is_read::<CertificateSigningRequest>(r#"{"status":null,"unknown":[]}"#));
        for json in ["[]", r#"["v1","Kind",{},{}]"#, r#"{"metadata":["a"]}"#, r#"{"spec":["a"]}"#] {
            assert!(!is_read::<CertificateSigningRequest>(json), "{json}");
        }
        for json in [r#"{"status":[]}"#, r#"{"status":{"conditions":[["Approved","True"]]}}"#] {
            assert!(!is_read::<CertificateSigningRequest>(json), "{json}");
        }
        for json in ["[]", r#"{"items":[[]]}"#, r#"{"metadata":["1"]}"#] {
            assert!(!is_read::<CertificateSigningRequestList>(json), "{json}");
        }
        for json in ["[]", r#"{"details":[7]}"#, r#"{"details":{"causes":[["spec"]]}}"#] {
            assert!(!is_read::<Status>(json), "{json}");
        }
        for json in ["[]", r#"{"expirationSeconds":[600]}"#] {
            assert!(!is_read::<Policy>(json), "{json}");
        }
    }

    #[test]
    fn reads_no_array_in_the_settings() {
        for json in ["[]", r#"{"policy":[]}"#, r#"{"policy":{"expirationSeconds":[600,600,600]}}"#] {
            let error = Settings::parse(json).expect_err(json).to_string();
            assert!(error.contains("array") || error.contains("sequence, expected an object"), "{error}");
        }
        assert!(Settings::parse(r#"{"cluster":["dev","https://k"]}"#).is_err());
    }
}
