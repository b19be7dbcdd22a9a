//! Tokens of a realm: who holds them, for how long. Apart from GAUTH, which gives them out,
//! because every other window of the realm asks for them too.

use super::{Known, Realm};

/// On whose behalf a token was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The client that asked for it.
    pub client: String,
    /// Contact centre and number of the person; a client acting for itself has none.
    pub person: Option<(String, u32)>,
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) grant: Grant,
    pub(crate) expires_ms: i64,
    /// The refresh token that came with it.
    pub(crate) refresh: Option<String>,
}

/// What a token is to be like.
pub(crate) struct Wanted {
    pub(crate) grant: Grant,
    pub(crate) with_refresh: bool,
}

impl Realm {
    /// Gives out a token, and says how many seconds it lives.
    pub(crate) fn issue(&self, wanted: Wanted) -> Option<(String, Issued, i64)> {
        let Wanted { grant, with_refresh } = wanted;
        let now_ms = self.clock.wall_ms();
        let mut known = self.known();
        let client = known.clients.get(&grant.client)?;
        let (access_secs, refresh_secs) = (client.access_secs, client.refresh_secs);
        let token = known.uuid();
        let refresh = with_refresh.then(|| known.uuid());
        if let Some(refresh) = &refresh {
            let (grant, expires_ms) = (grant.clone(), now_ms + refresh_secs * 1_000);
            known.refresh.insert(refresh.clone(), Issued { grant, expires_ms, refresh: None });
        }
        let lives = Issued { grant, expires_ms: now_ms + access_secs * 1_000, refresh };
        known.tokens.retain(|_, known| known.expires_ms > now_ms - 3_600_000);
        known.tokens.insert(token.clone(), lives.clone());
        Some((token, lives, access_secs))
    }

    /// Whose token it is, if it still lives.
    pub fn holder(&self, token: &str) -> Option<Grant> {
        let now_ms = self.clock.wall_ms();
        let known = self.known();
        known.tokens.get(token).filter(|issued| issued.expires_ms > now_ms).map(|i| i.grant.clone())
    }

    /// A token of a person of the realm, without a sign-in: for tests. `login` is `t100\name`.
    pub fn token_of(&self, login: &str, client: &str) -> Option<String> {
        let person =
            self.known().person(login).map(|person| (person.tenant.clone(), person.dbid))?;
        let grant = Grant { client: client.to_owned(), person: Some(person) };
        self.issue(Wanted { grant, with_refresh: false }).map(|(token, ..)| token)
    }

    /// Lets every access token expire now; refresh tokens stay.
    pub fn expire_tokens(&self) {
        self.known().tokens.clear();
    }
}

impl Known {
    /// Takes a refresh token, which works once.
    pub(crate) fn take_refresh(&mut self, token: &str, now_ms: i64) -> Option<Grant> {
        self.refresh
            .remove(token)
            .filter(|known| known.expires_ms > now_ms)
            .map(|known| known.grant)
    }

    /// Forgets a token and the refresh token that came with it.
    pub(crate) fn revoke(&mut self, token: &str) {
        if let Some(refresh) = self.tokens.remove(token).and_then(|issued| issued.refresh) {
            self.refresh.remove(&refresh);
        }
    }

    /// Forgets every token of a person.
    pub(crate) fn revoke_person(&mut self, person: &(String, u32)) {
        let others = |issued: &Issued| issued.grant.person.as_ref() != Some(person);
        self.tokens.retain(|_, issued| others(issued));
        self.refresh.retain(|_, issued| others(issued));
    }
}
