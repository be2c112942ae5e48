//! Reading roles and bindings.

use kube_enroll_rbac::RbacObjects;
use serde::de::DeserializeOwned;

use super::{Client, connection::VerbAndResource};
use crate::Error;

impl Client {
    /// Reads all roles and bindings.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where one of the kinds may not be listed, and those of the connection.
    pub async fn rbac(&self) -> Result<RbacObjects, Error> {
        Ok(RbacObjects {
            roles: self.list(("list", "roles.rbac.authorization.k8s.io"), "roles").await?,
            cluster_roles: self.list(("list", "clusterroles.rbac.authorization.k8s.io"), "clusterroles").await?,
            role_bindings: self.list(("list", "rolebindings.rbac.authorization.k8s.io"), "rolebindings").await?,
            cluster_role_bindings: self
                .list(("list", "clusterrolebindings.rbac.authorization.k8s.io"), "clusterrolebindings")
                .await?,
        })
    }

    async fn list<T: DeserializeOwned>(&self, kind: VerbAndResource, resource: &str) -> Result<Vec<T>, Error> {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/{resource}");
        Ok(self.connection.list(kind, &path, |object| object).await?.value)
    }
}
