//! What the server says of itself, for those who ask what runs here.

use ges_domain::time::Timestamp;

/// What runs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The release.
    pub version: &'static str,
    /// This node.
    pub node: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// Where callbacks are kept, in a word.
    pub store: &'static str,
    /// What the nodes share beside the store, in a word.
    pub shared_memory: &'static str,
}
