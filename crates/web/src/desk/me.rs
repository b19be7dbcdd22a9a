//! Who is signed in, and what they may do: what the browser application asks first.

use ges_app::{App, SignedIn};
use ges_domain::access::{Lines, Permission, Person, Role};
use ges_domain::name::QueueName;
use ges_domain::time::format_utc;
use ges_ports::{Fault, Session};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ME: &str = "/ges/api/v1/me";

const OPERATIONS: &[Operation] = &[Operation::read(Verb::Get, ME, Guard::SignedIn)];

fn open(doors: &mut Doors<'_>) {
    doors.at(ME).get(show).mount();
}

#[derive(OpenApi)]
#[openapi(paths(show))]
struct Described;

/// Somebody who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    /// Their name, as the audit log writes it.
    #[schema(example = "admin")]
    user_name: String,
    /// How to greet them.
    display_name: String,
    /// Where they belong.
    tenant: MyTenant,
    /// What they are.
    #[schema(example = json!(["supervisor"]))]
    roles: Vec<&'static str>,
    /// What they may do.
    #[schema(example = json!(["ges.callback.view"]))]
    permissions: Vec<&'static str>,
    /// Whose callbacks they see.
    lines: MyLines,
    /// What a request that writes bears in `x-csrf-token`; absent for a bearer token, which needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
    /// Seconds without a request after which the session ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_seconds: Option<i64>,
    /// When the session ends, however busy it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ends_at: Option<String>,
}

/// A contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyTenant {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
}

/// A line of business.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyLines {
    /// `all`: every queue. `only`: these queues. `except`: every queue but these.
    kind: &'static str,
    /// Which queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<Vec<String>>,
}

impl From<&Lines> for MyLines {
    fn from(lines: &Lines) -> Self {
        let names = |queues: &std::collections::BTreeSet<QueueName>| {
            Some(queues.iter().map(ToString::to_string).collect())
        };
        match lines {
            Lines::All => Self { kind: "all", queues: None },
            Lines::Queues(queues) => Self { kind: "only", queues: names(queues) },
            Lines::AllBut(queues) => Self { kind: "except", queues: names(queues) },
        }
    }
}

/// Somebody as they are told of themselves.
pub(super) async fn describe(
    app: &App,
    person: &Person,
    session: Option<&SignedIn>,
) -> Result<Me, Fault> {
    let name = app.tenant_name(person.tenant).await?;
    Ok(Me {
        user_name: person.user_name.clone(),
        display_name: person.display_name.clone(),
        tenant: MyTenant { id: person.tenant.uuid(), name },
        roles: person.roles.iter().copied().map(Role::as_str).collect(),
        permissions: person.permissions().map(Permission::as_str).collect(),
        lines: (&person.lines).into(),
        csrf: session.map(|session| session.csrf.clone()),
        idle_seconds: session.map(|_| Session::IDLE.as_secs()),
        ends_at: session.map(|session| format_utc(session.ends_at)),
    })
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/ges/api/v1/me",
    operation_id = "me",
    tag = "sign-in",
    responses((status = 200, description = "The person", body = Envelope<Me>))
)]
async fn show(desk: Desk) -> Said {
    Ok(Answer::data(&describe(desk.app(), desk.person(), desk.signed_in()).await?))
}
