//! Calls that this service makes in its own name: with its token, and once more with a new one if that is refused.

use std::sync::Arc;

use ges_domain::time::Timestamp;
use ges_ports::Secret;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::peer::{Answer, Call, CallError, Peer, Trouble};
use super::tokens::Tokens;

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) peer: Arc<Peer>,
    tokens: Arc<Tokens>,
}

impl Service {
    pub(crate) fn new(peer: Arc<Peer>, tokens: Arc<Tokens>) -> Self {
        Self { peer, tokens }
    }

    /// What is there; none for 404.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Option<T>, Trouble> {
        let call = Call { operation, path, query, ..Call::default() };
        let answer = self.ask(call, now).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.data().map(Some).map_err(|error| self.peer.trouble(error))
    }

    /// What must be there: its absence would open what it keeps closed.
    pub(crate) async fn must_read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        now: Timestamp,
    ) -> Result<T, Trouble> {
        let read = self.read(operation, path, &[], now).await?;
        read.ok_or_else(|| self.peer.trouble(CallError::Status(StatusCode::NOT_FOUND)))
    }

    /// Changes something; the status says how it went.
    pub(crate) async fn write(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        data: Option<&Value>,
        now: Timestamp,
    ) -> Result<Answer, Trouble> {
        let enveloped = |data| serde_json::json!({ "data": data }).to_string();
        let body = data.map(|data| ("application/json", enveloped(data)));
        self.ask(Call { operation, method, path, body, ..Call::default() }, now).await
    }

    async fn ask(&self, mut call: Call<'_>, now: Timestamp) -> Result<Answer, Trouble> {
        let token = self.tokens.own(now).await?;
        let bearer = header(&token);
        call.authorization = Some(&bearer);
        let answer = self.peer.ask(&call, now).await?;
        if !answer.refused() {
            return Ok(answer);
        }
        let bearer = header(&self.tokens.instead_of(&token, now).await?);
        call.authorization = Some(&bearer);
        let answer = self.peer.ask(&call, now).await?;
        if answer.refused() {
            return Err(self.peer.trouble(CallError::Status(answer.status)));
        }
        Ok(answer)
    }
}

fn header(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}
