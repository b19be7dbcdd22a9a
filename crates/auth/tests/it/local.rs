//! The access file: made once, changed by us and by others, never lost.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use ges_auth::local::{EditError, First, Local, OpenError, User};
use ges_domain::access::{Lines, Permission, Role};
use ges_domain::name::QueueName;
use ges_ports::{
    Application, Credentials, Door, Entry, Guest, KeyRef, People, Proof, Secret, Tenants, Visit,
};
use tempfile::TempDir;

use crate::given::{after_secs, chance, key, now, tenant};

const PASSWORD: &str = "a password of the first day";

struct Site {
    _folder: TempDir,
    path: PathBuf,
    local: Local,
}

fn site() -> Site {
    let folder = tempfile::tempdir().expect("there is a place for files");
    let path = folder.path().join("access.toml");
    let local = Local::make(&path, &first(), chance(), now()).expect("the folder is empty");
    Site { _folder: folder, path, local }
}

fn first() -> First {
    First {
        tenant: tenant(1),
        tenant_name: String::from("t100"),
        api_key: key("the-first-key"),
        application_token: Secret::new("the-first-token"),
        admin_password: Secret::new(PASSWORD),
    }
}

fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        display_name: Some(String::from("Sue")),
        tenant: tenant(1),
        password: Secret::new("long enough"),
        roles: BTreeSet::from([Role::Supervisor]),
        lines: Lines::Queues(BTreeSet::from([
            QueueName::parse("Sales VQ").expect("the name is short")
        ])),
    }
}

fn password(user_name: &str, password: &str) -> Proof {
    from(user_name, password, "192.0.2.1")
}

fn from(user_name: &str, password: &str, address: &str) -> Proof {
    Proof::Password {
        user_name: user_name.to_owned(),
        password: Secret::new(password),
        address: address.to_owned(),
    }
}

async fn guest(local: &Local, name: &str, word: &str) -> Option<Guest> {
    match local.sign_in(&password(name, word), now()).await.expect("the file is there") {
        Entry::Admitted(guest) => Some(*guest),
        Entry::Refused | Entry::Later { .. } => None,
    }
}

#[tokio::test]
async fn a_new_file_lets_in_what_was_drawn_for_it_and_nobody_else() {
    let Site { local, _folder, .. } = site();
    assert_eq!(local.identify(&key("the-first-key"), now()).await.unwrap(), Some(tenant(1)));
    assert_eq!(local.identify(&key("the-first-kez"), now()).await.unwrap(), None);
    assert_eq!(local.identify(&key("the-first-token"), now()).await.unwrap(), None);
    let token = Secret::new("the-first-token");
    let designer =
        Application { name: String::from("designer"), allowed: true, tenant: Some(tenant(1)) };
    assert_eq!(local.application(&token, now()).await.unwrap(), Some(designer));
    assert_eq!(local.bearer(&token, now()).await.unwrap(), None, "it has no role");
    let admin = guest(&local, "Admin", PASSWORD).await.expect("the password is right").person;
    assert!(admin.may(Permission::ReadAudit) && admin.lines == Lines::All);
    assert!(guest(&local, "admin", "another").await.is_none());
    assert!(guest(&local, "nobody", PASSWORD).await.is_none());
}

#[tokio::test]
async fn the_file_is_private_and_holds_no_secret() {
    let Site { path, local, _folder } = site();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    local.add_user(&user("sue"), now()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    for secret in ["the-first-key", "the-first-token", PASSWORD, "long enough"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!format!("{local:?} {:?}", first()).contains("the-first"), "nor does Debug show one");
}

#[test]
fn an_existing_file_is_left_alone() {
    let Site { path, _folder, .. } = site();
    let before = fs::read(&path).unwrap();
    let again = Local::make(&path, &first(), chance(), now());
    assert!(matches!(again, Err(OpenError::Exists)), "{again:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// The names of the second tenant's keys.
fn names(local: &Local) -> Vec<String> {
    local.named_keys(tenant(2)).unwrap().into_iter().map(|key| key.name).collect()
}

#[tokio::test]
async fn keys_come_and_go_at_once() {
    let Site { path, local, _folder } = site();
    local.add_key(tenant(2), "shop", &key("the-shop-key"), now()).unwrap();
    assert_eq!(local.identify(&key("the-shop-key"), now()).await.unwrap(), Some(tenant(2)));
    assert_eq!(names(&local), ["shop"]);
    let shop = KeyRef::Name(String::from("shop"));
    let taken = local.add_key(tenant(1), "mine", &key("the-shop-key"), now());
    assert!(matches!(taken, Err(EditError::Taken("key"))), "{taken:?}");
    let taken = local.add_key(tenant(2), "shop", &key("another-key"), now());
    assert!(matches!(taken, Err(EditError::Taken("name"))), "{taken:?}");
    let missing = local.remove_key(tenant(1), &shop, now());
    assert!(matches!(missing, Err(EditError::Missing("key"))), "another tenant's: {missing:?}");
    local.remove_key(tenant(2), &shop, now()).unwrap();
    assert_eq!(local.identify(&key("the-shop-key"), now()).await.unwrap(), None);
    let again = Local::open(&path, chance(), now()).unwrap();
    assert_eq!(again.identify(&key("the-shop-key"), now()).await.unwrap(), None);
    assert_eq!(again.identify(&key("the-first-key"), now()).await.unwrap(), Some(tenant(1)));
}

#[tokio::test]
async fn what_another_process_writes_is_seen_after_a_reload_and_never_lost() {
    let Site { path, local, _folder } = site();
    let other = Local::open(&path, chance(), now()).unwrap();
    other.add_key(tenant(2), "shop", &key("the-shop-key"), now()).unwrap();
    assert_eq!(local.identify(&key("the-shop-key"), now()).await.unwrap(), None);
    assert!(local.reload(now()).unwrap());
    assert!(!local.reload(now()).unwrap(), "nothing is new");
    assert_eq!(local.identify(&key("the-shop-key"), now()).await.unwrap(), Some(tenant(2)));
    other.add_key(tenant(2), "app", &key("the-app-key"), now()).unwrap();
    local.add_key(tenant(2), "web", &key("the-web-key"), now()).unwrap();
    assert_eq!(names(&local), ["shop", "app", "web"]);
}

#[tokio::test]
async fn a_broken_file_is_refused_and_the_last_good_one_stands() {
    let Site { path, local, _folder } = site();
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("[[key]]", "[[kex]]")).unwrap();
    assert!(matches!(local.reload(now()), Err(OpenError::Wrong(_))));
    assert_eq!(local.identify(&key("the-first-key"), now()).await.unwrap(), Some(tenant(1)));
    assert!(local.add_key(tenant(1), "b", &key("b"), now()).is_err());
    assert!(local.refetch(tenant(1), now()).await.is_err());
    fs::write(&path, good).unwrap();
    local.reload(now()).unwrap();
    local.add_key(tenant(1), "b", &key("b"), now()).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(local.reload(now()), Err(OpenError::Disk(_))));
    assert_eq!(local.identify(&key("b"), now()).await.unwrap(), Some(tenant(1)));
}

#[tokio::test]
async fn a_user_is_renewed_as_the_file_says_now() {
    let Site { path, local, _folder } = site();
    local.add_user(&user("Sue"), now()).unwrap();
    let taken = local.add_user(&user("sue"), now());
    assert!(matches!(taken, Err(EditError::Taken("name"))), "{taken:?}");
    let sue = guest(&local, "SUE", "long enough").await.expect("the password is right");
    assert_eq!((sue.person.display_name.as_str(), &sue.person.lines), ("Sue", &user("sue").lines));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("supervisor", "monitor")).unwrap();
    local.reload(now()).unwrap();
    let renewed = local.renew(&sue, now()).await.unwrap().expect("the user is there");
    assert_eq!(renewed.person.roles, BTreeSet::from([Role::Monitor]));
    let moved = Guest {
        person: ges_domain::access::Person { tenant: tenant(2), ..sue.person.clone() },
        grant: sue.grant.clone(),
    };
    assert!(local.renew(&moved, now()).await.unwrap().is_none(), "not in that tenant");
    assert!(local.remove_user(tenant(2), "sue", now()).is_err());
    local.remove_user(tenant(1), "SUE", now()).unwrap();
    assert!(local.renew(&sue, now()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_ends_with_the_password_that_opened_it() {
    let Site { local, _folder, .. } = site();
    local.add_user(&user("sue"), now()).unwrap();
    let sue = guest(&local, "sue", "long enough").await.expect("the password is right");
    let sue = local.renew(&sue, now()).await.unwrap().expect("nothing changed");
    let changed = User { password: Secret::new("another one"), ..user("sue") };
    local.replace_user(&changed, now()).unwrap();
    assert!(local.renew(&sue, now()).await.unwrap().is_none());
    let again = guest(&local, "sue", "another one").await.expect("the password is right");
    assert!(local.renew(&again, now()).await.unwrap().is_some());
}

#[test]
fn a_user_has_a_password_of_some_length_and_lines_that_can_be_written() {
    let Site { local, _folder, .. } = site();
    let short = User { password: Secret::new("1234567"), ..user("sue") };
    assert!(matches!(local.add_user(&short, now()), Err(EditError::ShortPassword)));
    let but = User { lines: Lines::AllBut(BTreeSet::new()), ..user("sue") };
    assert!(matches!(local.add_user(&but, now()), Err(EditError::Lines)));
}

#[tokio::test]
async fn guessing_gets_slow_and_a_crowd_guesses_no_faster() {
    let Site { local, _folder, .. } = site();
    let crowd = (0..20).map(|_| {
        let local = local.clone();
        tokio::spawn(async move { local.sign_in(&password("admin", "guess"), now()).await })
    });
    let mut looked_at = 0;
    for attempt in crowd.collect::<Vec<_>>() {
        match attempt.await.unwrap().unwrap() {
            Entry::Refused => looked_at += 1,
            Entry::Later { .. } => {}
            Entry::Admitted(guest) => panic!("{guest:?}"),
        }
    }
    assert_eq!(looked_at, 5);
    let early = local.sign_in(&password("Admin", PASSWORD), now()).await.unwrap();
    assert!(matches!(early, Entry::Later { .. }), "{early:?}");
    let elsewhere = local.sign_in(&from("admin", PASSWORD, "192.0.2.2"), now()).await.unwrap();
    assert!(matches!(elsewhere, Entry::Admitted(_)), "{elsewhere:?}");
    let later = local.sign_in(&password("admin", PASSWORD), after_secs(1)).await.unwrap();
    assert!(matches!(later, Entry::Admitted(_)), "{later:?}");
}

#[tokio::test]
async fn more_than_can_wait_are_sent_away() {
    let Site { local, _folder, .. } = site();
    let flood = (0..80).map(|number| {
        let (local, name) = (local.clone(), format!("nobody-{number}"));
        tokio::spawn(async move { local.sign_in(&password(&name, "guess"), now()).await })
    });
    let mut sent_away = 0;
    for attempt in flood.collect::<Vec<_>>() {
        sent_away += usize::from(matches!(attempt.await.unwrap(), Ok(Entry::Later { .. })));
    }
    assert_eq!(sent_away, 30);
}

#[tokio::test]
async fn a_proof_of_another_kind_is_refused() {
    let Site { local, _folder, .. } = site();
    let visit = Visit {
        state: String::from("state"),
        verifier: Secret::new("verifier"),
        redirect_uri: String::from("https://ges.example/ges/"),
    };
    assert_eq!(local.door(&visit), Door::Form);
    assert_eq!(local.farewell("https://ges.example/ges/"), None);
    let code = Proof::Code {
        code: Secret::new("code"),
        verifier: visit.verifier,
        redirect_uri: visit.redirect_uri,
    };
    for proof in [code, password("admin", &"x".repeat(2_000))] {
        assert!(matches!(local.sign_in(&proof, now()).await.unwrap(), Entry::Refused));
    }
}

#[tokio::test]
async fn a_tenant_is_what_the_file_says_of_it() {
    let Site { path, local, _folder } = site();
    let text = fs::read_to_string(&path).unwrap();
    let origins = "cors_origins = [\"https://shop.example\"]\n";
    let changed = text.replacen("name = \"t100\"\n", &format!("name = \"t100\"\n{origins}"), 1);
    fs::write(&path, changed).unwrap();
    assert!(!local.any_welcomes("https://shop.example"));
    let found =
        local.refetch(tenant(1), after_secs(5)).await.unwrap().expect("the tenant is there");
    assert_eq!((found.name.as_str(), found.read_at), ("t100", after_secs(5)));
    assert!(found.welcomes("https://shop.example") && !found.welcomes("https://shop.example.net"));
    assert!(local.any_welcomes("https://shop.example"));
    assert_eq!(local.find(tenant(2), now()).await.unwrap(), None);
    local.add_key(tenant(2), "shop", &key("the-shop-key"), now()).unwrap();
    assert!(local.find(tenant(2), now()).await.unwrap().is_some(), "a key names it");
}

#[tokio::test]
async fn an_application_with_a_role_is_somebody_and_publishes_nothing() {
    let Site { path, local, _folder } = site();
    let roles = BTreeSet::from([Role::Monitor]);
    let token = Secret::new("the-wallboard-token");
    local.add_application(tenant(1), "wallboard", &token, &roles, now()).unwrap();
    let person = local.bearer(&token, now()).await.unwrap().expect("the token is known");
    assert_eq!((person.user_name.as_str(), person.tenant), ("wallboard", tenant(1)));
    let publishes = async || local.application(&token, now()).await.unwrap().unwrap().allowed;
    assert!(!publishes().await, "nothing says that it does");
    let text = fs::read_to_string(&path).unwrap();
    let said = text.replace("roles = [\"monitor\"]", "roles = [\"monitor\"]\ndesigner = true");
    fs::write(&path, said).unwrap();
    local.reload(now()).unwrap();
    assert!(publishes().await);
    assert!(local.remove_application(tenant(2), "wallboard", now()).is_err());
    local.remove_application(tenant(1), "wallboard", now()).unwrap();
    assert!(local.bearer(&token, now()).await.unwrap().is_none());
    assert!(local.application(&token, now()).await.unwrap().is_none());
}
