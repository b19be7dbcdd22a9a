//! The token endpoint: this service's own token, and the tokens of people.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Grant, Secret};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::peer::{Answer, Call, CallError, Peer, Trouble};
use crate::memory::Flights;

/// A life that is told in neither seconds nor at all.
const LIFE: i64 = 300;
const LONGEST_LIFE: i64 = 30 * 24 * 3_600;
/// After a renewal that failed, while the old token still lives.
const REST: SignedDuration = SignedDuration::from_secs(10);

/// Genesys Authentication as the giver of tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    peer: Arc<Peer>,
    client_id: String,
    /// The whole `Authorization` header of this service's client.
    basic: Secret,
    own: Mutex<Own>,
    buying: Flights<(), Result<Grant, Trouble>>,
}

#[derive(Debug, Default)]
struct Own {
    grant: Option<Grant>,
    rests_until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
}

impl Tokens {
    pub(crate) fn new(peer: Arc<Peer>, client_id: &str, client_secret: &Secret) -> Self {
        let pair = STANDARD.encode(format!("{client_id}:{}", client_secret.expose()));
        Self {
            peer,
            client_id: client_id.to_owned(),
            basic: Secret::new(format!("Basic {pair}")),
            own: Mutex::default(),
            buying: Flights::default(),
        }
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// This service's own token: renewed when 80 % of its life are over, and used to its end while that fails.
    pub(crate) async fn own(&self, now: Timestamp) -> Result<Secret, Trouble> {
        let kept = {
            let own = self.held();
            let rests = own.rests_until.is_some_and(|until| now < until);
            let kept = own.grant.clone().filter(|grant| now < grant.ends_at);
            if let Some(grant) = &kept
                && (now < grant.renew_at || rests)
            {
                return Ok(grant.access.clone());
            }
            kept
        };
        match (self.buy_own(now).await, kept) {
            (Ok(grant), _) => Ok(grant.access),
            (Err(_), Some(grant)) => {
                self.held().rests_until = Some(now + REST);
                Ok(grant.access)
            }
            (Err(trouble), None) => Err(trouble),
        }
    }

    /// This service's own token after this one was refused.
    pub(crate) async fn instead_of(
        &self,
        refused: &Secret,
        now: Timestamp,
    ) -> Result<Secret, Trouble> {
        {
            let mut own = self.held();
            if own.grant.as_ref().is_some_and(|it| it.access.expose() == refused.expose()) {
                own.grant = None;
            }
        }
        self.own(now).await
    }

    async fn buy_own(&self, now: Timestamp) -> Result<Grant, Trouble> {
        let buy = async {
            let form = [("grant_type", "client_credentials"), ("scope", "*")];
            let answer = self.ask("client_credentials", &form, now).await?;
            let grant = granted(&answer, now).map_err(|error| self.peer.trouble(error))?;
            let mut own = self.held();
            own.grant = Some(grant.clone());
            own.rests_until = None;
            Ok(grant)
        };
        self.buying.join(&(), buy).await
    }

    /// The tokens for a code; none for a code that is not good, or not any more.
    pub(crate) async fn redeem(
        &self,
        code: &Secret,
        verifier: &Secret,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Option<Grant>, Trouble> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("client_id", &self.client_id),
            ("code_verifier", verifier.expose()),
        ];
        self.buy("authorization_code", &form, now).await
    }

    /// New tokens for old; none where they are not given any more.
    pub(crate) async fn renew(
        &self,
        refresh: &Secret,
        now: Timestamp,
    ) -> Result<Option<Grant>, Trouble> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
        self.buy("refresh_token", &form, now).await
    }

    async fn buy(
        &self,
        operation: &'static str,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Option<Grant>, Trouble> {
        let answer = self.ask(operation, form, now).await?;
        if matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN) {
            return Ok(None);
        }
        granted(&answer, now).map(Some).map_err(|error| self.peer.trouble(error))
    }

    async fn ask(
        &self,
        operation: &'static str,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answer, Trouble> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let call = Call {
            operation,
            method: Method::POST,
            path: &["auth", "v3", "oauth", "token"],
            authorization: Some(&self.basic),
            body: Some(("application/x-www-form-urlencoded", body)),
            ..Call::default()
        };
        let answer = self.peer.ask(&call, now).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            metrics::counter!("GWS_INCORRECT_CLIENT_CREDENTIALS").increment(1);
            tracing::warn!(peer = self.peer.name, "the credentials of this service are refused");
            return Err(self.peer.trouble(CallError::ClientRefused));
        }
        Ok(answer)
    }

    fn held(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granted(answer: &Answer, now: Timestamp) -> Result<Grant, CallError> {
    answer.done()?;
    let issued: Issued = answer.json()?;
    let fits = |token: &String| {
        (1..=8_192).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !fits(&issued.access_token) {
        return Err(CallError::Unintelligible(None));
    }
    let life = issued.expires_in.unwrap_or(LIFE).clamp(0, LONGEST_LIFE);
    Ok(Grant {
        access: Secret::new(issued.access_token),
        refresh: issued.refresh_token.filter(fits).map(Secret::new),
        renew_at: now + SignedDuration::from_millis(life * 800),
        ends_at: now + SignedDuration::from_secs(life),
    })
}
