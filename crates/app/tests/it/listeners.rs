//! Webhooks that say what they are told to say, and secrets that are none.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use ges_ports::{HookAnswer, HookCall, HookTrouble, Hooks, UnfitHook};

/// A call that was heard: where, under which name, and what it said.
#[derive(Debug, Clone)]
pub(crate) struct HeardCall {
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) body: serde_json::Value,
    pub(crate) secrets: usize,
}

/// All webhooks of the world, by address.
#[derive(Default)]
pub(crate) struct Listeners {
    heard: Mutex<Vec<HeardCall>>,
    tried: Mutex<usize>,
    says: Mutex<HashMap<String, Result<u16, HookTrouble>>>,
}

impl Listeners {
    /// From now on an address answers like this; at first each answers 200.
    pub(crate) fn say(&self, url: &str, answer: Result<u16, HookTrouble>) {
        self.says.lock().unwrap().insert(url.to_owned(), answer);
    }

    /// What was heard so far: calls that were answered with 2xx.
    pub(crate) fn heard(&self) -> Vec<HeardCall> {
        self.heard.lock().unwrap().clone()
    }

    /// Calls so far, heard or not.
    pub(crate) fn tried(&self) -> usize {
        *self.tried.lock().unwrap()
    }
}

#[async_trait]
impl Hooks for Listeners {
    fn fit(&self, url: &str) -> Result<(), UnfitHook> {
        if url.starts_with("https://") { Ok(()) } else { Err(UnfitHook::NotEncrypted) }
    }

    async fn call(&self, call: &HookCall) -> HookAnswer {
        *self.tried.lock().unwrap() += 1;
        let status = self.says.lock().unwrap().get(&call.url).copied().unwrap_or(Ok(200));
        if status.is_ok_and(|status| (200..300).contains(&status)) {
            self.heard.lock().unwrap().push(HeardCall {
                url: call.url.clone(),
                id: call.id.to_string(),
                body: serde_json::from_str(&call.body).unwrap(),
                secrets: call.secrets.len(),
            });
        }
        HookAnswer { status, wait: None, took_ms: 7 }
    }
}
