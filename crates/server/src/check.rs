//! The doctor: loads what `serve` would load, looks at every neighbour once, and prints what it saw.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::wiring;

/// One row of the table.
struct Row {
    what: String,
    address: String,
    answer: Result<Duration, String>,
    advice: &'static str,
}

/// Looks at everything once; the exit code says whether all is well.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let rows = runtime.block_on(rows(config))?;
    let width = rows.iter().map(|row| row.what.len()).max().unwrap_or(0);
    let address = rows.iter().map(|row| row.address.len()).max().unwrap_or(0);
    let mut well = true;
    for row in rows {
        let Row { what, address: at, answer, advice } = row;
        match answer {
            Ok(took) => {
                println!(
                    "ok    {what:width$}  {at:address$}  answered in {:.1} ms",
                    took.as_secs_f64() * 1e3
                );
            }
            Err(trouble) => {
                well = false;
                println!("FAIL  {what:width$}  {at:address$}  {trouble}");
                println!("      {:width$}  {:address$}  → {advice}", "", "");
            }
        }
    }
    if config.ors.nodes.is_empty() {
        println!("note  no ors.nodes: callbacks are taken and stay SCHEDULED");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn rows(config: &Config) -> anyhow::Result<Vec<Row>> {
    let house = wiring::build(config, &format!("http://{}", config.server.listen)).await?;
    let begun = Instant::now();
    let answer = house.effects.backlog(house.app.now()).await;
    let mut rows = vec![Row {
        what: String::from("store"),
        address: house.store.clone(),
        answer: answer.map(|_| begun.elapsed()).map_err(|fault| fault.to_string()),
        advice: "see store.url; `ges migrate` makes or updates the schema",
    }];
    if let Some(ors) = &house.ors {
        let begun = Instant::now();
        for (address, answered) in ors.probe().await {
            rows.push(Row {
                what: String::from("ors"),
                address,
                answer: answered.map(|()| begun.elapsed()).map_err(|fault| fault.to_string()),
                advice: "is it running, and is ors.nodes its address?",
            });
        }
    }
    Ok(rows)
}
