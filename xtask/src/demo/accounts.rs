//! The accounts that the demo's tenant has with others, and its webhook, entered the way an administrator enters them.
//! Apart from the settings, because they come from a person and not from Designer.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::stage::Neighbour;
use crate::http::{self, Request};
use crate::say;

/// An administrator of the pretended platform; the password opens nothing else.
const SIGNS_IN: &str = "grant_type=password&username=t100%5Cadministrator&password=password&client_id=ges_client&scope=*";
/// The service's client there with its secret, as HTTP writes it.
const CLIENT: &str = "Basic Z2VzX2NsaWVudDpnZXNfY2xpZW50LXNlY3JldA==";

/// Enters the accounts with the push and statistics services; the captcha stays off.
pub(crate) fn enter(address: SocketAddr, neighbours: &[Neighbour]) -> Result<()> {
    let of = |name: &str| {
        let found = neighbours.iter().find(|one| one.name == name);
        found.with_context(|| format!("{name} is not played"))?.address()
    };
    let sign_in = Request::form("/auth/v3/oauth/token", SIGNS_IN).header("authorization", CLIENT);
    let granted = http::send(of("gauth")?, &sign_in)?.json()?;
    let token = granted["access_token"].as_str().context("the administrator is not let in")?;
    let account = http::send(of("fcm")?, &Request::get("/_sim/service-account"))?.json()?;
    let push = json!({ "serviceAccount": account });
    let statistics = json!({ "userName": "t100\\supervisor", "password": "password" });
    for (kind, body) in [("push", push), ("statistics", statistics)] {
        set(address, token, kind, &body)?;
    }
    say::remark("the tenant has accounts with the push and statistics services");
    listen(address, token, of("listener")?)?;
    say::remark("its webhook hears of every change, and checks who tells it");
    Ok(())
}

fn set(address: SocketAddr, token: &str, kind: &str, body: &Value) -> Result<()> {
    let path = format!("/ges/api/v1/credentials/{kind}");
    ask(address, token, Request::json("PUT", path, body)).map(drop)
}

/// Lets the listener be told, and tells it the secret.
fn listen(address: SocketAddr, token: &str, listener: SocketAddr) -> Result<()> {
    const ALL: &str = "/ges/api/v1/webhooks";
    let url = format!("http://{listener}/hooks");
    let known = ask(address, token, Request::get(ALL))?;
    let mut known = known["webhooks"].as_array().into_iter().flatten();
    // One of an earlier demo has a secret that this listener never heard.
    let known = known.find(|one| one["url"] == url.as_str());
    let made = if let Some(id) = known.and_then(|one| one["id"].as_str()) {
        let rotate = format!("{ALL}/{id}/rotate");
        ask(address, token, Request::json("POST", rotate, &json!({})))?
    } else {
        let wanted = json!({ "url": url, "description": "the demo's listener" });
        ask(address, token, Request::json("POST", ALL, &wanted))?
    };
    let secret = json!({ "secret": made["secret"] });
    let answer = http::send(listener, &Request::json("PUT", "/_sim/secret", &secret))?;
    if answer.status != 204 {
        bail!("the listener did not take its secret ({}): {}", answer.status, answer.text());
    }
    Ok(())
}

/// The data of an answer to the administrator.
fn ask(address: SocketAddr, token: &str, request: Request) -> Result<Value> {
    let answer = http::send(address, &request.header("authorization", format!("Bearer {token}")))?;
    if answer.status != 200 {
        bail!("the administrator was refused ({}): {}", answer.status, answer.text());
    }
    Ok(answer.json()?["data"].take())
}
