//! Whose access token it is.

use ges_domain::id::TenantId;
use ges_domain::token::TokenHash;
use ges_ports::StatisticsAccount;

/// Whose token it is. A password that was changed buys a token of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    tenant: TenantId,
    user_name: String,
    password: String,
}

impl Holder {
    pub(crate) fn of(tenant: TenantId, account: &StatisticsAccount) -> Self {
        let password = TokenHash::of(account.password.expose()).hex();
        Self { tenant, user_name: account.user_name.clone(), password }
    }
}

#[cfg(test)]
mod tests {
    use ges_ports::Secret;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_changed_password_is_another_holder_and_is_not_shown() {
        let holder = |password: &str| {
            let user_name = String::from("u");
            let account = StatisticsAccount { user_name, password: Secret::new(password) };
            Holder::of(TenantId::new(Uuid::nil()), &account)
        };
        assert_eq!(holder("sesame"), holder("sesame"));
        assert_ne!(holder("sesame"), holder("changed"));
        assert!(!format!("{:?}", holder("sesame")).contains("sesame"));
    }
}
