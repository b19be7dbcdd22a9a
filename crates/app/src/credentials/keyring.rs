//! Credentials that were opened lately, so that a booking does not wait for one.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::Fault;

use super::{Credential, CredentialKind, document};
use crate::App;

/// What another node writes is seen here after this long.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// Credentials that a node remembers, those that tenants do not have counted too.
const KEPT: usize = 30_000;

struct Known {
    read_at: Timestamp,
    credential: Option<Credential>,
}

/// What was opened lately.
#[derive(Default)]
pub(crate) struct Keyring(RwLock<HashMap<(TenantId, CredentialKind), Known>>);

impl Keyring {
    /// What is written is read anew.
    pub(super) fn forget(&self, tenant: TenantId, kind: CredentialKind) {
        self.write().remove(&(tenant, kind));
    }

    fn keep(&self, tenant: TenantId, kind: CredentialKind, known: Known) {
        let mut all = self.write();
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert((tenant, kind), known);
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<(TenantId, CredentialKind), Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<(TenantId, CredentialKind), Known>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// A tenant's credential; while the store is silent, the last one that is known.
    pub(crate) async fn credential(
        &self,
        tenant: TenantId,
        kind: CredentialKind,
        now: Timestamp,
    ) -> Result<Option<Credential>, Fault> {
        if let Some(known) = self.keyring.read().get(&(tenant, kind))
            && now.duration_since(known.read_at) < FRESH
        {
            return Ok(known.credential.clone());
        }
        let credential = match self.ports.records.get(&kind.record(tenant)).await {
            Ok(found) => {
                let seals = self.ports.seals.as_ref();
                let open = |text: String| document::opened(seals, tenant, kind, &text);
                found.map(|record| open(record.document)).transpose()?
            }
            Err(fault) => {
                let kept = self.keyring.read();
                let kept = kept.get(&(tenant, kind)).map(|known| known.credential.clone());
                return kept.ok_or(fault);
            }
        };
        let known = Known { read_at: now, credential: credential.clone() };
        self.keyring.keep(tenant, kind, known);
        Ok(credential)
    }
}
