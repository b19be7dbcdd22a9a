//! Genesys Authentication as the one who knows people and programs by their tokens, and the way of a browser to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Application, Grant, Secret, Visit};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use sha2::Digest as _;
use url::Url;

use super::peer::{Answer, Call, CallError, Peer, Trouble};
use super::remembered::{Ages, Remembered};
use super::tokens::Tokens;
use crate::digest::Digest;

/// Tokens of so many people and programs are remembered.
const MOST: usize = 100_000;

/// Longer than any token, a signed one included, in bytes.
const LONGEST: usize = 8_192;

/// A token is believed for a minute, a wrong one is not asked about for 5 s, and trouble shortens nobody's minute.
const AGES: Ages = Ages {
    known: SignedDuration::from_secs(60),
    unknown: SignedDuration::from_secs(5),
    stale: SignedDuration::from_secs(60),
};

/// The code of the envelope with which an application is refused.
const UNAUTHORIZED: i64 = 603;

/// Somebody whose token is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) tenant: TenantId,
    pub(crate) dbid: u64,
    pub(crate) user_name: String,
    pub(crate) display_name: String,
}

#[derive(Debug)]
pub(crate) struct Gauth {
    peer: Arc<Peer>,
    pub(crate) tokens: Arc<Tokens>,
    public: Url,
    designers: Vec<String>,
    /// The clients whose people may use the people's API: our own, and those that are named.
    bearers: Vec<String>,
    holders: Remembered<Digest, Arc<Holder>>,
    programs: Remembered<Digest, Program>,
    /// By the refresh token that bought them: it is good once, and more than one request may bring it.
    bought: Remembered<Digest, Grant>,
}

/// The program that a token was given to.
#[derive(Clone, Debug)]
struct Program {
    application: Application,
    /// Whether its people may use the people's API.
    for_people: bool,
}

/// What the service says of a person. Everything that is not needed is left unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserInfo {
    cme_user_name: Option<String>,
    login_name: Option<String>,
    dbid: u64,
    contact_center_id: TenantId,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct OpenIdInfo {
    aud: Option<Audience>,
    contact_center_id: Option<TenantId>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Gauth {
    pub(crate) fn new(
        peer: Arc<Peer>,
        tokens: Arc<Tokens>,
        public: Url,
        designers: Vec<String>,
        mut bearers: Vec<String>,
    ) -> Self {
        bearers.push(tokens.client_id().to_owned());
        Self {
            peer,
            tokens,
            public,
            designers,
            bearers,
            holders: Remembered::new(MOST, AGES),
            programs: Remembered::new(MOST, AGES),
            bought: Remembered::new(MOST, AGES),
        }
    }

    /// Where a browser goes to sign in.
    pub(crate) fn authorize(&self, visit: &Visit) -> String {
        let verifier = sha2::Sha256::digest(visit.verifier.expose());
        let mut address = self.public(&["auth", "v3", "oauth", "authorize"]);
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.tokens.client_id())
            .append_pair("redirect_uri", &visit.redirect_uri)
            .append_pair("scope", "*")
            .append_pair("state", &visit.state)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(verifier))
            .append_pair("code_challenge_method", "S256");
        address.into()
    }

    /// Where a browser goes to sign out.
    pub(crate) fn sign_out(&self, back: &str) -> String {
        let mut address = self.public(&["auth", "v3", "sign-out"]);
        address.query_pairs_mut().append_pair("global", "true").append_pair("redirectUri", back);
        address.into()
    }

    fn public(&self, path: &[&str]) -> Url {
        let mut address = self.public.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        address
    }

    /// The person of an access token.
    pub(crate) async fn holder(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Arc<Holder>>, Trouble> {
        let ask = async || {
            let path = ["auth", "v3", "userinfo"];
            let Some(answer) = self.ask("userinfo", &path, token, now).await? else {
                return Ok(None);
            };
            holder(&answer).map(|it| Some(Arc::new(it))).map_err(|error| self.peer.trouble(error))
        };
        self.holders.find(&Digest::of(token.expose()), now, ask).await
    }

    /// The application of an access token.
    pub(crate) async fn application(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Application>, Trouble> {
        Ok(self.program(token, now).await?.map(|program| program.application))
    }

    /// The person of an access token that was given to a program whose people may come here with it.
    pub(crate) async fn bearer(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Arc<Holder>>, Trouble> {
        let program = self.program(token, now).await?;
        match program.filter(|program| program.for_people) {
            Some(_) => self.holder(token, now).await,
            None => Ok(None),
        }
    }

    async fn program(&self, token: &Secret, now: Timestamp) -> Result<Option<Program>, Trouble> {
        let ask = async || {
            let path = ["auth", "v3", "openid", "userinfo"];
            let Some(answer) = self.ask("openid-userinfo", &path, token, now).await? else {
                return Ok(None);
            };
            self.read_program(&answer).map(Some).map_err(|error| self.peer.trouble(error))
        };
        self.programs.find(&Digest::of(token.expose()), now, ask).await
    }

    fn read_program(&self, answer: &Answer) -> Result<Program, CallError> {
        let info: OpenIdInfo = answer.json()?;
        let audience = match info.aud {
            Some(Audience::One(one)) => vec![one],
            Some(Audience::Many(many)) => many,
            None => Vec::new(),
        };
        let allowed = audience.iter().find(|name| self.designers.contains(name));
        let name = allowed.or(audience.first()).ok_or(CallError::Unintelligible(None))?;
        let for_people = audience.iter().any(|name| self.bearers.contains(name));
        let application = Application {
            name: plain(name).ok_or(CallError::Unintelligible(None))?,
            allowed: allowed.is_some(),
            tenant: info.contact_center_id,
        };
        Ok(Program { application, for_people })
    }

    /// New tokens for old; who brings the same old ones within a minute gets the same new ones.
    pub(crate) async fn renew(
        &self,
        refresh: &Secret,
        now: Timestamp,
    ) -> Result<Option<Grant>, Trouble> {
        let buy = || self.tokens.renew(refresh, now);
        self.bought.find(&Digest::of(refresh.expose()), now, buy).await
    }

    /// Asks with somebody's token; none where it is not good.
    async fn ask(
        &self,
        operation: &'static str,
        path: &[&str],
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Answer>, Trouble> {
        // What cannot be written into a header is nobody's token.
        let text = token.expose();
        if !(1..=LONGEST).contains(&text.len()) || !text.bytes().all(|it| it.is_ascii_graphic()) {
            return Ok(None);
        }
        let bearer = Secret::new(format!("Bearer {}", token.expose()));
        let call = Call { operation, path, authorization: Some(&bearer), ..Call::default() };
        let answer = self.peer.ask(&call, now).await?;
        if answer.refused() || answer.code() == Some(UNAUTHORIZED) {
            return Ok(None);
        }
        if answer.status != StatusCode::OK {
            return Err(self.peer.trouble(CallError::Status(answer.status)));
        }
        Ok(Some(answer))
    }
}

fn holder(answer: &Answer) -> Result<Holder, CallError> {
    answer.done()?;
    let info: UserInfo = answer.json()?;
    let login = info.login_name.as_deref();
    let login = login.map(|name| name.rsplit_once('\\').map_or(name, |(_, name)| name));
    let name = info.cme_user_name.as_deref().or(login).and_then(plain);
    let user_name = name.ok_or(CallError::Unintelligible(None))?;
    let part = |name: &str| info.properties.get(name).and_then(Value::as_str).and_then(plain);
    let parts: Vec<_> = ["firstName", "lastName"].into_iter().filter_map(part).collect();
    let display_name = if parts.is_empty() { user_name.clone() } else { parts.join(" ") };
    Ok(Holder { tenant: info.contact_center_id, dbid: info.dbid, user_name, display_name })
}

/// A name that may be shown and logged: 1 to 255 printable bytes.
fn plain(name: &str) -> Option<String> {
    let fits = (1..=255).contains(&name.len()) && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}
