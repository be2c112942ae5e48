//! The judge: a control plane of this test's own, since what is bound here would reach every other test.

use std::sync::Arc;

use kube_enroll_e2e::{
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::HttpClient,
    kubectl_proxy::KubectlProxy,
};
use kube_enroll_rbac::{PolicyRule, RbacObjects, UserInfo};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    questions::Question,
    random_rbac::{Made, NAMESPACES},
};

pub struct Cluster {
    api: Arc<Api>,
    _control_plane: ControlPlane,
}

/// The API, as an administrator.
struct Api {
    client: HttpClient,
    proxy: KubectlProxy,
}

impl Cluster {
    /// Starts it, and waits until the controller has filled `admin`, the last of the three that it fills.
    pub async fn start() -> Self {
        let control_plane = ControlPlane::start();
        let api = Arc::new(Api { client: HttpClient::default(), proxy: KubectlProxy::of_api(&control_plane) });
        for namespace in NAMESPACES {
            api.create("api/v1/namespaces", &json!({ "metadata": { "name": namespace } })).await;
        }
        eventually(PATIENCE, "the rules of view, edit and admin", || async {
            for name in ["view", "edit", "admin"] {
                let role = api.get(&format!("{RBAC}/clusterroles/{name}")).await;
                if role["rules"].as_array().is_none_or(Vec::is_empty) {
                    return Err(role.to_string());
                }
            }
            Ok(())
        })
        .await;
        Self { api, _control_plane: control_plane }
    }

    /// Deletes the objects of the round before, makes new ones, and waits until the authorizer has seen all of it: it
    /// sees the changes of each kind in their order, so that the last object of each kind is enough.
    pub async fn replace(&self, made: &Made, round: u64) {
        let deleted = NAMESPACES.iter().flat_map(|namespace| {
            ["roles", "rolebindings"].map(|kind| format!("{RBAC}/namespaces/{namespace}/{kind}"))
        });
        let deleted = deleted.chain(["clusterroles", "clusterrolebindings"].map(|kind| format!("{RBAC}/{kind}")));
        for collection in deleted {
            self.api.ok("DELETE", &format!("{collection}?labelSelector={LABEL}"), &[], "").await;
        }
        let mut making = JoinSet::new();
        for (kind, objects) in [
            ("roles", &made.roles),
            ("clusterroles", &made.cluster_roles),
            ("rolebindings", &made.role_bindings),
            ("clusterrolebindings", &made.cluster_role_bindings),
        ] {
            for object in objects {
                let (api, object) = (Arc::clone(&self.api), object.clone());
                making.spawn(async move { api.create_labelled(kind, object).await });
            }
        }
        making.join_all().await;
        let name = format!("last-{round}");
        for (kind, role_kind, namespace) in
            [("roles", "Role", Some(NAMESPACES[0])), ("clusterroles", "ClusterRole", None)]
        {
            let metadata = json!({ "name": name, "namespace": namespace });
            let rules = json!([{ "verbs": ["see"], "apiGroups": [kind], "resources": [name] }]);
            self.api.create_labelled(kind, json!({ "metadata": metadata, "rules": rules })).await;
            let bindings = format!("{}bindings", kind.trim_end_matches('s'));
            let subjects = json!([{ "kind": "User", "name": name }]);
            let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name });
            let binding = json!({ "metadata": metadata, "subjects": subjects, "roleRef": role });
            self.api.create_labelled(&bindings, binding).await;
            let asked = json!({ "verb": "see", "group": kind, "resource": name, "namespace": namespace });
            let review = json!({ "spec": { "user": name, "resourceAttributes": asked } });
            eventually(PATIENCE, "the authorizer sees the last object", || async {
                let answer = self.api.review(&review).await;
                if answer["allowed"] == true { Ok(()) } else { Err(answer.to_string()) }
            })
            .await;
        }
    }

    /// Reads all objects, those that the API server has made for itself among them.
    pub async fn objects(&self) -> RbacObjects {
        RbacObjects {
            roles: self.api.list("roles").await,
            cluster_roles: self.api.list("clusterroles").await,
            role_bindings: self.api.list("rolebindings").await,
            cluster_role_bindings: self.api.list("clusterrolebindings").await,
        }
    }

    pub async fn objects_with_a_binding_to_view(&self) -> RbacObjects {
        let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" });
        let subjects = json!([{ "kind": "Group", "name": "viewers" }]);
        let metadata = json!({ "name": "viewers", "namespace": NAMESPACES[0] });
        let binding = json!({ "metadata": metadata, "subjects": subjects, "roleRef": role });
        self.api.create_labelled("rolebindings", binding).await;
        self.objects().await
    }

    /// Asks all of it, many at once, and returns the answers in the order of the questions.
    pub async fn answers(&self, users: &[UserInfo], questions: &[Question]) -> Vec<Value> {
        let mut asking = JoinSet::new();
        for worker in 0..AT_ONCE {
            let mine = questions.iter().enumerate().skip(worker).step_by(AT_ONCE);
            let mine: Vec<(usize, Value)> = mine.map(|(place, question)| (place, question.review(users))).collect();
            let api = Arc::clone(&self.api);
            asking.spawn(async move {
                let mut answers = Vec::with_capacity(mine.len());
                for (place, review) in mine {
                    answers.push((place, api.review(&review).await));
                }
                answers
            });
        }
        let mut answers = asking.join_all().await.concat();
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Returns the rules that the API server lists for a user in a namespace, or `None` where they cannot be asked for:
    /// headers carry no empty user, and `system:masters` is another authorizer's.
    pub async fn rules_of(&self, user: &UserInfo, namespace: &str) -> Option<Vec<PolicyRule>> {
        // Impersonation gives names of Kubernetes' own other groups than authentication does, and who is not
        // authenticated may not ask.
        let is_special = user.username.starts_with("system:")
            || user.is_in_system_masters()
            || user.groups.iter().any(|group| group == "system:unauthenticated");
        let mut names = user.groups.iter().chain([&user.username]);
        if is_special || !names.all(|name| name.is_ascii() && !name.is_empty()) {
            return None;
        }
        let mut headers = vec![("Content-Type", "application/json"), ("Impersonate-User", user.username.as_str())];
        headers.extend(user.groups.iter().map(|group| ("Impersonate-Group", group.as_str())));
        let review = json!({ "spec": { "namespace": namespace } }).to_string();
        let path = "apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        let mut status = self.api.ok("POST", path, &headers, &review).await["status"].take();
        assert_eq!(status["incomplete"], false, "{status}");
        let mut rules = status["resourceRules"].take().as_array().cloned().unwrap_or_default();
        rules.extend(status["nonResourceRules"].take().as_array().cloned().unwrap_or_default());
        Some(serde_json::from_value(rules.into()).expect("rules"))
    }
}

impl Api {
    async fn create_labelled(&self, kind: &str, mut object: Value) {
        object["metadata"]["labels"] = json!({ LABEL: "yes" });
        let path = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("{RBAC}/namespaces/{namespace}/{kind}"),
            None => format!("{RBAC}/{kind}"),
        };
        self.create(&path, &object).await;
    }

    async fn create(&self, path: &str, object: &Value) {
        self.ok("POST", path, JSON, &object.to_string()).await;
    }

    async fn get(&self, path: &str) -> Value {
        self.ok("GET", path, &[], "").await
    }

    async fn list<T: DeserializeOwned>(&self, kind: &str) -> Vec<T> {
        let items = self.get(&format!("{RBAC}/{kind}")).await["items"].take();
        serde_json::from_value(items).expect("what the API server lists can be read")
    }

    async fn review(&self, review: &Value) -> Value {
        let path = "apis/authorization.k8s.io/v1/subjectaccessreviews";
        self.ok("POST", path, JSON, &review.to_string()).await["status"].take()
    }

    async fn ok(&self, method: &str, path: &str, headers: &[(&str, &str)], text: &str) -> Value {
        let url = format!("{}{path}", self.proxy.url());
        let (status, answer) = self.client.ask(method, &url, headers, text).await;
        assert!(status.is_success(), "{method} {path} {text}: {status}: {answer}");
        serde_json::from_str(&answer).expect("the API server answers JSON")
    }
}

const RBAC: &str = "apis/rbac.authorization.k8s.io/v1";

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// The label of what a round makes.
const LABEL: &str = "made-at-random";

const AT_ONCE: usize = 64;
