//! The access file on disk: read when it changed, replaced as a whole, never half written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::document::LONGEST;

/// Below this size a look at the file reads it: a change within one tick of the file system's clock is then seen too.
const SMALL: u64 = 1 << 20;

/// By what a changed file is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
    contents: blake3::Hash,
}

/// Where the file is.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
}

/// Nobody else writes the file while this lives, be it another process.
pub(super) struct Turn {
    _lock: File,
}

impl Disk {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(super) fn exists(&self) -> io::Result<bool> {
        self.path.try_exists()
    }

    /// The file's text and stamp, and a warning where it is open to others.
    pub(super) fn read(&self) -> io::Result<(String, Stamp)> {
        let (text, stamp) = self.contents()?;
        self.warn_if_open()?;
        Ok((text, stamp))
    }

    fn contents(&self) -> io::Result<(String, Stamp)> {
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let too_long = || io::Error::other("the access file is longer than 256 MiB");
        if metadata.len() > LONGEST {
            return Err(too_long());
        }
        let mut text = String::new();
        // A file that grows meanwhile is bounded too.
        if file.take(LONGEST + 1).read_to_string(&mut text)? as u64 > LONGEST {
            return Err(too_long());
        }
        let stamp = Stamp {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            inode: metadata.ino(),
            contents: blake3::hash(text.as_bytes()),
        };
        Ok((text, stamp))
    }

    /// The file's text and stamp, where they are not these.
    pub(super) fn changed(&self, known: &Stamp) -> io::Result<Option<(String, Stamp)>> {
        let metadata = fs::metadata(&self.path)?;
        let same = metadata.modified().ok() == known.modified
            && metadata.len() == known.length
            && metadata.ino() == known.inode;
        if same && metadata.len() > SMALL {
            return Ok(None);
        }
        let (text, stamp) = self.contents()?;
        if stamp == *known {
            return Ok(None);
        }
        self.warn_if_open()?;
        Ok(Some((text, stamp)))
    }

    /// A group may read: as a secret of Kubernetes the file is root's and readable by the pod's group.
    fn warn_if_open(&self) -> io::Result<()> {
        if fs::metadata(&self.path)?.permissions().mode() & 0o037 != 0 {
            tracing::warn!(
                "others can read the access file, or its group can write it: it should have mode 0600 or 0440"
            );
        }
        Ok(())
    }

    /// Waits for the turn to write.
    pub(super) fn turn(&self) -> io::Result<Turn> {
        let lock = private().create(true).truncate(false).open(self.beside(".lock"))?;
        lock.lock()?;
        Ok(Turn { _lock: lock })
    }

    /// Replaces the file: whoever reads it, and a machine that stops here, sees the old one or the new one.
    pub(super) fn write(&self, _turn: &Turn, text: &str) -> io::Result<()> {
        let new = self.beside(".new");
        let mut file = private().create(true).truncate(true).open(&new)?;
        // One that a crash left behind may have another mode.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => File::open(".")?.sync_all(),
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        path.into()
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}
