//! The ports that the access file keeps.

use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::access::Person;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    ApiKey, ApiKeys, Application, Credentials, Door, Entry, Fault, Grant, Guest, KeyRef, NamedKey,
    People, Proof, Secret, Tenant, Tenants, Visit,
};

use super::shelves::Known;
use super::{EditError, Local, passwords};
use crate::digest::Digest;

/// Longer than any password that a person types; hashing is not to be fed with megabytes.
const LONGEST_PASSWORD: usize = 1_024;

/// When somebody may come back who found too many waiting.
const CROWDED: SignedDuration = SignedDuration::from_secs(5);

const PEER: &str = "access file";

#[async_trait]
impl Credentials for Local {
    async fn identify(&self, key: &ApiKey, _now: Timestamp) -> Result<Option<TenantId>, Fault> {
        Ok(self.shelves().key(&Digest::of(key.expose())))
    }
}

#[async_trait]
impl Tenants for Local {
    async fn find(&self, id: TenantId, _now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        Ok(self.shelves().tenant(id))
    }

    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        self.aside(move |local| local.reload(now).map_err(EditError::from)).await?;
        Ok(self.shelves().tenant(id))
    }

    fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.shelves().tenant(id)
    }

    fn any_welcomes(&self, origin: &str) -> bool {
        self.shelves().any_welcomes(origin)
    }
}

#[async_trait]
impl ApiKeys for Local {
    async fn named(&self, tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault> {
        self.aside(move |local| local.named_keys(tenant).map(Some).map_err(EditError::from)).await
    }

    async fn assign(
        &self,
        tenant: TenantId,
        name: &str,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let (name, key) = (name.to_owned(), key.clone());
        self.aside(move |local| match local.add_key(tenant, &name, &key, now) {
            Ok(()) => Ok(true),
            Err(EditError::Taken(_)) => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }

    async fn unassign(
        &self,
        tenant: TenantId,
        key: &KeyRef,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let key = key.clone();
        self.aside(move |local| match local.remove_key(tenant, &key, now) {
            Ok(()) => Ok(true),
            Err(EditError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }
}

impl Local {
    /// Does what waits for the disk where it holds up nobody.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, Fault> {
        let local = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&local)).await;
        done.map_err(|error| Fault::misbehaved(PEER, error))?
            .map_err(|error| Fault::unavailable(PEER, error))
    }
}

#[async_trait]
impl People for Local {
    fn door(&self, _visit: &Visit) -> Door {
        Door::Form
    }

    async fn sign_in(&self, proof: &Proof, now: Timestamp) -> Result<Entry, Fault> {
        let Proof::Password { user_name, password, address } = proof else {
            return Ok(Entry::Refused);
        };
        if password.expose().len() > LONGEST_PASSWORD {
            return Ok(Entry::Refused);
        }
        let Ok(_place) = self.inner.waiting.try_acquire() else {
            return Ok(Entry::Later { retry_after: CROWDED });
        };
        let _permit = self.inner.verifying.acquire().await.expect("nobody closes the semaphore");
        let name = user_name.to_lowercase();
        if let Err(retry_after) = self.inner.guesses.count(&name, address, now) {
            return Ok(Entry::Later { retry_after });
        }
        let known = self.shelves().user(&name).cloned();
        let (password, hash) = (password.clone(), known.as_ref().map(|it| it.password.clone()));
        let right = tokio::task::spawn_blocking(move || {
            passwords::verify(password.expose(), hash.as_deref())
        });
        let right = right.await.map_err(|error| Fault::misbehaved(PEER, error))?;
        match known {
            Some(known) if right => {
                self.inner.guesses.forgive(&name, address);
                Ok(Entry::Admitted(Box::new(known.guest())))
            }
            _ => Ok(Entry::Refused),
        }
    }

    async fn renew(&self, guest: &Guest, _now: Timestamp) -> Result<Option<Guest>, Fault> {
        let shelves = self.shelves();
        let known = shelves.user(&guest.person.user_name);
        let known = known.filter(|known| known.person.tenant == guest.person.tenant);
        // A session ends with the password that opened it.
        let same = |known: &&Known| {
            guest.grant.as_ref().is_some_and(|grant| grant.access.expose() == known.mark())
        };
        Ok(known.filter(same).map(Known::guest))
    }

    async fn bearer(&self, token: &Secret, _now: Timestamp) -> Result<Option<Person>, Fault> {
        let digest = Digest::of(token.expose());
        let application = self.shelves().application(&digest).map(|known| known.person.clone());
        Ok(application.filter(|person| !person.roles.is_empty()))
    }

    async fn application(
        &self,
        token: &Secret,
        _now: Timestamp,
    ) -> Result<Option<Application>, Fault> {
        let digest = Digest::of(token.expose());
        Ok(self.shelves().application(&digest).map(|known| Application {
            name: known.person.user_name.clone(),
            allowed: known.designer,
            tenant: Some(known.person.tenant),
        }))
    }

    fn farewell(&self, _back: &str) -> Option<String> {
        None
    }
}

impl Known {
    /// By what a session knows the password that opened it.
    fn mark(&self) -> String {
        blake3::hash(self.password.as_bytes()).to_hex().to_string()
    }

    fn guest(&self) -> Guest {
        let grant = Grant {
            access: Secret::new(self.mark()),
            refresh: None,
            renew_at: Timestamp::MAX,
            ends_at: Timestamp::MAX,
        };
        Guest { person: self.person.clone(), grant: Some(grant) }
    }
}
