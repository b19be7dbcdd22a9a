//! The realm that every demo and most tests start from. Its secrets open nothing but the
//! simulators.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Known, OauthClient, Person, Setting, Tenant, VirtualQueue};
use crate::draw::Draw;

const ENVIRONMENT: &str = "d0fb6386-236c-4739-aec0-b9c1bd6173df";

pub(super) fn demo() -> Known {
    let first = tenant(
        "9350e2fc-a1dd-4c65-8d40-1f75a2e00100",
        100,
        "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33",
        ["/USW1", "/USE1"],
    );
    let second = tenant(
        "9350e2fc-a1dd-4c65-8d40-1f75a2e00200",
        200,
        "0c1b7f52-64a7-4d0e-8f3c-91a5d2e6b744",
        ["/USE1", "/EUC1"],
    );
    let people = [&first, &second].into_iter().flat_map(people).collect();
    let tenants = [first, second].into_iter().map(|tenant| (tenant.id.clone(), tenant)).collect();
    let environment = json!({ "id": ENVIRONMENT, "tenant": "Environment", "appName": "Cloud" });
    let clients = ["ges_client", "designer_client", "other_client"].map(client);
    Known {
        environments: BTreeMap::from([(ENVIRONMENT.to_owned(), environment)]),
        tenants,
        people,
        clients: clients.into_iter().map(|client| (client.client_id.clone(), client)).collect(),
        ops: ("ops".to_owned(), "ops-secret".to_owned()),
        tokens: BTreeMap::new(),
        refresh: BTreeMap::new(),
        draw: Draw::new(1, 8),
    }
}

fn tenant(id: &str, short_id: u32, api_key: &str, locations: [&str; 2]) -> Tenant {
    let queue = |dbid, name: &str| VirtualQueue {
        dbid,
        name: name.to_owned(),
        alias: format!("{name}_SIP"),
        switch: "SIP_Switch".to_owned(),
        state: "Enabled".to_owned(),
    };
    let setting = |name: &str, value: &str| Setting {
        location: "/".to_owned(),
        name: name.to_owned(),
        shared: "true".to_owned(),
        value: value.to_owned(),
    };
    Tenant {
        id: id.to_owned(),
        short_id,
        domains: vec![format!("t{short_id}")],
        environment_id: ENVIRONMENT.to_owned(),
        auth: "configServer".to_owned(),
        locations: locations.map(str::to_owned).to_vec(),
        settings: vec![
            setting("ges-enabled", "true"),
            setting("cors-origins", "https://www.example.com, http://127.0.0.1:8080"),
        ],
        api_keys: BTreeSet::from([api_key.to_owned()]),
        queues: vec![queue(501, "CB_Sales_VQ"), queue(502, "CB_Support_VQ")],
        proxies: BTreeSet::from(["CB_Support_VQ".to_owned()]),
    }
}

/// One person for each role, one whom nobody gave a role, and one of the old days.
fn people(tenant: &Tenant) -> Vec<Person> {
    let company = format!("Tenant{}", tenant.short_id);
    let person = |dbid, name: &str, group: Option<String>| Person {
        dbid,
        tenant: tenant.id.clone(),
        user_name: name.to_owned(),
        password: "password".to_owned(),
        authorities: vec!["ROLE_SUPERVISOR".to_owned()],
        access_groups: group.into_iter().map(|group| (dbid + 1_000, group)).collect(),
        roles: Vec::new(),
        annex: json!({ "htcc": { "roles": "supervisor" } }),
        permissions: BTreeMap::from([("*".to_owned(), read())]),
    };
    let mut narrow = person(103, "narrow", Some(format!("{company} Supervisors")));
    narrow.permissions = BTreeMap::from([("CB_Sales_VQ".to_owned(), read())]);
    let mut legacy = person(106, "legacy", Some(format!("{company} Managers")));
    legacy.annex["ges"] = json!({ "role": "Supervisor" });
    vec![
        person(101, "administrator", Some(format!("{company} Administrators"))),
        person(102, "supervisor", Some(format!("{company} Supervisors"))),
        narrow,
        person(104, "monitor", Some(format!("{company} Managers"))),
        person(105, "developer", Some("Callback Developers".to_owned())),
        legacy,
        person(107, "nobody", None),
    ]
}

fn read() -> Vec<String> {
    vec!["Read".to_owned(), "Execute".to_owned()]
}

fn client(id: &str) -> OauthClient {
    let grants =
        ["refresh_token", "implicit", "client_credentials", "password", "authorization_code"];
    OauthClient {
        client_id: id.to_owned(),
        client_secret: format!("{id}-secret"),
        authorities: vec!["ROLE_INTERNAL_CLIENT".to_owned()],
        grants: grants.map(str::to_owned).to_vec(),
        redirects: vec!["https://ges.example.com".to_owned(), "http://127.0.0.1".to_owned()],
        access_secs: 43_200,
        refresh_secs: 43_200,
        tenants: Vec::new(),
    }
}
