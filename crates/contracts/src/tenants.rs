//! What `Tenants` promises: a tenant is described as its source describes it, and nobody else is.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::time::SignedDuration;
use ges_ports::{Tenant, Tenants};

use crate::given::{after, now, tenant};

/// A source that knows a tenant.
pub struct Register {
    /// The tenants.
    pub tenants: Arc<dyn Tenants>,
    /// One of them.
    pub known: TenantId,
    /// An origin that it welcomes.
    pub origin: String,
    /// Whatever must live as long as the test.
    pub kept: Box<dyn Send + Sync>,
}

/// Tests every promise of `Tenants` on what `fresh` makes: a [`Register`].
#[macro_export]
macro_rules! tenants {
    ($fresh:ident) => {
        mod tenants {
            use super::$fresh;

            $crate::promises!(
                $fresh,
                tenants,
                [
                    a_tenant_is_found,
                    a_tenant_that_nobody_has_is_not_found,
                    a_tenant_is_read_again_when_that_is_asked_for,
                    a_tenant_that_was_found_is_known_without_asking,
                    an_origin_is_welcome_where_its_tenant_is_known,
                ]
            );
        }
    };
}

impl Register {
    async fn found(&self) -> Arc<Tenant> {
        let found = self.tenants.find(self.known, now()).await.expect("the source answers");
        found.expect("the tenant is known")
    }
}

/// With its own id, and enabled.
pub async fn a_tenant_is_found(register: Register) {
    let found = register.found().await;
    assert_eq!(found.id, register.known);
    assert!(found.enabled && !found.name.is_empty());
    assert!(found.read_at <= now());
}

/// However often it is asked for.
pub async fn a_tenant_that_nobody_has_is_not_found(register: Register) {
    for _ in 0..2 {
        assert_eq!(register.tenants.find(tenant(77), now()).await.ok(), Some(None));
        assert_eq!(register.tenants.refetch(tenant(77), now()).await.ok(), Some(None));
    }
}

/// And what was read is what is found from then on.
pub async fn a_tenant_is_read_again_when_that_is_asked_for(register: Register) {
    let before = register.found().await;
    let again = register.tenants.refetch(register.known, after(1)).await;
    let again = again.expect("the source answers").expect("the tenant is known");
    assert_eq!((again.id, &again.name), (before.id, &before.name));
    let found = register.tenants.find(register.known, after(1)).await;
    assert_eq!(found.expect("the source answers").map(|it| it.read_at), Some(again.read_at));
}

/// As it was read last; nobody else is.
pub async fn a_tenant_that_was_found_is_known_without_asking(register: Register) {
    let found = register.found().await;
    assert_eq!(register.tenants.known(register.known), Some(found));
    let again = register.tenants.refetch(register.known, after(1)).await;
    assert_eq!(register.tenants.known(register.known), again.expect("the source answers"));
    assert_eq!(register.tenants.find(tenant(77), now()).await.ok(), Some(None));
    assert_eq!(register.tenants.known(tenant(77)), None);
}

/// Whole: a part of an origin, or more than it, is another.
pub async fn an_origin_is_welcome_where_its_tenant_is_known(register: Register) {
    let found = register.found().await;
    let origin = register.origin.as_str();
    assert!(found.welcomes(origin) && register.tenants.any_welcomes(origin));
    let longer = format!("{origin}.example.net");
    for other in [&longer, &origin[..origin.len() - 1], "", "null", "https://"] {
        assert!(!found.welcomes(other) && !register.tenants.any_welcomes(other), "{other}");
    }
    let age = now().duration_since(found.read_at);
    assert!(age <= Tenant::FRESH && age >= SignedDuration::ZERO);
}
