//! A node that works, a Prometheus that scrapes it, and every expression evaluated there.
//! The node lives as in the demo; each kind of trouble that an expression tells apart is made once.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::RULES;
use super::expressions::{self, Expression};
use super::tools::Tools;
use crate::checkout::{Checkout, Profile};
use crate::clock::{instant, now};
use crate::demo::script::{API_KEY, SUPPORT};
use crate::demo::seed;
use crate::demo::stage::{Setting, Stage};
use crate::http::{self, Request};
use crate::process::{self, Daemon};

const FOLDER: &str = "alerts";
const DASHBOARDS: &[&str] =
    &["deploy/helm/ges/dashboards/business.json", "deploy/helm/ges/dashboards/performance.json"];

/// What kube-state-metrics tells, and no node does.
const FOREIGN: &[&str] = &[
    "kube_pod_container_status_ready",
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_resource_limits",
];

/// How long a callback may take that is called at once, and what follows from it.
const PATIENCE: Duration = Duration::from_secs(45);

/// So near a time can still be promised.
const SOON: Duration = Duration::from_secs(3);

const API: &str = "/engagement/v3";

/// Evaluates everything, and says how much that was.
pub(super) fn evaluate(checkout: &Checkout, tools: &Tools) -> Result<String> {
    let folder = checkout.target(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).context("what the last run left cannot be removed")?;
    }
    let setting = Setting {
        profile: Profile::Dev,
        full: false,
        port: http::free_port()?,
        speed: 40,
        folder: FOLDER,
    };
    // A node tells of its contact centres' waits once a minute and when it starts: the second one knows them then.
    let first = Stage::raise(checkout, &setting)?;
    seed::sow(first.address(), &first.internal_key()?)?;
    seed::sow_prompt(first.address(), &first.internal_key()?)?;
    drop(first);
    let stage = Stage::raise(checkout, &setting)?;
    let prometheus = Prometheus::start(checkout, tools, &folder, stage.address())?;
    let work = Work { stage: &stage };
    work.fail()?;
    work.promise()?;

    let mut boards = Vec::new();
    for board in DASHBOARDS {
        boards.extend(expressions::of_dashboard(&checkout.path(board))?);
    }
    let mut found = Vec::new();
    let mut rules = 0;
    let done = process::wait_until(PATIENCE, || {
        let asked = prometheus.rules()?;
        rules = asked.len();
        found = prometheus.complaints(&asked, &boards)?;
        Ok(found.is_empty())
    })?;
    if !done {
        bail!("{}\n{}\n{}", found.join("\n"), prometheus.daemon.log_tail(), stage.logs());
    }
    Ok(format!("{rules} rules and {} expressions of dashboards hold on a scrape", boards.len()))
}

/// What a node goes through, so that every series is there.
struct Work<'a> {
    stage: &'a Stage,
}

impl Work<'_> {
    /// One request of each kind that fails, and a neighbour that does.
    fn fail(&self) -> Result<()> {
        let create = || Request::json("POST", format!("{API}/callbacks/create"), &json!({}));
        self.refused(&create().header("x-api-key", API_KEY), 400)?;
        self.refused(&create(), 401)?;
        let nobody = json!({ "id": "00000000-0000-7000-8000-000000000000" });
        let retrieve = Request::json("POST", format!("{API}/callbacks/retrieve"), &nobody);
        self.refused(&retrieve.header("x-api-key", API_KEY), 404)?;

        self.enter_statistics()?;
        let out = json!({ "action": { "status": { "status": 503 } } });
        self.turn("gws", &Request::json("POST", "/_sim/faults", &out))?;
        let question = json!({ "data": { "statistics": [
            { "objectId": "100", "objectType": "Queue", "name": "CurrentNumberWaitingCalls" },
        ]}});
        let path = format!("{API}/statistics/operations/get-statistic-ex");
        self.refused(&Request::json("POST", path, &question).header("x-api-key", API_KEY), 500)
    }

    fn refused(&self, request: &Request, status: u16) -> Result<()> {
        let answer = http::send(self.stage.address(), request)?;
        if answer.status != status {
            bail!("{} instead of {status}: {}", answer.status, answer.text());
        }
        Ok(())
    }

    /// The contact centre's account with the statistics service, as an administrator enters it.
    fn enter_statistics(&self) -> Result<()> {
        let person = json!({ "userName": "administrator", "password": "demo" });
        let sign_in = Request::json("POST", "/ges/api/v1/sign-in", &person);
        let signed_in = http::send(self.stage.address(), &sign_in)?;
        let cookie = signed_in.cookie.clone().context("nobody signs in")?;
        let data = signed_in.json()?;
        let csrf = data["data"]["csrf"].as_str().context("a session has no token")?;
        let account = json!({ "userName": "t100\\supervisor", "password": "password" });
        let entry = Request::json("PUT", "/ges/api/v1/credentials/statistics", &account)
            .header("cookie", cookie)
            .header("x-csrf-token", csrf);
        self.refused(&entry, 200)
    }

    /// Turns a knob of a neighbour.
    fn turn(&self, name: &str, request: &Request) -> Result<()> {
        let neighbour = self.stage.neighbours().iter().find(|one| one.name == name);
        let neighbour = neighbour.with_context(|| format!("{name} is not played"))?;
        let answer = http::send(neighbour.address()?, request)?;
        if !(200..300).contains(&answer.status) {
            bail!("{name} took no knob ({}): {}", answer.status, answer.text());
        }
        Ok(())
    }

    /// A customer is promised a time that soon is there, and will be called at it.
    fn promise(&self) -> Result<()> {
        // Nobody waits there, so that the time is promised as it was wished.
        let calm = json!({ "ewt": 0, "calls": 0 });
        self.turn("urs", &Request::json("PUT", format!("/_sim/queues/{SUPPORT}_VQ"), &calm))?;
        let booked = process::wait_until(PATIENCE, || {
            let wish = json!({
                "serviceName": SUPPORT, "phoneNumber": "+14155550142",
                "desiredTime": instant(now() + SOON),
                // Without it, a time this near means now, and now is no promise of a time.
                "alwaysCheckCapacity": true,
            });
            let create = Request::json("POST", format!("{API}/callbacks/create"), &wish);
            let answer = http::send(self.stage.address(), &create.header("x-api-key", API_KEY))?;
            // A slot may end in between.
            if answer.status != 429 && answer.status != 200 {
                bail!("nothing is promised ({}): {}", answer.status, answer.text());
            }
            Ok(answer.status == 200)
        })?;
        if !booked {
            bail!("no slot took a callback");
        }
        Ok(())
    }
}

/// A Prometheus that looks every second.
struct Prometheus {
    daemon: Daemon,
    address: SocketAddr,
}

impl Prometheus {
    fn start(checkout: &Checkout, tools: &Tools, folder: &Path, node: SocketAddr) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, http::free_port()?));
        let rules = checkout.path(RULES);
        // A document of YAML may be one of JSON.
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
            "rule_files": [rules],
            "scrape_configs": [{ "job_name": "ges", "static_configs": [{ "targets": [node.to_string()] }] }],
        });
        let path = folder.join("prometheus.yaml");
        fs::write(&path, format!("{config:#}\n")).context("Prometheus cannot be configured")?;
        let option = |name: &str, value: String| format!("--{name}={value}");
        let mut command = tools.prometheus();
        command.current_dir(folder).args([
            option("config.file", path.display().to_string()),
            option("storage.tsdb.path", folder.join("series").display().to_string()),
            option("web.listen-address", address.to_string()),
            option("log.level", "warn".to_owned()),
        ]);
        let mut daemon = Daemon::start("prometheus", &mut command, folder.join("prometheus.log"))?;
        let ready = daemon.answers(address, "/-/ready", Duration::from_secs(20))?;
        if !ready {
            bail!("Prometheus does not come; {}", daemon.log_tail());
        }
        Ok(Self { daemon, address })
    }

    /// The rules as Prometheus read them, each with what is wrong with its last evaluation.
    fn rules(&self) -> Result<Vec<(Expression, Option<String>)>> {
        let told = http::send(self.address, &Request::get("/api/v1/rules"))?.json()?;
        let groups = told["data"]["groups"].as_array().context("no rules were read")?;
        let rules: Vec<_> =
            groups.iter().filter_map(|group| group["rules"].as_array()).flatten().collect();
        if rules.is_empty() {
            bail!("{RULES} holds no rules");
        }
        let one = |rule: &Value| {
            let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
            let trouble = match text("health").as_str() {
                "ok" => None,
                health => Some(format!("is {health}: {}", text("lastError"))),
            };
            (Expression { place: text("name"), text: text("query") }, trouble)
        };
        Ok(rules.into_iter().map(one).collect())
    }

    /// What is wrong with what is asked: an expression that does not hold, a selector that nothing tells, a panel that would
    /// stay empty, and an exception that is none.
    fn complaints(
        &self,
        rules: &[(Expression, Option<String>)],
        boards: &[Expression],
    ) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut seen = [false; FOREIGN.len()];
        let asked = rules.iter().map(|(rule, trouble)| (rule, trouble.as_deref(), false));
        for (asked, trouble, is_shown) in asked.chain(boards.iter().map(|one| (one, None, true))) {
            found.extend(trouble.map(|trouble| format!("{asked} {trouble}")));
            let mut foreign = false;
            for selector in expressions::selectors(&asked.text) {
                let name = selector.split(['{', ' ']).next().unwrap_or_default();
                let told = self.series(selector)?;
                if let Some(index) = FOREIGN.iter().position(|foreign| *foreign == name) {
                    (foreign, seen[index]) = (true, true);
                    if told.is_ok_and(|told| told > 0) {
                        found.push(format!("{name} is told, and said to be of others"));
                    }
                    continue;
                }
                match told {
                    Ok(0) => found.push(format!("{asked}\n  nothing tells {selector}")),
                    Ok(_) => {}
                    Err(trouble) => found.push(format!("{asked}\n  {selector}: {trouble}")),
                }
            }
            match self.series(&asked.text)? {
                Ok(0) if is_shown && !foreign => found.push(format!("{asked}\n  shows nothing")),
                Ok(_) => {}
                Err(trouble) => found.push(format!("{asked}\n  {trouble}")),
            }
        }
        let unused = FOREIGN.iter().zip(seen).filter(|(_, seen)| !seen);
        found
            .extend(unused.map(|(name, _)| format!("{name} is an exception that nobody asks for")));
        Ok(found)
    }

    /// How many series a question is answered with, or why it cannot be answered.
    fn series(&self, question: &str) -> Result<Result<usize, String>> {
        let form = format!("query={}", http::percent_encoded(question));
        let told = http::send(self.address, &Request::form("/api/v1/query", &form))?.json()?;
        if told["status"] != "success" {
            return Ok(Err(told["error"].to_string()));
        }
        Ok(Ok(told["data"]["result"].as_array().map_or(0, Vec::len)))
    }
}
