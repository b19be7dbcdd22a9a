//! The limit that benchmarks compare with: an actix handler that answers a small JSON document and does nothing else.
//! At `/ten` it answers the ten rows of a question for waits.

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

fn envelope(data: &Value) -> Value {
    json!({
        "status": {
            "code": 0, "message": "Successful", "corrId": "00000000-0000-4000-8000-000000000000"
        },
        "data": data
    })
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| String::from("127.0.0.1:0"));
    let one = envelope(&json!({"openFor": 28_800}));
    let rows: Vec<Value> = (0..10)
        .map(|number| {
            json!({
                "virtualQueue": format!("CB_{number}_VQ"), "estimatedWaitTime": 95, "message": "",
                "resultCode": 0
            })
        })
        .collect();
    let ten = envelope(&json!(rows));
    HttpServer::new(move || {
        let (one, ten) = (one.clone(), ten.clone());
        let answer = |body: Value| {
            web::to(move || {
                let body = body.clone();
                async move { HttpResponse::Ok().json(body) }
            })
        };
        App::new().route("/ten", answer(ten)).default_service(answer(one))
    })
    .bind(address)?
    .run()
    .await
}
