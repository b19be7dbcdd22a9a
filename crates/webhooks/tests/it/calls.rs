//! A call is believed by who knows the secret, and goes nowhere that it must not.

use ges_domain::id::RecordId;
use ges_domain::time::Timestamp;
use ges_ports::{HookAnswer, HookCall, HookTrouble, Hooks, Secret, UnfitHook};
use ges_simulators::{Action, Answer, Clock, Fault, Listener};
use ges_webhooks::{Config, Webhooks};
use uuid::Uuid;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The adapter as an operator sets it who lets it call its own machine, or does not.
#[expect(clippy::disallowed_methods, reason = "the tests' own client")]
fn adapter(open: &[&str]) -> Webhooks {
    let config = Config {
        allow_networks: open.iter().map(|text| (*text).to_owned().try_into().unwrap()).collect(),
        allow_http: true,
        timeout_ms: 500.try_into().unwrap(),
        ..Config::default()
    };
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = config.tune(reqwest::Client::builder()).build().unwrap();
    Webhooks::new(config, client)
}

async fn listener() -> Listener {
    let listener = Listener::start(0, Clock::real()).await.unwrap();
    listener.trust(SECRET);
    listener
}

fn call(url: &str, secrets: &[&str]) -> HookCall {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    HookCall {
        url: url.to_owned(),
        id: RecordId::new(Uuid::from_u128(7)),
        at: Timestamp::from_second(i64::try_from(now).unwrap()).unwrap(),
        body: String::from(r#"{"type":"callback.queued"}"#),
        secrets: secrets.iter().map(|text| Secret::new(*text)).collect(),
    }
}

async fn called(hooks: &Webhooks, url: &str) -> Result<u16, HookTrouble> {
    hooks.call(&call(url, &[SECRET])).await.status
}

#[tokio::test]
async fn a_signed_message_is_believed_and_another_is_not() {
    let listener = listener().await;
    let hooks = adapter(&["127.0.0.0/8"]);
    let hook = listener.hook();
    assert_eq!(called(&hooks, &hook).await, Ok(204));
    assert_eq!(hooks.call(&call(&hook, &[OTHER])).await.status, Ok(401));
    assert_eq!(hooks.call(&call(&hook, &[OTHER, SECRET])).await.status, Ok(204), "both sign");
    let heard = listener.heard();
    assert_eq!((heard.len(), heard[0].message["type"].as_str()), (1, Some("callback.queued")));
    assert_eq!(listener.odd(), (1, 1), "the same name again, and one that was not believed");
    let mut old = call(&hook, &[SECRET]);
    old.at = Timestamp::from_second(old.at.as_second() - 301).unwrap();
    assert_eq!(hooks.call(&old).await.status, Ok(401), "who records a call cannot play it later");
}

#[tokio::test]
async fn addresses_inside_are_not_called_however_they_are_written() {
    let listener = listener().await;
    let hooks = adapter(&[]);
    let port = listener.url().rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]",
    ] {
        let url = format!("http://{host}:{port}/hooks");
        assert_eq!(hooks.fit(&url), Err(UnfitHook::NotPublic), "{url}");
        let refused = Err(HookTrouble::Unfit(UnfitHook::NotPublic));
        assert_eq!(called(&hooks, &url).await, refused, "{url}");
    }
    // A name is judged by what it leads to, when it is called.
    for name in ["localhost", "LOCALHOST.", "ip6-localhost"] {
        let url = format!("http://{name}:{port}/hooks");
        assert_eq!(hooks.fit(&url), Ok(()));
        let trouble = called(&hooks, &url).await.unwrap_err();
        assert!(matches!(trouble, HookTrouble::AddressRefused | HookTrouble::NameUnknown), "{url}");
    }
    assert!(listener.received().is_empty());
}

#[tokio::test]
async fn an_allowed_network_is_called_and_no_other() {
    let listener = listener().await;
    let port = listener.url().rsplit(':').next().unwrap().to_owned();
    let hooks = adapter(&["127.0.0.1"]);
    assert_eq!(called(&hooks, &format!("http://127.0.0.1:{port}/hooks")).await, Ok(204));
    let beside = format!("http://127.0.0.2:{port}/hooks");
    assert_eq!(hooks.fit(&beside), Err(UnfitHook::NotPublic));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let listener = listener().await;
    let hooks = adapter(&["127.0.0.1"]);
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Answer::text(status, "").with("location", "http://169.254.169.254/latest");
        listener.answer_with(elsewhere);
        assert_eq!(called(&hooks, &listener.hook()).await, Ok(status));
    }
    listener.inject(Fault::once(Action::RedirectLoop));
    let answer = called(&hooks, &listener.hook()).await.unwrap();
    assert!((300..400).contains(&answer));
    assert_eq!(listener.received().len(), 6);
}

#[tokio::test]
async fn every_way_to_fail_is_one_trouble_and_takes_no_longer_than_it_may() {
    let hooks = adapter(&["127.0.0.1"]);
    for (misfortune, expected) in [
        (Action::Stall, Err(HookTrouble::TimedOut)),
        (Action::HangUp, Err(HookTrouble::Broken)),
        (Action::Reset, Err(HookTrouble::Broken)),
        (Action::Status { status: 500, retry_after: None }, Ok(500)),
        (Action::Garbage, Ok(200)),
        (Action::Huge { bytes: 50_000_000 }, Ok(200)),
        (Action::Truncate, Ok(200)),
        (Action::Drip { ms: 100 }, Ok(204)),
    ] {
        let listener = listener().await;
        listener.inject(Fault::once(misfortune.clone()));
        let answer: HookAnswer = hooks.call(&call(&listener.hook(), &[SECRET])).await;
        assert_eq!(answer.status, expected, "{misfortune:?}");
        assert!(answer.took_ms < 5_000, "{misfortune:?} took {} ms", answer.took_ms);
    }
    let listener = listener().await;
    listener.inject(Fault::once(Action::Status { status: 429, retry_after: Some(7) }));
    let answer = hooks.call(&call(&listener.hook(), &[SECRET])).await;
    assert_eq!((answer.status, answer.wait.map(|wait| wait.as_secs())), (Ok(429), Some(7)));
    let gone = listener.hook();
    listener.stop().await;
    // Another client: this one's connection may outlive the listener's door for a moment.
    assert_eq!(called(&adapter(&["127.0.0.1"]), &gone).await, Err(HookTrouble::Unreachable));
}

#[tokio::test]
async fn an_address_is_one_of_the_web_without_a_password() {
    let hooks = adapter(&[]);
    let strict = {
        let config = Config::default();
        #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
        let client = config.tune(reqwest::Client::builder()).build().unwrap();
        Webhooks::new(config, client)
    };
    assert_eq!(strict.fit("https://example.com/hooks?a=b"), Ok(()));
    assert_eq!(strict.fit("http://example.com/"), Err(UnfitHook::NotEncrypted));
    assert_eq!(hooks.fit("http://example.com/"), Ok(()));
    for odd in
        ["", "example.com", "ftp://example.com", "file:///etc/passwd", "https://", "gopher://x"]
    {
        assert_eq!(hooks.fit(odd), Err(UnfitHook::NotAnAddress), "{odd}");
    }
    assert_eq!(
        hooks.fit(&format!("https://example.com/{}", "a".repeat(2048))),
        Err(UnfitHook::NotAnAddress)
    );
    for secret in ["https://me@example.com", "https://me:pass@example.com"] {
        assert_eq!(hooks.fit(secret), Err(UnfitHook::Credentials));
    }
}
