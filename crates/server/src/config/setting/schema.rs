//! JSON Schema of the configuration file, from the flags that its settings are.

use std::{borrow::Cow, path::Path};

use clap::CommandFactory;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{
    super::{file::ConfigFile, flags::Cli, load::serve_command},
    Kind, Setting,
};

impl JsonSchema for ConfigFile {
    fn schema_name() -> Cow<'static, str> {
        "Configuration of kube-enroll serve".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let command = Cli::command();
        let settings = Setting::all(serve_command(&command));
        let properties: Map<_, _> = settings.iter().map(|setting| (setting.key.clone(), property(setting))).collect();
        json_schema!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false })
    }
}

fn property(setting: &Setting<'_>) -> Value {
    let help = setting.flag.get_help().map(ToString::to_string).unwrap_or_default();
    let mut property = match setting.kind() {
        Kind::Text => json!({ "type": "string" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Choice(names) => json!({ "type": "string", "enum": names }),
    };
    if setting.is_list() {
        property = json!({ "type": "array", "items": property });
    }
    if let [default] = setting.flag.get_default_values()
        && let Some(default) = default.to_str().filter(|default| !default.is_empty())
    {
        property["default"] = match setting.kind() {
            Kind::Number | Kind::Bool => default.parse().expect("the default of a number or a bool is JSON"),
            Kind::Text | Kind::Choice(_) if setting.is_list() => json!([default]),
            Kind::Text | Kind::Choice(_) => json!(default),
        };
    }
    property["description"] = format!("{}: {help}", setting.flag_name()).into();
    property
}

#[test]
fn the_schema_is_that_of_the_flags() {
    let schema = schemars::schema_for!(ConfigFile);
    let schema = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/serve-config.schema.json");
    if std::env::var_os("WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).expect("a clone to write to");
    }
    let written = std::fs::read_to_string(&path).expect("the schema");
    assert!(written == schema, "docs/serve-config.schema.json is old: run this test once with WRITE_SCHEMA=1");
}
