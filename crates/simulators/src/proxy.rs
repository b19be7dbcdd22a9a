//! A TCP proxy that can be told to fail, and that shares its connections among several targets.
//! For what a neighbour cannot do to itself: a network that is slow, cut, or half dead.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fmt, io};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::wire::held;

/// What the network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// It carries.
    #[default]
    Carry,
    /// Everything arrives later by so much.
    Delay(Duration),
    /// It carries nothing, and says nothing: connections stay open.
    Swallow,
    /// Requests arrive, answers do not.
    HalfClose,
    /// Connections are closed, those that are open and those that come.
    Refuse,
}

/// A proxy that runs. Dropping it closes it and its connections.
pub struct Proxy {
    addr: SocketAddr,
    network: watch::Sender<Network>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Where connections go.
#[derive(Clone)]
enum Target {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Socket(std::path::PathBuf),
}

/// Both directions of a connection, of whichever kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Shared {
    targets: Mutex<Vec<Target>>,
    next: AtomicUsize,
    carried: AtomicUsize,
    cuts: watch::Sender<u64>,
}

impl Proxy {
    /// Starts a proxy on a port of the loopback address, 0 for a free one. Connections go to the
    /// targets in turn; one that cannot be reached is passed over.
    ///
    /// # Errors
    /// If the port cannot be bound.
    pub async fn start(port: u16, targets: Vec<SocketAddr>) -> io::Result<Self> {
        Self::before(port, targets.into_iter().map(Target::Tcp).collect()).await
    }

    /// Starts a proxy before a server that listens on a socket of the file system.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[cfg(unix)]
    pub async fn before_socket(port: u16, socket: std::path::PathBuf) -> io::Result<Self> {
        Self::before(port, vec![Target::Socket(socket)]).await
    }

    async fn before(port: u16, targets: Vec<Target>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let addr = listener.local_addr()?;
        let network = watch::Sender::new(Network::Carry);
        let shared = Arc::new(Shared {
            targets: Mutex::new(targets),
            next: AtomicUsize::new(0),
            carried: AtomicUsize::new(0),
            cuts: watch::Sender::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared), network.subscribe()));
        Ok(Self { addr, network, shared, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its address for HTTP, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What the network does from now on, on open connections too.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Where connections go from now on; open ones stay.
    pub fn retarget(&self, targets: Vec<SocketAddr>) {
        *held(&self.shared.targets) = targets.into_iter().map(Target::Tcp).collect();
    }

    /// Cuts every open connection once.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Connections carried so far.
    pub fn carried(&self) -> usize {
        self.shared.carried.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, network: watch::Receiver<Network>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    let (shared, network) = (Arc::clone(&shared), network.clone());
                    connections.spawn(carry(client, shared, network));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, shared: Arc<Shared>, network: watch::Receiver<Network>) {
    let mut cuts = shared.cuts.subscribe();
    cuts.mark_unchanged();
    let mut refused = network.clone();
    let through = async {
        if *network.borrow() == Network::Refuse {
            return;
        }
        let Some(server) = connect(&shared).await else { return };
        shared.carried.fetch_add(1, Ordering::Relaxed);
        let (client_reads, client_writes) = client.into_split();
        let (server_reads, server_writes) = tokio::io::split(server);
        tokio::join!(
            pump(client_reads, server_writes, network.clone(), false),
            pump(server_reads, client_writes, network.clone(), true),
        );
    };
    // What is dropped here is closed: that is the cut.
    tokio::select! {
        () = through => {}
        _ = cuts.changed() => {}
        _ = refused.wait_for(|network| *network == Network::Refuse) => {}
    }
}

async fn connect(shared: &Shared) -> Option<Box<dyn Stream>> {
    let targets = held(&shared.targets).clone();
    let first = shared.next.fetch_add(1, Ordering::Relaxed);
    for turn in 0..targets.len() {
        let target = targets[(first + turn) % targets.len()].clone();
        let reached = tokio::time::timeout(Duration::from_secs(2), target.connect());
        if let Ok(Ok(stream)) = reached.await {
            return Some(stream);
        }
    }
    None
}

impl Target {
    async fn connect(self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                drop(stream.set_nodelay(true));
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Socket(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        }
    }
}

/// Carries one direction until it ends; `answers` is the way back to the client.
async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut network: watch::Receiver<Network>,
    answers: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let carries = |network: &Network| match network {
            Network::Carry | Network::Delay(_) | Network::Refuse => true,
            Network::HalfClose => !answers,
            Network::Swallow => false,
        };
        let seen = network.wait_for(carries).await.map(|network| *network);
        if let Ok(Network::Delay(span)) = seen {
            tokio::time::sleep(span).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // The other direction may go on.
    drop(to.shutdown().await);
}
