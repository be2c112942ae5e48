use kube_enroll_rbac::{Holder, Rbac, Rights, UserInfo};
use kube_enroll_x509::RequestDetails;

/// The rights of a request's user, now and with a yes, beyond those of everybody who is authenticated.
#[derive(Clone, Debug)]
pub struct RightsWithYes {
    /// The rights that bindings give to the user's name already.
    pub now: Rights,
    /// The rights that the groups of the request add.
    pub added: Rights,
}

impl RightsWithYes {
    /// Evaluates the rights, or returns `None` where the request names no user: then the API server knows nobody by it.
    pub fn new(rbac: &Rbac, details: &RequestDetails) -> Option<Self> {
        let user = details.user.as_deref().filter(|user| !user.is_empty())?;
        let everybody = UserInfo { username: String::new(), groups: vec![AUTHENTICATED.into()] };
        let now = rbac.rights(&UserInfo::of_certificate(user, [""; 0]));
        let with_yes = rbac.rights(&UserInfo::of_certificate(user, details.groups.iter().cloned()));
        let shown = |mut rights: Rights, is_now: bool| {
            rights.holders.retain(|holder| match &holder.holder {
                Holder::User(_) => is_now,
                Holder::Group(group) => group != AUTHENTICATED || !holder.is_empty(),
            });
            rights
        };
        Some(Self {
            added: shown(with_yes.beyond(&now), false),
            now: shown(now.beyond(&rbac.rights(&everybody)), true),
        })
    }
}

/// The group of everybody who is authenticated.
const AUTHENTICATED: &str = "system:authenticated";

#[cfg(test)]
mod tests {
    use kube_enroll_rbac::{
        BindingSubject, ClusterRole, ClusterRoleBinding, ObjectMeta, PolicyRule, RbacObjects, RoleRef,
    };

    use super::*;
    use crate::assessment::tests::details;

    fn rbac(kind: &str, name: &str) -> Rbac {
        let metadata = || ObjectMeta { name: "readers".into(), ..ObjectMeta::default() };
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let rule = PolicyRule {
            verbs: texts(&["get"]),
            api_groups: texts(&[""]),
            resources: texts(&["pods"]),
            ..PolicyRule::default()
        };
        let subject = BindingSubject { kind: kind.into(), name: name.into(), ..BindingSubject::default() };
        let role_ref = RoleRef { kind: "ClusterRole".into(), name: "readers".into() };
        Rbac::new(RbacObjects {
            cluster_roles: vec![ClusterRole { metadata: metadata(), rules: vec![rule] }],
            cluster_role_bindings: vec![ClusterRoleBinding { metadata: metadata(), subjects: vec![subject], role_ref }],
            ..RbacObjects::default()
        })
    }

    #[test]
    fn tells_what_the_name_has_from_what_the_groups_add() {
        let jane = details("jane");
        for (kind, name, now, added) in [
            ("User", "jane", true, false),
            ("Group", "developers", false, true),
            ("User", "joe", false, false),
            // What everybody has is neither.
            ("Group", "system:authenticated", false, false),
        ] {
            let rights = RightsWithYes::new(&rbac(kind, name), &jane).unwrap();
            assert_eq!((!rights.now.is_empty(), !rights.added.is_empty()), (now, added), "{kind} {name}: {rights:?}");
            let shown = rights.added.to_string();
            assert!(shown.starts_with("group \"developers\":") && !shown.contains("authenticated"), "{shown}");
        }
        let nothing = RightsWithYes::new(&Rbac::new(RbacObjects::default()), &jane).unwrap();
        assert_eq!(nothing.now.to_string(), "user \"jane\": nothing yet");
        assert_eq!(nothing.added.to_string(), "group \"developers\": nothing yet");
        assert!(RightsWithYes::new(&Rbac::new(RbacObjects::default()), &details("no-user")).is_none());
    }
}
