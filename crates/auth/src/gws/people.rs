//! People and programs, as Genesys Authentication and the Configuration service describe them together.

use async_trait::async_trait;
use ges_domain::access::Person;
use ges_domain::time::Timestamp;
use ges_ports::{Application, Door, Entry, Fault, Grant, Guest, People, Proof, Secret, Visit};

use super::configuration::Access;
use super::gauth::Holder;
use super::{Gws, Inner};

impl Inner {
    async fn person(&self, holder: &Holder, now: Timestamp) -> Result<Person, Fault> {
        let access = self.configuration.access(holder.tenant, holder.dbid, now).await?;
        Ok(described(holder, &access))
    }

    /// A grant whose access token is good for now: the old one, or a new one where it is due.
    async fn current(&self, grant: &Grant, now: Timestamp) -> Result<Option<Grant>, Fault> {
        if now < grant.renew_at {
            return Ok(Some(grant.clone()));
        }
        let lives = now < grant.ends_at;
        let Some(refresh) = &grant.refresh else {
            return Ok(lives.then(|| grant.clone()));
        };
        match self.gauth.renew(refresh, now).await {
            Ok(Some(new)) => Ok(Some(new)),
            // Another node may have been quicker and used it up; its new grant is in the session by then.
            Ok(None) | Err(_) if lives => Ok(Some(grant.clone())),
            Ok(None) => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }
}

fn described(holder: &Holder, access: &Access) -> Person {
    Person {
        tenant: holder.tenant,
        user_name: holder.user_name.clone(),
        display_name: holder.display_name.clone(),
        roles: access.roles.clone(),
        lines: access.lines.clone(),
    }
}

#[async_trait]
impl People for Gws {
    fn door(&self, visit: &Visit) -> Door {
        Door::Elsewhere(self.inner.gauth.authorize(visit))
    }

    async fn sign_in(&self, proof: &Proof, now: Timestamp) -> Result<Entry, Fault> {
        let Proof::Code { code, verifier, redirect_uri } = proof else {
            return Ok(Entry::Refused);
        };
        let Inner { gauth, configuration, .. } = &*self.inner;
        let Some(grant) = gauth.tokens.redeem(code, verifier, redirect_uri, now).await? else {
            return Ok(Entry::Refused);
        };
        let Some(holder) = gauth.holder(&grant.access, now).await? else {
            return Ok(Entry::Refused);
        };
        let access = configuration.access_now(holder.tenant, holder.dbid, now).await?;
        let person = described(&holder, &access);
        Ok(Entry::Admitted(Box::new(Guest { person, grant: Some(grant) })))
    }

    async fn renew(&self, guest: &Guest, now: Timestamp) -> Result<Option<Guest>, Fault> {
        let Some(grant) = &guest.grant else { return Ok(None) };
        let Some(grant) = self.inner.current(grant, now).await? else { return Ok(None) };
        let Some(holder) = self.inner.gauth.holder(&grant.access, now).await? else {
            return Ok(None);
        };
        // A session is one person's in one tenant, whatever its token says later.
        let same =
            holder.tenant == guest.person.tenant && holder.user_name == guest.person.user_name;
        if !same {
            return Ok(None);
        }
        let person = self.inner.person(&holder, now).await?;
        Ok(Some(Guest { person, grant: Some(grant) }))
    }

    async fn bearer(&self, token: &Secret, now: Timestamp) -> Result<Option<Person>, Fault> {
        match self.inner.gauth.bearer(token, now).await? {
            Some(holder) => Ok(Some(self.inner.person(&holder, now).await?)),
            None => Ok(None),
        }
    }

    async fn application(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Application>, Fault> {
        Ok(self.inner.gauth.application(token, now).await?)
    }

    fn farewell(&self, back: &str) -> Option<String> {
        Some(self.inner.gauth.sign_out(back))
    }
}
