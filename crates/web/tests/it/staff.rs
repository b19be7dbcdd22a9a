//! The people of the two contact centres: somebody of each role, somebody of one line of business, and the programs that
//! come with a bearer token.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_auth::local::{First, Local};
use ges_domain::access::Role;
use ges_domain::time::Timestamp;
use ges_ports::{ApiKey, Chance, Secret};
use serde_json::json;
use tempfile::TempDir;

use crate::house::{House, KEY, OTHER, TENANT, Told};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "open sesame";

/// The access file: `admin`, `sue`, `dev` and `mona` by role, `sal` who sees sales alone, `ada` who administers
/// them, `otto` who runs the other
/// contact centre, and for each role a token such as `token-of-a-monitor`.
pub(crate) fn access(chance: &Arc<dyn Chance>, now: Timestamp) -> (Local, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.toml");
    let first = First {
        tenant: TENANT.parse().unwrap(),
        tenant_name: String::from("first"),
        api_key: ApiKey::parse(KEY).unwrap(),
        application_token: Secret::new("token-of-the-designer"),
        admin_password: Secret::new(PASSWORD),
    };
    let made = Local::make(&path, &first, chance.clone(), now).unwrap();
    for role in Role::ALL {
        let (name, roles) = (format!("program-{role}"), BTreeSet::from([role]));
        made.add_application(first.tenant, &name, &Secret::new(token(role)), &roles, now).unwrap();
    }
    let (roles, theirs) =
        (BTreeSet::from([Role::Administrator]), Secret::new("token-of-the-other"));
    made.add_application(OTHER.parse().unwrap(), "other", &theirs, &roles, now).unwrap();
    // One slow hash is enough: everybody has the same password.
    let mut text = std::fs::read_to_string(&path).unwrap();
    let hash = text.lines().find_map(|line| line.strip_prefix("password = ")).unwrap().to_owned();
    for (name, tenant, role, lines) in [
        ("sue", TENANT, "supervisor", "\"*\""),
        ("dev", TENANT, "developer", "\"*\""),
        ("mona", TENANT, "monitor", "\"*\""),
        ("sal", TENANT, "supervisor", "[\"CB_Sales_VQ\"]"),
        ("ada", TENANT, "administrator", "[\"CB_Sales_VQ\"]"),
        ("nobody", TENANT, "", "\"*\""),
        ("otto", OTHER, "administrator", "\"*\""),
    ] {
        let roles = if role.is_empty() { String::new() } else { format!("\"{role}\"") };
        write!(
            text,
            "\n[[user]]\nname = \"{name}\"\ntenant = \"{tenant}\"\npassword = {hash}\nroles = [{roles}]\nlines = {lines}\n"
        )
        .unwrap();
    }
    std::fs::write(&path, text).unwrap();
    (Local::open(&path, chance.clone(), now).unwrap(), folder)
}

/// The bearer token of a program with a role.
pub(crate) fn token(role: Role) -> String {
    format!("token-of-a-{role}")
}

/// A request that bears a token.
pub(crate) fn bearing(method: Method, path: &str, token: &str) -> TestRequest {
    let bearer = format!("Bearer {token}");
    TestRequest::with_uri(path).method(method).insert_header(("authorization", bearer))
}

/// A request of a program with a role.
pub(crate) fn by(role: Role, method: Method, path: &str) -> TestRequest {
    bearing(method, path, &token(role))
}

/// Somebody who signed in.
pub(crate) struct Visitor {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Visitor {
    /// A request with their cookie, and with what shows that our own page made it.
    pub(crate) fn asks(&self, method: Method, path: &str) -> TestRequest {
        self.unproven(method, path).insert_header(("x-csrf-token", self.csrf.as_str()))
    }

    /// A request with their cookie alone.
    pub(crate) fn unproven(&self, method: Method, path: &str) -> TestRequest {
        let cookie = format!("other=1; ges_session={}", self.cookie);
        TestRequest::with_uri(path).method(method).insert_header(("cookie", cookie))
    }
}

impl House {
    /// What somebody is told who shows a name and a password.
    pub(crate) async fn shows(&self, name: &str, password: &str) -> Told {
        let form = json!({ "userName": name, "password": password });
        let request = TestRequest::with_uri("/ges/api/v1/sign-in").method(Method::POST);
        self.ask(request.set_json(form)).await
    }

    /// Signs somebody in.
    pub(crate) async fn visit(&self, name: &str) -> Visitor {
        let told = self.shows(name, PASSWORD).await;
        let cookie = told.header("set-cookie").expect("a session has a cookie");
        let cookie = cookie.strip_prefix("ges_session=").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Visitor { cookie, csrf: told.data()["csrf"].as_str().unwrap().to_owned() }
    }
}
