//! The rights of one user among many bindings, step by step, for `make bench-rights`: scripts/bench-rights.mjs takes
//! the time of each. An example, since it is a WebAssembly module of its own.
#![expect(missing_docs, reason = "a program, not an interface")]

use std::mem;

use kube_enroll_rbac::{ClusterRole, Rbac, RbacObjects, Rights, Role, RoleBinding, UserInfo};
use serde_json::{Value, from_str, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// Bindings, and a user whom they name.
#[wasm_bindgen]
pub struct Bench {
    lists: [String; 3],
    objects: RbacObjects,
    rbac: Rbac,
    rights: Rights,
}

#[wasm_bindgen]
impl Bench {
    /// Writes the lists as an API server does. The user is in a group that every binding names, but in `others`, where
    /// it is one in a hundred.
    #[wasm_bindgen(constructor)]
    pub fn new(scenario: &str, bindings: usize) -> Self {
        let names = |index: usize| {
            let (namespace, dev) = (format!("ns-{index}"), "dev".to_owned());
            match scenario {
                "others" => (namespace, "ClusterRole", "edit".to_owned(), format!("group-{}", index % 100)),
                "one role in each namespace" => (namespace, "ClusterRole", "edit".to_owned(), dev),
                "a copy of one role in each namespace" => (namespace, "Role", "copy".to_owned(), dev),
                "a role of its own in each namespace" => (namespace, "Role", "own".to_owned(), dev),
                "all in one namespace" => ("ns".to_owned(), "Role", format!("own-{index}"), dev),
                other => panic!("{other} is no scenario"),
            }
        };
        let mut lists: [Vec<Value>; 3] = Default::default();
        lists[0].push(json!({ "metadata": { "name": "edit" }, "rules": rules(12, 0) }));
        for index in 0..bindings {
            let (namespace, kind, role, group) = names(index);
            if kind == "Role" {
                let metadata = json!({ "name": role, "namespace": namespace });
                lists[1].push(json!({ "metadata": metadata, "rules": rules(1 + index % 3, if role == "copy" { 0 } else { index }) }));
            }
            let uid = "00000000-0000-0000-0000-000000000000";
            let metadata = json!({ "name": format!("binding-{index}"), "namespace": namespace, "uid": uid });
            let subjects = json!([{ "apiGroup": API_GROUP, "kind": "Group", "name": group }]);
            let role = json!({ "apiGroup": API_GROUP, "kind": kind, "name": role });
            lists[2].push(json!({ "metadata": metadata, "subjects": subjects, "roleRef": role }));
        }
        let lists = lists.map(|list| Value::from(list).to_string());
        let rbac = Rbac::new(RbacObjects::default());
        Self { lists, objects: RbacObjects::default(), rbac, rights: Rights::default() }
    }

    pub fn read(&mut self) {
        self.objects = RbacObjects {
            cluster_roles: from_str::<Vec<ClusterRole>>(&self.lists[0]).expect("roles"),
            roles: from_str::<Vec<Role>>(&self.lists[1]).expect("roles"),
            role_bindings: from_str::<Vec<RoleBinding>>(&self.lists[2]).expect("bindings"),
            cluster_role_bindings: Vec::new(),
        };
    }

    pub fn index(&mut self) {
        self.rbac = Rbac::new(mem::take(&mut self.objects));
    }

    pub fn rights(&mut self) -> usize {
        self.rights = self.rbac.rights(&user(&["dev", "group-7"]));
        self.rights.holders.iter().map(|holder| holder.scopes.len()).sum()
    }

    /// Compares with a user who has nothing yet, the rights of whom take no time.
    pub fn beyond_nothing(&self) -> usize {
        let more = self.rights.beyond(&self.rbac.rights(&user(&[])));
        more.holders.iter().map(|holder| holder.scopes.len()).sum()
    }

    /// Compares with all of it.
    pub fn beyond_all(&self) -> usize {
        let more = self.rights.beyond(&self.rights);
        more.holders.iter().map(|holder| holder.scopes.len()).sum()
    }
}

fn user(groups: &[&str]) -> UserInfo {
    UserInfo::of_certificate("jane", groups.iter().copied())
}

/// Makes rules of the size of those of `edit`; those of another number are others.
fn rules(count: usize, number: usize) -> Value {
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let resources =
        ["pods", "pods/exec", "services", "secrets", "configmaps", "deployments", "jobs", "serviceaccounts"];
    let rule = |index| {
        let groups = ["".to_owned(), format!("group-{index}-{number}")];
        json!({ "verbs": verbs, "apiGroups": groups, "resources": resources })
    };
    (0..count).map(rule).collect()
}

const API_GROUP: &str = "rbac.authorization.k8s.io";
