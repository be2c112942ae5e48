use kube_enroll_core::{Error, ExpirationSeconds, Field, NameError, format_duration};

/// The faults of a form, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub user: Option<String>,
    pub groups: Option<String>,
    /// The row that [`Faults::groups`] is about, where it is about one.
    pub group_row: Option<usize>,
    pub algorithm: Option<String>,
    pub lifetime: Option<String>,
    pub label: Option<String>,
    pub namespace: Option<String>,
    pub passphrase: Option<String>,
}

impl Faults {
    /// Puts an error beside its field; the first of a field stays.
    pub(super) fn add(&mut self, error: &Error, bounds: ExpirationSeconds) {
        let text = match error {
            Error::Name { error: NameError::Empty, .. } => "Please type a name.".to_owned(),
            Error::ExpirationOutOfRange { .. } => {
                format!("Between {} and {}.", format_duration(bounds.minimum), format_duration(bounds.maximum))
            }
            Error::InvalidLabel { .. } => "Up to 30 of a-z, 0-9, and - inside.".to_owned(),
            Error::InvalidNamespace { .. } => "Up to 63 of a-z, 0-9, and - inside.".to_owned(),
            error => sentence(error.to_string()),
        };
        let field = match error.field() {
            Some(Field::User) => &mut self.user,
            Some(Field::Group(row)) => {
                if self.groups.is_none() {
                    self.group_row = Some(row);
                }
                &mut self.groups
            }
            Some(Field::Algorithm) => &mut self.algorithm,
            Some(Field::Lifetime) => &mut self.lifetime,
            Some(Field::Label) => &mut self.label,
            Some(Field::Namespace) => &mut self.namespace,
            // What no single field shows, such as too many groups.
            _ => &mut self.groups,
        };
        field.get_or_insert(text);
    }

    /// Returns the id of the first field that needs a look.
    pub(crate) fn first_field(&self) -> String {
        if self.user.is_some() {
            "user".into()
        } else if self.groups.is_some() {
            format!("group-{}", self.group_row.unwrap_or(0))
        } else if self.algorithm.is_some() {
            "algorithm".into()
        } else if self.lifetime.is_some() {
            "lifetime-custom".into()
        } else if self.label.is_some() {
            "label".into()
        } else if self.namespace.is_some() {
            "namespace".into()
        } else {
            "new-passphrase".into()
        }
    }
}

/// Makes a sentence for people of an error's text, which may be one already.
pub(crate) fn sentence(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !text.is_empty() && !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
