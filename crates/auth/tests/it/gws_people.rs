//! People of the platform: signed in once, asked about seldom, and never more than they are.

use std::collections::BTreeSet;

use ges_auth::gws::{Gws, RbacConfig};
use ges_domain::access::{Lines, Permission, Role};
use ges_domain::name::QueueName;
use ges_ports::{Application, Entry, People, Secret};
use ges_simulators::{Action, Fault};
use serde_json::json;

use crate::given::{after_secs, now};
use crate::platform::{BACK, Platform, VERIFIER, first, heard, proof, second, visit};

fn queues(names: &[&str]) -> BTreeSet<QueueName> {
    names.iter().map(|name| QueueName::parse(name).unwrap()).collect()
}

#[tokio::test]
async fn everybody_gets_the_roles_of_their_groups_and_the_lines_of_their_permissions() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let hidden = Lines::AllBut(queues(&["CB_Support_VQ"]));
    for (name, roles, lines) in [
        ("administrator", vec![Role::Administrator], Lines::All),
        ("supervisor", vec![Role::Supervisor], Lines::All),
        ("narrow", vec![Role::Supervisor], hidden),
        ("monitor", vec![Role::Monitor], Lines::All),
        ("developer", vec![Role::Developer], Lines::All),
        ("legacy", vec![Role::Supervisor], Lines::All),
        ("nobody", vec![], Lines::none()),
    ] {
        let person = platform.guest(&gws, name).await.person;
        assert_eq!(person.roles, roles.into_iter().collect(), "{name}");
        assert_eq!(person.lines, lines, "{name}");
        assert_eq!(person.display_name, format!("Callback {name}"));
    }
}

#[tokio::test]
async fn nobody_is_somebody_only_where_the_installation_says_so() {
    let platform = Platform::new().await;
    let mut config = platform.config();
    config.rbac = RbacConfig { open_if_unconfigured: true, ..RbacConfig::default() };
    let gws = Gws::new(config, &platform.client).unwrap();
    assert!(platform.guest(&gws, "nobody").await.person.may(Permission::ReadAudit));
    assert!(!platform.guest(&gws, "monitor").await.person.may(Permission::CancelCallbacks));
}

#[tokio::test]
async fn a_code_is_good_once_for_its_own_visit() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let code = platform.code(&gws, "t100\\monitor").await;
    let mut other = proof(code);
    if let ges_ports::Proof::Code { verifier, .. } = &mut other {
        *verifier = Secret::new("the-verifier-of-another-visit-than-this-one");
    }
    assert!(matches!(gws.sign_in(&other, now()).await.unwrap(), Entry::Refused));
    let right = proof(platform.code(&gws, "t100\\monitor").await);
    assert!(matches!(gws.sign_in(&right, now()).await.unwrap(), Entry::Admitted(_)));
    assert!(matches!(gws.sign_in(&right, now()).await.unwrap(), Entry::Refused), "used up");
}

#[tokio::test]
async fn the_door_names_the_visit_and_hides_its_verifier() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let ges_ports::Door::Elsewhere(address) = gws.door(&visit()) else { panic!("it is elsewhere") };
    for part in ["response_type=code", "client_id=ges_client", "code_challenge_method=S256"] {
        assert!(address.contains(part), "{address}");
    }
    assert!(!address.contains(VERIFIER));
    let farewell = gws.farewell(BACK).unwrap();
    assert!(farewell.contains("/auth/v3/sign-out?global=true&redirectUri=https%3A%2F%2Fges"));
}

#[tokio::test]
async fn a_token_is_believed_for_a_minute_and_a_wrong_one_doubted_for_five_seconds() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let token = platform.token("t100\\monitor", "ges_client");
    for second in [0, 59] {
        let person = gws.bearer(&token, after_secs(second)).await.unwrap().unwrap();
        assert_eq!(person.roles, BTreeSet::from([Role::Monitor]));
    }
    assert_eq!(heard(&platform.gauth, "/openid/userinfo"), 1);
    platform.realm.expire_tokens();
    assert_eq!(gws.bearer(&token, after_secs(60)).await.unwrap(), None);
    assert_eq!(gws.bearer(&token, after_secs(64)).await.unwrap(), None);
    assert_eq!(heard(&platform.gauth, "/openid/userinfo"), 2);
    gws.bearer(&token, after_secs(65)).await.unwrap();
    assert_eq!(heard(&platform.gauth, "/openid/userinfo"), 3);
}

#[tokio::test]
async fn roles_are_believed_for_five_minutes_and_in_an_outage_for_thirty() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let guest = platform.guest(&gws, "monitor").await;
    let roles = async |second| {
        let renewed = gws.renew(&guest, after_secs(second)).await;
        renewed.map(|guest| guest.unwrap().person.roles)
    };
    platform.realm.with(|known| {
        let tenant = first().to_string();
        let person = known.people.iter_mut().find(|it| it.dbid == 104 && it.tenant == tenant);
        person.unwrap().annex = json!({ "ges": { "role": "Developer" } });
    });
    assert_eq!(roles(299).await.unwrap(), BTreeSet::from([Role::Monitor]));
    platform.configuration.inject(Fault::always(Action::HangUp));
    assert_eq!(roles(1_799).await.unwrap(), BTreeSet::from([Role::Monitor]), "the last good word");
    let fault = roles(1_800).await.unwrap_err();
    assert_eq!(fault.peer, "configuration");
    platform.configuration.heal();
    assert_eq!(roles(1_900).await.unwrap(), BTreeSet::from([Role::Developer]));
}

#[tokio::test]
async fn signing_in_again_brings_new_roles_at_once() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    assert_eq!(platform.guest(&gws, "narrow").await.person.roles.len(), 1);
    platform.realm.with(|known| {
        let person = known.people.iter_mut().find(|it| it.user_name == "narrow").unwrap();
        person.access_groups.clear();
        known.tenants.get_mut(&first().to_string()).unwrap().proxies.clear();
    });
    let person = platform.guest(&gws, "narrow").await.person;
    assert!(person.roles.is_empty() && person.lines == Lines::none());
}

#[tokio::test]
async fn a_grant_is_renewed_when_it_is_due_and_a_crowd_renews_it_once() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let guest = platform.guest(&gws, "supervisor").await;
    let grant = guest.grant.clone().unwrap();
    platform.gauth.forget();
    let due = grant.renew_at;
    let crowd = (0..10).map(|_| {
        let (gws, guest) = (gws.clone(), guest.clone());
        tokio::spawn(async move { gws.renew(&guest, due).await.unwrap().unwrap() })
    });
    let mut tokens = BTreeSet::new();
    for one in crowd.collect::<Vec<_>>() {
        let renewed = one.await.unwrap().grant.unwrap();
        assert!(renewed.ends_at > grant.ends_at);
        tokens.insert(renewed.access.expose().to_owned());
    }
    let received = platform.gauth.received();
    let bought = received.iter().filter(|it| it.body.contains("grant_type=refresh_token"));
    assert_eq!((tokens.len(), bought.count()), (1, 1));
}

#[tokio::test]
async fn a_grant_that_another_node_renewed_lives_to_its_end() {
    let platform = Platform::new().await;
    let (one, other) = (platform.adapter(), platform.adapter());
    let guest = platform.guest(&one, "supervisor").await;
    let grant = guest.grant.clone().unwrap();
    assert!(one.renew(&guest, grant.renew_at).await.unwrap().is_some());
    let late = other.renew(&guest, grant.renew_at).await.unwrap().expect("the token still lives");
    assert_eq!(late.grant.unwrap().access.expose(), grant.access.expose());
    let third = platform.adapter();
    assert!(third.renew(&guest, grant.ends_at).await.unwrap().is_none(), "it is over");
}

#[tokio::test]
async fn who_is_signed_out_elsewhere_is_out_here_within_a_minute() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let guest = platform.guest(&gws, "supervisor").await;
    platform.realm.expire_tokens();
    assert!(gws.renew(&guest, after_secs(59)).await.unwrap().is_some());
    assert!(gws.renew(&guest, after_secs(60)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_that_changes_its_tenant_is_nobodys() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let guest = platform.guest(&gws, "supervisor").await;
    platform.gauth.misbehave(|knobs| knobs.wrong_contact_center = Some(second().to_string()));
    assert!(gws.renew(&guest, after_secs(61)).await.unwrap().is_none());
    platform.gauth.misbehave(|knobs| knobs.wrong_contact_center = Some(String::from("nonsense")));
    assert!(gws.renew(&guest, after_secs(200)).await.is_err(), "that is no tenant");
}

#[tokio::test]
async fn an_application_is_told_by_its_client_and_its_tenant() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let application = async |login: &str, client: &str| {
        gws.application(&platform.token(login, client), now()).await.unwrap().unwrap()
    };
    let designer = application("t100\\administrator", "designer_client").await;
    let expected =
        Application { name: String::from("designer_client"), allowed: true, tenant: Some(first()) };
    assert_eq!(designer, expected);
    assert!(designer.may_publish_for(first()) && !designer.may_publish_for(second()));
    let other = application("t100\\administrator", "other_client").await;
    assert!(!other.may_publish_for(first()));
    platform.gauth.misbehave(|knobs| knobs.storm_403 = true);
    let token = platform.token("t200\\administrator", "designer_client");
    assert_eq!(gws.application(&token, now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_that_a_person_gave_to_another_program_opens_nothing_here() {
    let platform = Platform::new().await;
    let who = async |gws: &Gws, client: &str| {
        let token = platform.token("t100\\administrator", client);
        gws.bearer(&token, now()).await.unwrap().map(|person| person.user_name)
    };
    let gws = platform.adapter();
    assert_eq!(who(&gws, "other_client").await, None);
    assert_eq!(who(&gws, "ges_client").await.as_deref(), Some("administrator"));
    let mut config = platform.config();
    config.gauth.bearer_clients = vec![String::from("other_client")];
    let gws = Gws::new(config, &platform.client).unwrap();
    assert_eq!(who(&gws, "other_client").await.as_deref(), Some("administrator"));
}

#[tokio::test]
async fn queues_are_guarded_once_and_what_fails_is_told() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let wanted = queues(&["CB_Sales_VQ", "CB_Support_VQ", "No_Such_VQ"]);
    let failed = gws.guard(first(), &wanted, now()).await.unwrap();
    assert_eq!(failed, queues(&["No_Such_VQ"]));
    platform.realm.with(|known| {
        assert_eq!(known.tenants[&first().to_string()].proxies.len(), 2);
    });
    let narrow = platform.guest(&gws, "narrow").await.person;
    assert_eq!(narrow.lines, Lines::AllBut(queues(&["CB_Support_VQ"])));
}
