//! Who may do what: roles, what each of them permits, and the queues that a person may see.
//!
//! It is one table, so that the people's API, the browser application and the audit log cannot disagree. What the
//! table does not grant is denied.
//!
//! ```
//! use ges_domain::access::{Permission, Role};
//!
//! assert!(Role::Monitor.may(Permission::ViewCallbacks));
//! assert!(!Role::Monitor.may(Permission::CancelCallbacks));
//! ```

use std::collections::BTreeSet;
use std::fmt;

use crate::id::TenantId;
use crate::name::QueueName;

/// What somebody is in the contact centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Role {
    /// Everything, the developer's pages included.
    Administrator,
    /// Creates, cancels, reschedules and exports callbacks.
    Supervisor,
    /// The developer's pages: keys, credentials, tools.
    Developer,
    /// Looks on.
    Monitor,
}

impl Role {
    /// All roles, the most powerful first.
    pub const ALL: [Self; 4] =
        [Self::Administrator, Self::Supervisor, Self::Developer, Self::Monitor];

    /// The role as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Supervisor => "supervisor",
            Self::Developer => "developer",
            Self::Monitor => "monitor",
        }
    }

    /// Reads a role as people write it, in any case and with or without `Callback` before it; also the values of the
    /// older product, `CallbackReadOnly` and `ReadOnly`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        match plain.strip_prefix("callback").unwrap_or(&plain) {
            "administrator" | "admin" => Some(Self::Administrator),
            "supervisor" => Some(Self::Supervisor),
            "developer" => Some(Self::Developer),
            "monitor" | "readonly" => Some(Self::Monitor),
            _ => None,
        }
    }

    /// Whether the role permits it: the whole table of who may do what.
    ///
    /// The rows that the vendor's documentation leaves open are the administrator's alone.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::ViewCallbacks | P::ViewQueues | P::ViewCallIns | P::ViewServices => {
                matches!(self, Self::Administrator | Self::Supervisor | Self::Monitor)
            }
            P::CreateCallbacks
            | P::RescheduleCallbacks
            | P::CancelCallbacks
            | P::EditCallbacks
            | P::ChangeInBulk
            | P::ExportCallbacks => matches!(self, Self::Administrator | Self::Supervisor),
            P::ViewCapacity | P::ViewNumberRules => true,
            P::EditNumberRules => {
                matches!(self, Self::Administrator | Self::Supervisor | Self::Developer)
            }
            P::ManageApiKeys
            | P::ManagePush
            | P::ManageCaptcha
            | P::ManageStatistics
            | P::ManageWebhooks
            | P::RefetchTenant
            | P::UseTools => matches!(self, Self::Administrator | Self::Developer),
            P::EditCapacity
            | P::ViewRegions
            | P::EditRegions
            | P::EditServices
            | P::DeclareEmergency
            | P::ViewCallInGroups
            | P::EditCallInGroups
            | P::ReadAudit
            | P::ForgetNumbers
            | P::ExportNumbers => matches!(self, Self::Administrator),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// One thing that a person can do here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// All permissions, in the order of the table in the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The permission's name, as the API, the audit log and the browser application know it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

permissions! {
    /// List, search and read callbacks, their timelines and their live changes.
    ViewCallbacks = "ges.callback.view",
    /// Book a callback, or one again.
    CreateCallbacks = "ges.callback.create",
    /// Move a callback to another time.
    RescheduleCallbacks = "ges.callback.reschedule",
    /// Cancel a callback.
    CancelCallbacks = "ges.callback.cancel",
    /// Correct a callback's number or data.
    EditCallbacks = "ges.callback.edit",
    /// Cancel or move all that a filter finds.
    ChangeInBulk = "ges.callback.bulk",
    /// Take callbacks away as a file.
    ExportCallbacks = "ges.callback.export",
    /// See how the queues fare.
    ViewQueues = "ges.queue.view",
    /// List and read click-to-call-in requests.
    ViewCallIns = "ges.callin.view",
    /// Read click-to-call-in groups.
    ViewCallInGroups = "ges.callin.groups.view",
    /// Make, change and remove click-to-call-in groups.
    EditCallInGroups = "ges.callin.groups.edit",
    /// Read capacity rules and what they would offer.
    ViewCapacity = "ges.admin.capacity.view",
    /// Make, change, assign and remove capacity rules.
    EditCapacity = "ges.admin.capacity",
    /// Read country and number rules, and try a number on them.
    ViewNumberRules = "ges.admin.numbers.view",
    /// Make, change, assign and remove country and number rules.
    EditNumberRules = "ges.admin.numbers",
    /// Read region rules.
    ViewRegions = "ges.admin.regions.view",
    /// Make, change and remove region rules.
    EditRegions = "ges.admin.regions",
    /// Read services and their office hours.
    ViewServices = "ges.service.view",
    /// Change services and their office hours.
    EditServices = "ges.service.edit",
    /// Close a service at once, and open it again.
    DeclareEmergency = "ges.service.emergency",
    /// Make, list and remove API keys.
    ManageApiKeys = "ges.dev.apikeys",
    /// Set and try the credentials for push notifications.
    ManagePush = "ges.dev.push",
    /// Set and try the captcha.
    ManageCaptcha = "ges.dev.captcha",
    /// Set and try the credentials for statistics.
    ManageStatistics = "ges.dev.statistics",
    /// Set and try webhooks, and read what was delivered.
    ManageWebhooks = "ges.dev.webhooks",
    /// Use the pages that find out why something does not work.
    UseTools = "ges.dev.tools",
    /// Have the tenant's configuration read again at once.
    RefetchTenant = "ges.dev.refetch",
    /// Read who did what.
    ReadAudit = "ges.audit",
    /// Erase everything about a phone number.
    ForgetNumbers = "ges.privacy.forget",
    /// Take away everything about a phone number.
    ExportNumbers = "ges.privacy.export",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The line of business: whose callbacks a person may see, by queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Lines {
    /// Every queue's.
    All,
    /// Only these queues'.
    Queues(BTreeSet<QueueName>),
    /// Every queue's but these: queues that are kept for others.
    AllBut(BTreeSet<QueueName>),
}

impl Lines {
    /// No queue at all.
    pub const fn none() -> Self {
        Self::Queues(BTreeSet::new())
    }

    /// Whether callbacks of the queue may be seen.
    pub fn hold(&self, queue: &QueueName) -> bool {
        match self {
            Self::All => true,
            Self::Queues(seen) => seen.contains(queue),
            Self::AllBut(hidden) => !hidden.contains(queue),
        }
    }

    /// Whether every queue of the other lines may be seen here, also one that there is not yet.
    pub fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (_, Self::Queues(theirs)) => theirs.iter().all(|queue| self.hold(queue)),
            (Self::AllBut(ours), Self::All) => ours.is_empty(),
            (Self::AllBut(ours), Self::AllBut(theirs)) => ours.is_subset(theirs),
            (Self::Queues(_), Self::All | Self::AllBut(_)) => false,
        }
    }
}

/// Which queues a question is about, after what was asked for and what may be seen are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// None at all: there is nothing to look for.
    Nothing,
    /// These; where `only` is empty, any but the hidden ones.
    Queues {
        /// The queues that are asked for and may be seen; empty is any.
        only: Vec<QueueName>,
        /// The queues that may not be seen.
        hidden: Vec<QueueName>,
    },
}

impl Lines {
    /// The part of what is asked for that may be seen; nothing asked for is any queue.
    pub fn narrow(&self, asked: &[QueueName]) -> Scope {
        let seen: Vec<QueueName> = asked.iter().filter(|queue| self.hold(queue)).cloned().collect();
        match self {
            _ if !asked.is_empty() && seen.is_empty() => Scope::Nothing,
            _ if !asked.is_empty() => Scope::Queues { only: seen, hidden: Vec::new() },
            Self::All => Scope::Queues { only: Vec::new(), hidden: Vec::new() },
            Self::Queues(queues) if queues.is_empty() => Scope::Nothing,
            Self::Queues(queues) => {
                Scope::Queues { only: queues.iter().cloned().collect(), hidden: Vec::new() }
            }
            Self::AllBut(queues) => {
                Scope::Queues { only: Vec::new(), hidden: queues.iter().cloned().collect() }
            }
        }
    }
}

impl From<Scope> for Lines {
    /// The lines that a question is about.
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Nothing => Self::none(),
            Scope::Queues { only, .. } if !only.is_empty() => {
                Self::Queues(only.into_iter().collect())
            }
            Scope::Queues { hidden, .. } if hidden.is_empty() => Self::All,
            Scope::Queues { hidden, .. } => Self::AllBut(hidden.into_iter().collect()),
        }
    }
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The only tenant whose data they may see.
    pub tenant: TenantId,
    /// Their name in this tenant, as the audit log writes it.
    pub user_name: String,
    /// How to greet them.
    pub display_name: String,
    /// What they are; nothing permits nothing.
    pub roles: BTreeSet<Role>,
    /// Whose callbacks they may see.
    pub lines: Lines,
}

impl Person {
    /// Whether any of their roles permits it.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.may(permission))
    }

    /// Everything that they may do.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> + '_ {
        Permission::ALL.iter().copied().filter(|permission| self.may(*permission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented table, written out a second time: a cell that changes must change here too.
    /// Columns: administrator, supervisor, developer, monitor.
    const TABLE: &[(Permission, &str)] = &[
        (Permission::ViewCallbacks, "as-m"),
        (Permission::CreateCallbacks, "as--"),
        (Permission::RescheduleCallbacks, "as--"),
        (Permission::CancelCallbacks, "as--"),
        (Permission::EditCallbacks, "as--"),
        (Permission::ChangeInBulk, "as--"),
        (Permission::ExportCallbacks, "as--"),
        (Permission::ViewQueues, "as-m"),
        (Permission::ViewCallIns, "as-m"),
        (Permission::ViewCallInGroups, "a---"),
        (Permission::EditCallInGroups, "a---"),
        (Permission::ViewCapacity, "asdm"),
        (Permission::EditCapacity, "a---"),
        (Permission::ViewNumberRules, "asdm"),
        (Permission::EditNumberRules, "asd-"),
        (Permission::ViewRegions, "a---"),
        (Permission::EditRegions, "a---"),
        (Permission::ViewServices, "as-m"),
        (Permission::EditServices, "a---"),
        (Permission::DeclareEmergency, "a---"),
        (Permission::ManageApiKeys, "a-d-"),
        (Permission::ManagePush, "a-d-"),
        (Permission::ManageCaptcha, "a-d-"),
        (Permission::ManageStatistics, "a-d-"),
        (Permission::ManageWebhooks, "a-d-"),
        (Permission::UseTools, "a-d-"),
        (Permission::RefetchTenant, "a-d-"),
        (Permission::ReadAudit, "a---"),
        (Permission::ForgetNumbers, "a---"),
        (Permission::ExportNumbers, "a---"),
    ];

    #[test]
    fn every_cell_of_the_table_is_as_documented() {
        let told: Vec<_> = TABLE.iter().map(|(permission, _)| *permission).collect();
        assert_eq!(told, Permission::ALL, "each permission has its row, in order");
        for (permission, cells) in TABLE {
            for (role, cell) in Role::ALL.into_iter().zip(cells.chars()) {
                assert_eq!(role.may(*permission), cell != '-', "{role}, {permission}");
            }
        }
    }

    #[test]
    fn names_of_permissions_are_told_apart() {
        let names: BTreeSet<_> = Permission::ALL.iter().map(|it| it.as_str()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }

    #[test]
    fn a_role_is_read_as_people_and_the_older_product_write_it() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        for (text, role) in [
            ("Administrator", Some(Role::Administrator)),
            ("Callback Supervisor", Some(Role::Supervisor)),
            ("CallbackReadOnly", Some(Role::Monitor)),
            ("ROLE", None),
            ("", None),
            ("callback", None),
            ("administrators", None),
        ] {
            assert_eq!(Role::parse(text), role, "{text}");
        }
    }

    #[test]
    fn lines_hold_their_queues_and_no_others() {
        let queue = |name: &str| QueueName::parse(name).unwrap();
        let sales = BTreeSet::from([queue("sales")]);
        for (lines, sees_sales, sees_support) in [
            (Lines::All, true, true),
            (Lines::none(), false, false),
            (Lines::Queues(sales.clone()), true, false),
            (Lines::AllBut(sales), false, true),
        ] {
            assert_eq!(lines.hold(&queue("sales")), sees_sales, "{lines:?}");
            assert_eq!(lines.hold(&queue("support")), sees_support, "{lines:?}");
        }
    }

    #[test]
    fn lines_cover_others_whose_queues_they_all_hold() {
        let queue = |name: &str| QueueName::parse(name).unwrap();
        let sales = || BTreeSet::from([queue("sales")]);
        let both = || BTreeSet::from([queue("sales"), queue("support")]);
        let all = [
            Lines::All,
            Lines::none(),
            Lines::Queues(sales()),
            Lines::Queues(both()),
            Lines::AllBut(BTreeSet::new()),
            Lines::AllBut(sales()),
            Lines::AllBut(both()),
        ];
        // A queue that nobody names stands for all those that there are not yet.
        let world = [queue("sales"), queue("support"), queue("new")];
        for ours in &all {
            for theirs in &all {
                let covers = world.iter().all(|it| !theirs.hold(it) || ours.hold(it));
                assert_eq!(ours.cover(theirs), covers, "{ours:?} {theirs:?}");
            }
        }
    }

    #[test]
    fn a_question_is_about_the_lines_that_it_was_narrowed_to() {
        let queue = |name: &str| QueueName::parse(name).unwrap();
        let asked = [queue("sales"), queue("support")];
        let one = || BTreeSet::from([queue("sales")]);
        for (lines, asked, reach) in [
            (Lines::All, &[][..], Lines::All),
            (Lines::All, &asked[..1], Lines::Queues(one())),
            (Lines::none(), &asked[..], Lines::none()),
            (Lines::Queues(one()), &[], Lines::Queues(one())),
            (Lines::AllBut(one()), &[], Lines::AllBut(one())),
            (Lines::AllBut(one()), &asked[..], Lines::Queues([queue("support")].into())),
        ] {
            assert_eq!(Lines::from(lines.narrow(asked)), reach, "{lines:?} {asked:?}");
            assert!(lines.cover(&reach), "{lines:?} {asked:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_narrowed_to_what_may_be_seen() {
        let queue = |name: &str| QueueName::parse(name).unwrap();
        let (sales, support) = (queue("sales"), queue("support"));
        let scope = |only: &[&QueueName], hidden: &[&QueueName]| Scope::Queues {
            only: only.iter().copied().cloned().collect(),
            hidden: hidden.iter().copied().cloned().collect(),
        };
        let both = [sales.clone(), support.clone()];
        let one = BTreeSet::from([sales.clone()]);
        for (lines, asked, seen) in [
            (Lines::All, &[][..], scope(&[], &[])),
            (Lines::All, &both[..], scope(&[&sales, &support], &[])),
            (Lines::none(), &[], Scope::Nothing),
            (Lines::none(), &both, Scope::Nothing),
            (Lines::Queues(one.clone()), &[], scope(&[&sales], &[])),
            (Lines::Queues(one.clone()), &both, scope(&[&sales], &[])),
            (Lines::Queues(one.clone()), &both[1..], Scope::Nothing),
            (Lines::AllBut(one.clone()), &[], scope(&[], &[&sales])),
            (Lines::AllBut(one.clone()), &both, scope(&[&support], &[])),
            (Lines::AllBut(one), &both[..1], Scope::Nothing),
        ] {
            assert_eq!(lines.narrow(asked), seen, "{lines:?} {asked:?}");
        }
    }

    #[test]
    fn a_person_without_a_role_may_do_nothing() {
        let mut person = Person {
            tenant: TenantId::new(uuid::Uuid::nil()),
            user_name: String::from("jdoe"),
            display_name: String::from("Jo"),
            roles: BTreeSet::new(),
            lines: Lines::All,
        };
        assert_eq!(person.permissions().count(), 0);
        person.roles = BTreeSet::from([Role::Monitor, Role::Developer]);
        assert!(person.may(Permission::ViewCallbacks) && person.may(Permission::ManagePush));
        assert!(!person.may(Permission::CancelCallbacks));
    }
}
