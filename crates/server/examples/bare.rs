//! The limit that benchmarks compare with: an actix handler that answers a small JSON document and does nothing else.

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| String::from("127.0.0.1:0"));
    let body = serde_json::json!({
        "status": {
            "code": 0, "message": "Successful", "corrId": "00000000-0000-4000-8000-000000000000"
        },
        "data": {"openFor": 28_800}
    });
    HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().json(body) }
        }))
    })
    .bind(address)?
    .run()
    .await
}
