//! What the audit log is told of a request: every write with what came of it, and every refusal of a person who is known.
//!
//! A request that nobody is known for belongs to no tenant's log; it is counted with its reason, and has its line in the
//! service's own.
//! A write that is given up half-way, because its deadline passed, is written down as failed: it may have been done.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::http::StatusCode;
use ges_domain::access::Person;
use ges_domain::id::TenantId;
use ges_ports::{AuditEntry, AuditOutcome};
use uuid::Uuid;

use super::operation::Operation;
use crate::Web;
use crate::call::{Call, Said};
use crate::problem::{Code, Problem};

/// The longest remark that is kept.
const LONGEST: usize = 500;

/// What is known of a request while it is under way.
#[derive(Debug, Default)]
pub(super) struct Known {
    who: Option<(TenantId, String)>,
    on: Option<String>,
    note: Option<String>,
}

impl Known {
    pub(super) fn person(&mut self, person: &Person) {
        self.who = Some((person.tenant, person.user_name.clone()));
    }

    pub(super) fn on(&mut self, on: &str) {
        self.on = Some(on.chars().take(LONGEST).collect());
    }

    pub(super) fn note(&mut self, note: &str) {
        self.note = Some(note.chars().take(LONGEST).collect());
    }
}

/// What is known, shared between a request's handler and the one who writes it down.
pub(super) type Trail = Rc<RefCell<Known>>;

/// Watches a request to its end, and writes down what became of it.
pub(super) struct Watch {
    web: Web,
    operation: &'static Operation,
    trail: Trail,
    correlation: Uuid,
    address: Option<String>,
    settled: bool,
}

impl Watch {
    pub(super) fn over(call: &Call, operation: &'static Operation) -> Self {
        Self {
            web: call.web().clone(),
            operation,
            trail: Trail::default(),
            correlation: call.correlation(),
            address: call.address(),
            settled: false,
        }
    }

    pub(super) fn trail(&self) -> Trail {
        Rc::clone(&self.trail)
    }

    /// Writes down what was said, where that is to be kept.
    pub(super) async fn settle(&mut self, said: &Said) {
        self.settled = true;
        let (outcome, code) = match said {
            Ok(_) => (AuditOutcome::Done, None),
            Err(problem) => outcome_of(problem),
        };
        let refused =
            matches!(said, Err(problem) if problem.code.status() == StatusCode::FORBIDDEN);
        if self.operation.what.is_some() || refused {
            write_down(&self.web, self.entry(outcome, code)).await;
        }
    }

    fn entry(&self, outcome: AuditOutcome, code: Option<u32>) -> Option<AuditEntry> {
        let known = self.trail.borrow();
        let (tenant, who) = known.who.clone()?;
        let app = self.web.app();
        let what = match self.operation.what {
            Some(what) => what.to_owned(),
            None => format!("{} {}", self.operation.verb.as_str(), self.operation.path),
        };
        Some(AuditEntry {
            id: app.ids().record(),
            tenant,
            at: app.now(),
            who,
            what,
            on: known.on.clone(),
            outcome,
            code,
            note: known.note.clone(),
            correlation: self.correlation,
            address: self.address.clone(),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.settled || self.operation.what.is_none() {
            return;
        }
        let entry = self.entry(AuditOutcome::Failed, Some(Code::DeadlinePassed.number()));
        let web = self.web.clone();
        actix_web::rt::spawn(async move { write_down(&web, entry).await });
    }
}

fn outcome_of(problem: &Problem) -> (AuditOutcome, Option<u32>) {
    let outcome = if problem.code.status().is_server_error() {
        AuditOutcome::Failed
    } else {
        AuditOutcome::Refused
    };
    (outcome, Some(problem.code.number()))
}

/// Writes an entry down. What the log cannot take is not lost: the service's own log has it.
pub(crate) async fn write_down(web: &Web, entry: Option<AuditEntry>) {
    let Some(entry) = entry else { return };
    if let Err(fault) = web.app().write_down(&entry).await {
        metrics::counter!("ges_audit_entries_lost").increment(1);
        tracing::error!(
            tenant = %entry.tenant, who = entry.who, what = entry.what, on = entry.on,
            outcome = entry.outcome.as_str(), code = entry.code, corr_id = %entry.correlation,
            peer = fault.peer, fault.kind = fault.kind.as_str(),
            "the audit log did not take an entry"
        );
    }
}
