//! Reading roles and bindings.

use kube_enroll_rbac::RbacObjects;
use serde::de::DeserializeOwned;

use super::Client;
use crate::Error;

impl Client {
    /// Reads all roles and bindings.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where one of the kinds may not be listed, and those of the connection.
    pub async fn rbac(&self) -> Result<RbacObjects, Error> {
        Ok(RbacObjects {
            roles: self.list("roles").await?,
            cluster_roles: self.list("clusterroles").await?,
            role_bindings: self.list("rolebindings").await?,
            cluster_role_bindings: self.list("clusterrolebindings").await?,
        })
    }

    async fn list<T: DeserializeOwned>(&self, resource: &'static str) -> Result<Vec<T>, Error> {
        let path = format!("/apis/{RBAC}/v1/{resource}");
        Ok(self.connection.list(("list", RBAC, resource), &path, |object| object).await?.value)
    }
}

/// The API group of roles and bindings.
const RBAC: &str = "rbac.authorization.k8s.io";
