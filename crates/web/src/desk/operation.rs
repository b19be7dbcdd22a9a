//! What can be done at the desk: one row an operation, read by the doors, the description, the audit log and the tests.

use actix_web::http::Method;
use ges_domain::access::{Permission, Person};

/// Who may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Anybody, also who is not signed in.
    Anybody,
    /// Whoever is signed in.
    SignedIn,
    /// Who has the permission.
    May(Permission),
    /// Who has any of these permissions; the handler asks for the one that it needs.
    OneOf(&'static [Permission]),
}

impl Guard {
    /// Whether a person gets by.
    pub(crate) fn lets_in(self, person: &Person) -> bool {
        match self {
            Self::Anybody | Self::SignedIn => true,
            Self::May(permission) => person.may(permission),
            Self::OneOf(permissions) => permissions.iter().any(|one| person.may(*one)),
        }
    }

    /// The permissions of which one is needed.
    pub(crate) fn permissions(&self) -> &[Permission] {
        match self {
            Self::Anybody | Self::SignedIn => &[],
            Self::May(permission) => std::slice::from_ref(permission),
            Self::OneOf(permissions) => permissions,
        }
    }
}

/// How an operation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    /// The verb as HTTP writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_safe(self) -> bool {
        self == Self::Get
    }
}

/// An operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) verb: Verb,
    /// The path as the description writes it.
    pub(crate) path: &'static str,
    pub(crate) guard: Guard,
    /// What the audit log calls it; none for what is not written down when it is done.
    pub(crate) what: Option<&'static str>,
    /// Statuses of failure beside those that every operation has.
    pub(crate) statuses: &'static [u16],
    /// Whether a browser asks it by itself, and so keeps nobody signed in by it.
    pub(crate) unattended: bool,
}

impl Operation {
    /// An operation that changes nothing worth writing down.
    pub(crate) const fn read(verb: Verb, path: &'static str, guard: Guard) -> Self {
        Self { verb, path, guard, what: None, statuses: &[], unattended: false }
    }

    /// An operation that is written down as `what`.
    pub(crate) const fn write(
        verb: Verb,
        path: &'static str,
        guard: Guard,
        what: &'static str,
    ) -> Self {
        Self { verb, path, guard, what: Some(what), statuses: &[], unattended: false }
    }

    /// The same operation, which may also fail with these statuses.
    pub(crate) const fn also(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    /// The same operation, which a browser asks by itself.
    pub(crate) const fn unattended(self) -> Self {
        Self { unattended: true, ..self }
    }
}
