//! A neighbour's listeners and the handle with the words that all neighbours share.

use std::future::Future;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, Resource};

use super::{Action, Answer, Fault, Received, Wire, control, held, middleware};
use crate::Clock;

/// A neighbour that runs: where it listens, what it received, what it shall get wrong.
///
/// Dropping the handle closes its listeners.
pub struct Peer {
    wire: Arc<Wire>,
    urls: Vec<String>,
    servers: Vec<ServerHandle>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("name", &self.wire.name)
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// A listener that is bound but not yet served, so that nodes can know each other's address.
pub(crate) struct Listener {
    socket: TcpListener,
    pub(crate) url: String,
}

impl Listener {
    /// Binds a port of the loopback address; 0 takes a free one.
    pub(crate) fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let url = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, url })
    }
}

impl Peer {
    /// Serves each listener with the routes of its place.
    pub(crate) fn serve<C, F>(
        wire: Arc<Wire>,
        listeners: Vec<Listener>,
        mut routes_of: impl FnMut(usize) -> C,
    ) -> io::Result<Self>
    where
        C: Fn() -> F + Send + Clone + 'static,
        F: FnOnce(&mut ServiceConfig) + 'static,
    {
        let mut peer = Self { wire, urls: Vec::new(), servers: Vec::new() };
        for (node, Listener { socket, url }) in listeners.into_iter().enumerate() {
            let data = Data::from(Arc::clone(&peer.wire));
            let routes = routes_of(node);
            let server = HttpServer::new(move || {
                App::new()
                    .wrap(from_fn(middleware::misbehave))
                    .app_data(Data::clone(&data))
                    .app_data(web::PayloadConfig::new(usize::MAX))
                    .configure(control::routes)
                    .configure(routes())
                    .default_service(web::to(not_found))
            })
            .on_connect(middleware::hold)
            .workers(1)
            .disable_signals()
            .listen(socket)?
            .run();
            peer.servers.push(server.handle());
            peer.urls.push(url);
            drop(tokio::spawn(server));
        }
        Ok(peer)
    }

    /// The base address of the first node, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.urls[0]
    }

    /// The base addresses of all nodes.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The clock it lives by.
    pub fn clock(&self) -> &Clock {
        &self.wire.clock
    }

    /// Answers the next request so, whatever it asks.
    pub fn answer_with(&self, answer: Answer) {
        self.inject(Fault::once(Action::Answer(answer)));
    }

    /// Refuses the next request with this status.
    pub fn fail_next(&self, status: u16) {
        self.inject(Fault::once(Action::Status { status, retry_after: None }));
    }

    /// Never answers the next request, and keeps its connection open.
    pub fn stall_next(&self) {
        self.inject(Fault::once(Action::Stall));
    }

    /// Closes the connection of the next request without an answer.
    pub fn hang_up_next(&self) {
        self.inject(Fault::once(Action::HangUp));
    }

    /// Adds a fault behind those that wait already.
    pub fn inject(&self, fault: Fault) {
        self.wire.faults().push(fault);
    }

    /// Takes all faults of the wire away.
    pub fn heal(&self) {
        self.wire.faults().clear();
    }

    /// What it received so far, oldest first; calls of its knobs are not among it.
    pub fn received(&self) -> Vec<Received> {
        self.wire.journal().all()
    }

    /// Forgets what it received.
    pub fn forget(&self) {
        self.wire.journal().clear();
    }

    /// Closes the listeners and all connections; returns when they are closed.
    pub async fn stop(&self) {
        for server in &self.servers {
            server.stop(false).await;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        for server in &self.servers {
            // The command is sent when the future is made; nobody has to wait for its end.
            drop(server.stop(false));
        }
    }
}

/// A neighbour whose whole state is a desk behind one lock. Dropping it stops it.
///
/// It is a [`Peer`]: the words that all neighbours share are its words too.
pub struct Neighbour<D> {
    peer: Peer,
    desk: Arc<Mutex<D>>,
}

impl<D> fmt::Debug for Neighbour<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neighbour").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl<D> Deref for Neighbour<D> {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl<D: Send + 'static> Neighbour<D> {
    /// Serves a desk on a port; 0 takes a free one. The routes find the desk and the clock among
    /// their data.
    pub(crate) fn at(
        name: &'static str,
        port: u16,
        clock: &Clock,
        desk: D,
        routes: fn(&mut ServiceConfig),
    ) -> io::Result<Self> {
        let listener = Listener::bind(port)?;
        let desk = Arc::new(Mutex::new(desk));
        let wire = Arc::new(Wire::new(name, clock.clone()));
        let peer = Peer::serve(wire, vec![listener], |_| {
            let (desk, clock) = (Arc::clone(&desk), clock.clone());
            move || {
                let (desk, clock) = (Arc::clone(&desk), clock.clone());
                move |config: &mut ServiceConfig| {
                    config.app_data(Data::from(desk)).app_data(Data::new(clock)).configure(routes);
                }
            }
        })?;
        Ok(Self { peer, desk })
    }

    /// Looks at the desk, or turns it.
    pub(crate) fn desk<T>(&self, look: impl FnOnce(&mut D) -> T) -> T {
        look(&mut held(&self.desk))
    }
}

/// A resource that answers one verb, and 405 with the verb to all others.
pub(crate) fn only<H, A>(path: &str, verb: &'static str, handler: H) -> Resource
where
    H: actix_web::Handler<A>,
    A: actix_web::FromRequest + 'static,
    H::Output: actix_web::Responder + 'static,
    H::Future: Future<Output = H::Output>,
{
    let method = verb.parse().expect("a verb of HTTP");
    web::resource(path).route(web::method(method).to(handler)).default_service(web::to(
        move || async move {
            HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, verb)).finish()
        },
    ))
}

async fn not_found() -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain").body("Not Found")
}
