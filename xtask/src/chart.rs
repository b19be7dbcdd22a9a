//! The Helm chart, tried with the real `helm`: what it renders, what it refuses, and what Kubernetes would say to it.
//! Apart, because a template is checked by nothing but the program that renders it.

mod helm;
mod schemas;

use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use toml::Table;

use crate::checkout::Checkout;
use crate::codegen::{self, Mode};
use crate::{process, say};

use helm::{Found, Helm};

const CHART: &str = "deploy/helm/ges";
const GOLDEN: &str = "deploy/helm/golden";

/// What is rendered and kept, by the names of its values, with what the release is called.
/// The service's own tests read the configurations in them. One name is as long as Helm lets it be.
const GOLDENS: &[(&str, &str)] = &[
    ("local", "ges"),
    ("platform", "ges"),
    ("single", "callbacks-of-the-second-contact-centre-in-this-namesp"),
];

/// Files of the chart that it hands out as they are. A golden names them instead of repeating them.
const BUNDLED: &[&str] =
    &["alerts/ges.rules.yaml", "dashboards/business.json", "dashboards/performance.json"];

/// The newest Kubernetes whose schemas are at hand; the oldest is the chart's own word.
const NEWEST: &str = "1.37";

/// A database, so that nothing else is missing.
const DATABASE: &str = "ges.configMap.integrations.db.host=db";

/// Values that the schema refuses, and the name that the complaint has of each.
const MISTAKEN: &[(&str, &str)] = &[
    ("gse.image.tag=1.0.0", "gse"),
    ("ges.deployment.replica=3", "replica"),
    ("ges.configMap.integrations.redis.hots=r", "hots"),
    ("ges.configMap.env.extendEnv=false", "extendEnv"),
    ("ges.image.tag=2105", "tag"),
    ("ges.configMap.env.server.internal_port=http", "internal_port"),
    ("ges.configMap.env.server.internal_port=70000", "internal_port"),
    ("ges.configMap.env.server.internal_url=ges.callback", "internal_url"),
    ("ges.configMap.env.auth.mode=ldap", "mode"),
    ("ges.configMap.integrations.db.secure=maybe", "secure"),
    ("ges.configMap.integrations.redis.host=redis://r", "host"),
    ("ges.configMap.integrations.vmcs.ors_redis_location=r", "ors_redis_location"),
    ("ges.configMap.integrations.ors.nodes={ors:9098}", "nodes"),
    ("ges.configMap.integrations.ors.nodes[0].region=eu", "url"),
    ("ges.deployment.annotations.a=true", "annotations"),
    ("ges.deployment.securityContext.runAsUser=0", "runAsUser"),
    ("ges.podDisruptionBudget.minAvailable=few", "minAvailable"),
    ("ges.ingress.ingressint.hosts=ges-int", "hosts"),
];

/// Releases that the templates refuse: what is said to helm, and what it must say to that.
const REFUSED: &[(&[&str], &str)] = &[
    (&["ges"], "integrations.db.host is missing: the host of PostgreSQL"),
    (&["1ges", "--set", DATABASE], "the release cannot be called \"1ges\""),
    (&["a.b", "--set", DATABASE], "the release cannot be called \"a.b\""),
    (&["yes", "--set", DATABASE], "the release cannot be called \"yes\""),
    (&set("ges.configMap.env.auth.mode=gws"), "integrations.gws.auth is missing: where people"),
    (&set("ges.configMap.integrations.gws.stats=http://s"), "gws.auth is missing: where statist"),
    (&set("ges.configMap.extra=[server]"), "configMap.extra begins [server] anew"),
    (&set("ges.deployment.terminationGracePeriodSeconds=20"), "killed while it still drains"),
    (&set("ges.deployment.hpa.maximumReplicas=1"), "maximumReplicas (1) is below minimumReplicas"),
    (&["ges", "--set", DATABASE, "--kube-version", "1.24"], "incompatible with Kubernetes"),
];

const fn set(value: &str) -> [&str; 5] {
    ["ges", "--set", DATABASE, "--set", value]
}

/// What to do with the chart.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Writes what the chart renders to deploy/helm/golden, to be looked at and committed.
    #[arg(long)]
    write: bool,
}

/// Tries the chart, and fails where there is no helm.
pub(crate) fn act(checkout: &Checkout, options: Options) -> Result<()> {
    let mode = if options.write { Mode::Write } else { Mode::Check };
    match run(checkout, mode)? {
        Some(missing) => bail!("{missing}"),
        None => Ok(()),
    }
}

/// Tries the chart. Says what is missing, if that could not be done.
pub(crate) fn run(checkout: &Checkout, mode: Mode) -> Result<Option<&'static str>> {
    let about = About::read(checkout)?;
    let helm = match helm::find(checkout)? {
        Found::Here(helm) => helm,
        Found::Missing(why) => return Ok(Some(why)),
    };
    goldens(checkout, &helm, mode)?;
    for (name, _) in GOLDENS {
        let values = values(name);
        process::capture(&mut helm.command(&["lint", CHART, "--strict", "--values", &values]))?;
    }
    refusals(&helm)?;
    match schemas::find(checkout)? {
        Some(schemas) => {
            for version in [about.oldest.as_str(), NEWEST] {
                for (name, release) in GOLDENS {
                    let rendered = render(&helm, name, release, version)?;
                    schemas.check(checkout, name, version, &rendered)?;
                }
                say::remark(format_args!("Kubernetes {version} takes what it renders"));
            }
        }
        None => say::remark(schemas::MISSING),
    }
    Ok(None)
}

/// What the chart says of itself.
struct About {
    /// The oldest Kubernetes that it is for.
    oldest: String,
}

impl About {
    /// Reads it, and holds its versions against the project's, whose image it names.
    fn read(checkout: &Checkout) -> Result<Self> {
        let file = format!("{CHART}/Chart.yaml");
        let text = std::fs::read_to_string(checkout.path(&file)).context(file.clone())?;
        let manifest: Table = std::fs::read_to_string(checkout.path("Cargo.toml"))?.parse()?;
        let project = manifest["workspace"]["package"]["version"].as_str();
        let project = project.context("Cargo.toml: the workspace has no version")?;
        for key in ["version", "appVersion"] {
            if value(&text, key) != Some(project) {
                bail!("{file}: `{key}` is not the project's version, {project}");
            }
        }
        let oldest = value(&text, "kubeVersion").and_then(minor);
        let oldest = oldest.with_context(|| format!("{file}: `kubeVersion` begins with no >="))?;
        Ok(Self { oldest })
    }
}

/// A value at the top of a YAML document, without its quotes.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))?;
    Some(line.trim().trim_matches('"'))
}

/// The version of `>=1.25.0-0` without what comes after its second number.
fn minor(range: &str) -> Option<String> {
    let mut parts = range.strip_prefix(">=")?.split(['.', '-']);
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

fn values(name: &str) -> String {
    format!("{GOLDEN}/{name}.values.yaml")
}

fn render(helm: &Helm, name: &str, release: &str, version: &str) -> Result<String> {
    let values = values(name);
    let place = ["template", release, CHART, "--namespace", "callback"];
    let mut command = helm.command(&place);
    command.args(["--values", &values, "--kube-version", version]);
    process::capture(&mut command)
}

/// Writes what is rendered, or complains of what stands there instead.
fn goldens(checkout: &Checkout, helm: &Helm, mode: Mode) -> Result<()> {
    let mut bundled = Vec::new();
    for path in BUNDLED {
        let text = std::fs::read_to_string(checkout.path(CHART).join(path)).context(*path)?;
        bundled.push((*path, text));
    }
    let mut seen = Vec::new();
    let mut stale = Vec::new();
    for (name, release) in GOLDENS {
        let path = format!("{GOLDEN}/{name}.yaml");
        let rendered = render(helm, name, release, NEWEST)?;
        let fresh = shortened(rendered, &bundled, &mut seen);
        let old = std::fs::read_to_string(checkout.path(&path)).unwrap_or_default();
        if old == fresh {
            say::remark(format_args!("{path} is what the chart renders"));
        } else if mode == Mode::Write {
            std::fs::write(checkout.path(&path), fresh).context(path.clone())?;
            say::remark(format_args!("{path} is written"));
        } else {
            stale.push(codegen::difference(&path, &old, &fresh));
        }
    }
    if let Some((path, _)) = bundled.iter().find(|(path, _)| !seen.contains(path)) {
        bail!("no golden hands out {CHART}/{path} as it is");
    }
    if !stale.is_empty() {
        let again = "run cargo xtask chart --write, and look at the difference";
        bail!("{}\n{again}", stale.join("\n"));
    }
    Ok(())
}

/// What is rendered, with the name of each bundled file in place of its text; `seen` notes those that were there.
fn shortened(
    rendered: String,
    bundled: &[(&'static str, String)],
    seen: &mut Vec<&'static str>,
) -> String {
    bundled.iter().fold(rendered, |rendered, (path, text)| {
        let block = indented(text);
        if !rendered.contains(&block) {
            return rendered;
        }
        seen.push(path);
        rendered.replace(&block, &format!("    # as in {path}"))
    })
}

/// A text as the chart sets it below a key.
fn indented(text: &str) -> String {
    let line = |line: &str| {
        if line.is_empty() { String::new() } else { format!("    {line}") }
    };
    text.trim_end_matches('\n').split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Tries each release that must not be made.
fn refusals(helm: &Helm) -> Result<()> {
    for (value, name) in MISTAKEN {
        refused(helm, &set(value), &["specifications of the schema", name])?;
    }
    for (args, word) in REFUSED {
        refused(helm, args, &[word])?;
    }
    say::remark(format_args!("{} wrong releases are refused", MISTAKEN.len() + REFUSED.len()));
    Ok(())
}

/// Tries one, and looks for all words in what helm says to it.
fn refused(helm: &Helm, args: &[&str], words: &[&str]) -> Result<()> {
    let (release, said) = args.split_first().expect("a refusal names its release");
    let mut command = helm.command(&["template", release, CHART]);
    command.args(said);
    let complaint = refusal(&mut command)?;
    match words.iter().find(|word| !complaint.contains(**word)) {
        Some(word) => bail!("{} does not say `{word}`\n{complaint}", process::line(&command)),
        None => Ok(()),
    }
}

/// What a command complains of that must not succeed.
fn refusal(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| process::line(command))?;
    if output.status.success() {
        bail!("{} is not refused", process::line(command));
    }
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundled_file_is_named_where_its_text_stands_and_nowhere_else() {
        let bundled = [("a.json", String::from("{\n\n}\n")), ("b.yaml", String::from("groups:\n"))];
        let mut seen = Vec::new();
        let rendered = String::from("data:\n  a.json: |\n    {\n\n    }\nspec: {}\n");
        let text = shortened(rendered, &bundled, &mut seen);
        assert_eq!(text, "data:\n  a.json: |\n    # as in a.json\nspec: {}\n");
        assert_eq!(seen, ["a.json"]);
    }

    #[test]
    fn the_oldest_kubernetes_is_read_from_the_chart() {
        let text =
            "name: ges\nversion: 0.1.0\nappVersion: \"0.2.0\"\nkubeVersion: \">=1.25.0-0\"\n";
        assert_eq!(value(text, "version"), Some("0.1.0"));
        assert_eq!(value(text, "appVersion"), Some("0.2.0"));
        assert_eq!(value(text, "kubeVersion").and_then(minor).as_deref(), Some("1.25"));
        assert_eq!(minor("1.25"), None);
    }

    #[test]
    fn what_must_be_refused_and_is_not_is_told() {
        let mut command = Command::new("sh");
        let error = refusal(command.args(["-c", "exit 0"])).unwrap_err();
        assert!(format!("{error}").ends_with("is not refused"), "{error}");
        let mut command = Command::new("sh");
        let said = refusal(command.args(["-c", "echo too wrong >&2; exit 1"])).unwrap();
        assert_eq!(said.trim_end(), "too wrong");
    }
}
