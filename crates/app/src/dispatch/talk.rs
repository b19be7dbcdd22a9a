//! Talking to sessions: asking after those that live, telling them what they must know.
//!
//! Apart from submission, because here a session is there already, and what it says is the news.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream;
use ges_domain::callback::{Asked, Callback, Change, Outcome, WATCH_EVERY};
use ges_domain::effect::{Effect, Signal};
use ges_domain::retry::{Backoff, spread};
use ges_domain::time::SignedDuration;
use ges_ports::{ChangeError, Fate, Fault, Inquiry, Leased, Orchestrator, SessionRef};

use super::{Step, aimed};

/// Tries after which a session is not told something any more.
const SIGNAL_TRIES: u32 = 20;

impl Step<'_> {
    /// Talks to sessions: asks after them, tells them something.
    pub(super) async fn talk(&mut self, talks: Vec<(Leased, Callback)>) -> Result<(), Fault> {
        // Where nobody can be asked, questions stay under their lease and keep the time at which they were due: how late one
        // is asked says whether a session could be heard, and a restored store is looked through in peace by such a node.
        let Some(orchestrator) = self.app.ports.orchestrator.clone() else {
            return Ok(());
        };
        let heard: Vec<(Leased, Heard)> = {
            let this = &*self;
            stream::iter(talks)
                .map(|(leased, callback)| {
                    let orchestrator = &orchestrator;
                    async move {
                        let heard = this.hear(orchestrator, &leased, &callback).await;
                        (leased, heard)
                    }
                })
                .buffer_unordered(self.app.options.concurrency)
                .collect()
                .await
        };
        let (mut changes, mut near) = (Vec::new(), Vec::new());
        for (leased, heard) in heard {
            match heard {
                Heard::Done => self.settle(&leased, Fate::Done),
                Heard::Again(wait) => self.again(&leased, wait),
                Heard::Change(change, nears) => {
                    if nears {
                        near.push((leased.id.tenant, leased.id.callback));
                    }
                    changes.push((leased, change));
                }
            }
        }
        let watched = self.watched(changes).await;
        self.app.tell_near(&near, self.app.now()).await;
        watched
    }

    /// Stores what sessions said; a session that said nothing new is asked again in its turn.
    async fn watched(&mut self, changes: Vec<(Leased, Change)>) -> Result<(), Fault> {
        let aimed = aimed(&changes);
        if aimed.is_empty() {
            return Ok(());
        }
        let outcomes = self.app.ports.callbacks.change_each(&aimed, self.app.now()).await;
        let mut trouble = None;
        for ((leased, _), outcome) in changes.into_iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Changed(_)) => {}
                Ok(Outcome::Unchanged(callback)) => {
                    self.again(&leased, spread(WATCH_EVERY, callback.seed() ^ leased.lease));
                }
                Err(ChangeError::Refused(_) | ChangeError::CatalogueChanged) => {
                    self.settle(&leased, Fate::Done);
                }
                Err(ChangeError::Fault(fault)) => trouble = Some(fault),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    async fn hear(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        leased: &Leased,
        callback: &Callback,
    ) -> Heard {
        match &leased.effect {
            Effect::Watch { attempt } => {
                let submission = callback.submission.as_ref();
                let Some(submission) = submission.filter(|sent| sent.attempt == *attempt) else {
                    return Heard::Done;
                };
                let watch_again = spread(WATCH_EVERY, callback.seed() ^ leased.lease);
                // Nobody can be asked until it says its name, but the end of its time must still come.
                let Some(session) = submission.session.clone() else {
                    return Heard::Again(watch_again);
                };
                let session = SessionRef {
                    tenant: callback.tenant,
                    callback: callback.id,
                    session,
                    node: submission.node.clone(),
                };
                let asked = || Asked { at: self.app.now(), due_at: leased.due_at };
                match orchestrator.query(&session).await {
                    Ok(Inquiry::Lives(seen)) => {
                        let near = self.app.nears(callback, &seen.diagnostics, self.now).await;
                        // What is known already needs no lock and no write.
                        if !near && callback.knows(*attempt, &seen) {
                            return Heard::Again(watch_again);
                        }
                        let last_seq = submission.last_report.as_ref().map(|report| report.seq);
                        Heard::Change(Change::Seen { attempt: *attempt, seen, last_seq }, near)
                    }
                    Ok(Inquiry::Gone) => {
                        Heard::Change(Change::Missing { attempt: *attempt, asked: asked() }, false)
                    }
                    Ok(Inquiry::Silent) => {
                        Heard::Change(Change::Silent { attempt: *attempt, asked: asked() }, false)
                    }
                    Err(fault) => {
                        tracing::debug!(callback.id = %callback.id, peer = fault.peer,
                            fault.kind = fault.kind.as_str(), "a session could not be asked after");
                        Heard::Again(watch_again)
                    }
                }
            }
            Effect::Signal { session, node, signal } => {
                let session = SessionRef {
                    tenant: callback.tenant,
                    callback: callback.id,
                    session: session.clone(),
                    node: node.clone(),
                };
                self.tell(orchestrator, leased, &session, signal).await
            }
            Effect::Push { .. }
            | Effect::Submit { .. }
            | Effect::Acknowledge { .. }
            | Effect::Lapse { .. } => Heard::Done,
        }
    }

    async fn tell(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        leased: &Leased,
        session: &SessionRef,
        signal: &Signal,
    ) -> Heard {
        match orchestrator.signal(session, signal).await {
            // A session that is gone needs no telling.
            Ok(_there) => Heard::Done,
            Err(fault) if leased.tries >= SIGNAL_TRIES => {
                tracing::error!(callback.id = %leased.id.callback, peer = fault.peer,
                    fault.kind = fault.kind.as_str(), "a session was not told, and is given up on");
                Heard::Done
            }
            Err(_fault) => {
                let seed = leased.id.callback.uuid().as_u64_pair().1;
                Heard::Again(Backoff::NEIGHBOUR.after(leased.tries + 1, seed))
            }
        }
    }
}

/// What came of talking to a session.
enum Heard {
    Done,
    Again(SignedDuration),
    /// The change to make, and whether the customer is to be told that the call is near.
    Change(Change, bool),
}
