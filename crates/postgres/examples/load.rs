//! A load on the store at its port, in a schema of its own: `cargo xtask bench postgres` runs it beside its peers.
//!
//! Prints one JSON object. `load URL sample` books once and tells what rows that made, so that a peer can insert the same.

mod load {
    pub(crate) mod book;
    pub(crate) mod dispatch;
    pub(crate) mod list;
    pub(crate) mod stage;
    pub(crate) mod stored;
}

use std::error::Error;
use std::io::Write;

use load::stage::Stage;
use load::{book, dispatch, list, stored};
use serde_json::Value;

/// What can be asked, with the numbers that each takes.
const USAGE: &str = "load URL sample | book SLOTS CLIENTS SECONDS NODES | dispatch CALLBACKS NODES | \
     fill CALLBACKS | list SCHEMA CALLBACKS ROUNDS | store SCHEMA CALLBACKS | \
     stored SCHEMA CALLBACKS FIRST CLIENTS SECONDS | drop SCHEMA";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>();
    let said: Value = match words.as_slice() {
        [url, "sample"] => Stage::raise(url, 1).await?.sample().await?,
        [url, "book", slots, clients, seconds, nodes] => {
            let stage = Stage::raise(url, number(nodes)?).await?;
            book::run(&stage, 1, 0..number(slots)?, number(clients)?, number(seconds)?).await?
        }
        [url, "dispatch", callbacks, nodes] => {
            dispatch::run(&Stage::raise(url, number(nodes)?).await?, 1, number(callbacks)?).await?
        }
        [url, "fill", callbacks] => list::fill(url, number(callbacks)?).await?,
        [url, "list", schema, callbacks, rounds] => {
            list::run(url, schema, number(callbacks)?, number(rounds)?).await?
        }
        [url, "store", schema, callbacks] => stored::fill(url, schema, number(callbacks)?).await?,
        [url, "stored", schema, callbacks, first, clients, seconds] => {
            let load = stored::Load {
                callbacks: number(callbacks)?,
                first: number(first)?,
                clients: number(clients)?,
                seconds: number(seconds)?,
            };
            stored::measure(url, schema, load).await?
        }
        [url, "drop", schema] => stored::remove(url, schema).await?,
        _ => return Err(USAGE.into()),
    };
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}
