//! The accounts that the demo's tenant has with others, entered the way an administrator enters them.
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
        let url = found.with_context(|| format!("{name} is not played"))?.url.as_str();
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        host.parse::<SocketAddr>().with_context(|| format!("{url} is no address"))
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
    Ok(())
}

fn set(address: SocketAddr, token: &str, kind: &str, body: &Value) -> Result<()> {
    let path = format!("/ges/api/v1/credentials/{kind}");
    let request =
        Request::json("PUT", path, body).header("authorization", format!("Bearer {token}"));
    let answer = http::send(address, &request)?;
    if answer.status != 200 {
        bail!("the {kind} account was refused ({}): {}", answer.status, answer.text());
    }
    Ok(())
}
