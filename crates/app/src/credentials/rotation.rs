//! Sealing everything anew with the installation's current key, so that an older key can be taken away.

use ges_domain::id::TenantId;
use ges_ports::{
    Fault, Purpose, Record, RecordError, RecordKey, RecordKind, SealError, Sealed, WEBHOOKS,
};

use super::{CredentialKind, document};
use crate::{App, api_keys};

/// Rows of one page.
const PAGE: u16 = 500;
/// How often one record is tried against other writers.
const TRIES: usize = 5;

/// What a rotation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Secrets that were looked at.
    pub looked: u64,
    /// Secrets that are sealed with the current key now, and were not before.
    pub renewed: u64,
    /// Records whose secret stays closed, with the reason: as `tenant kind/name: reason`.
    pub closed: Vec<String>,
}

/// A kind of record whose document holds a sealed `secret`, and what the secret of a record is for.
struct Holding {
    kind: RecordKind,
    purpose: fn(&str) -> Option<Purpose>,
}

/// Every kind of record that holds a secret.
const HOLDINGS: &[Holding] = &[
    Holding {
        kind: super::KIND,
        purpose: |name| CredentialKind::parse(name).map(CredentialKind::purpose),
    },
    Holding { kind: api_keys::KIND, purpose: |_name| Some(Purpose::ApiKey) },
    Holding { kind: WEBHOOKS, purpose: |name| name.parse().ok().map(Purpose::Webhook) },
];

impl App {
    /// Seals every stored secret with the current key.
    ///
    /// May be repeated, and may run while others write: what they write is sealed with a key that they know, so a second
    /// run finds whatever a first one missed.
    pub async fn rotate_secrets(&self) -> Result<Rotation, Fault> {
        let mut done = Rotation::default();
        for holding in HOLDINGS {
            let mut after = None;
            loop {
                let owners = self.ports.records.owners(holding.kind, after, PAGE).await?;
                for tenant in &owners {
                    self.rotate_of(holding, *tenant, &mut done).await?;
                }
                match owners.last() {
                    Some(last) if owners.len() == usize::from(PAGE) => after = Some(*last),
                    _ => break,
                }
            }
        }
        Ok(done)
    }

    async fn rotate_of(
        &self,
        holding: &Holding,
        tenant: TenantId,
        done: &mut Rotation,
    ) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let records =
                self.ports.records.list(tenant, holding.kind, after.as_ref(), PAGE).await?;
            for record in &records {
                let Some(purpose) = (holding.purpose)(record.name.as_str()) else { continue };
                done.looked += 1;
                let key = RecordKey { tenant, kind: holding.kind, name: record.name.clone() };
                match self.renew(&key, purpose, record.clone()).await? {
                    Ok(true) => done.renewed += 1,
                    Ok(false) => {}
                    Err(closed) => {
                        let kind = holding.kind.as_str();
                        done.closed.push(format!("{tenant} {kind}/{}: {closed}", record.name));
                    }
                }
            }
            match records.last() {
                Some(last) if records.len() == usize::from(PAGE) => after = Some(last.name.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// Renews one record's seal; says whether it had to be.
    async fn renew(
        &self,
        key: &RecordKey,
        purpose: Purpose,
        mut record: Record,
    ) -> Result<Result<bool, SealError>, Fault> {
        for _try in 0..TRIES {
            // A record of this kind without a secret has nothing to renew.
            let renew = |sealed: &Sealed| self.ports.seals.renew(key.tenant, purpose, sealed);
            let text = match document::resealed(&record.document, self.now(), renew) {
                Ok(Ok(Some(text))) => text,
                Ok(Ok(None)) | Err(_) => return Ok(Ok(false)),
                Ok(Err(closed)) => return Ok(Err(closed)),
            };
            match self.ports.records.put(key, &text, record.revision).await {
                Ok(_) => return Ok(Ok(true)),
                Err(RecordError::Fault(fault)) => return Err(fault),
                Err(RecordError::Changed { .. }) => match self.ports.records.get(key).await? {
                    Some(now) => record = now,
                    None => return Ok(Ok(false)),
                },
            }
        }
        Err(Fault::unavailable("store", "a record keeps changing"))
    }
}
