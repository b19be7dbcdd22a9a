//! The processes of the demo: raised in order, watched, and ended in the reverse order, whatever happens.

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::proxy::Proxy;
use super::script;
use crate::checkout::{Checkout, Profile};
use crate::process::{self, Daemon};
use crate::{say, services};

/// Where the files of the demo are written for reading, and where they are used.
const SOURCE: &str = "deploy/demo";
const KEY_FILE: &str = "internal-key";
const ACCESS_FILE: &str = "access.toml";

/// The set of services of the full demo.
const ROOMS: &str = "demo";

/// Where each neighbour listens by itself, as the configuration of the demo says it.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("ors", "127.0.0.1:9098"),
    ("urs", "127.0.0.1:5580"),
    ("gauth", "127.0.0.1:8095"),
    ("environment", "127.0.0.1:8091"),
    ("gws", "127.0.0.1:8092"),
    ("fcm", "127.0.0.1:8443"),
    ("recaptcha", "127.0.0.1:8444"),
    ("listener", "127.0.0.1:8445"),
];

/// Stand-ins in the configuration for what is known only when it runs.
const SERVICE: &str = "127.0.0.1:3050";
const NODE: &str = "127.0.0.1:3051";
const POSTGRES: &str = "postgres://ges@127.0.0.1:5432/ges";
const REDIS: &str = "redis://127.0.0.1:6379";

/// A neighbour that is played.
#[derive(Debug)]
pub(crate) struct Neighbour {
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Neighbour {
    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        let host = self.url.trim_start_matches("http://").trim_end_matches('/');
        host.parse().with_context(|| format!("{} is no address", self.url))
    }
}

/// What is to run, and where.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Which build.
    pub(crate) profile: Profile,
    /// Two nodes on PostgreSQL and Redis instead of one on a file.
    pub(crate) full: bool,
    /// Where the service listens.
    pub(crate) port: u16,
    /// How many times as fast as the wall the contact centre lives.
    pub(crate) speed: u8,
    /// Where data and logs go, below the build folder.
    pub(crate) folder: &'static str,
}

impl Setting {
    /// The file of `deploy/demo` that configures it.
    fn config(&self) -> &'static str {
        if self.full { "full.toml" } else { "ges.toml" }
    }
}

/// A node of the service.
#[derive(Debug)]
struct Node {
    daemon: Daemon,
    /// From its start until it said that it is ready.
    ready_after: Duration,
}

/// The services of the full demo, which end with it.
#[derive(Debug)]
struct Rooms(Checkout);

impl Drop for Rooms {
    fn drop(&mut self) {
        if let Err(error) = services::down_named(&self.0, ROOMS) {
            say::progress(format_args!("the demo's services did not end: {error:#}"));
        }
    }
}

/// Everything that runs. The fields are dropped from top to bottom: the proxy and the nodes end before their neighbours.
#[derive(Debug)]
pub(crate) struct Stage {
    _proxy: Option<Proxy>,
    nodes: Vec<Node>,
    simulators: Daemon,
    _rooms: Option<Rooms>,
    neighbours: Vec<Neighbour>,
    address: SocketAddr,
    folder: PathBuf,
    _only: File,
}

/// Fails with a word to the wise if something listens there already.
pub(crate) fn ensure_free(port: u16) -> Result<()> {
    if TcpListener::bind(local(port)).is_err() {
        bail!(
            "port {port} is in use: perhaps another demo runs\n\
             see who it is:      ss -ltnp 'sport = :{port}'\n\
             or take another:    cargo xtask demo --port {}",
            port.checked_add(1000).unwrap_or(script::PORT)
        );
    }
    Ok(())
}

impl Stage {
    /// Starts the neighbours, then the service, and waits until it is ready.
    pub(crate) fn raise(checkout: &Checkout, setting: &Setting) -> Result<Self> {
        let folder = checkout.target(setting.folder);
        fs::create_dir_all(&folder)?;
        let only = lock(&folder)?;
        write_key(&folder.join(KEY_FILE))?;
        let name = setting.config();
        let source = fs::read_to_string(checkout.path(SOURCE).join(name))
            .with_context(|| format!("{SOURCE}/{name} cannot be read"))?;

        let mut plan = Plan { checkout, setting, folder: &folder, stream: None, swaps: Vec::new() };
        let rooms = if setting.full { Some(plan.rent()?) } else { None };
        let (mut simulators, neighbours) = plan.start_simulators(&source)?;
        let address = local(setting.port);
        let (nodes, proxy) = if setting.full {
            plan.start_pair(name)?
        } else {
            plan.swap(SERVICE, address.to_string());
            (vec![plan.start_node("ges", name, address)?], None)
        };
        simulators.ensure_running()?;
        Ok(Self {
            _proxy: proxy,
            nodes,
            simulators,
            _rooms: rooms,
            neighbours,
            address,
            folder,
            _only: only,
        })
    }

    /// Where the service, or the proxy before its nodes, listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who is played.
    pub(crate) fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }

    /// The key with which Designer pushes settings. It was made at the first start and stays in the data folder.
    pub(crate) fn internal_key(&self) -> Result<String> {
        let key = fs::read_to_string(self.folder.join(KEY_FILE)).context("the key is gone")?;
        Ok(key.trim().to_owned())
    }

    /// The data folder, as one would type it from the top of the checkout.
    pub(crate) fn folder_name(&self, checkout: &Checkout) -> String {
        let short = self.folder.strip_prefix(checkout.root()).unwrap_or(&self.folder);
        short.display().to_string()
    }

    /// The process id of the first node.
    pub(crate) fn pid(&self) -> u32 {
        self.nodes[0].daemon.pid()
    }

    /// How long the first node took from its start until it said that it is ready.
    pub(crate) fn ready_after(&self) -> Duration {
        self.nodes[0].ready_after
    }

    /// Fails if something has ended by itself.
    pub(crate) fn ensure_running(&mut self) -> Result<()> {
        self.simulators.ensure_running()?;
        self.nodes.iter_mut().try_for_each(|node| node.daemon.ensure_running())
    }

    /// The ends of all logs.
    pub(crate) fn logs(&self) -> String {
        let all = self.nodes.iter().map(|node| &node.daemon).chain([&self.simulators]);
        all.map(Daemon::log_tail).collect::<Vec<_>>().join("\n")
    }
}

/// What is known while the stage is raised.
struct Plan<'a> {
    checkout: &'a Checkout,
    setting: &'a Setting,
    folder: &'a Path,
    /// The Redis by whose stream sessions are started.
    stream: Option<String>,
    /// What stands in the configuration, and what takes its place.
    swaps: Vec<(&'static str, String)>,
}

impl Plan<'_> {
    fn swap(&mut self, stand_in: &'static str, value: String) {
        self.swaps.push((stand_in, value));
    }

    /// Rents PostgreSQL and Redis, one server for our own and for the stream.
    fn rent(&mut self) -> Result<Rooms> {
        let rented = services::up_named(self.checkout, ROOMS)?;
        let rooms = Rooms(self.checkout.clone());
        self.stream = Some(rented.redis_url.clone());
        self.swap(POSTGRES, rented.postgres_url);
        self.swap(REDIS, rented.redis_url);
        Ok(rooms)
    }

    /// Starts the neighbours and learns where they listen.
    fn start_simulators(&mut self, config: &str) -> Result<(Daemon, Vec<Neighbour>)> {
        say::progress("starting the neighbours");
        let mut command = self.program("ges-simulators");
        command.args(["all", "--json"]);
        if self.setting.port != script::PORT {
            command.args(["--base-port", "0"]);
        }
        // Somebody who watches sees a contact centre live; somebody who waits for one callback need not wait for a talk.
        let speed = self.setting.speed.to_string();
        command.args(["--speed", &speed]);
        if let Some(stream) = &self.stream {
            command.args(["--stream", stream]);
        }
        let log = self.folder.join("neighbours.log");
        let mut simulators = Daemon::start("ges-simulators", &mut command, log.clone())?;
        let wanted: Vec<_> = NEIGHBOURS.iter().filter(|(_, at)| config.contains(at)).collect();
        let mut found = Vec::new();
        let all_there = process::wait_until(Duration::from_secs(20), || {
            simulators.ensure_running()?;
            found = announced(&fs::read_to_string(&log).unwrap_or_default());
            Ok(wanted.iter().all(|(name, _)| found.iter().any(|one| one.name == *name)))
        })?;
        if !all_there {
            bail!("not every neighbour came; {}", simulators.log_tail());
        }
        for &&(name, stand_in) in &wanted {
            let neighbour = found.iter().find(|one| one.name == name);
            let url = neighbour.map_or("", |one| one.url.as_str());
            let address = url.trim_start_matches("http://").trim_end_matches('/');
            self.swap(stand_in, address.to_owned());
        }
        Ok((simulators, found))
    }

    /// Two nodes on PostgreSQL and Redis, behind a proxy that sends each connection to the next.
    fn start_pair(&mut self, config: &str) -> Result<(Vec<Node>, Option<Proxy>)> {
        let address = local(self.setting.port);
        self.swap(SERVICE, address.to_string());
        let ports =
            (1..=2).map(|n| self.setting.port.checked_add(n).context("the port is too high"));
        let nodes: Vec<SocketAddr> = ports.map(|port| port.map(local)).collect::<Result<_>>()?;
        let migrate = self.render(config, "migrate.toml")?;
        say::progress("bringing the schema up to date");
        process::capture(self.program("ges").arg("migrate").arg("--config").arg(migrate))?;
        let mut running = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            ensure_free(node.port())?;
            self.swaps.retain(|(stand_in, _)| *stand_in != NODE);
            self.swap(NODE, node.to_string());
            running.push(self.start_node(&format!("ges-{}", index + 1), config, *node)?);
        }
        Ok((running, Some(Proxy::start(address, nodes)?)))
    }

    fn start_node(&self, name: &str, config: &str, address: SocketAddr) -> Result<Node> {
        say::progress(format_args!("starting {name} on {address}"));
        let config = self.render(config, &format!("{name}.toml"))?;
        let mut command = self.program("ges");
        command.arg("serve").arg("--config").arg(config);
        let log = self.folder.join(format!("{name}.log"));
        let start = Instant::now();
        let mut daemon = Daemon::start(name, &mut command, log)?;
        let limit = Duration::from_secs(30);
        let ready = daemon.answers(address, "/health/ready", limit)?;
        if !ready {
            let limit = say::elapsed(limit);
            bail!("{name} is not ready after {limit}; {}", daemon.log_tail());
        }
        let ready_after = start.elapsed();
        say::remark(format_args!("ready after {}", say::elapsed(ready_after)));
        Ok(Node { daemon, ready_after })
    }

    /// Writes the demo's files into the data folder, with what is known now in place of the stand-ins.
    fn render(&self, config: &str, under: &str) -> Result<PathBuf> {
        for entry in fs::read_dir(self.checkout.path(SOURCE))? {
            let entry = entry?;
            if !entry.file_type()?.is_file() {
                continue;
            }
            let name = entry.file_name();
            // The service writes this one itself when keys or people change, and that stays.
            if name == ACCESS_FILE && self.folder.join(ACCESS_FILE).exists() {
                continue;
            }
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("{} is no text", entry.path().display()))?;
            let name = if name == config { under.as_ref() } else { name.as_os_str() };
            fs::write(self.folder.join(name), swapped(&text, &self.swaps))?;
        }
        Ok(self.folder.join(under))
    }

    /// One of our binaries, run in the data folder, so that relative paths of the configuration end there.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.checkout.built(self.setting.profile, name));
        command.current_dir(self.folder);
        command
    }
}

/// Every stand-in gives way once: what has taken a place is not taken for a stand-in itself.
fn swapped(text: &str, swaps: &[(&str, String)]) -> String {
    let mut swapped = String::new();
    let mut rest = text;
    while let Some((at, stand_in, value)) = swaps
        .iter()
        .filter_map(|(stand_in, value)| Some((rest.find(stand_in)?, *stand_in, value)))
        .min_by_key(|(at, ..)| *at)
    {
        swapped.push_str(&rest[..at]);
        swapped.push_str(value);
        rest = &rest[at + stand_in.len()..];
    }
    swapped + rest
}

/// The neighbours that have said where they listen: one JSON object a line.
fn announced(log: &str) -> Vec<Neighbour> {
    let one = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Neighbour { name: text("name")?, url: text("url")? })
    };
    log.lines().filter_map(one).collect()
}

/// One demo at a time works on a data folder.
fn lock(folder: &Path) -> Result<File> {
    let file = File::options().create(true).append(true).open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another demo works on {}; end it first", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
    }
}

/// Makes the secret that this demo shares with its Designer, once.
fn write_key(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut bytes = [0; 24];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes))?;
    let key = bytes.iter().fold(String::new(), |key, byte| key + &format!("{byte:02x}"));
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(path)?;
    std::io::Write::write_all(&mut file, key.as_bytes()).context("the key cannot be written")
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_a_way_out() {
        let taken = TcpListener::bind(local(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_free(port).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} is in use")), "{error}");
        assert!(error.contains("cargo xtask demo --port"), "{error}");
    }

    #[test]
    fn neighbours_are_learnt_from_what_they_say() {
        let log = "starting\n{\"name\":\"ors\",\"url\":\"http://127.0.0.1:9098\"}\n{\"level\":1}\n";
        let found = announced(log);
        assert_eq!((found.len(), found[0].name.as_str()), (1, "ors"));
    }

    #[test]
    fn stand_ins_give_way_to_what_is_known() {
        let swaps = [(SERVICE, "127.0.0.1:4050".to_owned()), (REDIS, "redis+unix:///s".into())];
        assert_eq!(
            swapped("a = \"127.0.0.1:3050\"\nb = \"redis://127.0.0.1:6379\"", &swaps),
            "a = \"127.0.0.1:4050\"\nb = \"redis+unix:///s\""
        );
        let onto_each_other = [(SERVICE, NODE.to_owned()), (NODE, "127.0.0.1:3052".to_owned())];
        let text = format!("{NODE} {SERVICE} {NODE}.");
        assert_eq!(
            swapped(&text, &onto_each_other),
            format!("127.0.0.1:3052 {NODE} 127.0.0.1:3052.")
        );
    }
}
