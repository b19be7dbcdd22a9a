//! A small proxy that sends each new connection to the next node that takes it.
//! Apart, because it stands for the load balancer of a real site, and nothing else in the tools listens.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

const PATIENCE: Duration = Duration::from_secs(1);

/// Connections carried at one time; more are turned away, as each has two threads.
const MOST: usize = 256;

/// The running proxy. It takes no more connections once this is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on the address on behalf of the nodes.
    pub(super) fn start(address: SocketAddr, nodes: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind(address)
            .with_context(|| format!("the proxy cannot listen on {address}"))?;
        let address = listener.local_addr().context("the proxy has no address")?;
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let acceptor = thread::spawn(move || accept(&listener, &nodes, &told));
        Ok(Self { address, ended, acceptor: Some(acceptor) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // One more connection wakes the acceptor, which then sees that it has ended.
        drop(TcpStream::connect_timeout(&self.address, PATIENCE));
        if let Some(acceptor) = self.acceptor.take() {
            let _joined = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, nodes: &[SocketAddr], ended: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for (turn, client) in listener.incoming().enumerate() {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        if open.load(Ordering::SeqCst) >= MOST {
            continue;
        }
        let order: Vec<_> = (0..nodes.len()).map(|n| nodes[(turn + n) % nodes.len()]).collect();
        let open = Arc::clone(&open);
        open.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            let connect = |node| TcpStream::connect_timeout(node, PATIENCE).ok();
            if let Some(node) = order.iter().find_map(connect) {
                carry(&client, &node);
            }
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Carries bytes both ways until both sides have said all.
fn carry(client: &TcpStream, node: &TcpStream) {
    thread::scope(|scope| {
        scope.spawn(|| pour(client, node));
        pour(node, client);
    });
}

fn pour(mut from: &TcpStream, mut to: &TcpStream) {
    // A side that hangs up ends its direction; the other may still have something to say.
    let _carried = io::copy(&mut from, &mut to);
    let _closed = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A node that says its name to whoever connects.
    fn node(name: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming() {
                client.unwrap().write_all(name.as_bytes()).unwrap();
            }
        });
        address
    }

    fn ask(proxy: &Proxy) -> String {
        let mut said = String::new();
        TcpStream::connect(proxy.address).unwrap().read_to_string(&mut said).unwrap();
        said
    }

    #[test]
    fn connections_go_round_and_a_dead_node_is_passed_over() {
        let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nodes = vec![node("a"), dead, node("b")];
        let proxy = Proxy::start("127.0.0.1:0".parse().unwrap(), nodes).unwrap();
        let heard: String = (0..3).map(|_| ask(&proxy)).collect();
        assert_eq!(heard, "abb");
    }
}
