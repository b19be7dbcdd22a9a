//! The command line: which neighbours to start, where, and how their world goes.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ges_simulators::centre::{Plan, PlanError};
use ges_simulators::designer::{Credential, Table, TableError};
use ges_simulators::ors::{Script, StreamConfig};
use ges_simulators::{
    Clock, Designer, Environment, Fcm, Floor, Gauth, Gws, Listener, Ors, OrsConfig, Peer, Proxy,
    Realm, Recaptcha, Urs, UrsConfig,
};

/// The neighbours of the service, pretended.
///
/// Each listens on 127.0.0.1 and says where, one line each: `<name> <address>`. A page with what
/// happens and the knobs to turn is at `/_sim/` of each address. Ends on SIGTERM or Ctrl-C.
#[derive(Parser)]
#[command(name = "ges-simulators", version)]
pub(crate) struct Command {
    #[command(subcommand)]
    which: Which,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// How many times as fast as the wall the simulated world lives.
    #[arg(long, global = true, default_value_t = 1.0)]
    speed: f64,
    /// The same seed gives the same world.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// Say the addresses as one JSON object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Which {
    /// The orchestration server, with a contact centre of its own.
    Ors(OrsArgs),
    /// The routing server, with a contact centre of its own.
    Urs(Port<5580>),
    /// The authentication service.
    Gauth(Port<8095>),
    /// The Environment service.
    Environment(Port<8091>),
    /// The Configuration and Statistics services.
    Gws(Port<8092>),
    /// The push service and its token endpoint.
    Fcm(Port<8443>),
    /// reCAPTCHA, both forms.
    Recaptcha(Port<8444>),
    /// A customer's webhook, which checks signatures and remembers what it was told.
    Listener(Port<8445>),
    /// Every neighbour, with one contact centre and one realm behind them.
    All {
        /// The first of eight ports in a row instead of the documented ones; 0 takes free ones.
        #[arg(long)]
        base_port: Option<u16>,
        #[command(flatten)]
        ors: OrsArgs,
    },
    /// A TCP proxy that shares connections among several targets.
    Proxy {
        /// Where it listens; 0 takes a free port.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Where connections go, in turn; may be given several times.
        #[arg(long = "to", required = true)]
        targets: Vec<SocketAddr>,
    },
    /// Designer: publishes a table of callback settings, and ends.
    Designer(DesignerArgs),
}

#[derive(Args)]
struct Port<const DOCUMENTED: u16> {
    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = DOCUMENTED)]
    port: u16,
}

#[derive(Args)]
struct DesignerArgs {
    /// Table with one row for each service; its head names the fields of the contract.
    csv: PathBuf,
    /// Address of the service.
    #[arg(long, default_value = "http://127.0.0.1:3050")]
    to: String,
    /// The tenant whose settings they are.
    #[arg(long, default_value = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100")]
    tenant: String,
    /// Token of an allowed client.
    #[arg(long, conflicts_with = "internal_key", required_unless_present = "internal_key")]
    token: Option<String>,
    /// Secret of a closed cluster.
    #[arg(long)]
    internal_key: Option<String>,
    /// The revision to publish as.
    #[arg(long, default_value_t = 1)]
    revision: u64,
    /// Replace everything instead of adding to it.
    #[arg(long)]
    full: bool,
}

#[derive(Args)]
struct OrsArgs {
    /// Port of the first node; 0 takes a free one.
    #[arg(long, default_value_t = 9098)]
    port: u16,
    /// Port of a second node, which shares the sessions of the first.
    #[arg(long)]
    second_port: Option<u16>,
    /// Redis from which starts are taken beside HTTP, as `redis://…`.
    #[arg(long)]
    stream: Option<String>,
    /// Callbacks fare by script instead of going through the contact centre.
    #[arg(long)]
    scripted: bool,
    /// By script: seconds in the queue until an agent is reserved.
    #[arg(long, default_value_t = 2.0)]
    queue_secs: f64,
    /// By script: seconds that customer and agent talk.
    #[arg(long, default_value_t = 3.0)]
    talk_secs: f64,
    /// By script: share of dials that nobody answers.
    #[arg(long, default_value_t = 0.0)]
    no_answer: f64,
}

/// Why the neighbours do not run. What `main` returns is shown by `Debug`, so that is a sentence.
#[derive(thiserror::Error)]
pub(crate) enum Failed {
    #[error("the plan of the contact centre: {0}")]
    Plan(#[from] PlanError),
    #[error("a port is in use; name others, or take free ones with 0")]
    PortInUse,
    #[error("{0}")]
    Io(io::Error),
    #[error("{0}")]
    Table(#[from] TableError),
    #[error("not taken: {0}")]
    NotTaken(String),
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::AddrInUse { Self::PortInUse } else { Self::Io(error) }
    }
}

impl Command {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { which, common } = self;
        let clock = Clock::running(common.speed);
        let floor = || Floor::open(clock.clone(), Plan::demo(common.seed));
        let realm = || Realm::demo(clock.clone());
        // Each neighbour lives as long as its handle, and the handles until it is told to end.
        match which {
            Which::Ors(args) => {
                let ors = Ors::try_start(args.config(&common, floor()?)).await?;
                common.until_told(&[("ors", &ors)]).await
            }
            Which::Urs(Port { port }) => {
                let urs = Urs::try_start(urs_config(port, floor()?)).await?;
                common.until_told(&[("urs", &urs)]).await
            }
            Which::Gauth(Port { port }) => {
                let gauth = Gauth::start(port, realm()).await?;
                common.until_told(&[("gauth", &gauth)]).await
            }
            Which::Environment(Port { port }) => {
                let environment = Environment::start(port, realm()).await?;
                common.until_told(&[("environment", &environment)]).await
            }
            Which::Gws(Port { port }) => {
                let gws = Gws::start(port, realm(), Some(floor()?)).await?;
                common.until_told(&[("gws", &gws)]).await
            }
            Which::Fcm(Port { port }) => {
                let fcm = Fcm::start(port, clock.clone()).await?;
                common.until_told(&[("fcm", &fcm)]).await
            }
            Which::Recaptcha(Port { port }) => {
                let recaptcha = Recaptcha::start(port, clock.clone()).await?;
                common.until_told(&[("recaptcha", &recaptcha)]).await
            }
            Which::Listener(Port { port }) => {
                let listener = Listener::start(port, clock.clone()).await?;
                common.until_told(&[("listener", &listener)]).await
            }
            Which::All { base_port, ors } => all(&common, base_port, ors, floor()?, realm()).await,
            Which::Proxy { port, targets } => {
                let proxy = Proxy::start(port, targets).await?;
                common.announce("proxy", &proxy.url())?;
                Ok(told_to_end().await?)
            }
            Which::Designer(args) => publish(clock, args).await,
        }
    }
}

async fn all(
    common: &Common,
    base_port: Option<u16>,
    mut ors: OrsArgs,
    floor: Floor,
    realm: Realm,
) -> Result<(), Failed> {
    let port = |place: u16, documented: u16| match base_port {
        None => documented,
        Some(0) => 0,
        Some(base) => base.saturating_add(place),
    };
    ors.port = port(0, ors.port);
    let clock = floor.clock().clone();
    let urs = Urs::try_start(urs_config(port(1, 5580), floor.clone())).await?;
    let gauth = Gauth::start(port(2, 8095), realm.clone()).await?;
    let environment = Environment::start(port(3, 8091), realm.clone()).await?;
    let gws = Gws::start(port(4, 8092), realm, Some(floor.clone())).await?;
    let fcm = Fcm::start(port(5, 8443), clock.clone()).await?;
    let recaptcha = Recaptcha::start(port(6, 8444), clock.clone()).await?;
    let listener = Listener::start(port(7, 8445), clock).await?;
    let ors = Ors::try_start(ors.config(common, floor)).await?;
    let peers: [(&str, &Peer); 8] = [
        ("ors", &ors),
        ("urs", &urs),
        ("gauth", &gauth),
        ("environment", &environment),
        ("gws", &gws),
        ("fcm", &fcm),
        ("recaptcha", &recaptcha),
        ("listener", &listener),
    ];
    common.until_told(&peers).await
}

async fn publish(clock: Clock, args: DesignerArgs) -> Result<(), Failed> {
    let table = Table::from_csv(std::fs::File::open(&args.csv)?)?;
    let credential = match (args.token, args.internal_key) {
        (Some(token), _) => Credential::Bearer(token),
        (None, key) => Credential::InternalKey(key.unwrap_or_default()),
    };
    let mut designer = Designer::new(clock, &args.to, &args.tenant, credential);
    designer.continue_from(args.revision.saturating_sub(1));
    let pushed = if args.full {
        designer.push_full(&table).await
    } else {
        designer.push_delta(&table, &[]).await
    };
    if !pushed.taken() {
        let status = pushed.status.map_or_else(|| "no answer".to_owned(), |it| it.to_string());
        let told = format!("{status} after {} tries {}", pushed.tries, pushed.body);
        return Err(Failed::NotTaken(told));
    }
    writeln!(io::stdout(), "{}", pushed.body)?;
    Ok(())
}

fn urs_config(port: u16, floor: Floor) -> UrsConfig {
    let config = UrsConfig { port, ..UrsConfig::default() };
    config.floor(floor).group("CB_All.GQ", &["CB_Sales_VQ", "CB_Support_VQ"])
}

impl OrsArgs {
    fn config(&self, common: &Common, floor: Floor) -> OrsConfig {
        let script = Script {
            queue_ms: millis(self.queue_secs),
            talk_ms: millis(self.talk_secs),
            no_answer: self.no_answer,
            spread: 0.2,
            ..Script::default()
        };
        let config = OrsConfig {
            ports: std::iter::once(self.port).chain(self.second_port).collect(),
            clock: floor.clock().clone(),
            seed: common.seed,
            script,
            stream: self.stream.as_deref().map(StreamConfig::at),
            ..OrsConfig::default()
        };
        if self.scripted { config } else { config.floor(floor) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, which is meant")]
fn millis(secs: f64) -> i64 {
    (secs * 1_000.0).round() as i64
}

impl Common {
    /// Says where the peers listen, and lets them live until the process is told to end.
    async fn until_told(&self, peers: &[(&str, &Peer)]) -> Result<(), Failed> {
        for (name, peer) in peers {
            for url in peer.urls() {
                self.announce(name, url)?;
            }
        }
        Ok(told_to_end().await?)
    }

    fn announce(&self, name: &str, url: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::json!({ "name": name, "url": url }))?;
        } else {
            writeln!(out, "{name} {url}")?;
        }
        out.flush()
    }
}

#[cfg(unix)]
async fn told_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
