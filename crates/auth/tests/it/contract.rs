//! The promises of the ports, kept by the access file and by the platform's services alike.

mod file {
    use std::fs;
    use std::sync::Arc;

    use ges_auth::local::{First, Local};
    use ges_contracts::credentials::Keyring;
    use ges_contracts::given::{now, tenant};
    use ges_contracts::people::Crowd;
    use ges_contracts::tenants::Register;
    use ges_ports::{Proof, Secret};
    use tempfile::TempDir;

    use crate::given::{chance, key};

    fn local() -> (Local, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let first = First {
            tenant: tenant(1),
            tenant_name: String::from("t100"),
            api_key: key("the-key-of-one"),
            application_token: Secret::new("the-token"),
            admin_password: Secret::new("the right password"),
        };
        let path = folder.path().join("access.toml");
        let local = Local::make(&path, &first, chance(), now()).unwrap();
        (local, folder)
    }

    async fn keyring() -> Keyring {
        let (local, folder) = local();
        let other = (tenant(2), key("the-key-of-another"));
        local.add_key(other.0, "other", &other.1, now()).unwrap();
        Keyring {
            credentials: Arc::new(local.clone()),
            keys: Some(Arc::new(local)),
            one: (tenant(1), key("the-key-of-one")),
            other,
            kept: Box::new(folder),
        }
    }

    async fn register() -> Register {
        let (local, folder) = local();
        let path = folder.path().join("access.toml");
        let origin = "https://shop.example";
        let named = format!("name = \"t100\"\ncors_origins = [\"{origin}\"]\n");
        let text = fs::read_to_string(&path).unwrap().replacen("name = \"t100\"\n", &named, 1);
        fs::write(&path, text).unwrap();
        local.reload(now()).unwrap();
        Register {
            tenants: Arc::new(local),
            known: tenant(1),
            origin: origin.to_owned(),
            kept: Box::new(folder),
        }
    }

    async fn crowd() -> Crowd {
        let (local, folder) = local();
        let proof = |name: &str, password: &str| Proof::Password {
            user_name: name.to_owned(),
            password: Secret::new(password),
            address: String::from("192.0.2.1"),
        };
        let code = Proof::Code {
            code: Secret::new("code"),
            verifier: Secret::new("verifier"),
            redirect_uri: String::from("https://ges.example.com"),
        };
        Crowd {
            people: Arc::new(local),
            tenant: tenant(1),
            user_name: String::from("admin"),
            right: proof("admin", "the right password"),
            wrong: vec![
                proof("admin", "the wrong password"),
                proof("nobody", "the right password"),
                proof("", ""),
                code,
            ],
            bearer: None,
            kept: Box::new(folder),
        }
    }

    ges_contracts::credentials!(keyring);
    ges_contracts::api_keys!(keyring);
    ges_contracts::tenants!(register);
    ges_contracts::people!(crowd);
}

mod gws {
    use std::sync::Arc;

    use ges_contracts::credentials::Keyring;
    use ges_contracts::people::Crowd;
    use ges_contracts::tenants::Register;
    use ges_ports::{Proof, Secret};

    use crate::given::key;
    use crate::platform::{Platform, first, proof, second};

    async fn keyring() -> Keyring {
        let platform = Platform::new().await;
        let gws = platform.adapter();
        Keyring {
            credentials: Arc::new(gws.clone()),
            keys: Some(Arc::new(gws)),
            one: (first(), key("7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33")),
            other: (second(), key("0c1b7f52-64a7-4d0e-8f3c-91a5d2e6b744")),
            kept: Box::new(platform),
        }
    }

    async fn register() -> Register {
        let platform = Platform::new().await;
        Register {
            tenants: Arc::new(platform.adapter()),
            known: first(),
            origin: String::from("https://www.example.com"),
            kept: Box::new(platform),
        }
    }

    async fn crowd() -> Crowd {
        let platform = Platform::new().await;
        let gws = platform.adapter();
        let code = platform.code(&gws, "t100\\supervisor").await;
        let password = Proof::Password {
            user_name: String::from("t100\\supervisor"),
            password: Secret::new("password"),
            address: String::from("192.0.2.1"),
        };
        Crowd {
            right: proof(code),
            wrong: vec![proof(Secret::new("no-such-code")), proof(Secret::new("")), password],
            people: Arc::new(gws),
            tenant: first(),
            user_name: String::from("supervisor"),
            bearer: Some(platform.token("t100\\supervisor", "ges_client")),
            kept: Box::new(platform),
        }
    }

    ges_contracts::credentials!(keyring);
    ges_contracts::api_keys!(keyring);
    ges_contracts::tenants!(register);
    ges_contracts::people!(crowd);
}
