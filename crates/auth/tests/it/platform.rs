//! The platform, pretended: one realm, its three services, and a browser that signs in.

use std::num::NonZeroU32;

use ges_auth::SecretSource;
use ges_auth::gws::{Config, ConfigurationConfig, EnvironmentConfig, GauthConfig, Gws, RbacConfig};
use ges_domain::id::TenantId;
use ges_ports::{Door, Entry, Guest, People, Proof, Secret, Visit};
use ges_simulators::{Clock, Environment, Gauth, Peer, Realm};
use reqwest::Client;
use url::Url;

use crate::given::now;

pub(crate) const BACK: &str = "https://ges.example.com/ges/";
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-standard";

pub(crate) struct Platform {
    pub(crate) realm: Realm,
    pub(crate) gauth: Gauth,
    pub(crate) environment: Environment,
    pub(crate) configuration: ges_simulators::Gws,
    pub(crate) client: Client,
}

impl Platform {
    pub(crate) async fn new() -> Self {
        let clock = Clock::stepped(now().as_millisecond());
        let realm = Realm::demo(clock);
        let gauth = Gauth::start(0, realm.clone()).await.unwrap();
        let environment = Environment::start(0, realm.clone()).await.unwrap();
        let configuration = ges_simulators::Gws::start(0, realm.clone(), None).await.unwrap();
        Self { realm, gauth, environment, configuration, client: client() }
    }

    /// Calls may take a second, so that no test waits long for who never answers.
    pub(crate) fn config(&self) -> Config {
        let timeout_ms = NonZeroU32::new(1_000).unwrap();
        Config {
            gauth: GauthConfig {
                url: Url::parse(self.gauth.url()).unwrap(),
                client_secret: SecretSource::Text(String::from("ges_client-secret")),
                timeout_ms,
                ..GauthConfig::default()
            },
            environment: EnvironmentConfig {
                url: Url::parse(self.environment.url()).unwrap(),
                timeout_ms,
                router_template: Some(String::from("http://tenant-{ccid}.{location}.svc:5580")),
                ..EnvironmentConfig::default()
            },
            configuration: ConfigurationConfig {
                url: Url::parse(self.configuration.url()).unwrap(),
                timeout_ms,
            },
            rbac: RbacConfig::default(),
        }
    }

    pub(crate) fn adapter(&self) -> Gws {
        Gws::new(self.config(), &self.client).unwrap()
    }

    /// The code that a browser brings back after it went to the door and somebody signed in.
    pub(crate) async fn code(&self, gws: &Gws, login: &str) -> Secret {
        let visit = visit();
        let Door::Elsewhere(address) = gws.door(&visit) else { panic!("people sign in elsewhere") };
        let page = self.location(self.client.get(&address)).await;
        let page = Url::parse(self.gauth.url()).unwrap().join(&page).unwrap();
        let word = query(&page, "continue").unwrap();
        let form = [("username", login), ("password", "password"), ("continue", &word)];
        let sign_in = format!("{}/auth/v3/sign-in", self.gauth.url());
        let back = Url::parse(&self.location(self.client.post(sign_in).form(&form)).await).unwrap();
        assert!(back.as_str().starts_with(BACK), "{back}");
        assert_eq!(query(&back, "state").as_deref(), Some(visit.state.as_str()));
        Secret::new(query(&back, "code").unwrap())
    }

    async fn location(&self, request: reqwest::RequestBuilder) -> String {
        let answer = request.send().await.unwrap();
        answer.headers().get("location").unwrap().to_str().unwrap().to_owned()
    }

    /// Somebody of the first tenant, signed in.
    pub(crate) async fn guest(&self, gws: &Gws, name: &str) -> Guest {
        let proof = proof(self.code(gws, &format!("t100\\{name}")).await);
        match gws.sign_in(&proof, now()).await.unwrap() {
            Entry::Admitted(guest) => *guest,
            refused => panic!("{refused:?}"),
        }
    }

    pub(crate) fn token(&self, login: &str, client: &str) -> Secret {
        Secret::new(self.realm.token_of(login, client).unwrap())
    }
}

pub(crate) fn first() -> TenantId {
    "9350e2fc-a1dd-4c65-8d40-1f75a2e00100".parse().unwrap()
}

pub(crate) fn second() -> TenantId {
    "9350e2fc-a1dd-4c65-8d40-1f75a2e00200".parse().unwrap()
}

pub(crate) fn visit() -> Visit {
    Visit {
        state: String::from("a state of some length"),
        verifier: Secret::new(VERIFIER),
        redirect_uri: String::from(BACK),
    }
}

pub(crate) fn proof(code: Secret) -> Proof {
    Proof::Code { code, verifier: Secret::new(VERIFIER), redirect_uri: String::from(BACK) }
}

/// How many requests with this in their path a pretended neighbour received.
pub(crate) fn heard(peer: &Peer, path: &str) -> usize {
    peer.received().iter().filter(|received| received.path.contains(path)).count()
}

fn query(address: &Url, name: &str) -> Option<String> {
    address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
fn client() -> Client {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Config::default().tune(Client::builder().no_proxy()).build().unwrap()
}
