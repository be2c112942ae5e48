//! Rights by Kubernetes' role-based access control: whether a user may do something, as the API server decides it; all
//! rights of a user and its groups, in words; the ways by which they lead to more; and what a certificate would add.
//!
//! This crate does no I/O: the objects are arguments. Its answers are those of
//! [RBAC](https://kubernetes.io/docs/reference/access-authn-authz/rbac/) with the group `system:masters`; an API server
//! may have further authorizers, and admission may refuse what RBAC allows.

mod attributes;
mod object;
mod policy;
mod rights;
mod rule;
#[cfg(test)]
mod test_objects;
mod way_up;

pub use attributes::{Attributes, NonResourceAttributes, ResourceAttributes, UserInfo};
pub use object::{
    BindingSubject, ClusterRole, ClusterRoleBinding, ObjectMeta, PolicyRule, RbacObjects, Role, RoleBinding, RoleRef,
};
pub use policy::{AllowedBy, Binding, Rbac};
pub use rights::{Holder, HolderRights, Right, Rights, Scope, ScopeRights, Target};
pub use way_up::{Through, Way, WayUp};
