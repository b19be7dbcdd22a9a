//! Notices to devices: in a lane of their own, because a call matters more than its announcement.

use futures::StreamExt as _;
use futures::stream;
use ges_domain::callback::{Callback, Change};
use ges_domain::effect::Effect;
use ges_ports::{Fate, Fault, Leased};

use super::{NOTICES, Step};
use crate::notices::Told;

impl Step<'_> {
    /// Tells devices, and forgets those that are gone.
    pub(super) async fn push(&mut self, due: Vec<(Leased, Callback)>) -> Result<(), Fault> {
        let (app, now) = (self.app, self.now);
        let told: Vec<(Leased, Told)> = stream::iter(due)
            .map(|(leased, callback)| async move {
                let told = match &leased.effect {
                    Effect::Push { notice, target } => {
                        app.tell_device(&callback, *notice, target, leased.tries, now).await
                    }
                    _ => Told::Done,
                };
                (leased, told)
            })
            .buffer_unordered(NOTICES.into())
            .collect()
            .await;
        let mut gone = Vec::new();
        for (leased, told) in told {
            match told {
                Told::Done => self.settle(&leased, Fate::Done),
                Told::Again(wait) => self.again(&leased, wait),
                Told::Gone => {
                    if let Effect::Push { target, .. } = &leased.effect {
                        let change = Change::DropTarget { target: target.clone() };
                        gone.push((leased, change));
                    }
                }
            }
        }
        // Unlike a timer, a notice is no part of its callback: it is settled also where the callback changed.
        for (leased, _callback) in self.change(gone).await? {
            self.settle(&leased, Fate::Done);
        }
        Ok(())
    }
}
