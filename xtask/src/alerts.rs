//! What alerts and dashboards ask, judged by Prometheus itself: the rules' own tests, and every expression on a scrape of a
//! node that works.
//! Apart from the tests, because those know names, and only Prometheus knows what an expression means.

mod expressions;
mod scrape;
mod tools;

use anyhow::Result;

use crate::build::Scope;
use crate::checkout::{Checkout, Profile};
use crate::{build, process, say};
pub(crate) use tools::Tools;

const RULES: &str = "deploy/helm/ges/alerts/ges.rules.yaml";
const TESTS: &str = "deploy/helm/ges/alerts/ges.rules.test.yaml";

/// Checks and tests the rules, then evaluates what rules and dashboards ask on what a node tells.
pub(crate) fn check(checkout: &Checkout, scope: Scope) -> Result<()> {
    let tools = Tools::find(checkout)?;
    for words in [["check", "rules", RULES], ["test", "rules", TESTS]] {
        process::run(tools.promtool().args(words).current_dir(checkout.root()))?;
    }
    build::binaries(checkout, scope, Profile::Dev, &["ges-server", "ges-simulators"])?;
    let told = scrape::evaluate(checkout, &tools)?;
    say::remark(format_args!("{told}"));
    Ok(())
}
