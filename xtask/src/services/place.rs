//! Where a set of services keeps its data and sockets, and as whom it runs.
//! Apart, because PostgreSQL refuses to run as root, and a path of ours may be closed to others or too long for a socket.

use std::fs::{DirBuilder, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::unistd::User;

use crate::checkout::Checkout;

/// A Unix socket's path may have 107 bytes; the longest name that we put behind it is `/redis.sock.12345`, with room to spare.
const LONGEST_FOLDER: usize = 80;

/// The folder of one set of services.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    tenant: Option<Tenant>,
}

/// The unprivileged user on whose behalf root starts the services.
#[derive(Clone, Copy, Debug)]
struct Tenant {
    uid: u32,
    gid: u32,
}

impl Place {
    /// Chooses the folder: below the checkout's build folder if the services can live there, else below the system's temporary one.
    pub(crate) fn new(checkout: &Checkout, name: &str) -> Result<Self> {
        let tenant = if nix::unistd::geteuid().is_root() { Some(Tenant::choose()?) } else { None };
        let near = checkout.target("services").join(name);
        let habitable = near.as_os_str().as_bytes().len() <= LONGEST_FOLDER
            && (tenant.is_none() || open_to_all(&near));
        let folder = if habitable {
            near
        } else {
            let key = fnv(checkout.root().as_os_str().as_bytes());
            std::env::temp_dir().join(format!("ges-services-{key:016x}")).join(name)
        };
        Ok(Self { folder, tenant })
    }

    /// Takes the set for ourselves until the file is dropped, so that two runs do not start it twice.
    pub(crate) fn lock(&self) -> Result<File> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&self.folder)
            .with_context(|| format!("{} cannot be made", self.folder.display()))?;
        let path = self.folder.join("lock");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        file.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
        Ok(file)
    }

    /// A folder for one service, which only that service's user may enter.
    pub(crate) fn folder(&self, service: &str) -> Result<PathBuf> {
        let folder = self.path(service);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        if let Some(tenant) = self.tenant {
            chown(&folder, Some(tenant.uid), Some(tenant.gid))
                .with_context(|| format!("{} cannot be given away", folder.display()))?;
        }
        Ok(folder)
    }

    /// Where `folder` would be, without making it.
    pub(crate) fn path(&self, service: &str) -> PathBuf {
        self.folder.join(service)
    }

    /// Lets the command run as the services' user, from a directory that this user can enter.
    pub(crate) fn inhabit(&self, command: &mut Command, folder: &Path) {
        command.current_dir(folder).env("LC_ALL", "C");
        if let Some(tenant) = self.tenant {
            command.uid(tenant.uid).gid(tenant.gid);
        }
    }
}

impl Tenant {
    fn choose() -> Result<Self> {
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).context("users cannot be looked up")? {
                return Ok(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() });
            }
        }
        anyhow::bail!(
            "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`; \
             run this as an ordinary user"
        )
    }
}

/// Whether a stranger can walk to the folder: each existing ancestor lets others pass.
fn open_to_all(folder: &Path) -> bool {
    folder
        .ancestors()
        .skip(1)
        .filter_map(|dir| dir.metadata().ok())
        .all(|dir| dir.permissions().mode() & 0o001 != 0 && dir.mode() & 0o170_000 == 0o040_000)
}

/// The FNV-1a hash: the same for a path on every day and with every compiler.
fn fnv(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_closed_ancestor_closes_everything_below() {
        let closed = std::env::temp_dir().join(format!("xtask-closed-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&closed).unwrap();
        assert!(open_to_all(&std::env::temp_dir().join("anything")));
        assert!(!open_to_all(&closed.join("below/and/below")));
        std::fs::remove_dir(closed).unwrap();
    }
}
