//! Rules of regions: in which locations the routers and orchestration servers of a queue are asked first.

use ges_app::Administered;
use ges_domain::access::Permission as P;
use ges_domain::catalogue::{Catalogue, Edit, MAX_REGIONS, Named, RuleEdit, Rules};
use ges_domain::id::RecordId;
use ges_domain::name::RegionName;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::rulebook::{self, Assignments, Rulebook};
use super::rules::{Assignment, assignments, queues_of};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/region-rules";
const ONE: &str = "/ges/api/v1/region-rules/{id}";
const ASSIGNMENTS: &str = "/ges/api/v1/region-rules/assignments";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ViewRegions)),
    Operation::write(Verb::Post, ALL, Guard::May(P::EditRegions), "regions.add").also(&[404, 409]),
    Operation::write(Verb::Put, ONE, Guard::May(P::EditRegions), "regions.edit").also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::EditRegions), "regions.remove")
        .also(&[404, 409]),
    Operation::write(Verb::Put, ASSIGNMENTS, Guard::May(P::EditRegions), "regions.assign")
        .also(&[404, 409]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).post(add).mount();
    doors.at(ASSIGNMENTS).put(assign).mount();
    doors.at(ONE).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, add, edit, remove, assign))]
struct Described;

/// A rule of regions as people write it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegionRule {
    /// The name that people see.
    #[schema(max_length = 255)]
    name: String,
    /// The regions in order of preference, each once; the first with a healthy node is used, then any other.
    #[schema(max_items = 32, example = json!(["eu-west", "eu-central"]))]
    regions: Vec<String>,
}

/// A rule of regions as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownRegionRule {
    /// Its id.
    id: Uuid,
    #[serde(flatten)]
    rule: RegionRule,
    /// The queues that use it.
    queues: Vec<String>,
    /// What to send in `If-Match`.
    revision: u64,
}

/// The rules of regions of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownRegionRules {
    /// The rules.
    rules: Vec<KnownRegionRule>,
    /// The queues, with the rules that they use.
    queues: Vec<Assignment>,
    /// The regions of the nodes that are configured, and those that rules name.
    regions: Vec<KnownRegion>,
    /// What to send in `If-Match` with a new rule or with assignments.
    revision: u64,
}

/// A region and its nodes.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownRegion {
    /// Its name.
    name: String,
    /// Its routers.
    routers: Nodes,
    /// Its orchestration servers.
    orchestrators: Nodes,
}

/// How many nodes there are, and how many answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Nodes {
    /// Those that answer.
    healthy: usize,
    /// All.
    all: usize,
}

/// A rule after an edit.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditedRegionRule {
    /// The rule; absent where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<KnownRegionRule>,
    /// The revision that stands.
    revision: u64,
}

/// The regions that nodes or rules name, in order.
fn regions(desk: &Desk, catalogue: &Catalogue) -> Vec<KnownRegion> {
    let places = desk.web().health().located(desk.tenant());
    let named = catalogue.regions.by_id.values().flat_map(|named| &named.rule);
    let mut names: Vec<String> = named.map(ToString::to_string).collect();
    names.extend(places.iter().map(|place| place.region.clone()));
    names.sort_unstable();
    names.dedup();
    let nodes = |region: &str, orchestrator: bool| {
        let there =
            places.iter().filter(|it| it.region == region && it.orchestrator == orchestrator);
        Nodes { healthy: there.clone().filter(|it| it.healthy).count(), all: there.count() }
    };
    let known = names.into_iter().map(|name| KnownRegion {
        routers: nodes(&name, false),
        orchestrators: nodes(&name, true),
        name,
    });
    known.collect()
}

/// Rules of regions.
struct Regions;

impl Rulebook for Regions {
    type Rule = Vec<RegionName>;
    type Known = KnownRegionRule;
    type All = KnownRegionRules;
    type Edited = EditedRegionRule;

    fn of(catalogue: &Catalogue) -> &Rules<Self::Rule> {
        &catalogue.regions
    }

    fn edit(edit: RuleEdit<Self::Rule>) -> Edit {
        Edit::Regions(edit)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Named<Self::Rule>> {
        let name = fields.need("name", rules::owned(255));
        let read = |given: Given<'_>| -> Result<Vec<RegionName>, Wrong> {
            let items = rules::list(MAX_REGIONS)(given)?;
            let one = |item: &serde_json::Value| {
                rules::name(RegionName::parse)(Given::Json(item))
                    .map_err(|wrong| Wrong::new(format!("holds one that {}", wrong.what)))
            };
            items.iter().map(one).collect()
        };
        let regions = fields.need("regions", read);
        Some(Named { name: name?, rule: regions? })
    }

    fn known(desk: &Desk, catalogue: &Catalogue, id: RecordId) -> Option<Self::Known> {
        let named = Self::of(catalogue).by_id.get(&id)?;
        let regions = named.rule.iter().map(ToString::to_string).collect();
        Some(KnownRegionRule {
            id: id.uuid(),
            rule: RegionRule { name: named.name.clone(), regions },
            queues: queues_of(desk, Self::of(catalogue), id),
            revision: catalogue.rule_revision(id).number(),
        })
    }

    fn all(desk: &Desk, catalogue: &Catalogue) -> Self::All {
        let ids = Self::of(catalogue).by_id.keys();
        KnownRegionRules {
            rules: ids.filter_map(|id| Self::known(desk, catalogue, *id)).collect(),
            queues: assignments(desk, catalogue, Self::of(catalogue)),
            regions: regions(desk, catalogue),
            revision: catalogue.revision.number(),
        }
    }

    fn edited(rule: Option<Self::Known>, done: &Administered) -> Self::Edited {
        EditedRegionRule { rule, revision: done.catalogue.revision.number() }
    }
}

/// The rules of regions, which queues use them, and the regions that there are.
#[utoipa::path(
    get, path = "/ges/api/v1/region-rules", operation_id = "listRegionRules", tag = "rules",
    responses((status = 200, description = "The rules", body = Envelope<KnownRegionRules>))
)]
async fn list(desk: Desk) -> Said {
    rulebook::list::<Regions>(desk).await
}

/// Adds a rule that no queue uses yet.
#[utoipa::path(
    post, path = "/ges/api/v1/region-rules", operation_id = "addRegionRule", tag = "rules",
    params(("If-Match" = String, Header, description = "The revision of the rules that were read")),
    request_body = RegionRule,
    responses((status = 200, description = "The rule", body = Envelope<EditedRegionRule>))
)]
async fn add(desk: Desk) -> Said {
    rulebook::add::<Regions>(desk).await
}

/// Replaces a rule.
#[utoipa::path(
    put, path = "/ges/api/v1/region-rules/{id}", operation_id = "editRegionRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
    ),
    request_body = RegionRule,
    responses((status = 200, description = "The rule", body = Envelope<EditedRegionRule>))
)]
async fn edit(desk: Desk) -> Said {
    rulebook::replace::<Regions>(desk).await
}

/// Removes a rule; while queues use it, only with `unassign=true`.
#[utoipa::path(
    delete, path = "/ges/api/v1/region-rules/{id}", operation_id = "removeRegionRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
        ("unassign" = Option<bool>, Query, description = "Its queues have no rule any more"),
    ),
    responses((status = 200, description = "It is gone", body = Envelope<EditedRegionRule>))
)]
async fn remove(desk: Desk) -> Said {
    rulebook::remove::<Regions>(desk).await
}

/// Gives queues their rules; queues that are not named keep theirs.
#[utoipa::path(
    put, path = "/ges/api/v1/region-rules/assignments", operation_id = "assignRegionRules", tag = "rules",
    params(("If-Match" = String, Header, description = "The revision of the rules that were read")),
    request_body = Assignments,
    responses((status = 200, description = "The revision that stands", body = Envelope<EditedRegionRule>))
)]
async fn assign(desk: Desk) -> Said {
    rulebook::assign::<Regions>(desk).await
}
