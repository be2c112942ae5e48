mod faults;
mod lifetime;

use std::rc::Rc;

use kube_enroll_core::{
    Algorithm, Error, Field, GroupName, Groups, Judgement, MIN_PASSPHRASE_CHARACTERS, NameLabel, Namespace, ObjectName,
    Policy, Requested, Subject, UserName, Warning, check_new_passphrase,
};
use kube_enroll_protocol::{Details, Passphrase};

pub(crate) use self::faults::Faults;
pub(crate) use self::faults::sentence;
pub(crate) use self::lifetime::{CUSTOM, Lifetime, Unit, presets};
use super::{Environment, Storage};

/// The form as a person fills it in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    pub user: String,
    /// The user is the person who is signed in.
    pub user_is_proved: bool,
    /// One per row, empty rows included; where the policy names groups, the ones that are chosen.
    pub groups: Vec<String>,
    /// Groups of the link to the page, or of an earlier request, that the signed-in person may not request, so that
    /// they were left out.
    pub unavailable_groups: Vec<String>,
    pub algorithm: Algorithm,
    pub lifetime: Lifetime,
    /// The number that belongs to [`Lifetime::Custom`].
    pub custom: String,
    pub unit: Unit,
    pub label: String,
    pub namespace: String,
    /// The options stay unfolded, since the person is among them.
    pub unfolded: bool,
    pub lock: LockKind,
    /// The person has chosen the lock.
    pub chose_lock: bool,
    /// Shared, so that there is one copy of it: rendering clones the form.
    pub passphrase: Rc<Passphrase>,
    /// The passphrase can be read on the screen.
    pub shows_passphrase: bool,
    /// The person has begun to fill it in.
    pub touched: bool,
    /// The random suffix of the object's name.
    pub random: [u8; 7],
}

/// The kind of lock of a key while it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockKind {
    /// A key of the browser's own.
    Browser,
    Passphrase,
    /// None: nothing can be stored here.
    None,
}

/// The lock of a key while it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Lock {
    /// A key of the browser's own.
    #[default]
    Browser,
    Passphrase(Rc<Passphrase>),
}

/// One change to the form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edit {
    User(String),
    Group(usize, String),
    AddGroup,
    RemoveGroup(usize),
    /// Make a row for each name between the commas of one.
    SplitGroup(usize),
    /// Choose a group that the policy names, or leave it out.
    ToggleGroup(String),
    Algorithm(Algorithm),
    Lifetime(String),
    Custom(String),
    Unit(String),
    Label(String),
    Namespace(String),
    Lock(LockKind),
    Passphrase(Rc<Passphrase>),
    ShowPassphrase,
    /// Draw another random suffix for the object's name.
    Reroll,
}

/// The parsed form: a valid application for a certificate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Application {
    pub subject: Subject,
    pub algorithm: Algorithm,
    pub expiration_seconds: u32,
    pub label: Option<NameLabel>,
    /// The namespace of the kubeconfig's context.
    pub namespace: Option<Namespace>,
    pub name: ObjectName,
    pub lock: Lock,
}

impl Form {
    /// Makes a form prefilled by the link to the page.
    pub(crate) fn new(user: String, groups: Vec<String>) -> Self {
        let mut form = Self {
            user,
            user_is_proved: false,
            groups,
            unavailable_groups: vec![],
            algorithm: Algorithm::default(),
            lifetime: Lifetime::Custom,
            custom: String::new(),
            unit: Unit::Hours,
            label: String::new(),
            namespace: String::new(),
            unfolded: false,
            lock: LockKind::None,
            chose_lock: false,
            passphrase: Rc::default(),
            shows_passphrase: false,
            touched: false,
            random: [0; 7],
        };
        form.ensure_row();
        form
    }

    /// Sets the policy's defaults.
    pub(crate) fn adopt(&mut self, policy: &Policy) {
        self.algorithm = policy.algorithms.first().copied().unwrap_or_default();
        self.lifetime = Lifetime::Seconds(policy.expiration_seconds.default);
        if let Groups::Only(offered) = &policy.groups {
            self.groups.retain(|group| !group.is_empty());
            // A group that is the only one is what everybody asks for here, unless it gives more than most people need.
            if let ([only], true) = (&offered[..], self.groups.is_empty())
                && !policy.is_powerful(only)
            {
                self.groups.push(only.to_string());
            }
        }
        self.leave_out_unavailable_groups(policy);
    }

    /// With nothing to choose from, there is no row to remove a group.
    fn leave_out_unavailable_groups(&mut self, policy: &Policy) {
        if policy.groups == Groups::Only(vec![]) {
            self.unavailable_groups = std::mem::take(&mut self.groups);
        }
    }

    /// Chooses the lock that suits storage and environment, unless the person has chosen. Without a passphrase, other
    /// pages of the same origin could use the browser's key.
    pub(super) fn choose_lock(&mut self, storage: &Storage, environment: &Environment) {
        self.lock = match storage {
            Storage::Refused(_) => LockKind::None,
            Storage::Ready { wraps_keys: false } => LockKind::Passphrase,
            _ if self.chose_lock => return,
            _ if environment.is_shared || !environment.is_secure => LockKind::Passphrase,
            _ => LockKind::Browser,
        };
    }

    pub(crate) fn edit(&mut self, edit: Edit, fresh: Option<[u8; 7]>) {
        self.touched = true;
        self.unfolded |= matches!(
            edit,
            Edit::Algorithm(_)
                | Edit::Lifetime(_)
                | Edit::Custom(_)
                | Edit::Unit(_)
                | Edit::Label(_)
                | Edit::Namespace(_)
                | Edit::Reroll
        );
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
                self.ensure_row();
            }
            Edit::SplitGroup(index) => {
                if let Some(group) = self.groups.get(index) {
                    let parts: Vec<String> = parts(group).into_iter().map(str::to_owned).collect();
                    self.groups.splice(index..=index, parts);
                }
                self.ensure_row();
            }
            Edit::ToggleGroup(group) => match self.groups.iter().position(|chosen| *chosen == group) {
                Some(index) => drop(self.groups.remove(index)),
                None => self.groups.push(group),
            },
            Edit::Algorithm(algorithm) => self.algorithm = algorithm,
            Edit::Lifetime(value) => self.lifetime = value.parse().map_or(Lifetime::Custom, Lifetime::Seconds),
            Edit::Custom(number) => self.custom = number,
            Edit::Unit(name) => self.unit = Unit::ALL.into_iter().find(|unit| unit.name() == name).unwrap_or(self.unit),
            Edit::Label(label) => self.label = label,
            Edit::Namespace(namespace) => self.namespace = namespace,
            Edit::Lock(lock) => {
                self.lock = lock;
                self.chose_lock = true;
            }
            Edit::Passphrase(passphrase) => self.passphrase = passphrase,
            Edit::ShowPassphrase => self.shows_passphrase = !self.shows_passphrase,
            Edit::Reroll => self.random = fresh.unwrap_or(self.random),
        }
    }

    /// Fills in what an earlier enrollment was made with, as far as the policy still offers it. `keeps_user` is for
    /// somebody who is signed in, and can be no other user.
    pub(super) fn repeat(&mut self, details: &Details, has_passphrase: bool, policy: &Policy, keeps_user: bool) {
        self.touched = true;
        if !keeps_user {
            self.user.clone_from(&details.user);
        }
        self.groups.clone_from(&details.groups);
        self.leave_out_unavailable_groups(policy);
        if policy.groups == Groups::Any {
            self.ensure_row();
        }
        if let Some(algorithm) = details.algorithm.known().filter(|known| policy.algorithms.contains(known)) {
            self.algorithm = algorithm;
        }
        if presets(policy).contains(&details.expiration_seconds) {
            self.lifetime = Lifetime::Seconds(details.expiration_seconds);
        } else {
            self.lifetime = Lifetime::Custom;
            (self.custom, self.unit) = lifetime::custom(details.expiration_seconds);
        }
        self.label.clone_from(&details.label);
        self.namespace.clone_from(&details.namespace);
        self.unfolded |= !self.label.is_empty() || !self.namespace.is_empty();
        if has_passphrase && self.lock == LockKind::Browser {
            (self.lock, self.chose_lock) = (LockKind::Passphrase, true);
        }
    }

    /// Parses the fields, and has the policy judge them.
    ///
    /// # Errors
    /// All faults, by field.
    pub(crate) fn parse(&self, policy: &Policy) -> Result<Application, Box<Faults>> {
        let mut faults = Box::<Faults>::default();
        let bounds = policy.expiration_seconds;
        let mut add = |error: Error| faults.add(&error, bounds);
        let user = UserName::parse(self.user_name()).map_err(|error| add(error.at(Field::User))).ok();
        let rows = self.filled_rows();
        let groups: Vec<Option<GroupName>> = rows
            .iter()
            .map(|(row, group)| GroupName::parse(group).map_err(|error| add(error.at(Field::Group(*row)))).ok())
            .collect();
        let (good_rows, groups): (Vec<usize>, Vec<GroupName>) =
            rows.iter().zip(groups).filter_map(|((row, _), group)| Some((*row, group?))).unzip();
        let all_groups_are_good = good_rows.len() == rows.len();
        let to_row = |error: Error| match error {
            Error::DuplicateGroup { index, name } => Error::DuplicateGroup { index: good_rows[index], name },
            Error::GroupNotOffered { index, name, offered } => {
                Error::GroupNotOffered { index: good_rows[index], name, offered }
            }
            Error::PowerfulName { field: Field::Group(index), name } => {
                Error::PowerfulName { field: Field::Group(good_rows[index]), name }
            }
            other => other,
        };
        let seconds = self.lifetime.seconds(&self.custom, self.unit);
        let judged = self.judge(policy, user.as_ref(), &groups, seconds.map_or(0, i64::from));
        let Judgement { faults: refusals, .. } = judged;
        refusals.into_iter().for_each(|error| add(to_row(error)));
        let subject = user.and_then(|user| Subject::new(user, groups).map_err(|error| add(to_row(error))).ok());
        let label = parse_optional(&self.label, NameLabel::parse).map_err(&mut add).ok();
        let namespace = parse_optional(&self.namespace, Namespace::parse).map_err(&mut add).ok();
        let lock = match self.lock {
            LockKind::Passphrase => {
                check_new_passphrase(self.passphrase.as_str()).ok().map(|()| Lock::Passphrase(self.passphrase.clone()))
            }
            LockKind::Browser | LockKind::None => Some(Lock::Browser),
        };
        if lock.is_none() {
            faults.passphrase = Some(format!("At least {MIN_PASSPHRASE_CHARACTERS} characters."));
        }
        match (subject, seconds, label, namespace, lock) {
            (Some(subject), Some(expiration_seconds), Some(label), Some(namespace), Some(lock))
                if all_groups_are_good && *faults == Faults::default() =>
            {
                let name = ObjectName::new(subject.user(), label.as_ref(), self.random);
                let algorithm = self.algorithm;
                Ok(Application { subject, algorithm, expiration_seconds, label, namespace, name, lock })
            }
            _ => Err(faults),
        }
    }

    /// Returns the policy's warnings about the groups that can be parsed.
    pub(crate) fn group_warnings(&self, policy: &Policy) -> Vec<Warning> {
        let groups: Vec<GroupName> =
            self.filled_rows().iter().filter_map(|(_, group)| GroupName::parse(group).ok()).collect();
        self.judge(policy, None, &groups, 0).warnings
    }

    /// Returns the policy's warnings about the user.
    pub(crate) fn user_warnings(&self, policy: &Policy) -> Vec<Warning> {
        let user = UserName::parse(self.user_name()).ok();
        self.judge(policy, user.as_ref(), &[], 0).warnings
    }

    fn judge(
        &self,
        policy: &Policy,
        user: Option<&UserName>,
        groups: &[GroupName],
        expiration_seconds: i64,
    ) -> Judgement {
        let (is_proved, algorithm) = (self.user_is_proved, self.algorithm);
        policy.judge(&Requested { user, is_proved, groups, algorithm, expiration_seconds })
    }

    /// Returns the user without the space around, which is nobody's intention, and which nobody sees.
    pub(crate) fn user_name(&self) -> &str {
        self.user.trim()
    }

    /// Returns the rows of groups that are not empty, each with its place, and without the space around.
    pub(crate) fn filled_rows(&self) -> Vec<(usize, &str)> {
        self.groups.iter().map(|group| group.trim()).enumerate().filter(|(_, group)| !group.is_empty()).collect()
    }

    /// Adds an empty row if there is none.
    fn ensure_row(&mut self) {
        if self.groups.is_empty() {
            self.groups.push(String::new());
        }
    }
}

impl Application {
    /// Gives the object a new name.
    pub(super) fn rename(&mut self, random: [u8; 7]) {
        self.name = ObjectName::new(self.subject.user(), self.label.as_ref(), random);
    }
}

/// Returns the names between the commas or semicolons of one; a distinguished name stays one.
pub(crate) fn parts(group: &str) -> Vec<&str> {
    if group.contains('=') {
        return vec![group];
    }
    group.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn parse_optional<T>(text: &str, parse: impl Fn(&str) -> Result<T, Error>) -> Result<Option<T>, Error> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::parse_groups;

    use super::*;

    fn form(groups: &[&str]) -> Form {
        let mut form = Form::new("jane".into(), groups.iter().map(|group| (*group).to_owned()).collect());
        form.adopt(&Policy::default());
        form.lock = LockKind::Browser;
        form
    }

    #[test]
    fn names_the_row_that_a_fault_is_about() {
        for (groups, row) in [(&["", "dev", "system:x"][..], 2), (&["dev", "", "dev"], 2), (&["a\nb"], 0)] {
            let faults = form(groups).parse(&Policy::default()).expect_err("a fault");
            assert_eq!(faults.group_row, Some(row), "{groups:?}");
        }
        let policy =
            Policy { groups: kube_enroll_core::parse_groups(&["dev"]).expect("names").into(), ..Policy::default() };
        assert_eq!(form(&["", "dev", "ops"]).parse(&policy).expect_err("a fault").group_row, Some(2));
    }

    #[test]
    fn shows_faults_of_groups_beside_a_user_who_is_not_typed_yet() {
        let faults = Form { user: String::new(), ..form(&["system:x"]) }.parse(&Policy::default()).expect_err("faults");
        assert!(faults.user.is_some() && faults.groups.is_some());
    }

    #[test]
    fn refuses_a_powerful_group_in_its_row_unless_the_policy_names_it() {
        let form = form(&["", "dev", "kubeadm:cluster-admins"]);
        let faults = form.parse(&Policy::default()).expect_err("a fault");
        assert_eq!(faults.group_row, Some(2));
        assert_eq!(
            faults.groups.as_deref(),
            Some(
                "Group 3 \"kubeadm:cluster-admins\" has far-reaching rights in many clusters: whoever runs this page can \
                 allow it with --group."
            )
        );
        assert_eq!(form.group_warnings(&Policy::default()), []);
        let groups = parse_groups(&["dev", "kubeadm:cluster-admins"]).expect("names");
        let policy = Policy { groups: groups.clone().into(), ..Policy::default() };
        assert!(form.parse(&policy).is_ok());
        assert_eq!(form.group_warnings(&policy), [Warning::PowerfulGroup(groups[1].clone())]);
    }

    #[test]
    fn refuses_a_powerful_user_unless_the_policy_or_a_sign_in_names_it() {
        let typed = Form { user: " root".into(), ..form(&[]) };
        let faults = typed.parse(&Policy::default()).expect_err("a fault");
        assert!(faults.user.as_deref().is_some_and(|fault| fault.ends_with("--powerful-user.")), "{faults:?}");
        assert!(Form { user_is_proved: true, ..typed.clone() }.parse(&Policy::default()).is_ok());
        let root = UserName::parse("root").expect("a name");
        let policy = Policy { powerful_users: vec![root.clone()], ..Policy::default() };
        assert!(typed.parse(&policy).is_ok());
        assert_eq!(typed.user_warnings(&policy), [Warning::PowerfulUser(root)]);
        assert_eq!(typed.user_warnings(&Policy::default()), []);
    }

    #[test]
    fn leaves_out_the_space_around_a_typed_name() {
        let mut form = form(&[" dev\t", "  "]);
        form.user = " Ana Maria\u{A0}".into();
        let subject = form.parse(&Policy::default()).expect("an application").subject;
        assert_eq!(
            (subject.user().as_str(), subject.groups()),
            ("Ana Maria", parse_groups(&["dev"]).as_deref().expect("a name"))
        );
    }

    #[test]
    fn takes_a_group_with_a_comma_for_one_until_somebody_makes_it_two() {
        for (typed, split) in [
            ("dev, ops", &["dev", "ops"][..]),
            ("dev,ops,", &["dev", "ops"]),
            ("a; b ;c", &["a", "b", "c"]),
            ("cn=dev,ou=x", &["cn=dev,ou=x"]),
        ] {
            let mut form = form(&["x", typed, "y"]);
            form.edit(Edit::SplitGroup(1), None);
            assert_eq!(form.groups, [&["x"], split, &["y"]].concat());
        }
        let application = form(&["dev, ops"]).parse(&Policy::default()).expect("one group");
        assert_eq!(application.subject.groups(), ["dev, ops"]);
    }

    #[test]
    fn accepts_what_the_policy_offers_and_nothing_else() {
        let policy = Policy { algorithms: vec![Algorithm::Ed25519], ..Policy::default() };
        assert!(form(&[]).parse(&policy).is_err(), "the form has another key type");
    }

    #[test]
    fn leaves_out_groups_where_there_is_none_to_choose() {
        let mut form = form(&["x"]);
        form.adopt(&Policy { groups: Groups::Only(vec![]), ..Policy::default() });
        assert_eq!((form.unavailable_groups, form.groups), (vec!["x".to_owned()], vec![]));
    }
}
