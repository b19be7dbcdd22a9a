//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, AuthMode, Config};

/// An open implementation of the Genesys Engagement Service: the callback engine of a contact centre.
#[derive(Parser)]
#[command(name = "ges", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
pub(crate) struct Source {
    /// The configuration file; without one, defaults and the environment (`GES__SECTION__KEY`) apply.
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop; with no configuration at all, on 127.0.0.1:3050 with its data in ./ges-data.
    Serve(Source),
    /// Load the configuration, look at the store and each neighbour, and print what was seen.
    Check(Source),
    /// Bring the store's schema up to date.
    Migrate {
        #[command(flatten)]
        source: Source,
        /// Only say whether the schema is current; exit code 1 if it is not.
        #[arg(long)]
        check: bool,
    },
    /// Print which files a backup needs, a line each: a name, a tab and where the file is.
    Files(Source),
    /// What seals secrets in the store.
    #[command(subcommand)]
    Secrets(Secrets),
    /// Callback settings, for sites that publish them without Designer.
    #[command(subcommand)]
    Settings(crate::settings::Command),
    /// Print the API's description, in the form of `OpenAPI` 3.1.
    Openapi,
    /// Print reference documentation.
    #[command(subcommand)]
    Docs(Docs),
}

#[derive(Subcommand)]
enum Secrets {
    /// Seal every stored secret with the first key, so that older keys can be taken away.
    ///
    /// May run while nodes serve. With `--new-key` a new key is put in front of `secrets.key_file` before; nodes read the
    /// file again when they meet the new key, so all of them must see the same file.
    Rotate {
        #[command(flatten)]
        source: Source,
        /// First put a new key in front of the file of keys.
        #[arg(long)]
        new_key: bool,
    },
}

#[derive(Subcommand)]
enum Docs {
    /// The configuration reference as Markdown.
    Config,
}

/// Runs the command that was given.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(source) => {
            let config = load(&source)?;
            let again = Box::new(move || load(&source));
            crate::serve::run(&config, again).map(|()| ExitCode::SUCCESS)
        }
        Command::Check(source) => crate::check::run(&load(&source)?),
        Command::Migrate { source, check } => crate::store::migrate(&load(&source)?, check),
        Command::Files(source) => Ok(print(&files(&load(&source)?))),
        Command::Secrets(Secrets::Rotate { source, new_key }) => rotate(&load(&source)?, new_key),
        Command::Settings(command) => command.run(load),
        Command::Openapi => Ok(print(&format!("{:#}", ges_web::document()))),
        Command::Docs(Docs::Config) => Ok(print(&crate::reference::configuration())),
    }
}

/// The files that an installation cannot be restored without, by the names that a backup gives them.
fn files(config: &Config) -> String {
    let store = (!crate::store::many(config)).then(|| crate::store::file(config));
    let local = config.auth.mode == AuthMode::Local;
    let keys = Some(config.secrets.key_file.clone()).filter(|file| !file.as_os_str().is_empty());
    let named = [
        ("ges.sqlite3", store),
        ("installation.key", Some(config.server.key_path())),
        ("access.toml", local.then(|| crate::first_start::access_path(config))),
        ("secrets.keys", keys),
    ];
    let line = |(name, file): (&str, Option<PathBuf>)| {
        file.map(|file| format!("{name}\t{}", file.display()))
    };
    named.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Seals everything anew, and says what is left.
fn rotate(config: &Config, new_key: bool) -> anyhow::Result<ExitCode> {
    if new_key {
        let name = crate::keys::add(config)?;
        print(&format!("the new key {name} is the first in {}", config.secrets.key_file.display()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let url = format!("http://{}", config.server.listen);
        let house = crate::wiring::build(config, &url).await?;
        anyhow::Ok(house.app.rotate_secrets().await?)
    })?;
    print(&format!("{} secrets, {} of them sealed anew", done.looked, done.renewed));
    for closed in &done.closed {
        print(&format!("stays closed: {closed}"));
    }
    if !done.closed.is_empty() {
        print("keep the older keys, or enter these secrets again");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn load(source: &Source) -> anyhow::Result<Config> {
    #[expect(clippy::disallowed_methods, reason = "the server alone reads the environment")]
    let environment = std::env::vars();
    Ok(config::load(source.config.as_deref(), environment)?)
}

#[expect(clippy::print_stdout, reason = "these commands print a document")]
fn print(text: &str) -> ExitCode {
    println!("{}", text.trim_end());
    ExitCode::SUCCESS
}
