//! From what the Configuration service says of a person to what they may do: pure rules, apart from the calls.

use std::collections::BTreeSet;

use ges_domain::access::{Lines, Role};
use ges_domain::name::QueueName;
use serde_json::Value;

use super::config::RbacConfig;

/// The sections of a person's annex in which the older products looked, in their order.
const SECTIONS: [&str; 2] = ["ges", "gms"];

/// The roles that a person's annex gives: while the option is there it wins over all groups, whatever it says.
pub(crate) fn annexed(annex: &Value) -> Option<BTreeSet<Role>> {
    let option = |section: &str| {
        let section = annex.get(section)?;
        ["role", "roles"].into_iter().find_map(|name| section.get(name)?.as_str())
    };
    let said = SECTIONS.into_iter().find_map(option)?;
    Some(said.split(',').filter_map(Role::parse).collect())
}

/// The queues to which a person's annex limits them.
pub(crate) fn annexed_lines(annex: &Value) -> Option<Lines> {
    let option = |section: &str| annex.get(section)?.get("services")?.as_str();
    let said = SECTIONS.into_iter().find_map(option)?;
    let queues = said.split(',').filter_map(|name| QueueName::parse(name.trim()).ok());
    Some(Lines::Queues(queues.collect()))
}

/// The roles that access groups give; where none gives any, what the installation says of such people.
pub(crate) fn grouped<'a>(
    groups: impl IntoIterator<Item = &'a str>,
    table: &RbacConfig,
) -> BTreeSet<Role> {
    let roles: BTreeSet<_> =
        groups.into_iter().flat_map(|group| table.roles_of(group).collect::<Vec<_>>()).collect();
    if roles.is_empty() && table.open_if_unconfigured {
        return BTreeSet::from([Role::Administrator]);
    }
    roles
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_option_in_the_annex_wins_whatever_it_says() {
        let roles = |roles: &[Role]| Some(roles.iter().copied().collect::<BTreeSet<_>>());
        for (annex, expected) in [
            (json!({}), None),
            (json!({ "htcc": { "roles": "supervisor" } }), None),
            (json!({ "ges": { "role": "Supervisor" } }), roles(&[Role::Supervisor])),
            (json!({ "gms": { "roles": "CallbackReadOnly" } }), roles(&[Role::Monitor])),
            (
                json!({ "ges": { "roles": "Developer, Monitor" }, "gms": { "role": "Administrator" } }),
                roles(&[Role::Developer, Role::Monitor]),
            ),
            (json!({ "ges": { "role": "Janitor" } }), roles(&[])),
            (json!({ "ges": { "role": "" } }), roles(&[])),
            (json!({ "ges": { "role": 7 } }), None),
            (json!("nonsense"), None),
        ] {
            assert_eq!(annexed(&annex), expected, "{annex}");
        }
    }

    #[test]
    fn nobody_without_a_group_may_do_anything_unless_the_installation_says_so() {
        let closed = RbacConfig::default();
        let open = RbacConfig { open_if_unconfigured: true, ..RbacConfig::default() };
        assert!(grouped(["Everybody"], &closed).is_empty());
        assert_eq!(grouped([], &open), BTreeSet::from([Role::Administrator]));
        let managers = ["Tenant100 Managers", "Everybody"];
        assert_eq!(grouped(managers, &open), BTreeSet::from([Role::Monitor]));
    }

    #[test]
    fn services_in_the_annex_are_the_only_ones_seen() {
        let annex = json!({ "gms": { "services": "CB_Sales, CB_Support,," } });
        let Some(Lines::Queues(queues)) = annexed_lines(&annex) else { panic!("{annex}") };
        assert_eq!(
            queues.iter().map(QueueName::as_str).collect::<Vec<_>>(),
            ["CB_Sales", "CB_Support"]
        );
        assert_eq!(annexed_lines(&json!({})), None);
    }
}
