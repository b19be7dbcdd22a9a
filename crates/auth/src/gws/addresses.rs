//! The addresses of a tenant's nodes as its settings list them: what is none is left out, and so is what is too many.
//!
//! Apart from the service that has the settings, because what is called is judged here and nowhere else.

use std::collections::BTreeSet;

use ges_domain::id::TenantId;
use ges_ports::Tenant;
use url::Url;

/// The addresses that one option of a tenant gives its locations.
pub(super) struct Addresses<'a> {
    tenant: TenantId,
    template: Option<&'a str>,
    /// The different ones of all locations.
    taken: BTreeSet<String>,
    unfit: usize,
    too_many: usize,
}

impl<'a> Addresses<'a> {
    /// Of a tenant, with the template of locations for which nothing is set.
    pub(super) fn of(tenant: TenantId, template: Option<&'a str>) -> Self {
        Self { tenant, template, taken: BTreeSet::new(), unfit: 0, too_many: 0 }
    }

    /// The base addresses of a location: those that are set for it, or else the template's.
    pub(super) fn at(&mut self, location: &str, set: Option<String>) -> Vec<String> {
        let filled = || filled(self.template?, self.tenant, location);
        let list = set.or_else(filled).unwrap_or_default();
        let mut read = Vec::new();
        for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some(address) = base_address(part) else {
                self.unfit += 1;
                continue;
            };
            if self.taken.len() == Tenant::MOST_NODES && !self.taken.contains(&address) {
                self.too_many += 1;
                continue;
            }
            self.taken.insert(address.clone());
            read.push(address);
        }
        read
    }

    /// Says what was left out, once a reading. The setting itself is not repeated: it may hold a password.
    pub(super) fn tell(&self, option: &'static str) {
        if self.unfit > 0 || self.too_many > 0 {
            tracing::warn!(
                tenant = %self.tenant,
                option,
                unfit = self.unfit,
                too_many = self.too_many,
                "a tenant's setting holds what is no address of a node, or too many"
            );
        }
    }
}

/// The base address of a node: http or https, and nothing but a host, a port and a path.
fn base_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let nobodys = url.username().is_empty() && url.password().is_none();
    let bare = url.query().is_none() && url.fragment().is_none();
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && nobodys && bare;
    fits.then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// A template for a tenant and a location; none where it names locations and this one has no name of its own.
fn filled(template: &str, tenant: TenantId, location: &str) -> Option<String> {
    let location = location.trim_matches('/').to_ascii_lowercase();
    let named = !location.is_empty() || !template.contains("{location}");
    let filled =
        || template.replace("{ccid}", &tenant.to_string()).replace("{location}", &location);
    named.then(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";

    fn read(addresses: &mut Addresses<'_>, list: &str) -> Vec<String> {
        addresses.at("/USW1", Some(list.to_owned()))
    }

    #[test]
    fn only_addresses_are_taken_for_addresses() {
        let mut routers = Addresses::of(TENANT.parse().unwrap(), None);
        let list = "http://urs:5580/, ,https://b/x, ftp://c, urs, http://u:p@h, http://u@h, http://h?a, http://h#a";
        assert_eq!(read(&mut routers, list), ["http://urs:5580", "https://b/x"]);
        assert_eq!((routers.taken.len(), routers.unfit, routers.too_many), (2, 6, 0));
    }

    #[test]
    fn a_tenant_has_no_more_addresses_than_are_asked_however_many_are_set() {
        let mut routers = Addresses::of(TENANT.parse().unwrap(), None);
        let mut list = |numbers: std::ops::Range<u32>| {
            let urls: Vec<_> = numbers.map(|number| format!("http://urs-{number}:5580")).collect();
            read(&mut routers, &urls.join(",")).len()
        };
        // The same ones at another location are no more.
        assert_eq!([list(0..60), list(0..60)], [60, 60]);
        assert_eq!(list(50..120), Tenant::MOST_NODES - 50);
        assert_eq!((routers.unfit, routers.too_many), (0, 120 - Tenant::MOST_NODES));
    }

    #[test]
    fn a_template_has_tenant_and_location_filled_in_where_nothing_is_set() {
        let template = "http://t-{ccid}.{location}.svc";
        let mut routers = Addresses::of(TENANT.parse().unwrap(), Some(template));
        assert_eq!(routers.at("/USW1", None), [format!("http://t-{TENANT}.usw1.svc")]);
        assert_eq!(read(&mut routers, "http://set"), ["http://set"]);
        assert!(read(&mut routers, "").is_empty(), "an empty setting is one");
        assert!(routers.at("/", None).is_empty(), "the template names the location");
    }
}
