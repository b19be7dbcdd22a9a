//! Whose access token it is, and why there may be none.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_ports::PushAccount;
use ges_ports::http::CallError;

use crate::account::KeyError;

/// Whose token it is. A key that was replaced buys a token of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    tenant: TenantId,
    email: String,
    key_id: String,
}

impl Holder {
    pub(crate) fn of(tenant: TenantId, account: &PushAccount) -> Self {
        Self { tenant, email: account.email.clone(), key_id: account.key_id.clone() }
    }
}

/// Why there is no token; shared by all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum NoToken {
    /// The account's key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The endpoint does not know the account, or not this key of it; in the endpoint's own word.
    #[error("the account is refused: {0}")]
    Refused(Arc<str>),
    /// The endpoint is in trouble.
    #[error(transparent)]
    Call(Arc<CallError>),
}

#[cfg(test)]
mod tests {
    use ges_ports::Secret;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn tenants_and_keys_have_tokens_of_their_own() {
        let holder = |tenant: u128, key_id: &str| {
            let account = PushAccount {
                project: String::from("p"),
                email: String::from("e"),
                key_id: key_id.to_owned(),
                private_key: Secret::new(""),
            };
            Holder::of(TenantId::new(Uuid::from_u128(tenant)), &account)
        };
        assert_eq!(holder(1, "k"), holder(1, "k"));
        assert_ne!(holder(1, "k"), holder(2, "k"));
        assert_ne!(holder(1, "k"), holder(1, "new"));
    }
}
