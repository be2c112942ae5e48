//! Rights in words, for a terminal and for tests. Whatever an object says is untrusted: it is shown bare where it is
//! made of letters, digits and a few marks, and quoted otherwise.

use std::fmt;

use kube_enroll_core::Quoted;

use super::{Holder, HolderRights, Right, Rights, Scope, Target};
use crate::rule::ANY;

impl fmt::Display for Rights {
    /// Writes each holder with its scopes and rights, then the ways up; a line each, without one at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, holder) in self.holders.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{holder}")?;
        }
        for way in &self.ways_up {
            write!(f, "\nway up, {way}")?;
        }
        Ok(())
    }
}

impl fmt::Display for HolderRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.holder)?;
        if self.is_empty() {
            write!(f, " {NOTHING_YET}")?;
        }
        for rights in &self.scopes {
            write!(f, "\n  {}:", rights.scope)?;
            for right in rights.rights.iter() {
                write!(f, "\n    {right}; by ")?;
                list(f, rights.bindings_of(right))?;
            }
            for binding in rights.without_role() {
                write!(
                    f,
                    "\n    nothing by {binding}, since there is no such role; whoever makes one decides what it gives"
                )?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {}", Quoted(name)),
            Self::Group(name) => write!(f, "group {}", Quoted(name)),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster-wide"),
            Self::Namespace(namespace) => write!(f, "in namespace {}", Quoted(namespace)),
        }
    }
}

impl fmt::Display for Right {
    /// Writes verbs and targets: `get, list pods, deployments.apps`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.verbs == [ANY] {
            f.write_str("do anything with ")?;
        } else {
            list(f, self.verbs.iter().map(|verb| Word(verb)))?;
            f.write_str(" ")?;
        }
        list(f, &self.targets)
    }
}

impl fmt::Display for Target {
    /// Writes a resource as kubectl does, `deployments.apps`, with the names of objects in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, resource, names) = match self {
            Self::NonResource { url } if url == ANY => return f.write_str("every path"),
            Self::NonResource { url } => return write!(f, "path {}", Word(url)),
            Self::Resource { group, resource, names } => (group.as_str(), resource.as_str(), names),
        };
        match (group, resource) {
            (ANY, ANY) => f.write_str("every resource")?,
            ("", ANY) => f.write_str("every resource of the core group")?,
            (_, ANY) => write!(f, "every resource of {}", Word(group))?,
            (ANY, _) => write!(f, "{} of every group", Word(resource))?,
            ("", _) => write!(f, "{}", Word(resource))?,
            (_, _) => write!(f, "{}.{}", Word(resource), Word(group))?,
        }
        write_names(f, names)
    }
}

/// Writes the names of objects to which a right is limited, if it is.
pub(crate) fn write_names(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    f.write_str(" (only ")?;
    list(f, names.iter().map(|name| Word(name)))?;
    f.write_str(")")
}

/// Writes things with commas between them.
pub(crate) fn list(f: &mut fmt::Formatter<'_>, things: impl IntoIterator<Item = impl fmt::Display>) -> fmt::Result {
    for (place, thing) in things.into_iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{thing}")?;
    }
    Ok(())
}

/// A text of an object.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/*".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(is_plain) { f.write_str(self.0) } else { Quoted(self.0).fmt(f) }
    }
}

/// Said of a holder without rights: a binding that comes later would give some.
const NOTHING_YET: &str = "nothing yet";
