//! One process of the service: started, read, frozen, ended.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a node may take to serve; generous, because a build may run beside the tests.
const SERVES_WITHIN: Duration = Duration::from_secs(30);

/// A node that serves.
pub(crate) struct Node {
    child: Child,
    /// Where it serves.
    pub(crate) url: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// Starts a node and waits until it serves; on failure, all that it said is in the message.
    pub(crate) fn start(folder: &Path, config: &Path) -> Self {
        match Self::try_start(folder, config) {
            Ok(node) => node,
            Err(said) => panic!("the node did not serve; it said:\n{}", said.join("\n")),
        }
    }

    /// Starts a node; answers what it said if it ends, or is silent, before it serves.
    pub(crate) fn try_start(folder: &Path, config: &Path) -> Result<Self, Vec<String>> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ges"))
            .args(["serve", "--config"])
            .arg(config)
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (send, receive) = mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        let kept = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let json: Option<Value> = serde_json::from_str(&line).ok();
                let address = json
                    .filter(|event| event["message"] == "serving")
                    .and_then(|event| event["address"].as_str().map(str::to_owned));
                kept.lock().unwrap().push(line);
                if let Some(address) = address {
                    // The receiver is gone once it has its answer.
                    let _ignored = send.send(address);
                }
            }
        });
        match receive.recv_timeout(SERVES_WITHIN) {
            Ok(address) => Ok(Self { child, url: format!("http://{address}"), lines }),
            Err(_silent_or_gone) => {
                let _gone = child.kill();
                let _status = child.wait();
                Err(lines.lock().unwrap().clone())
            }
        }
    }

    /// Ends it without a word, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, and waits until it has; answers whether it ended well.
    pub(crate) fn stop(&mut self) -> bool {
        self.signal("-TERM");
        self.child.wait().unwrap().success()
    }

    /// Whether it ends well by itself within that time.
    pub(crate) async fn ended_within(&mut self, span: Duration) -> bool {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            if begun.elapsed() > span {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal by its name, such as `-STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(name).arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success(), "the signal {name} was not sent");
    }

    /// Everything that it wrote so far.
    pub(crate) fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the node said:\n{}", self.log());
        }
    }
}
