mod slip;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{Cluster, ClusterFields, Error, ObjectAlone, Policy};

/// `config.json`, beside `index.html`: written by hand for static hosting, answered by `kube-enroll serve` from its
/// flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The base of the Kubernetes API, relative to the page: `./` behind `serve`, `/` behind `kubectl proxy`. `null`:
    /// there is none. Default: `./`.
    pub api_base: Option<String>,
    /// The cluster that people get access to. Default: read from `kube-public/cluster-info` at `apiBase`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "cluster_or_none")]
    pub cluster: Option<Cluster>,
    /// The requests that are allowed.
    pub policy: Policy,
    /// A sentence for people about reaching an approver, for example `Ask in #platform`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub approver: Option<String>,
    /// The account that requests are made with, for the approver to compare with "Requesting User". Default: read from
    /// the API server's answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub requesting_user: Option<String>,
    /// The address at which the server expects the page: requests from another one are refused. Default: any.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub public_url: Option<String>,
    /// The way in which the server authenticates people, `header` or `jwt`: then `whoami.json` beside this file names
    /// the signed-in person. Default: people are not authenticated, and the form accepts any name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_none")]
    pub identity: Option<String>,
    /// The version of the server that answers them; none in a file that a person has written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The kind of the page's origin. Default: shared, if the page is not at `/`, or `apiBase` leads out of its folder;
    /// on the person's own machine, only the latter counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The origin of the page, which its storage belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Nothing else is served there.
    Own,
    /// Other pages may be served there, and use what the page stores: a key gets a passphrase.
    Shared,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_base: Some("./".into()),
            cluster: None,
            policy: Policy::default(),
            approver: None,
            requesting_user: None,
            public_url: None,
            identity: None,
            version: None,
            origin: None,
        }
    }
}

impl Settings {
    /// Reads settings from JSON.
    ///
    /// # Errors
    /// [`Error::InvalidObject`] for what is no JSON of this shape, with line and column, and for settings that are not
    /// known, unless a server of a version answers them: it may be newer than the page. The error of [`Policy::check`].
    pub fn parse(json: &str) -> Result<Self, Error> {
        let mut unknown = Vec::new();
        let read = if json.trim_start().starts_with('[') {
            // serde would also take the fields of an array in order.
            Err(serde::de::Error::custom("an array"))
        } else {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            serde_ignored::deserialize(&mut deserializer, |path| {
                // It has a mark for what may be missing.
                unknown.push(path.to_string().replace(".?", ""));
            })
            .and_then(|settings| deserializer.end().map(|()| settings))
        };
        let settings: Self = read.map_err(|error| slip::refuse(json, &error))?;
        if settings.version.is_none() && !unknown.is_empty() {
            return Err(slip::unknown(json, &unknown));
        }
        settings.policy.check()?;
        Ok(settings)
    }
}

/// Reads the cluster from an object alone. Its own type is read from the key worker's messages too, which are no JSON.
fn cluster_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cluster>, D::Error> {
    struct Fields(ClusterFields);
    impl<'de> Deserialize<'de> for Fields {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            ClusterFields::deserialize(ObjectAlone(deserializer)).map(Self)
        }
    }
    let fields = Option::<Fields>::deserialize(deserializer)?;
    fields.map(|Fields(fields)| Cluster::parse(fields).map_err(D::Error::custom)).transpose()
}

/// Reads an empty text as `None`.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GroupName, Groups};

    #[test]
    fn reads_what_a_person_writes() {
        let settings = Settings::parse(
            r#"{"apiBase":"/","cluster":{"name":"dev","server":"https://k.example.com"},"policy":{"groups":["dev"]}}"#,
        )
        .expect("settings");
        assert_eq!(settings.api_base.as_deref(), Some("/"));
        assert_eq!(settings.policy.groups, Groups::Only(vec![GroupName::parse("dev").expect("a name")]));
        assert_eq!(settings.origin, None);
        assert_eq!(Settings::parse(r#"{"origin":"own"}"#).expect("settings").origin, Some(Origin::Own));
        assert_eq!(Settings::parse(r#"{"origin":"shared"}"#).expect("settings").origin, Some(Origin::Shared));
        assert_eq!(Settings::parse("{}"), Ok(Settings::default()));
        assert_eq!(Settings::parse(r#"{"apiBase":null}"#).expect("settings").api_base, None);
    }

    #[test]
    fn passes_over_what_a_newer_server_answers() {
        let newer = r#"{"version":"9.0.0","apiBase":"./","theme":{"dark":true},
            "cluster":{"name":"dev","server":"https://k","color":"red"},"policy":{"review":2}}"#;
        let settings = Settings::parse(newer).expect("settings");
        assert_eq!(settings.cluster.expect("a cluster").server(), "https://k");
        let refused = Settings::parse(&newer.replace("version", "versions")).expect_err("written by hand");
        for unknown in ["versions", "theme", "cluster.color", "policy.review"] {
            assert!(refused.to_string().contains(unknown), "{unknown} in {refused}");
        }
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
            r#"{"cluster":{"name":"dev","server":"https://:6443"}}"#,
            r#"{"cluster":{"nam":"dev"}}"#,
            r#"{"apiBase":5}"#,
            r"{}{}",
            r#"{"origin":"mine"}"#,
            r#"{"policy":{"algorithms":[]}}"#,
            r#"{"policy":{"algorithms":["RSA-1024"]}}"#,
            r#"{"policy":{"groups":"dev"}}"#,
            r#"{"policy":{"groups":["system:masters"]}}"#,
            r#"{"policy":{"expirationSeconds":{"default":-1}}}"#,
            r#"{"policy":{"expirationSeconds":{"default":1.5}}}"#,
            r#"{"policy":{"expirationSeconds":{"least":600}}}"#,
        ] {
            assert!(Settings::parse(json).is_err(), "{json}");
        }
    }
}
