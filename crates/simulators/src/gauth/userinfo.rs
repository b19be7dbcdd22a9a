//! Who holds a token, in the four forms in which it can be asked.

use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Desk, Shared};
use crate::realm::{Grant, Person};
use crate::wire::{bearer, held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/auth/v3/userinfo", "GET", userinfo))
        .service(only("/auth/v3/openid/userinfo", "GET", openid))
        .service(only("/auth/v3/jwt-userinfo", "GET", jwt))
        .service(only("/auth/v3/ping", "GET", ping))
        .service(only("/auth/v3/change-password", "POST", change_password));
}

/// The key of the signed form; whoever has it can pretend to be this pretender.
const JWT_KEY: &[u8] = b"simulated gauth";

async fn userinfo(desk: Shared, request: HttpRequest) -> HttpResponse {
    person_of(&desk, &request).map_or_else(forbidden, |(_, info)| HttpResponse::Ok().json(info))
}

async fn jwt(desk: Shared, request: HttpRequest) -> HttpResponse {
    let Some((_, info)) = person_of(&desk, &request) else { return forbidden() };
    let key = EncodingKey::from_secret(JWT_KEY);
    match jsonwebtoken::encode(&Header::new(Algorithm::HS256), &info, &key) {
        Ok(signed) => HttpResponse::Ok().insert_header(("X-GWS-User", signed)).finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn openid(desk: Shared, request: HttpRequest) -> HttpResponse {
    let desk = held(&desk);
    let Some(grant) = desk.holder(bearer(&request)) else { return forbidden() };
    let info = match person(&desk, &grant) {
        Some(person) => json!({
            "aud": [grant.client],
            "sub": unique(&desk, &person),
            "user_name": person.user_name,
            "given_name": "Callback",
            "family_name": person.user_name,
            "email": format!("{}@example.com", person.user_name),
            "dbid": person.dbid,
            "contact_center_id": centre_of(&desk, &person),
            "environment_id": environment(&desk, &person),
            "authorities": person.authorities,
            "properties": {},
        }),
        None => json!({
            "aud": [grant.client],
            "sub": grant.client,
            "authorities": client_authorities(&desk, &grant),
            "properties": {},
        }),
    };
    HttpResponse::Ok().json(info)
}

async fn ping(desk: Shared, request: HttpRequest) -> HttpResponse {
    match held(&desk).holder(bearer(&request)) {
        Some(_) => HttpResponse::Ok().finish(),
        None => forbidden(),
    }
}

/// People of this realm keep their password.
async fn change_password() -> HttpResponse {
    forbidden()
}

/// The person who holds the request's token, and what there is to say of them.
fn person_of(desk: &Shared, request: &HttpRequest) -> Option<(Person, Value)> {
    let desk = held(desk);
    let grant = desk.holder(bearer(request))?;
    let person = person(&desk, &grant)?;
    let domain = desk.realm.with(|known| known.tenants[&person.tenant].domains.first().cloned());
    let authorities: Vec<Value> =
        person.authorities.iter().map(|name| json!({ "name": name, "privileges": [] })).collect();
    let info = json!({
        "username": unique(&desk, &person),
        "loginName": format!("{}\\{}", domain.unwrap_or_default(), person.user_name),
        "cmeUserName": person.user_name,
        "dbid": person.dbid,
        "contactCenterId": centre_of(&desk, &person),
        "environmentId": environment(&desk, &person),
        "authorities": authorities,
        "properties": { "tenantDBID": 1, "firstName": "Callback", "lastName": person.user_name },
    });
    Some((person, info))
}

fn person(desk: &Desk, grant: &Grant) -> Option<Person> {
    let (tenant, dbid) = grant.person.as_ref()?;
    desk.realm.with(|known| known.person_of(tenant, *dbid).cloned())
}

fn unique(desk: &Desk, person: &Person) -> String {
    format!("{}:{}:{}", centre_of(desk, person), person.dbid, person.user_name)
}

fn centre_of(desk: &Desk, person: &Person) -> String {
    desk.knobs.wrong_contact_center.clone().unwrap_or_else(|| person.tenant.clone())
}

fn environment(desk: &Desk, person: &Person) -> String {
    desk.realm.with(|known| known.tenants[&person.tenant].environment_id.clone())
}

fn client_authorities(desk: &Desk, grant: &Grant) -> Vec<String> {
    desk.realm
        .with(|known| known.clients.get(&grant.client).map(|client| client.authorities.clone()))
        .unwrap_or_default()
}

/// What the public simulator of the vendor answers to a bad, expired or missing token.
fn forbidden() -> HttpResponse {
    HttpResponse::Forbidden().finish()
}
