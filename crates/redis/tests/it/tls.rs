//! A server that must prove who it is, and what the voice services' secret makes of the settings.

use ges_contracts::orchestrator::start;
use ges_ports::{FaultKind, Orchestrator};
use ges_redis::{Config, Connection, SharedMemory, StreamConfig, Tls};

use crate::given::{at, stream};
use crate::server::{Server, free_port};

const NAME: &str = "redis-ors-stream.test";

/// A server that speaks TLS only, with a certificate for [`NAME`].
fn server() -> Server {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let port = free_port();
    Server::on_port(format!("rediss://127.0.0.1:{port}"), |folder| {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, certified.cert.pem()).unwrap();
        std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
        let path = |path: &std::path::Path| path.display().to_string();
        let words = ["--port", "0", "--bind", "127.0.0.1", "--requirepass", "right"];
        let mut words: Vec<_> = words.map(String::from).into();
        words.extend(["--tls-auth-clients", "no", "--tls-port"].map(String::from));
        words.extend([port.to_string(), "--tls-cert-file".into(), path(&certificate)]);
        words.extend(["--tls-key-file".into(), path(&key)]);
        words.extend(["--tls-ca-cert-file".into(), path(&certificate)]);
        words
    })
}

fn connection(server: &Server, tls: Tls) -> Connection {
    let password = server.folder().join("password");
    std::fs::write(&password, "right").unwrap();
    Connection { tls, password_file: Some(password), ..at(server.address()) }
}

async fn answers(server: &Server, tls: Tls) -> bool {
    let config = Config { connection: connection(server, tls), ..Config::default() };
    let answer = SharedMemory::open(&config).unwrap().ping().await;
    if let Err(fault) = &answer {
        assert_eq!(fault.kind, FaultKind::Unavailable);
    }
    answer.is_ok()
}

#[tokio::test]
async fn a_server_must_be_vouched_for_and_bear_the_name() {
    let server = server();
    let ca_file = Some(server.folder().join("certificate.pem"));
    let server_name = Some(String::from(NAME));
    let good = Tls { ca_file: ca_file.clone(), server_name: server_name.clone(), insecure: false };
    assert!(answers(&server, good.clone()).await);
    assert!(!answers(&server, Tls { ca_file: None, ..good.clone() }).await, "nobody vouches");
    assert!(!answers(&server, Tls { server_name: None, ..good.clone() }).await, "another name");
    let other = Some(String::from("redis.test"));
    assert!(!answers(&server, Tls { server_name: other, ..good }).await, "another name");
    assert!(answers(&server, Tls { insecure: true, ..Tls::default() }).await, "anybody will do");
}

#[tokio::test]
async fn the_secret_of_the_voice_services_opens_the_stream() {
    let server = server();
    let port: u16 = server.address().rsplit(':').next().unwrap().parse().unwrap();
    let secret_file = server.folder().join("voice_redis_ors_stream");
    let tls = Tls { ca_file: Some(server.folder().join("certificate.pem")), ..Tls::default() };
    let config = StreamConfig {
        connection: Connection { tls, ..at("rediss://127.0.0.1:1") },
        secret_file: Some(secret_file.clone()),
        ..StreamConfig::default()
    };
    let (texts, typed) = (port.to_string(), port);
    for (secret, good) in [
        (
            serde_json::json!({"password": "right", "port": texts, "rejectUnauthorized": "true", "servername": NAME}),
            true,
        ),
        (
            serde_json::json!({"password": "right", "port": typed, "rejectUnauthorized": false}),
            true,
        ),
        (
            serde_json::json!({"password": "right", "port": typed, "rejectUnauthorized": true}),
            false,
        ),
        (
            serde_json::json!({"password": "wrong", "port": typed, "rejectUnauthorized": false}),
            false,
        ),
    ] {
        std::fs::write(&secret_file, secret.to_string()).unwrap();
        let stream = stream(&config);
        assert_eq!(stream.ping().await.is_ok(), good, "{secret}");
        if good {
            stream.start(&start(1)).await.unwrap();
        } else {
            let fault = stream.start(&start(1)).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unavailable, "{secret}");
        }
    }
    let written: u32 = server.ask_as("right", &["XLEN", "NewCallbackStream"]);
    assert_eq!(written, 2);
}
