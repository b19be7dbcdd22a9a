//! Making connections: addresses, names, certificates and passwords, and nothing of what is said over them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deadpool_redis::redis::aio::{MultiplexedConnection, SendError};
use deadpool_redis::redis::cluster::{ClusterClient, ClusterClientBuilder, TlsMode};
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue,
    IntoConnectionInfo, ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError, RedisResult,
    TlsCertificates,
};

use crate::config::{Address, Connection, Mode, Place, millis};
use crate::names::Names;
use crate::secret_file::{SecretFile, SecretFileError};

/// Why a Redis cannot be used as it is configured. Nobody was called yet.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no address.
    #[error("no node is configured")]
    NoNode,
    /// Standalone has one.
    #[error("more than one node is configured, and the mode is not `cluster`")]
    ManyNodes,
    /// Some addresses are for TLS and some are not, or a cluster is to be reached by a socket.
    #[error("the nodes of a cluster must all be `redis://` or all be `rediss://` addresses")]
    Mixed,
    /// A setting that has no meaning in a cluster.
    #[error("{0} cannot be set for a cluster")]
    NotForClusters(&'static str),
    /// A file cannot be read.
    #[error("the file {} cannot be read", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The secret of the voice services cannot be used.
    #[error("the secret in {} cannot be used", .path.display())]
    Secret {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: SecretFileError,
    },
    /// The driver takes offence at something.
    #[error("the connection cannot be set up as it is configured")]
    Driver(#[source] RedisError),
}

/// A connection for plain commands, shared by all who have one to give.
#[derive(Clone)]
pub(crate) enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Wire {
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::One(wire) => command.query_async(wire).await,
            Self::Cluster(wire) => command.query_async(wire).await,
        }
    }
}

/// Who makes connections to one Redis.
pub(crate) struct Dialer {
    /// Each node by itself; in a cluster those that are configured.
    nodes: Vec<Client>,
    cluster: Option<ClusterClient>,
    names: Names,
    connect_timeout: Duration,
}

/// How often a cluster's driver may try again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retries {
    /// Never: each try is ours, so that we know what became of it.
    None,
    /// A few times: what is asked may be done twice.
    Few,
}

impl Dialer {
    pub(crate) fn new(
        connection: &Connection,
        secret_file: Option<&Path>,
        timeout: Duration,
        retries: Retries,
    ) -> Result<Self, OpenError> {
        let plan = Plan::draw(connection, secret_file)?;
        let nodes = plan.addresses.iter().map(|address| plan.client(address));
        let nodes: Vec<Client> = nodes.collect::<RedisResult<_>>().map_err(OpenError::Driver)?;
        let names = Names { alias: plan.alias() };
        let cluster = match connection.mode {
            Mode::Standalone => None,
            Mode::Cluster => {
                let cluster = plan.cluster(timeout, retries, names.clone());
                Some(cluster.map_err(OpenError::Driver)?)
            }
        };
        Ok(Self { nodes, cluster, names, connect_timeout: plan.connect_timeout })
    }

    /// A connection for plain commands. `gone` hears when it has ended; of a cluster's it hears nothing, because those
    /// mend themselves.
    pub(crate) async fn dial(&self, gone: impl Fn() + Send + Sync + 'static) -> RedisResult<Wire> {
        if let Some(cluster) = &self.cluster {
            let dialled =
                tokio::time::timeout(self.connect_timeout, cluster.get_async_connection());
            return match dialled.await {
                Ok(connection) => connection.map(Wire::Cluster),
                Err(late) => Err(std::io::Error::from(late).into()),
            };
        }
        let node = self.nodes.first().ok_or(NO_NODE)?;
        self.dial_node(node, move |push| {
            if push.is_none() {
                gone();
            }
        })
        .await
        .map(Wire::One)
    }

    /// A connection to listen with: to the first node that has one. Every node of a cluster passes on everything.
    pub(crate) async fn listen(
        &self,
        heard: impl Fn(Option<PushInfo>) + Clone + Send + Sync + 'static,
    ) -> RedisResult<MultiplexedConnection> {
        let mut trouble = RedisError::from(NO_NODE);
        for node in &self.nodes {
            match self.dial_node(node, heard.clone()).await {
                Ok(connection) => return Ok(connection),
                Err(error) => trouble = error,
            }
        }
        Err(trouble)
    }

    /// `heard` is told what the server says unasked, and with `None` that it has hung up.
    async fn dial_node(
        &self,
        node: &Client,
        heard: impl Fn(Option<PushInfo>) + Send + Sync + 'static,
    ) -> RedisResult<MultiplexedConnection> {
        use deadpool_redis::redis::PushKind::Disconnection;
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(None)
            .set_dns_resolver(self.names.clone())
            .set_push_sender(move |push: PushInfo| {
                heard((push.kind != Disconnection).then_some(push));
                Ok::<(), SendError>(())
            });
        node.get_multiplexed_async_connection_with_config(&settings).await
    }
}

const NO_NODE: (ErrorKind, &str) = (ErrorKind::InvalidClientConfig, "no node");

/// The configuration with its files read.
struct Plan {
    mode: Mode,
    addresses: Vec<Address>,
    username: Option<String>,
    password: Option<String>,
    database: u16,
    ca: Option<Vec<u8>>,
    server_name: Option<String>,
    insecure: bool,
    port: Option<u16>,
    connect_timeout: Duration,
}

impl Plan {
    fn draw(connection: &Connection, secret_file: Option<&Path>) -> Result<Self, OpenError> {
        let secret = secret_file.map(read_secret).transpose()?.unwrap_or_default();
        let own_password = connection.password_file.as_deref().map(read_text).transpose()?;
        let ca = connection.tls.ca_file.as_deref().map(read).transpose()?;
        let plan = Self {
            mode: connection.mode,
            addresses: connection.nodes.clone(),
            username: connection.username.clone(),
            password: secret.password.or(own_password).filter(|password| !password.is_empty()),
            database: connection.database,
            ca,
            server_name: secret.server_name.or_else(|| connection.tls.server_name.clone()),
            insecure: secret.reject_unauthorized.map_or(connection.tls.insecure, |reject| !reject),
            port: secret.port,
            connect_timeout: millis(connection.connect_timeout_ms),
        };
        plan.check()
    }

    fn check(self) -> Result<Self, OpenError> {
        if self.addresses.is_empty() {
            return Err(OpenError::NoNode);
        }
        if self.mode == Mode::Standalone {
            return if self.addresses.len() > 1 { Err(OpenError::ManyNodes) } else { Ok(self) };
        }
        let (mut safe, mut plain) = (false, false);
        for address in &self.addresses {
            match address.place() {
                Place::Tcp { tls, .. } if *tls => safe = true,
                Place::Tcp { .. } => plain = true,
                Place::Unix(_) => return Err(OpenError::Mixed),
            }
        }
        if safe && plain {
            Err(OpenError::Mixed)
        } else if self.database != 0 {
            Err(OpenError::NotForClusters("the number of the database"))
        } else if self.server_name.is_some() && safe && !self.insecure {
            Err(OpenError::NotForClusters("the name in the server's certificate"))
        } else {
            Ok(self)
        }
    }

    /// The host that is meant where the driver is given the name in the certificate.
    fn alias(&self) -> Option<String> {
        match (self.mode, &self.server_name, self.addresses.first()?.place()) {
            (Mode::Standalone, Some(_), Place::Tcp { host, tls: true, .. }) => Some(host.clone()),
            _ => None,
        }
    }

    fn client(&self, address: &Address) -> RedisResult<Client> {
        let info = self.info(address)?;
        match (&self.ca, info.addr()) {
            (Some(ca), ConnectionAddr::TcpTls { .. }) => {
                Client::build_with_tls(info, certificates(ca))
            }
            _ => Client::open(info),
        }
    }

    fn info(&self, address: &Address) -> RedisResult<ConnectionInfo> {
        let address = match address.place() {
            Place::Tcp { host, port, tls: false } => {
                ConnectionAddr::Tcp(host.clone(), self.port.unwrap_or(*port))
            }
            Place::Tcp { host, port, tls: true } => {
                let named = self.server_name.as_ref().filter(|_| self.mode == Mode::Standalone);
                ConnectionAddr::TcpTls {
                    host: named.unwrap_or(host).clone(),
                    port: self.port.unwrap_or(*port),
                    insecure: self.insecure,
                    tls_params: None,
                }
            }
            Place::Unix(path) => ConnectionAddr::Unix(path.clone()),
        };
        // RESP3, because only with it a connection says when it has ended.
        let mut settings = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(self.database.into());
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let info = address.into_connection_info()?;
        Ok(info.set_tcp_settings(self.tcp()).set_redis_settings(settings))
    }

    fn tcp(&self) -> TcpSettings {
        let settings = TcpSettings::default().set_nodelay(true);
        // What a peer does not acknowledge ends the connection after this; the system would wait a quarter of an hour.
        #[cfg(target_os = "linux")]
        let settings = settings.set_user_timeout(self.connect_timeout * 2);
        settings
    }

    fn cluster(
        &self,
        timeout: Duration,
        retries: Retries,
        names: Names,
    ) -> RedisResult<ClusterClient> {
        let infos = self.addresses.iter().map(|address| self.info(address));
        let infos = infos.collect::<RedisResult<Vec<_>>>()?;
        let safe = infos.iter().any(|info| matches!(info.addr(), ConnectionAddr::TcpTls { .. }));
        let mut client = ClusterClientBuilder::new(infos)
            .connection_timeout(self.connect_timeout)
            .response_timeout(timeout)
            .tcp_settings(self.tcp())
            .async_dns_resolver(names)
            .retries(match retries {
                Retries::None => 0,
                Retries::Few => 3,
            })
            .min_retry_wait(20)
            .max_retry_wait(100);
        if let Some(ca) = self.ca.as_ref().filter(|_| safe) {
            let mode = if self.insecure { TlsMode::Insecure } else { TlsMode::Secure };
            client = client.certs(certificates(ca)).tls(mode);
        }
        client.build()
    }
}

fn certificates(ca: &[u8]) -> TlsCertificates {
    TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) }
}

fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    std::fs::read(path).map_err(|source| OpenError::File { path: path.to_owned(), source })
}

/// What a file says, without the line end that editors leave.
fn read_text(path: &Path) -> Result<String, OpenError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn read_secret(path: &Path) -> Result<SecretFile, OpenError> {
    let secret = SecretFile::parse(&read_text(path)?);
    secret.map_err(|source| OpenError::Secret { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(nodes: &[&str], mode: Mode) -> Connection {
        let nodes = nodes.iter().map(|text| Address::parse(text).unwrap()).collect();
        Connection { nodes, mode, ..Connection::default() }
    }

    fn refused(connection: &Connection) -> OpenError {
        let dialer = Dialer::new(connection, None, Duration::from_secs(1), Retries::None);
        dialer.err().expect("it is refused")
    }

    #[test]
    fn what_cannot_work_is_refused_before_anybody_is_called() {
        use Mode::{Cluster, Standalone};
        assert!(matches!(refused(&connection(&[], Cluster)), OpenError::NoNode));
        let two = ["redis://a", "rediss://b"];
        assert!(matches!(refused(&connection(&two, Standalone)), OpenError::ManyNodes));
        assert!(matches!(refused(&connection(&two, Cluster)), OpenError::Mixed));
        let socket = connection(&["redis+unix:///run/redis.sock"], Cluster);
        assert!(matches!(refused(&socket), OpenError::Mixed));
        let database = Connection { database: 1, ..connection(&["redis://a"], Cluster) };
        assert!(matches!(refused(&database), OpenError::NotForClusters(_)));
        let tls =
            crate::Tls { server_name: Some(String::from("redis.test")), ..Default::default() };
        let named = Connection { tls, ..connection(&["rediss://a"], Cluster) };
        assert!(matches!(refused(&named), OpenError::NotForClusters(_)));
        let path = Some(PathBuf::from("/nowhere/password"));
        let unread = Connection { password_file: path, ..connection(&["redis://a"], Standalone) };
        assert!(matches!(refused(&unread), OpenError::File { .. }));
    }

    #[test]
    fn the_secret_goes_before_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice_redis_ors_stream");
        let text = r#"{"password":"p","port":"10000","rejectUnauthorized":"false","servername":"redis.test"}"#;
        std::fs::write(&path, text).unwrap();
        let connection = connection(&["rediss://redis-ors-stream:6380"], Mode::Standalone);
        let plan = Plan::draw(&connection, Some(&path)).unwrap();
        assert_eq!(plan.alias().as_deref(), Some("redis-ors-stream"));
        let info = plan.info(&plan.addresses[0]).unwrap();
        assert_eq!(info.redis_settings().password(), Some("p"));
        let ConnectionAddr::TcpTls { host, port, insecure, .. } = info.addr() else {
            panic!("it is a TLS address")
        };
        assert_eq!((host.as_str(), *port, *insecure), ("redis.test", 10_000, true));
    }
}
