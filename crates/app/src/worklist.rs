//! Callbacks as people see and change them: inside their line of business, where another queue does not exist.

use std::sync::Arc;

use ges_domain::access::{Lines, Person, Scope};
use ges_domain::booking::Request;
use ges_domain::callback::{Action, Callback, Change, Details, Edit};
use ges_domain::event::Actor;
use ges_domain::id::{CallbackId, Revision};
use ges_domain::name::ServiceName;
use ges_domain::numbers;
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::Timestamp;
use ges_ports::{Booked, HumanProof, Page, Search};

use crate::{App, Failure, Wish};

/// Counted no further than this.
pub const COUNTED: u32 = 100_000;

/// How many callbacks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub count: u32,
    /// Whether there are no more.
    pub exact: bool,
}

/// The part of a search that a person may see; none where that is nothing.
pub fn seen(person: &Person, search: &Search) -> Option<Search> {
    match person.lines.narrow(&search.queues) {
        Scope::Nothing => None,
        Scope::Queues { only, hidden } => Some(Search { queues: only, hidden, ..search.clone() }),
    }
}

/// A callback where these lines of business hold it; elsewhere it does not exist.
pub(crate) fn in_line(lines: &Lines, found: Option<Callback>) -> Result<Callback, Refusal> {
    found.filter(|callback| lines.hold(&callback.queue)).ok_or(Refusal::NoSuchCallback)
}

impl App {
    /// One page of the callbacks that a person may see.
    pub async fn list(&self, person: &Person, search: &Search) -> Result<Page, Failure> {
        match seen(person, search) {
            Some(search) => self.search(person.tenant, &search).await,
            None => Ok(Page { callbacks: Vec::new(), next: None }),
        }
    }

    /// How many callbacks a person may see, counted no further than [`COUNTED`].
    pub async fn count(&self, person: &Person, search: &Search) -> Result<Count, Failure> {
        let Some(search) = seen(person, search) else { return Ok(Count { count: 0, exact: true }) };
        let found = self.ports.callbacks.count(person.tenant, &search, COUNTED + 1).await?;
        Ok(Count { count: found.min(COUNTED), exact: found <= COUNTED })
    }

    /// A callback that a person may see.
    pub async fn seen(&self, person: &Person, id: CallbackId) -> Result<Callback, Failure> {
        let found = self.ports.callbacks.find(person.tenant, id).await?;
        Ok(in_line(&person.lines, found)?)
    }

    /// A service as it is on offer, whose queue a person may see.
    pub(crate) async fn service_seen(
        &self,
        person: &Person,
        name: &ServiceName,
        now: Timestamp,
    ) -> Result<Arc<Service>, Failure> {
        let service = self.service_on_offer(person.tenant, name, now).await?;
        if person.lines.hold(&service.settings.virtual_queue) {
            Ok(service)
        } else {
            Err(Refusal::UnknownName.into())
        }
    }

    /// Books for a person: with a service whose queue they may see, and not counted as the customer's own wish.
    pub async fn book_for(&self, person: &Person, wish: Wish) -> Result<Callback, Failure> {
        self.service_seen(person, &wish.service, self.now()).await?;
        let booked = self.book(person.tenant, wish).await?;
        let callback = match booked {
            Booked::New(callback) | Booked::Replayed(callback) => callback,
        };
        // Whoever guesses the key of somebody else's booking learns nothing of it.
        if person.lines.hold(&callback.queue) {
            Ok(callback)
        } else {
            Err(Refusal::KeyReused.into())
        }
    }

    /// Cancels a callback for a person, who may say why.
    pub async fn cancel_for(
        &self,
        person: &Person,
        id: CallbackId,
        note: Option<String>,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        self.seen(person, id).await?;
        let change = Change::Cancel { by: by(person), note };
        self.change(person.tenant, id, change, expected).await
    }

    /// Gives a callback another time for a person.
    pub async fn reschedule_for(
        &self,
        person: &Person,
        id: CallbackId,
        desired_at: Timestamp,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        self.seen(person, id).await?;
        self.reschedule(person.tenant, id, desired_at, by(person), expected).await
    }

    /// Corrects a callback for a person; another number must be one that may be called, and have a callback to spare.
    pub async fn edit_for(
        &self,
        person: &Person,
        id: CallbackId,
        edit: Edit,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        let callback = self.seen(person, id).await?;
        if let Some(phone) = &edit.phone {
            let service = self.shelf.service(person.tenant, &callback.service).await?;
            let premium = service.settings.allow_premium_rate;
            numbers::permit(phone, service.numbers.as_ref(), premium)?;
            if let Some(most) = service.settings.duplicate_policy.most()
                && *phone != callback.phone
            {
                let (tenant, name) = (person.tenant, &callback.service);
                if self.open_of_number(tenant, name, phone, most).await? >= most {
                    return Err(Refusal::ShareTaken.into());
                }
            }
        }
        let change = Change::Edit { by: by(person), edit: Box::new(edit) };
        self.change(person.tenant, id, change, expected).await
    }

    /// Books what a callback that has ended was, once more: now, or at a time.
    pub async fn recreate_for(
        &self,
        person: &Person,
        id: CallbackId,
        desired_at: Option<Timestamp>,
    ) -> Result<Callback, Failure> {
        let ended = self.seen(person, id).await?;
        if !ended.allows(Action::Recreate) {
            return Err(Refusal::NotInState(ended.state).into());
        }
        let request = Request {
            phone: ended.phone,
            desired_at,
            always_check_capacity: false,
            // The trace of the request that booked it is over.
            details: Details { trace: None, ..ended.details },
        };
        let wish = Wish {
            service: ended.service,
            request,
            key: None,
            by: by(person),
            proof: HumanProof::default(),
        };
        self.book_for(person, wish).await
    }
}

/// The person, for a callback's history.
pub(crate) fn by(person: &Person) -> Actor {
    Actor::User(person.user_name.clone())
}
