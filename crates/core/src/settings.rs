use serde::{Deserialize, Serialize};

use crate::{Cluster, Error, Policy};

/// `config.json`, beside `index.html`: written by hand for static hosting, answered by `kube-enroll serve` from its flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Where the Kubernetes API is, relative to the page: `./` behind `serve`, `/` behind `kubectl proxy`. `null`: nowhere.
    /// Default: `./`.
    pub api_base: Option<String>,
    /// The cluster that people get access to. Default: read from `kube-public/cluster-info` at `apiBase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Cluster>,
    /// What may be asked for.
    pub policy: Policy,
    /// How to reach an approver, a sentence for people, for example `Ask in #platform`. Default: empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub approver: String,
    /// The account that requests are made with, for the approver to compare with "Requesting User". Default: taken from
    /// the API server's answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub requesting_user: String,
    /// How the server knows who asks, `header` or `jwt`: then `whoami.json` beside it says who that is. Default: nobody
    /// is known, and the form takes any name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_base: Some("./".into()),
            cluster: None,
            policy: Policy::default(),
            approver: String::new(),
            requesting_user: String::new(),
            identity: String::new(),
        }
    }
}

impl Settings {
    /// Reads settings from JSON.
    ///
    /// # Errors
    /// [`Error::InvalidObject`] for what is no JSON of this shape, unknown settings included; the errors of
    /// [`Policy::check`] and [`Cluster::check`].
    pub fn parse(json: &str) -> Result<Self, Error> {
        let refuse = |found: String| Error::InvalidObject {
            field: "config.json",
            found,
            expected: "settings of kube-enroll as a JSON object".into(),
        };
        // serde would also take the fields of an array in order.
        if !json.trim_start().starts_with('{') {
            return Err(refuse(json.chars().take(40).collect()));
        }
        let settings: Self = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        settings.policy.check()?;
        settings.cluster.as_ref().map_or(Ok(()), Cluster::check)?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_person_writes() {
        let settings = Settings::parse(
            r#"{"apiBase":"/","cluster":{"name":"dev","server":"https://k.example.com"},"policy":{"groups":["dev"]}}"#,
        )
        .expect("settings");
        assert_eq!(settings.api_base.as_deref(), Some("/"));
        assert_eq!(settings.policy.groups, ["dev"]);
        assert_eq!(Settings::parse("{}"), Ok(Settings::default()));
        assert_eq!(Settings::parse(r#"{"apiBase":null}"#).expect("settings").api_base, None);
    }

    #[test]
    fn refuses_settings_that_it_does_not_know_or_cannot_use() {
        for json in [
            "",
            "5",
            "[]",
            "<html>",
            r#"{"apibase":"/"}"#,
            r#"{"cluster":{"name":"dev","server":"http://x"}}"#,
            r#"{"policy":{"algorithms":[]}}"#,
        ] {
            assert!(Settings::parse(json).is_err(), "{json}");
        }
    }
}
