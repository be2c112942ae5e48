use kube_enroll_core::{Algorithm, Cluster, Error, ExpirationSeconds, Policy, Settings};

use super::Value;

/// Reads `config.json` as strictly as [`Settings::parse`]: a setting that is not known is refused, since a typing error in a
/// policy must not go unseen.
pub(crate) fn settings<V: Value>(value: &V) -> Result<Settings, Error> {
    known(value, &["apiBase", "cluster", "policy", "approver", "requestingUser"])?;
    let defaults = Settings::default();
    // `null` says that there is no API; leaving it out says that it is beside the page.
    let api_base = if value.names().iter().any(|name| name == "apiBase") {
        optional(value, "apiBase", V::text)?
    } else {
        defaults.api_base
    };
    let settings = Settings {
        api_base,
        cluster: value.field("cluster").map(|value| cluster(&value)).transpose()?,
        policy: value.field("policy").map_or(Ok(defaults.policy), |value| policy(&value))?,
        approver: optional(value, "approver", V::text)?.unwrap_or_default(),
        requesting_user: optional(value, "requestingUser", V::text)?.unwrap_or_default(),
    };
    settings.policy.check()?;
    settings.cluster.as_ref().map_or(Ok(()), Cluster::check)?;
    Ok(settings)
}

fn cluster<V: Value>(value: &V) -> Result<Cluster, Error> {
    known(value, &["name", "server", "certificateAuthorityData", "tlsServerName"])?;
    let text = |name| Ok::<_, Error>(optional(value, name, V::text)?.unwrap_or_default());
    Ok(Cluster {
        name: text("name")?,
        server: text("server")?,
        certificate_authority_data: text("certificateAuthorityData")?,
        tls_server_name: text("tlsServerName")?,
    })
}

fn policy<V: Value>(value: &V) -> Result<Policy, Error> {
    known(value, &["algorithms", "expirationSeconds", "groups", "powerfulGroups"])?;
    let defaults = Policy::default();
    let algorithms = match optional(value, "algorithms", texts)? {
        Some(names) => names.iter().map(|name| Algorithm::parse(name)).collect::<Result<_, _>>()?,
        None => defaults.algorithms,
    };
    Ok(Policy {
        algorithms,
        expiration_seconds: value
            .field("expirationSeconds")
            .map_or(Ok(defaults.expiration_seconds), |value| bounds(&value))?,
        groups: optional(value, "groups", texts)?.unwrap_or_default(),
        powerful_groups: optional(value, "powerfulGroups", texts)?.unwrap_or_default(),
    })
}

fn bounds<V: Value>(value: &V) -> Result<ExpirationSeconds, Error> {
    known(value, &["default", "minimum", "maximum"])?;
    let defaults = ExpirationSeconds::default();
    Ok(ExpirationSeconds {
        default: optional(value, "default", seconds)?.unwrap_or(defaults.default),
        minimum: optional(value, "minimum", seconds)?.unwrap_or(defaults.minimum),
        maximum: optional(value, "maximum", seconds)?.unwrap_or(defaults.maximum),
    })
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

/// Reads a field that may be left out, and refuses one of another type.
fn optional<V: Value, T>(value: &V, name: &'static str, read: fn(&V) -> Option<T>) -> Result<Option<T>, Error> {
    match value.field(name) {
        None => Ok(None),
        Some(found) => match read(&found) {
            Some(found) => Ok(Some(found)),
            None => Err(Error::InvalidObject {
                field: name,
                found: "something of another type".into(),
                expected: "what the documentation says".into(),
            }),
        },
    }
}
