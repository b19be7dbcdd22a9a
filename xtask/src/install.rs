//! Programs that the tools need from the machine: found, installed where we may, asked for where we may not.
//! Apart, because only here does anything touch the machine outside the checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, say};

/// A program from outside, and what brings it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// What it is called when one reads about it.
    pub(crate) title: &'static str,
    /// The Debian package.
    pub(crate) debian: &'static str,
    /// How to get it elsewhere.
    pub(crate) elsewhere: &'static str,
    /// Whether it is here.
    pub(crate) present: fn() -> bool,
}

/// The needs that are not met.
pub(crate) fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !(need.present)()).collect()
}

/// Installs what is missing on Debian and its children when run as root, and otherwise says what to install.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let wanted = missing(needs);
    if wanted.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = wanted.iter().map(|need| need.debian).collect();
    if !(has_apt() && nix::unistd::geteuid().is_root()) {
        bail!("{}", request(&wanted));
    }
    say::progress(format_args!("installing {} (once on this machine)", packages.join(", ")));
    process::capture(&mut apt_get(["update", "--quiet"]))?;
    let mut install = apt_get(["install", "--yes", "--quiet", "--no-install-recommends"]);
    process::capture(install.args(&packages))?;
    let still = missing(needs);
    if !still.is_empty() {
        bail!("apt-get succeeded and yet this is not found\n{}", request(&still));
    }
    Ok(())
}

fn has_apt() -> bool {
    Path::new("/etc/debian_version").exists() && process::find_program("apt-get").is_some()
}

/// Unpacks the need's package below `folder`, on Debian and its children, and returns where; elsewhere says what to install.
/// It is not installed: none of its scripts run, and no service starts.
pub(crate) fn unpacked(need: &Need, folder: &Path) -> Result<PathBuf> {
    let whole = folder.join(need.debian);
    if whole.is_dir() {
        return Ok(whole);
    }
    if !has_apt() {
        bail!("{}", request(&[*need]));
    }
    say::progress(format_args!("unpacking {} (once per checkout)", need.debian));
    // Under its own name only when it is whole.
    let part = folder.join(format!("{}.part", need.debian));
    if part.exists() {
        fs::remove_dir_all(&part)
            .with_context(|| format!("{} cannot be removed", part.display()))?;
    }
    fs::create_dir_all(&part).with_context(|| format!("{} cannot be made", part.display()))?;
    let download = || {
        process::capture(apt_get(["download", "--quiet", need.debian]).current_dir(&part)).map(drop)
    };
    if download().is_err() {
        // The lists of packages may be missing or old; who may not bring them up to date hears why it failed.
        if nix::unistd::geteuid().is_root() {
            process::capture(&mut apt_get(["update", "--quiet"]))?;
        }
        download().with_context(|| request(&[*need]))?;
    }
    let files = fs::read_dir(&part)?.collect::<Result<Vec<_>, _>>()?;
    let package = files.first().context("apt-get succeeded and yet there is no package")?.path();
    process::capture(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&part))?;
    fs::remove_file(&package).context("the package cannot be removed")?;
    fs::rename(&part, &whole).context("what was unpacked cannot be given its name")?;
    Ok(whole)
}

fn apt_get<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new("apt-get");
    // In run level 1 a package's scripts start no service: we run private instances only.
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command
}

fn request(wanted: &[Need]) -> String {
    let packages: Vec<&str> = wanted.iter().map(|need| need.debian).collect();
    let mut text = format!(
        "this machine lacks something\n  on Debian or Ubuntu: sudo apt-get install --no-install-recommends {}",
        packages.join(" ")
    );
    for need in wanted {
        text = format!("{text}\n  {}: {}", need.title, need.elsewhere);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Need = Need {
        title: "Unobtainium",
        debian: "unobtainium",
        elsewhere: "dig for it",
        present: || false,
    };

    #[test]
    fn a_request_names_the_package_and_the_way_without_it() {
        let text = request(&[NOWHERE]);
        assert!(text.contains("install --no-install-recommends unobtainium"), "{text}");
        assert!(text.contains("Unobtainium: dig for it"), "{text}");
    }

    #[test]
    fn what_is_present_is_not_missing() {
        let here = Need { present: || true, ..NOWHERE };
        assert_eq!(missing(&[here, NOWHERE]).len(), 1);
    }
}
