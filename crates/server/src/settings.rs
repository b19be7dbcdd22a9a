//! Callback settings from the command line: what Designer does elsewhere, from a table or a document.

mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use reqwest::header::{ETAG, IF_MATCH};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};

use crate::cli::Source;
use crate::config::Config;
use crate::wiring::Clients;

/// How long an answer may take: a push is one transaction.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to do with callback settings.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Publish a table (CSV, a row for each service) or a document (JSON) to a running service.
    Push {
        /// The table or document.
        file: PathBuf,
        /// Replace everything that is published, instead of adding to it.
        #[arg(long)]
        full: bool,
        /// Office hours, as a JSON list of what a document has under `businessHours`.
        #[arg(long, value_name = "FILE")]
        hours: Option<PathBuf>,
        #[command(flatten)]
        to: To,
    },
    /// Print the settings as they stand, as one document.
    Pull {
        #[command(flatten)]
        to: To,
    },
    /// Look whether a table or document holds together; asks nobody.
    Validate {
        /// The table or document.
        file: PathBuf,
        /// Office hours, as with `push`.
        #[arg(long, value_name = "FILE")]
        hours: Option<PathBuf>,
    },
}

/// Which contact centre of which service.
#[derive(Args)]
pub(crate) struct To {
    #[command(flatten)]
    source: Source,
    /// The contact centre's id; without one, `auth.first_tenant` of the configuration.
    #[arg(long)]
    tenant: Option<String>,
    /// Where the service is; without it, `server.listen` of the configuration.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with a designer's bearer token; without it, `web.internal_key` of the configuration is shown.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Command {
    pub(crate) fn run(
        self,
        load: impl Fn(&Source) -> anyhow::Result<Config>,
    ) -> anyhow::Result<ExitCode> {
        match self {
            Self::Validate { file, hours } => Ok(validate(&document(&file, hours.as_deref())?)),
            Self::Push { file, full, hours, to } => {
                let mut document = document(&file, hours.as_deref())?;
                document.insert(String::from("mode"), json!(if full { "full" } else { "delta" }));
                let gate = Gate::new(&to, &load(&to.source)?)?;
                wait(gate.push(document))
            }
            Self::Pull { to } => {
                let gate = Gate::new(&to, &load(&to.source)?)?;
                wait(gate.pull())
            }
        }
    }
}

fn wait(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

/// The document in a file, or the one that a table comes to.
fn document(file: &Path, hours: Option<&Path>) -> anyhow::Result<Map<String, Value>> {
    let path = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("reading {path}"))?;
    let is_table = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let mut document = if is_table {
        let services = table::services(&text).with_context(|| format!("{path}"))?;
        Map::from_iter([(String::from("services"), Value::Array(services))])
    } else {
        let value: Value =
            serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))?;
        match value {
            Value::Object(object) => object,
            _ => bail!("{path} is not a JSON object"),
        }
    };
    if let Some(hours) = hours {
        let path = hours.display();
        let text = fs::read_to_string(hours).with_context(|| format!("reading {path}"))?;
        let hours: Value =
            serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))?;
        document.insert(String::from("businessHours"), hours);
    }
    document.insert(String::from("table"), json!("CALLBACK_SETTINGS"));
    document.entry("mode").or_insert(json!("delta"));
    document.entry("revision").or_insert(json!(1));
    Ok(document)
}

#[expect(clippy::print_stdout, reason = "the answer to a command")]
fn validate(document: &Map<String, Value>) -> ExitCode {
    let complaints = ges_web::settings_complaints(document);
    for complaint in &complaints {
        println!("{complaint}");
    }
    let services = document.get("services").and_then(Value::as_array).map_or(0, Vec::len);
    if complaints.is_empty() {
        println!("{services} services, nothing wrong with them");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// The way to one contact centre's settings.
struct Gate {
    client: Client,
    url: String,
    bearer: Option<String>,
    key: Option<String>,
}

impl Gate {
    fn new(to: &To, config: &Config) -> anyhow::Result<Self> {
        use secrecy::ExposeSecret as _;

        let tenant = match (&to.tenant, config.auth.first_tenant.as_str()) {
            (Some(tenant), _) => tenant.clone(),
            (None, "") => bail!("name the contact centre: --tenant ID"),
            (None, tenant) => tenant.to_owned(),
        };
        let base = to.url.clone().unwrap_or_else(|| format!("http://{}", config.server.listen));
        let base = base.trim_end_matches('/');
        let bearer = match &to.token_file {
            None => None,
            Some(file) => {
                let text = fs::read_to_string(file);
                let text = text.with_context(|| format!("reading {}", file.display()))?;
                Some(text.trim().to_owned())
            }
        };
        let key = config.web.internal_key.as_ref().map(|key| key.expose_secret().to_owned());
        if bearer.is_none() && key.is_none() {
            bail!("neither --token-file nor web.internal_key of the configuration opens the door");
        }
        let client = Clients::new(&config.egress)?.builder().timeout(PATIENCE).build()?;
        let url = format!("{base}/ges/internal/v1/tenants/{tenant}/callback-settings");
        Ok(Self { client, url, bearer, key })
    }

    fn shown(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.bearer, &self.key) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Some(key)) => request.header("x-ges-internal-key", key),
            (None, None) => request,
        }
    }

    /// The document that stands, and its revision; none where nothing was published.
    async fn standing(&self) -> anyhow::Result<Option<(Value, u64)>> {
        let answer = self.shown(self.client.get(&self.url)).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !answer.status().is_success() {
            bail!("{}", told(answer).await);
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let revision = tag.and_then(|tag| tag.trim_matches('"').parse().ok());
        let revision = revision.context("the answer has no revision")?;
        Ok(Some((answer.json().await?, revision)))
    }

    #[expect(clippy::print_stdout, reason = "the answer to a command")]
    async fn pull(self) -> anyhow::Result<ExitCode> {
        match self.standing().await? {
            Some((document, _)) => {
                println!("{document:#}");
                Ok(ExitCode::SUCCESS)
            }
            None => bail!("nothing is published for this contact centre"),
        }
    }

    /// Publishes as the revision after the one that stands, and only while that one stands.
    #[expect(clippy::print_stdout, reason = "the answer to a command")]
    async fn push(self, mut document: Map<String, Value>) -> anyhow::Result<ExitCode> {
        let standing = self.standing().await?.map_or(0, |(_, revision)| revision);
        document.insert(String::from("revision"), json!(standing + 1));
        let mut request = self.shown(self.client.put(&self.url)).json(&document);
        if standing > 0 {
            request = request.header(IF_MATCH, format!("\"{standing}\""));
        }
        let answer = request.send().await?;
        if !answer.status().is_success() {
            bail!("{}", told(answer).await);
        }
        let mut answer: Value = answer.json().await?;
        println!("{:#}", answer["data"].take());
        Ok(ExitCode::SUCCESS)
    }
}

/// What the service said, in lines.
async fn told(answer: reqwest::Response) -> String {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or(Value::Null);
    let message = body["status"]["message"].as_str().unwrap_or("no reason was given");
    let mut text = format!("not taken ({status}): {message}");
    for error in body["data"]["errors"].as_array().into_iter().flatten() {
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        text = format!("{text}\n  {}: {}", part("service"), part("message"));
    }
    text
}
