//! What the service's answers mean, and whether what they tell is enough for the site.

use ges_ports::http::{Answer, CallError};
use ges_ports::{CaptchaSite, CaptchaVersion, Doubt, Verdict};
use serde::Deserialize;

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Opinion {
    /// A verdict on the token.
    Verdict(Verdict),
    /// The site's own keys are not good.
    KeysRefused,
}

impl Opinion {
    const fn doubt(doubt: Doubt) -> Self {
        Self::Verdict(Verdict::Doubtful(doubt))
    }
}

/// What is told of a token that is good as such.
#[derive(Debug, Default)]
struct Told<'a> {
    score: Option<f64>,
    action: Option<&'a str>,
    hostname: Option<&'a str>,
}

/// Whether it is enough for the site. What the site asks for and nobody tells is not enough.
fn judge(site: &CaptchaSite, told: &Told<'_>) -> Opinion {
    let hosts = &site.allowed_hostnames;
    let welcome = |host: &str| hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    if !hosts.is_empty() && !told.hostname.is_some_and(welcome) {
        return Opinion::doubt(Doubt::Hostname);
    }
    // The first form tells neither action nor score.
    if site.version != CaptchaVersion::V2 {
        if site.expected_action.is_some() && told.action != site.expected_action.as_deref() {
            return Opinion::doubt(Doubt::Action);
        }
        // A score that is no number is below every bound.
        if told.score.is_none_or(|score| score < site.min_score || score.is_nan()) {
            return Opinion::doubt(Doubt::Score);
        }
    }
    Opinion::Verdict(Verdict::Human)
}

#[derive(Deserialize)]
struct Verified {
    success: bool,
    score: Option<f64>,
    action: Option<String>,
    hostname: Option<String>,
    apk_package_name: Option<String>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// Reads an answer of `siteverify`.
pub(crate) fn verified(site: &CaptchaSite, answer: &Answer) -> Result<Opinion, CallError> {
    if !answer.status.is_success() {
        return Err(CallError::Status(answer.status));
    }
    let verified: Result<Verified, _> = serde_json::from_slice(&answer.body);
    let verified = verified.map_err(|_quoted| CallError::Unintelligible)?;
    if verified.success {
        return Ok(judge(
            site,
            &Told {
                score: verified.score,
                action: verified.action.as_deref(),
                hostname: verified.hostname.as_deref().or(verified.apk_package_name.as_deref()),
            },
        ));
    }
    let says = |code: &str| verified.error_codes.iter().any(|said| said == code);
    Ok(if says("missing-input-secret") || says("invalid-input-secret") {
        Opinion::KeysRefused
    } else if says("timeout-or-duplicate") {
        Opinion::doubt(Doubt::Stale)
    } else {
        Opinion::doubt(Doubt::Invalid)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assessment {
    #[serde(default)]
    risk_analysis: Risk,
    token_properties: Properties,
}

#[derive(Default, Deserialize)]
struct Risk {
    score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    valid: bool,
    invalid_reason: Option<String>,
    hostname: Option<String>,
    android_package_name: Option<String>,
    ios_bundle_id: Option<String>,
    action: Option<String>,
}

/// Reads an assessment of the Enterprise form.
pub(crate) fn assessed(site: &CaptchaSite, answer: &Answer) -> Result<Opinion, CallError> {
    let status = answer.status;
    if status.is_client_error() && status.as_u16() != 429 {
        return Ok(Opinion::KeysRefused);
    }
    if !status.is_success() {
        return Err(CallError::Status(status));
    }
    let assessment: Result<Assessment, _> = serde_json::from_slice(&answer.body);
    let Assessment { risk_analysis, token_properties } =
        assessment.map_err(|_quoted| CallError::Unintelligible)?;
    if !token_properties.valid {
        return Ok(Opinion::doubt(match token_properties.invalid_reason.as_deref() {
            Some("EXPIRED" | "DUPE") => Doubt::Stale,
            _ => Doubt::Invalid,
        }));
    }
    let place = [
        &token_properties.hostname,
        &token_properties.android_package_name,
        &token_properties.ios_bundle_id,
    ];
    let place = place.into_iter().flatten().find(|place| !place.is_empty());
    Ok(judge(
        site,
        &Told {
            score: risk_analysis.score,
            action: token_properties.action.as_deref(),
            hostname: place.map(String::as_str),
        },
    ))
}

#[cfg(test)]
mod tests {
    use ges_ports::{FailMode, Secret};
    use reqwest::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn site(version: CaptchaVersion) -> CaptchaSite {
        CaptchaSite {
            site_key: String::from("site"),
            secret: Secret::new("secret"),
            version,
            project: Some(String::from("project")),
            min_score: 0.5,
            expected_action: Some(String::from("callback")),
            allowed_hostnames: vec![String::from("www.example.com")],
            enforce: true,
            fail_mode: FailMode::Closed,
        }
    }

    fn answer(status: u16, body: &Value) -> Answer {
        Answer {
            retry_after: None,
            status: StatusCode::from_u16(status).unwrap(),
            body: body.to_string().into_bytes(),
        }
    }

    fn good() -> Value {
        json!({
            "success": true, "score": 0.5, "action": "callback", "hostname": "WWW.example.com",
        })
    }

    fn without(name: &str) -> Value {
        let mut body = good();
        body.as_object_mut().unwrap().remove(name);
        body
    }

    #[test]
    fn the_third_version_asks_for_score_action_and_host() {
        let opinion =
            |body: &Value| verified(&site(CaptchaVersion::V3), &answer(200, body)).unwrap();
        assert_eq!(opinion(&good()), Opinion::Verdict(Verdict::Human));
        for (name, value, doubt) in [
            ("score", json!(0.49), Doubt::Score),
            ("action", json!("login"), Doubt::Action),
            ("hostname", json!("example.com"), Doubt::Hostname),
        ] {
            let mut body = good();
            body[name] = value;
            assert_eq!(opinion(&body), Opinion::doubt(doubt));
            assert_eq!(opinion(&without(name)), Opinion::doubt(doubt), "what is not told");
        }
        let mut app = without("hostname");
        app["apk_package_name"] = json!("www.example.com");
        assert_eq!(opinion(&app), Opinion::Verdict(Verdict::Human));
    }

    #[test]
    fn the_second_version_asks_for_the_host_alone() {
        let opinion =
            |body: &Value| verified(&site(CaptchaVersion::V2), &answer(200, body)).unwrap();
        let bare = json!({ "success": true, "hostname": "www.example.com" });
        assert_eq!(opinion(&bare), Opinion::Verdict(Verdict::Human));
        let elsewhere = json!({ "success": true, "hostname": "elsewhere.example.net" });
        assert_eq!(opinion(&elsewhere), Opinion::doubt(Doubt::Hostname));
    }

    #[test]
    fn error_codes_say_whose_trouble_it_is() {
        let keys = Opinion::KeysRefused;
        for (codes, expected) in [
            (json!(["invalid-input-secret"]), keys),
            (json!(["missing-input-secret", "missing-input-response"]), keys),
            (json!(["timeout-or-duplicate"]), Opinion::doubt(Doubt::Stale)),
            (json!(["invalid-input-response"]), Opinion::doubt(Doubt::Invalid)),
            (json!(["missing-input-response"]), Opinion::doubt(Doubt::Invalid)),
            (json!(["bad-request"]), Opinion::doubt(Doubt::Invalid)),
            (json!([]), Opinion::doubt(Doubt::Invalid)),
        ] {
            let body = json!({ "success": false, "error-codes": codes });
            let opinion = verified(&site(CaptchaVersion::V3), &answer(200, &body));
            assert_eq!(opinion.unwrap(), expected, "{codes}");
        }
    }

    #[test]
    fn an_assessment_is_read_by_its_own_names() {
        let of = |status, body: &Value| {
            assessed(&site(CaptchaVersion::Enterprise), &answer(status, body)).unwrap()
        };
        let body = |valid: bool, reason: &str| {
            json!({
                "riskAnalysis": { "score": 0.9 },
                "tokenProperties": {
                    "valid": valid, "invalidReason": reason,
                    "hostname": "www.example.com", "action": "callback",
                },
            })
        };
        assert_eq!(of(200, &body(true, "")), Opinion::Verdict(Verdict::Human));
        for (reason, doubt) in [
            ("EXPIRED", Doubt::Stale),
            ("DUPE", Doubt::Stale),
            ("MALFORMED", Doubt::Invalid),
            ("SITE_MISMATCH", Doubt::Invalid),
        ] {
            assert_eq!(of(200, &body(false, reason)), Opinion::doubt(doubt), "{reason}");
        }
        for status in [400, 401, 403, 404] {
            assert_eq!(of(status, &json!({})), Opinion::KeysRefused, "{status}");
        }
        let mut app = body(true, "");
        app["tokenProperties"]["hostname"] = json!("");
        app["tokenProperties"]["androidPackageName"] = json!("www.example.com");
        assert_eq!(of(200, &app), Opinion::Verdict(Verdict::Human));
    }

    #[test]
    fn what_the_contract_does_not_know_is_no_answer() {
        for status in [204, 302, 429, 500, 503] {
            let body = json!({ "success": true });
            if status != 204 {
                assert!(verified(&site(CaptchaVersion::V3), &answer(status, &body)).is_err());
            }
            assert!(assessed(&site(CaptchaVersion::Enterprise), &answer(status, &body)).is_err());
        }
        assert!(verified(&site(CaptchaVersion::V3), &answer(200, &json!("yes"))).is_err());
        assert!(verified(&site(CaptchaVersion::V3), &answer(400, &good())).is_err());
    }
}
