//! Nodes of the service on PostgreSQL: one on a store of its own, or several on one.
//! Apart, because every kind of benchmark that asks over HTTP needs them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::cpu;
use super::memory::Resident;
use super::postgres::Bench;
use crate::checkout::{Checkout, Profile};
use crate::demo::script::{API_KEY, TENANT};
use crate::demo::seed::{self, PACE};
use crate::http::{self, Request};
use crate::process::{self, Daemon};

const KEY: &str = "a-key-for-one-benchmark";
/// How long a node may take to be ready, and settings to reach it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node of the service.
pub(super) struct Node {
    address: SocketAddr,
    daemon: Daemon,
}

impl Node {
    /// Starts one on a store of its own, with the services that benchmarks book.
    pub(super) fn start(bench: &Bench<'_>, folder: &Path) -> Result<Self> {
        Self::on_store(bench, folder, &bench.schema()?)
    }

    /// Starts one on that store, which nobody else may have told of services.
    pub(super) fn on_store(bench: &Bench<'_>, folder: &Path, schema: &str) -> Result<Self> {
        let node = Self::on(bench, folder, schema, "")?;
        node.sow()?;
        Ok(node)
    }

    /// Starts two on one store and one Redis; `more` is what else both are configured with.
    pub(super) fn pair(bench: &Bench<'_>, folder: &Path, more: &str) -> Result<[Self; 2]> {
        let schema = bench.schema()?;
        let more = format!("[redis.connection]\nnodes = [\"{}\"]\n{more}", bench.redis_url);
        let one = Self::on(bench, &folder.join("one"), &schema, &more)?;
        let two = Self::on(bench, &folder.join("two"), &schema, &more)?;
        one.sow()?;
        two.learn()?;
        Ok([one, two])
    }

    fn on(bench: &Bench<'_>, folder: &Path, schema: &str, more: &str) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, http::free_port()?));
        if folder.exists() {
            std::fs::remove_dir_all(folder).context("the last node's data cannot be removed")?;
        }
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("internal-key"), KEY)?;
        std::fs::write(folder.join("access.toml"), access(bench.checkout)?)?;
        let config = folder.join("ges.toml");
        std::fs::write(
            &config,
            format!(
                "[server]\nlisten = \"{address}\"\ndata_dir = \".\"\ndrain_seconds = 0\n\
                 [store]\nurl = \"{}\"\n\
                 [auth]\nfile = \"access.toml\"\n\
                 [web]\ninternal_key = {{ file = \"internal-key\" }}\n{more}",
                bench.inside(schema),
            ),
        )?;
        let mut command = Command::new(bench.checkout.built(Profile::Release, "ges"));
        command.current_dir(folder).arg("serve").arg("--config").arg(&config);
        let mut daemon = Daemon::start("ges", &mut command, folder.join("ges.log"))?;
        let ready = daemon.answers(address, "/health/ready", PATIENCE)?;
        if !ready {
            bail!("the node is not ready; {}", daemon.log_tail());
        }
        Ok(Self { address, daemon })
    }

    fn sow(&self) -> Result<()> {
        seed::sow(self.address, KEY)?;
        seed::sow_bench(self.address, KEY)
    }

    /// Waits until this node knows the services that another one was told of.
    fn learn(&self) -> Result<()> {
        let path = format!("/engagement/v3/callbacks/open-for/{PACE}");
        let asked = Request::get(path).header("x-api-key", API_KEY);
        let knows = || Ok(http::send(self.address, &asked)?.status == 200);
        if !process::wait_until(PATIENCE, knows)? {
            bail!("the second node never hears of {PACE}; {}", self.daemon.log_tail());
        }
        Ok(())
    }

    /// Where it serves.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Seconds of CPU that it has used.
    pub(super) fn cpu_secs(&self) -> Result<f64> {
        cpu::secs(self.daemon.pid())
    }

    /// What it holds of the machine's memory.
    pub(super) fn memory(&self) -> Result<Resident> {
        Resident::of(self.daemon.pid())
    }
}

/// The demo's access file, with a program that may do everything: its token is the demo's key, of which the file holds
/// the digest already.
fn access(checkout: &Checkout) -> Result<String> {
    let path = checkout.path("deploy/demo/access.toml");
    let text = std::fs::read_to_string(&path).context("the demo's access file cannot be read")?;
    let digest = text.lines().find(|line| line.starts_with("digest = "));
    let digest = digest.context("the demo's access file has no key")?.to_owned();
    Ok(format!(
        "{text}\n[[application]]\nname = \"bench\"\ntenant = \"{TENANT}\"\n{digest}\nroles = [\"administrator\"]\n"
    ))
}
