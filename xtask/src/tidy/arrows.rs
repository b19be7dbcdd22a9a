//! Arrows between the rooms, and the owners of packages from outside.

use super::Complaint;
use super::graph::{Dependency, Graph, Kind, Package};
use super::house::{FOR_TESTS_ONLY, OWNED, ROOMS, Room, STRANGERS};

const TABLE: &str = "xtask/src/tidy/house.rs";

pub(super) fn check(graph: &Graph) -> Vec<Complaint> {
    graph.ours.iter().flat_map(|package| check_package(graph, package)).collect()
}

fn check_package(graph: &Graph, package: &Package) -> Vec<Complaint> {
    let complain =
        |what: String, remedy: String| Complaint::new(&package.manifest, 1, what, remedy);
    let Some(room) = ROOMS.iter().find(|room| room.name == package.name) else {
        return vec![complain(
            format!("{} is a room that the house does not know", package.name),
            format!("give it a row in {TABLE} and a decision record, or do without it"),
        )];
    };
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let is_ours = graph.ours.iter().any(|ours| ours.name == dependency.name);
        let trouble = if is_ours { arrow(room, dependency) } else { outside(room, dependency) };
        found.extend(trouble.map(|(what, remedy)| complain(what, remedy)));
    }
    found
}

/// What is wrong with one room naming another.
fn arrow(room: &Room, dependency: &Dependency) -> Option<(String, String)> {
    let (from, to) = (room.name, dependency.name.as_str());
    if dependency.kind == Kind::Dev {
        return STRANGERS.contains(&from).then(|| {
            (
                format!("the tests of {from} name {to}"),
                format!("{from} knows nothing of ours, so that it cannot agree with our mistakes"),
            )
        });
    }
    if FOR_TESTS_ONLY.contains(&to) {
        return Some((
            format!("{from} builds on {to}"),
            "move it to [dev-dependencies]: it is for tests only".into(),
        ));
    }
    (!room.may_name.contains(&to)).then(|| {
        (
            format!("{from} names {to}: the house has no such arrow"),
            format!("turn to a port, or draw the arrow in {TABLE} with a decision record"),
        )
    })
}

/// What is wrong with a room naming a package from outside. Tests may use what they like.
fn outside(room: &Room, dependency: &Dependency) -> Option<(String, String)> {
    let (from, to) = (room.name, dependency.name.as_str());
    if dependency.kind == Kind::Dev {
        return None;
    }
    let owned = OWNED.iter().find(|(pattern, ..)| matches(pattern, to));
    if let Some((_, owners, instead)) = owned.filter(|(_, owners, _)| !owners.contains(&from)) {
        return Some((
            format!("{from} names {to}, which belongs to {}", owners.join(", ")),
            format!("{instead}; owners are listed in {TABLE}"),
        ));
    }
    if let Some(only) = room.only {
        if !only.contains(&to) {
            return Some((
                format!("{from} names {to}"),
                format!("{from} stays pure; its whole list is in {TABLE}"),
            ));
        }
        if to == "serde" && !dependency.optional {
            return Some((
                format!("{from} names serde for everyone"),
                "make it optional, behind a feature".into(),
            ));
        }
    }
    None
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |stem| name.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        Package {
            name: name.into(),
            manifest: format!("crates/{name}/Cargo.toml"),
            dependencies: dependencies
                .iter()
                .map(|&(name, kind)| Dependency { name: name.into(), kind, optional: false })
                .collect(),
            ..Package::default()
        }
    }

    /// Complaints about the first package when the rest of the house is there as well.
    fn complaints(name: &str, dependencies: &[(&str, Kind)]) -> Vec<String> {
        let mut ours = vec![package(name, dependencies)];
        ours.extend(
            ROOMS.iter().filter(|room| room.name != name).map(|room| package(room.name, &[])),
        );
        let graph = Graph { ours, theirs: Vec::new() };
        check(&graph).into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn an_adapter_may_name_domain_and_ports() {
        let arrows = [("ges-domain", Kind::Normal), ("ges-ports", Kind::Normal)];
        assert!(complaints("ges-ors", &arrows).is_empty());
    }

    #[test]
    fn an_adapter_may_not_name_another() {
        let found = complaints("ges-ors", &[("ges-redis", Kind::Normal)]);
        assert_eq!(found, ["ges-ors names ges-redis: the house has no such arrow"]);
    }

    #[test]
    fn a_build_script_is_no_back_door() {
        assert_eq!(complaints("ges-domain", &[("ges-app", Kind::Build)]).len(), 1);
    }

    #[test]
    fn tests_may_use_the_contracts_and_nothing_else_may() {
        assert!(complaints("ges-redis", &[("ges-contracts", Kind::Dev)]).is_empty());
        let found = complaints("ges-server", &[("ges-simulators", Kind::Normal)]);
        assert_eq!(found, ["ges-server builds on ges-simulators"]);
    }

    #[test]
    fn the_simulators_know_nothing_of_ours_even_in_their_tests() {
        assert_eq!(complaints("ges-simulators", &[("ges-ors", Kind::Dev)]).len(), 1);
    }

    #[test]
    fn an_owned_package_is_named_by_its_owners_only() {
        assert!(complaints("ges-postgres", &[("diesel-async", Kind::Normal)]).is_empty());
        let found = complaints("ges-embedded", &[("diesel-async", Kind::Normal)]);
        assert_eq!(found, ["ges-embedded names diesel-async, which belongs to ges-postgres"]);
        assert_eq!(complaints("ges-app", &[("opentelemetry-otlp", Kind::Normal)]).len(), 1);
        assert!(complaints("ges-app", &[("anyhow", Kind::Dev)]).is_empty());
    }

    #[test]
    fn the_domain_has_a_closed_list() {
        assert_eq!(complaints("ges-domain", &[("tokio", Kind::Normal)]).len(), 1);
        assert_eq!(complaints("ges-domain", &[("serde", Kind::Normal)]).len(), 1);
        assert!(complaints("ges-domain", &[("thiserror", Kind::Normal)]).is_empty());
    }

    #[test]
    fn an_unknown_room_is_seen() {
        let found = complaints("ges-common", &[]);
        assert_eq!(found, ["ges-common is a room that the house does not know"]);
    }
}
