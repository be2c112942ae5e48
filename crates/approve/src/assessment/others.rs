use std::collections::HashMap;

use kube_enroll_x509::Fingerprint;

use super::{Decoded, LookAlikes, Place};

/// All requests that exist: which keys and names are in them.
#[derive(Clone, Debug, Default)]
pub struct Others {
    /// Name and UID of each request, by its key.
    by_key: HashMap<[u8; 32], Vec<(String, String)>>,
    names: LookAlikes,
}

impl Others {
    /// Collects keys and names; requests that cannot be decoded have none.
    pub fn new<'a>(requests: impl IntoIterator<Item = &'a Decoded>) -> Self {
        let mut others = Self::default();
        for Decoded { csr, details, .. } in requests {
            let Ok(details) = details else { continue };
            let (name, uid) = (&csr.metadata.name, &csr.metadata.uid);
            others.by_key.entry(*details.fingerprint.as_bytes()).or_default().push((name.clone(), uid.clone()));
            let place = || Place::Request(name.clone());
            if let Some(user) = &details.user {
                others.names.add_user(user, place);
            }
            details.groups.iter().for_each(|group| others.names.add_group(group, place));
        }
        others
    }

    /// Returns the names of requests with this key, but for the one with this UID.
    pub fn with_key(&self, key: &Fingerprint, uid: &str) -> Vec<String> {
        let found = self.by_key.get(key.as_bytes()).into_iter().flatten();
        found.filter(|(_, other)| other != uid).map(|(name, _)| name.clone()).collect()
    }

    /// Returns the names in them.
    pub fn names(&self) -> &LookAlikes {
        &self.names
    }
}
