//! The limit that reads of one callback are compared with: an actix handler that finds a row by its primary key and
//! answers the document in it, with nothing else around it. Each worker has a pool of its own, as a node's workers have.
//!
//! `bare_read ADDRESS DATABASE TENANT` answers `{"id":"…"}` at any path.

use std::error::Error;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer, error};
use deadpool::managed::{self, Metrics, Pool, RecycleError, RecycleResult};
use diesel::pg::data_types::PgTimestamp;
use diesel::{QueryDsl, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;
use uuid::Uuid;

diesel::table! {
    /// What is read of a callback's row.
    callbacks (tenant, id) {
        /// The first half of the key.
        tenant -> Uuid,
        /// The second half.
        id -> Uuid,
        /// The place that it holds.
        slot -> Nullable<Timestamptz>,
        /// Everything else.
        document -> Text,
    }
}

/// Connections of one worker: as many as a node's worker has by default.
const CONNECTIONS: usize = 4;

/// A connection, and what drives it.
struct Session {
    connection: AsyncPgConnection,
    driver: JoinHandle<()>,
}

/// Makes connections for a pool.
struct Manager(String);

impl managed::Manager for Manager {
    type Type = Session;
    type Error = Box<dyn Error + Send + Sync>;

    async fn create(&self) -> Result<Session, Self::Error> {
        let (client, connection) = tokio_postgres::connect(&self.0, NoTls).await?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Session { connection: AsyncPgConnection::try_from(client).await?, driver })
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Self::Error> {
        if session.driver.is_finished() {
            return Err(RecycleError::message("the connection is lost"));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Which {
    id: Uuid,
}

/// What a worker needs.
struct Worker {
    pool: Pool<Manager>,
    tenant: Uuid,
}

impl Worker {
    fn new(url: &str, tenant: Uuid) -> Self {
        let pool = Pool::builder(Manager(url.to_owned())).max_size(CONNECTIONS).build();
        Self { pool: pool.expect("a pool without timeouts needs no runtime"), tenant }
    }
}

async fn retrieve(
    worker: Data<Worker>,
    which: web::Json<Which>,
) -> Result<HttpResponse, actix_web::Error> {
    let mut session = worker.pool.get().await.map_err(error::ErrorServiceUnavailable)?;
    let row = callbacks::table.find((worker.tenant, which.id));
    // The place is read along, as a node reads it.
    let row = row.select((callbacks::slot, callbacks::document));
    let found: QueryResult<(Option<PgTimestamp>, String)> =
        row.first(&mut session.connection).await;
    let (_slot, document) = found.map_err(error::ErrorNotFound)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, url, tenant] = words.as_slice() else {
        return Err("bare_read ADDRESS DATABASE TENANT".into());
    };
    let (url, tenant) = (url.clone(), tenant.parse::<Uuid>()?);
    let server = HttpServer::new(move || {
        let worker = Data::new(Worker::new(&url, tenant));
        App::new().app_data(worker).default_service(web::to(retrieve))
    });
    server.bind(address)?.run().await?;
    Ok(())
}
