use kube_enroll_core::{Algorithm, Error, Field, ObjectName, Policy, Subject, parse_name};

/// The value of the lifetime's last choice, which shows a number and a unit to type.
pub(crate) const CUSTOM: &str = "custom";

/// The fewest characters of a passphrase: whoever has the disk can try as many as they like.
pub(crate) const MINIMUM_PASSPHRASE_CHARACTERS: usize = 12;

/// The lifetimes that are offered, in seconds, as far as the policy allows them: an hour, a working day, a day, a week,
/// thirty days.
const PRESET_SECONDS: [u32; 5] = [3_600, 28_800, 86_400, 604_800, 2_592_000];

/// The form as a person fills it in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub user: String,
    /// One per row, empty rows included; where the policy names groups, the ones that are chosen.
    pub groups: Vec<String>,
    pub algorithm: Algorithm,
    pub lifetime: Choice,
    /// The number that belongs to [`Choice::Custom`].
    pub custom: String,
    pub unit: Unit,
    pub label: String,
    pub namespace: String,
    /// Somebody has worked in the advanced part: it is not folded away again under their hands.
    pub unfolded: bool,
    pub keep: Keep,
    /// A person has chosen that.
    pub chose_keep: bool,
    pub passphrase: String,
    /// The passphrase can be read on the screen.
    pub shows_passphrase: bool,
    /// Somebody has begun to fill it in.
    pub touched: bool,
    /// What the object's name ends with.
    pub random: [u8; 7],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Seconds(u32),
    Custom,
}

/// What locks the key while it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// A key of the browser's own.
    Browser,
    Passphrase,
    /// Nothing can be kept here.
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Minutes,
    Hours,
    Days,
}

/// One change to the form.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    User(String),
    Group(usize, String),
    AddGroup,
    RemoveGroup(usize),
    /// Choose a group that the policy names, or leave it out.
    ToggleGroup(String),
    Algorithm(Algorithm),
    Lifetime(String),
    Custom(String),
    Unit(String),
    Label(String),
    Namespace(String),
    Keep(Keep),
    Passphrase(String),
    ShowPassphrase,
    /// Draw another ending for the object's name.
    Reroll,
}

/// What is asked for, once every field is good.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub subject: Subject,
    pub algorithm: Algorithm,
    pub expiration_seconds: u32,
    pub label: String,
    /// Of the kubeconfig's context; empty means none.
    pub namespace: String,
    pub name: ObjectName,
}

/// What is wrong, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub user: Option<String>,
    pub groups: Option<String>,
    /// The row that [`Faults::groups`] is about.
    pub group_row: Option<usize>,
    pub lifetime: Option<String>,
    pub label: Option<String>,
    pub namespace: Option<String>,
    pub passphrase: Option<String>,
}

impl Form {
    /// Begins with what a link to the page says.
    pub(crate) fn new(user: String, groups: Vec<String>) -> Self {
        let mut form = Self {
            user,
            groups,
            algorithm: Algorithm::default(),
            lifetime: Choice::Custom,
            custom: String::new(),
            unit: Unit::Hours,
            label: String::new(),
            namespace: String::new(),
            unfolded: false,
            keep: Keep::Nowhere,
            chose_keep: false,
            passphrase: String::new(),
            shows_passphrase: false,
            touched: false,
            random: [0; 7],
        };
        form.keep_a_row();
        form
    }

    /// Takes the policy's first choices.
    pub(crate) fn adopt(&mut self, policy: &Policy) {
        self.algorithm = policy.algorithms.first().copied().unwrap_or_default();
        self.lifetime = Choice::Seconds(policy.expiration_seconds.default);
        if !policy.groups.is_empty() {
            self.groups.retain(|group| !group.is_empty());
        }
    }

    pub(crate) fn edit(&mut self, edit: Edit, fresh: Option<[u8; 7]>) {
        self.touched = true;
        self.unfolded |= matches!(edit, Edit::Label(_) | Edit::Namespace(_) | Edit::Reroll);
        match edit {
            Edit::User(user) => self.user = user,
            Edit::Group(index, group) => {
                if let Some(row) = self.groups.get_mut(index) {
                    *row = group;
                }
            }
            Edit::AddGroup => self.groups.push(String::new()),
            Edit::RemoveGroup(index) => {
                if index < self.groups.len() {
                    self.groups.remove(index);
                }
                self.keep_a_row();
            }
            Edit::ToggleGroup(group) => match self.groups.iter().position(|chosen| *chosen == group) {
                Some(index) => drop(self.groups.remove(index)),
                None => self.groups.push(group),
            },
            Edit::Algorithm(algorithm) => self.algorithm = algorithm,
            Edit::Lifetime(value) => self.lifetime = value.parse().map_or(Choice::Custom, Choice::Seconds),
            Edit::Custom(number) => self.custom = number,
            Edit::Unit(name) => self.unit = Unit::ALL.into_iter().find(|unit| unit.name() == name).unwrap_or(self.unit),
            Edit::Label(label) => self.label = label,
            Edit::Namespace(namespace) => self.namespace = namespace,
            Edit::Keep(keep) => {
                self.keep = keep;
                self.chose_keep = true;
            }
            Edit::Passphrase(passphrase) => self.passphrase = passphrase,
            Edit::ShowPassphrase => self.shows_passphrase = !self.shows_passphrase,
            Edit::Reroll => self.random = fresh.unwrap_or(self.random),
        }
    }

    /// Parses the fields, judged by the policy.
    pub(crate) fn options(&self, policy: &Policy) -> Result<Box<Options>, Box<Faults>> {
        let mut faults = Box::new(Faults { user: fault(parse_name(&self.user, Field::User)), ..Faults::default() });
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).filter(|group| !group.is_empty()).collect();
        for (row, group) in self.groups.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
            let twice = self.groups[..row].contains(group);
            let found = if twice {
                Err(Error::DuplicateGroup { name: group.clone() })
            } else if !policy.groups.is_empty() && !policy.groups.contains(group) {
                Err(Error::GroupNotOffered { name: group.clone(), offered: policy.groups.clone() })
            } else {
                parse_name(group, Field::Group(row))
            };
            if let (Some(text), None) = (fault(found), &faults.groups) {
                faults.groups = Some(text);
                faults.group_row = Some(row);
            }
        }
        let expiration_seconds = self.seconds();
        let bounds = policy.expiration_seconds;
        if expiration_seconds.is_none_or(|seconds| seconds < bounds.minimum || seconds > bounds.maximum) {
            faults.lifetime =
                Some(["Between ", &in_words(bounds.minimum), " and ", &in_words(bounds.maximum), "."].concat());
        }
        let name = ObjectName::new(&self.user, &self.label, self.random);
        if name.is_err() {
            faults.label = Some("Up to 30 of a-z, 0-9, and - inside.".into());
        }
        if !self.namespace.is_empty() && !is_dns_label(&self.namespace) {
            faults.namespace = Some("Up to 63 of a-z, 0-9, and - inside.".into());
        }
        if self.keep == Keep::Passphrase && self.passphrase.chars().count() < MINIMUM_PASSPHRASE_CHARACTERS {
            faults.passphrase = Some("At least 12 characters.".into());
        }
        let subject = Subject::parse(&self.user, &groups);
        match (subject, name, expiration_seconds) {
            (Ok(subject), Ok(name), Some(expiration_seconds)) if *faults == Faults::default() => {
                Ok(Box::new(Options {
                    subject,
                    algorithm: self.algorithm,
                    expiration_seconds,
                    label: self.label.clone(),
                    namespace: self.namespace.clone(),
                    name,
                }))
            }
            (subject, ..) => {
                // What no single field shows, such as too many groups.
                if faults.user.is_none() && faults.groups.is_none() {
                    faults.groups = fault(subject.map(drop));
                }
                Err(faults)
            }
        }
    }

    /// The lifetime, where it is a whole number that fits.
    fn seconds(&self) -> Option<u32> {
        match self.lifetime {
            Choice::Seconds(seconds) => Some(seconds),
            Choice::Custom => self.custom.trim().parse::<u32>().ok()?.checked_mul(self.unit.seconds()),
        }
    }

    /// A row to type into is always there.
    fn keep_a_row(&mut self) {
        if self.groups.is_empty() {
            self.groups.push(String::new());
        }
    }
}

impl Options {
    /// Takes a new name for the object.
    pub(crate) fn rename(&mut self, random: [u8; 7]) -> Result<(), Error> {
        self.name = ObjectName::new(self.subject.user(), &self.label, random)?;
        Ok(())
    }
}

impl Faults {
    /// Names the first field that needs a look.
    pub(crate) fn first_field(&self) -> String {
        if self.user.is_some() {
            "user".into()
        } else if self.groups.is_some() {
            ["group-", &self.group_row.unwrap_or(0).to_string()].concat()
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

impl Unit {
    pub(crate) const ALL: [Self; 3] = [Self::Minutes, Self::Hours, Self::Days];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    const fn seconds(self) -> u32 {
        match self {
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// Returns the lifetimes to choose from, in seconds, the policy's default among them.
pub(crate) fn presets(policy: &Policy) -> Vec<u32> {
    let bounds = policy.expiration_seconds;
    let mut presets: Vec<u32> =
        PRESET_SECONDS.into_iter().filter(|seconds| (bounds.minimum..=bounds.maximum).contains(seconds)).collect();
    if let Err(place) = presets.binary_search(&bounds.default) {
        presets.insert(place, bounds.default);
    }
    presets
}

/// Says a duration in the largest unit that leaves no rest, for example `8 hours`.
pub(crate) fn in_words(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0 => (0, "second"),
        _ if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    [count.to_string().as_str(), " ", unit, if count == 1 { "" } else { "s" }].concat()
}

fn fault(result: Result<(), Error>) -> Option<String> {
    result.err().map(|error| match error {
        Error::EmptyName { .. } => "Please type a name.".into(),
        error => sentence(&error),
    })
}

/// Turns core's text into a sentence for people.
pub(super) fn sentence(error: &Error) -> String {
    as_sentence(error.to_string())
}

/// The same, for a text that came from the key's room.
pub(super) fn as_sentence(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

/// A namespace is one ([names](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names)).
fn is_dns_label(text: &str) -> bool {
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
