//! The question to an authorizer: a user, and what it would do.

/// The user who asks, as authentication has found it: `authenticationv1.UserInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// The name; that of a ServiceAccount is `system:serviceaccount:NAMESPACE:NAME`.
    pub username: String,
    /// All groups: a SubjectAccessReview adds none, and neither does the evaluation.
    pub groups: Vec<String>,
}

/// The access that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attributes<'a> {
    /// To an object, or to a collection of them.
    Resource(ResourceAttributes<'a>),
    /// To a path that is no resource, such as `/healthz`.
    NonResource(NonResourceAttributes<'a>),
}

/// `authorizationv1.ResourceAttributes`, without the version, which decides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceAttributes<'a> {
    /// `get`, `create` or another verb.
    pub verb: &'a str,
    /// The API group; empty is the core group.
    pub group: &'a str,
    /// The resource, such as `pods`.
    pub resource: &'a str,
    /// The subresource, such as `log`, or empty.
    pub subresource: &'a str,
    /// The object's name; empty for a collection, and where an object is created.
    pub name: &'a str,
    /// The namespace; empty for objects of the cluster, and for all namespaces at once.
    pub namespace: &'a str,
}

/// `authorizationv1.NonResourceAttributes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NonResourceAttributes<'a> {
    /// The HTTP method in lower case.
    pub verb: &'a str,
    /// The path.
    pub path: &'a str,
}

impl UserInfo {
    /// Returns who the API server takes the holder of a client certificate for: its CN and its Os, and
    /// `system:authenticated`, which authentication adds as
    /// [documented](https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles). A name that looks
    /// like a ServiceAccount's gets no groups of ServiceAccounts.
    pub fn of_certificate(username: &str, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut groups: Vec<String> = groups.into_iter().map(Into::into).collect();
        let is_settled = groups.iter().any(|group| group == AUTHENTICATED || group == UNAUTHENTICATED);
        if username != ANONYMOUS && !is_settled {
            groups.push(AUTHENTICATED.into());
        }
        Self { username: username.into(), groups }
    }

    /// Returns whether the user is in the group that is allowed everything, before RBAC is asked.
    pub fn is_in_system_masters(&self) -> bool {
        self.groups.iter().any(|group| group == SYSTEM_MASTERS)
    }
}

impl<'a> Attributes<'a> {
    /// Returns the namespace whose RoleBindings count, or an empty text where none do.
    pub(crate) fn namespace(&self) -> &'a str {
        match self {
            Self::Resource(attributes) => attributes.namespace,
            Self::NonResource(_) => "",
        }
    }
}

/// The group whose members the API server allows everything; no binding makes it so, and none can be deleted.
pub(crate) const SYSTEM_MASTERS: &str = "system:masters";

const AUTHENTICATED: &str = "system:authenticated";

const UNAUTHENTICATED: &str = "system:unauthenticated";

const ANONYMOUS: &str = "system:anonymous";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_group_that_authentication_adds() {
        let groups = |user: &str, groups: &[&str]| UserInfo::of_certificate(user, groups.iter().copied()).groups;
        assert_eq!(groups("jane", &["dev"]), ["dev", "system:authenticated"]);
        assert_eq!(groups("jane", &["system:authenticated", "dev"]), ["system:authenticated", "dev"]);
        assert_eq!(groups("jane", &["system:unauthenticated"]), ["system:unauthenticated"]);
        assert_eq!(groups("system:anonymous", &["dev"]), ["dev"]);
        assert_eq!(groups("system:serviceaccount:a:b", &[]), ["system:authenticated"]);
    }
}
