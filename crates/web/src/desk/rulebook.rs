//! A kind of rules at the desk: listed, added, replaced, removed and given to queues.
//!
//! Written once for the three kinds, which differ in what a rule says and in nothing else.

use ges_app::Administered;
use ges_domain::catalogue::{Assigned, Catalogue, Edit, Named, RuleEdit, Rules};
use ges_domain::id::RecordId;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Desk;
use super::rules::{administer, assigned, mode, only_own, rule_id};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, rules};
use crate::problem::Problem;

/// What a kind of rules says on the wire, and where it lies in a catalogue.
pub(super) trait Rulebook {
    /// A rule.
    type Rule;
    /// A rule as it stands, on the wire.
    type Known: Serialize;
    /// All rules, on the wire.
    type All: Serialize;
    /// What an edit is answered with.
    type Edited: Serialize;

    /// The rules of the kind.
    fn of(catalogue: &Catalogue) -> &Rules<Self::Rule>;

    /// An edit of the kind.
    fn edit(edit: RuleEdit<Self::Rule>) -> Edit;

    /// Reads a rule from a body.
    fn read(fields: &mut Fields<'_>) -> Option<Named<Self::Rule>>;

    /// A rule as the person may see it.
    fn known(desk: &Desk, catalogue: &Catalogue, id: RecordId) -> Option<Self::Known>;

    /// All rules as the person may see them.
    fn all(desk: &Desk, catalogue: &Catalogue) -> Self::All;

    /// The answer to an edit.
    fn edited(rule: Option<Self::Known>, done: &Administered) -> Self::Edited;
}

/// Which queues use which rule.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handlers take; a test compares the two")]
pub(crate) struct Assignments {
    /// A rule's id, or null for none, by queue; queues that are not named keep theirs.
    #[schema(value_type = Object)]
    assignments: Value,
}

pub(super) async fn list<B: Rulebook>(desk: Desk) -> Said {
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    Ok(Answer::data(&B::all(&desk, &stock.catalogue)))
}

pub(super) async fn add<B: Rulebook>(mut desk: Desk) -> Said {
    let (seen, mode) = (desk.if_match()?, mode(&desk)?);
    let rule = read::<B>(&mut desk).await?;
    let id = desk.app().ids().record();
    desk.about(&id);
    let edit = B::edit(RuleEdit::Add { id, rule });
    let now = |catalogue: &Catalogue| json!(B::all(&desk, catalogue));
    let done = administer(&desk, &edit, Some(seen), mode, None, now).await?;
    Ok(edited::<B>(&desk, &done, Some(id)))
}

pub(super) async fn replace<B: Rulebook>(mut desk: Desk) -> Said {
    let id = rule_id(&desk)?;
    desk.about(&id);
    let (seen, mode) = (desk.if_match()?, mode(&desk)?);
    let rule = read::<B>(&mut desk).await?;
    own::<B>(&desk, id).await?;
    let edit = B::edit(RuleEdit::Replace { id, rule });
    let now = |catalogue: &Catalogue| json!(B::known(&desk, catalogue, id));
    let done = administer(&desk, &edit, Some(seen), mode, None, now).await?;
    Ok(edited::<B>(&desk, &done, Some(id)))
}

pub(super) async fn remove<B: Rulebook>(desk: Desk) -> Said {
    let id = rule_id(&desk)?;
    desk.about(&id);
    let (seen, mode) = (desk.if_match()?, mode(&desk)?);
    let assigned = unassign(&desk)?;
    own::<B>(&desk, id).await?;
    let edit = B::edit(RuleEdit::Remove { id, assigned });
    let now = |catalogue: &Catalogue| json!(B::known(&desk, catalogue, id));
    let done = administer(&desk, &edit, Some(seen), mode, None, now).await?;
    Ok(edited::<B>(&desk, &done, None))
}

pub(super) async fn assign<B: Rulebook>(mut desk: Desk) -> Said {
    let (seen, mode) = (desk.if_match()?, mode(&desk)?);
    let body = desk.body().await?;
    let edit = B::edit(RuleEdit::Assign(assigned(&desk, &body)?));
    let now = |catalogue: &Catalogue| json!(B::all(&desk, catalogue));
    let done = administer(&desk, &edit, Some(seen), mode, None, now).await?;
    Ok(edited::<B>(&desk, &done, None))
}

async fn read<B: Rulebook>(desk: &mut Desk) -> Result<Named<B::Rule>, Problem> {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let rule = B::read(&mut fields);
    fields.finish(rule)
}

async fn own<B: Rulebook>(desk: &Desk, id: RecordId) -> Result<(), Problem> {
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    only_own(desk, B::of(&stock.catalogue), id)
}

fn edited<B: Rulebook>(desk: &Desk, done: &Administered, id: Option<RecordId>) -> Answer {
    let rule = id.and_then(|id| B::known(desk, &done.catalogue, id));
    Answer::data(&B::edited(rule, done))
}

/// What becomes of the queues of a rule that goes.
fn unassign(desk: &Desk) -> Result<Assigned, Problem> {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let freed = fields.take("unassign", rules::flag).unwrap_or(false);
    fields.finish(Some(if freed { Assigned::Freed } else { Assigned::Kept }))
}
