use kube_enroll_core::{Algorithm, Cluster, Error, Policy, Settings};

use super::Value;

/// Reads `config.json` as strictly as [`Settings::parse`]: a setting that is not known is refused, since a typing error in a
/// policy must not go unseen.
pub(crate) fn settings<V: Value>(value: &V) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    read(value, &mut settings)?;
    settings.policy.check()?;
    settings.cluster.as_ref().map_or(Ok(()), Cluster::check)?;
    Ok(settings)
}

fn read<V: Value>(value: &V, settings: &mut Settings) -> Result<(), Error> {
    known(value, &["apiBase", "cluster", "policy", "approver", "requestingUser", "identity"])?;
    // `null` says that there is no API; leaving it out says that it is beside the page.
    if value.names().iter().any(|name| name == "apiBase") {
        settings.api_base = None;
    }
    let mut api_base = String::new();
    if set(value, "apiBase", V::text, &mut api_base)? {
        settings.api_base = Some(api_base);
    }
    set(value, "approver", V::text, &mut settings.approver)?;
    set(value, "requestingUser", V::text, &mut settings.requesting_user)?;
    set(value, "identity", V::text, &mut settings.identity)?;
    if let Some(value) = value.field("cluster") {
        known(&value, &["name", "server", "certificateAuthorityData", "tlsServerName"])?;
        let cluster = settings.cluster.insert(Cluster::default());
        set(&value, "name", V::text, &mut cluster.name)?;
        set(&value, "server", V::text, &mut cluster.server)?;
        set(&value, "certificateAuthorityData", V::text, &mut cluster.certificate_authority_data)?;
        set(&value, "tlsServerName", V::text, &mut cluster.tls_server_name)?;
    }
    match value.field("policy") {
        Some(value) => policy(&value, &mut settings.policy),
        None => Ok(()),
    }
}

fn policy<V: Value>(value: &V, policy: &mut Policy) -> Result<(), Error> {
    known(value, &["algorithms", "expirationSeconds", "groups", "powerfulGroups"])?;
    let mut algorithms = Vec::new();
    if set(value, "algorithms", texts, &mut algorithms)? {
        policy.algorithms.clear();
        for name in algorithms {
            policy.algorithms.push(Algorithm::parse(&name)?);
        }
    }
    set(value, "groups", texts, &mut policy.groups)?;
    set(value, "powerfulGroups", texts, &mut policy.powerful_groups)?;
    if let Some(value) = value.field("expirationSeconds") {
        known(&value, &["default", "minimum", "maximum"])?;
        let bounds = &mut policy.expiration_seconds;
        set(&value, "default", seconds, &mut bounds.default)?;
        set(&value, "minimum", seconds, &mut bounds.minimum)?;
        set(&value, "maximum", seconds, &mut bounds.maximum)?;
    }
    Ok(())
}

fn texts<V: Value>(value: &V) -> Option<Vec<String>> {
    value.elements()?.iter().map(V::text).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "judged first")]
fn seconds<V: Value>(value: &V) -> Option<u32> {
    value
        .number()
        .filter(|number| *number >= 0.0 && *number <= f64::from(u32::MAX) && number.trunc() == *number)
        .map(|n| n as u32)
}

/// Refuses what is no object, and fields that are not known.
fn known<V: Value>(value: &V, names: &'static [&'static str]) -> Result<(), Error> {
    let invalid = |found: String| {
        Err(Error::InvalidObject {
            field: "config.json",
            found,
            expected: ["an object of ", &names.join(", ")].concat(),
        })
    };
    if value.elements().is_some() || value.text().is_some() || value.number().is_some() {
        return invalid("something else".into());
    }
    match value.names().into_iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => invalid(name),
        None => Ok(()),
    }
}

/// Reads a field that may be left out, tells whether it is there, and refuses one of another type.
fn set<V: Value, T>(value: &V, name: &'static str, read: fn(&V) -> Option<T>, to: &mut T) -> Result<bool, Error> {
    let Some(found) = value.field(name) else { return Ok(false) };
    match read(&found) {
        Some(found) => {
            *to = found;
            Ok(true)
        }
        None => Err(Error::InvalidObject {
            field: name,
            found: "something of another type".into(),
            expected: "what the documentation says".into(),
        }),
    }
}
