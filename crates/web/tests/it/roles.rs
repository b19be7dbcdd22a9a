//! Who may do what: every role on every operation that the API's description has of the people's API. A cell is decided
//! by the permissions that the description names, and by nothing else.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::{Permission, Role};
use serde_json::{Value, json};

use crate::house::House;
use crate::staff::by;

#[actix_web::test]
async fn every_role_is_let_do_what_the_description_says_and_nothing_else() {
    let house = House::open().await;
    let document = ges_web::document();
    let mut cells = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/ges/api/v1/") {
            continue;
        }
        let address = path.replace("{id}", "018f2b1c-0000-7000-8000-00000000ffff");
        let address = address.replace("{key}", "views").replace(['{', '}'], "");
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let ask = |request: TestRequest| {
                let request = request.insert_header(("if-match", "\"1\""));
                house.ask(if method == Method::GET { request } else { request.set_json(json!({})) })
            };
            let nobody = TestRequest::with_uri(&address).method(method.clone());
            let told = ask(nobody).await;
            let what = format!("{method} {path}");
            if operation["security"].is_null() {
                assert_ne!(told.status.as_u16(), 403, "{what} is for anybody");
                continue;
            }
            assert_eq!((told.status.as_u16(), told.code()), (401, 40_104), "{what} by nobody");
            let needed = operation["x-ges-permissions"].as_array().unwrap();
            let needed: Vec<Permission> = needed
                .iter()
                .map(|name| {
                    let known = Permission::ALL.iter().find(|one| one.as_str() == *name);
                    *known.unwrap_or_else(|| panic!("{what}: {name} is no permission"))
                })
                .collect();
            for role in Role::ALL {
                let told = ask(by(role, method.clone(), &address)).await;
                let allowed = needed.is_empty() || needed.iter().any(|one| role.may(*one));
                let refused = told.status == 403 && told.code() == 40_300;
                assert_eq!(!refused, allowed, "{what} by {role}: {}", told.text());
                assert_ne!(told.status.as_u16(), 401, "{what} by {role}");
                assert!(told.status.as_u16() < 500, "{what} by {role}: {}", told.text());
                cells += 1;
            }
        }
    }
    assert!(cells >= 50, "{cells}");
    let log = house.ask(by(
        Role::Administrator,
        Method::GET,
        "/ges/api/v1/audit?outcome=refused&limit=250",
    ));
    let log = log.await.data();
    let refused = |line: &&Value| line["code"] == 40_300;
    assert!(log["entries"].as_array().unwrap().iter().filter(refused).count() > 10);
}
