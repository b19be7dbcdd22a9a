//! The owner of callbacks, as small as it can be: it takes every update and answers as told.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: Value,
}

#[derive(Default)]
struct Told {
    updates: Vec<Update>,
    answers: VecDeque<(u16, String)>,
}

pub(crate) struct Owner {
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
    server: ServerHandle,
}

impl Owner {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Told::default()));
        let data = web::Data::from(Arc::clone(&told));
        let server = HttpServer::new(move || {
            App::new().app_data(data.clone()).default_service(web::to(take))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        drop(tokio::spawn(server));
        Self { url, told, server: handle }
    }

    /// Answers the next updates so, in order; behind them all is well again.
    pub(crate) fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        let bare = statuses.into_iter().map(|status| (status, String::new()));
        self.told.lock().unwrap().answers.extend(bare);
    }

    /// Answers the next update so, with a message in the envelope.
    pub(crate) fn say(&self, status: u16, message: &str) {
        let body = json!({ "status": { "code": u32::from(status) * 100, "message": message } });
        self.told.lock().unwrap().answers.push_back((status, body.to_string()));
    }

    pub(crate) fn updates(&self) -> Vec<Update> {
        self.told.lock().unwrap().updates.clone()
    }

    /// The updates in short: the last word of the path, and the state with its reason.
    pub(crate) fn story(&self) -> Vec<String> {
        let short = |update: &Update| {
            let kind = update.path.rsplit('/').next().unwrap_or_default();
            match (kind, update.body["state"].as_str(), update.body["reason"].as_str()) {
                ("state", Some(state), Some(reason)) => format!("{state} {reason}"),
                ("state", Some(state), None) => state.to_owned(),
                _ => kind.to_owned(),
            }
        };
        self.updates().iter().map(short).collect()
    }

    /// The body of a start for a callback of this owner.
    pub(crate) fn start_of(&self, callback: &str, attempt: u32) -> Value {
        json!({
            "src": "http://127.0.0.1:1/main.scxml",
            "callbackId": callback, "attempt": attempt, "tenantId": "t-1",
            "service": "CB_Sales", "vq": "CB_Sales_VQ",
            "params": {"customerNumber": "+14155550101", "priority": 5},
            "gesUrl": self.url, "updateToken": format!("token-{callback}-{attempt}"),
            "corrId": "c0", "createdAt": 0,
        })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn take(
    told: web::Data<Mutex<Told>>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let mut told = told.lock().unwrap();
    told.updates.push(Update {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        token: token.unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let (status, body) = told.answers.pop_front().unwrap_or((204, String::new()));
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).body(body)
}
