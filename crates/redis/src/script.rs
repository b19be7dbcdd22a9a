//! Scripts that the server runs in one step. Each names one key and no other, so that any node of a cluster can run it.

use deadpool_redis::redis::{FromRedisValue, Script as Digest, cmd};

use crate::fault::CallError;
use crate::link::Link;

/// A script and the name under which servers remember it.
pub(crate) struct Script {
    code: &'static str,
    digest: String,
}

impl Script {
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, digest: Digest::new(code).get_hash().to_owned() }
    }

    /// Runs it: by its name, or in full on a server that does not remember it, which then does.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        link: &Link,
        key: &str,
        arguments: &[&str],
    ) -> Result<T, CallError> {
        let known = cmd("EVALSHA").arg(&self.digest).arg(1).arg(key).arg(arguments).clone();
        match link.call(&known).await {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                let whole = cmd("EVAL").arg(self.code).arg(1).arg(key).arg(arguments).clone();
                link.call(&whole).await
            }
            answer => answer,
        }
    }
}
