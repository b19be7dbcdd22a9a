//! The contact centres as their platform knows them: tenants, people, clients, keys and tokens.
//! GAUTH, Environment, Configuration and Statistics are windows on one realm, as the real ones
//! are on one platform.

mod seed;
mod tokens;

pub use tokens::Grant;
pub(crate) use tokens::{Issued, Wanted};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Clock;
use crate::draw::Draw;
use crate::wire::held;

/// A realm, shared by the neighbours that show it. Cloning it gives the same realm.
#[derive(Clone, Debug)]
pub struct Realm {
    clock: Clock,
    known: Arc<Mutex<Known>>,
}

/// Everything that a realm holds. Tests change it as they like.
#[derive(Debug)]
pub struct Known {
    /// The environments, as they were created: free JSON by id.
    pub environments: BTreeMap<String, Value>,
    /// Tenants by contact-centre id.
    pub tenants: BTreeMap<String, Tenant>,
    /// Everybody who can sign in.
    pub people: Vec<Person>,
    /// OAuth clients by id.
    pub clients: BTreeMap<String, OauthClient>,
    /// Name and password of the operations user.
    pub ops: (String, String),
    pub(crate) tokens: BTreeMap<String, Issued>,
    pub(crate) refresh: BTreeMap<String, Issued>,
    pub(crate) draw: Draw,
}

/// A contact centre.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Contact-centre id.
    pub id: String,
    /// Short number.
    pub short_id: u32,
    /// The domains under which its people sign in.
    pub domains: Vec<String>,
    /// Its environment.
    pub environment_id: String,
    /// How its people are authenticated.
    pub auth: String,
    /// Where it runs, as `/USW1`.
    #[serde(default)]
    pub locations: Vec<String>,
    /// Options by location and name.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Keys of the public API.
    #[serde(skip)]
    pub api_keys: BTreeSet<String>,
    /// Its virtual queues.
    #[serde(skip)]
    pub queues: Vec<VirtualQueue>,
    /// Names of the queues that are protected by a proxy object.
    #[serde(skip)]
    pub proxies: BTreeSet<String>,
}

/// One option of a contact centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// Where it holds.
    pub location: String,
    /// Its name.
    pub name: String,
    /// `"true"` if it holds everywhere.
    #[serde(default)]
    pub shared: String,
    /// Its value.
    pub value: String,
}

/// A virtual queue as configuration knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualQueue {
    /// Its number.
    pub dbid: u32,
    /// Its name.
    pub name: String,
    /// Its other name.
    pub alias: String,
    /// The switch that it is on.
    pub switch: String,
    /// `Enabled` or `Disabled`.
    pub state: String,
}

/// A person who can sign in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their number.
    pub dbid: u32,
    /// Their contact centre.
    pub tenant: String,
    /// Their name within it.
    pub user_name: String,
    /// Their password.
    pub password: String,
    /// What they may do on the platform.
    pub authorities: Vec<String>,
    /// Access groups they are in: number and name.
    pub access_groups: Vec<(u32, String)>,
    /// Privileges of roles given to them directly, by role.
    pub roles: Vec<(u32, String, Vec<String>)>,
    /// The annex of their object: sections of options.
    pub annex: Value,
    /// What they may do with objects, by the object's name; `*` is every other.
    pub permissions: BTreeMap<String, Vec<String>>,
}

/// An OAuth client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OauthClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    #[serde(skip_serializing)]
    pub client_secret: String,
    /// What it may do on the platform.
    #[serde(default)]
    pub authorities: Vec<String>,
    /// The grants that it may use.
    #[serde(rename = "authorizedGrantTypes", default)]
    pub grants: Vec<String>,
    /// Where a browser may be sent with a code: the start of the address.
    #[serde(rename = "redirectURIs", default)]
    pub redirects: Vec<String>,
    /// Seconds that its access tokens live.
    #[serde(rename = "accessTokenExpirationTimeout", default = "half_a_day")]
    pub access_secs: i64,
    /// Seconds that its refresh tokens live.
    #[serde(rename = "refreshTokenExpirationTimeout", default = "half_a_day")]
    pub refresh_secs: i64,
    /// The contact centres it may act for; all, if there are none.
    #[serde(rename = "contactCenterIds", default)]
    pub tenants: Vec<String>,
}

fn half_a_day() -> i64 {
    43_200
}

impl Realm {
    /// The realm of the demo: two tenants in two locations each, one person for each role, and
    /// the clients of the service and of Designer.
    pub fn demo(clock: Clock) -> Self {
        Self { clock, known: Arc::new(Mutex::new(seed::demo())) }
    }

    /// The clock by which its tokens live.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Looks at the realm, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known())
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        held(&self.known)
    }
}

impl Known {
    /// The person of a tenant's domain and name, written `t100\name`.
    pub(crate) fn person(&self, login: &str) -> Option<&Person> {
        let (domain, name) = login.split_once('\\')?;
        let tenant =
            self.tenants.values().find(|t| t.domains.iter().any(|known| known == domain))?;
        self.people.iter().find(|person| person.tenant == tenant.id && person.user_name == name)
    }

    pub(crate) fn person_of(&self, tenant: &str, dbid: u32) -> Option<&Person> {
        self.people.iter().find(|person| person.tenant == tenant && person.dbid == dbid)
    }

    pub(crate) fn is_ops(&self, name: &str, password: &str) -> bool {
        (self.ops.0.as_str(), self.ops.1.as_str()) == (name, password)
    }

    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.draw.word(), self.draw.word());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0x0fff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff,
        )
    }
}

impl Person {
    /// What they may do with an object of configuration.
    pub(crate) fn permissions_on(&self, object: &str) -> Vec<String> {
        self.permissions
            .get(object)
            .or_else(|| self.permissions.get("*"))
            .cloned()
            .unwrap_or_default()
    }
}
