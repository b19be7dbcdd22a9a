//! What stores hold of a callback: a name that changes here changes what was stored.
//!
//! A node of the next release reads what this one wrote, and the other way round.

use ges_domain::callback::{Callback, Details, Dial, PushTarget, Reason, Report, State, UserData};
use serde_json::Value;

use super::given::*;

/// A callback that has been through much: of nearly everything there is one.
fn lived() -> Callback {
    let service = service(|settings| {
        settings.scxml_url = String::from("http://designer.example/main.scxml");
        settings.max_release_per_minute = Some(20);
    });
    let mut callback = booking(&service, Some(3_600)).unwrap().callback;
    let account = (String::from("account"), String::from("\"gold\""));
    callback.details = Details {
        language: Some(String::from("en-US")),
        user_data: UserData::new([account]).unwrap(),
        push_targets: vec![PushTarget { token: String::from("device-1") }],
        ..callback.details
    };
    let dial = Dial { n: 1, result: Reason::parse("NO_ANSWER").unwrap(), at: after(9) };
    let dialled = Report {
        at: Some(after(9)),
        agent: Some(String::from("a-user")),
        dial: Some(dial),
        position: Some(1),
        ..report(2, 2, State::Routing)
    };
    let lost = [submit(1), sent(1), started(1), missing(1, 40), missing(1, 60)];
    let again = [submit(2), sent(2), started(2), told(2, 1, State::Queued)];
    let callback = through_at(through_at(callback, &lost, 60), &again, 70);
    make(callback, &ges_domain::callback::Change::Report(Box::new(dialled)), after(80)).callback
}

/// Holds a value to the form in which it was stored, by their meaning.
fn held_to(form: &str, callback: &Callback) {
    let written = serde_json::to_value(callback).unwrap();
    let form: Value = serde_json::from_str(form).unwrap();
    assert_eq!(written, form, "now it is stored as\n{written:#}");
    let read: Callback = serde_json::from_value(form).unwrap();
    assert_eq!(&read, callback);
}

#[test]
fn a_new_callback_is_stored_without_what_is_not_set() {
    held_to(include_str!("stored/new.json"), &immediate());
}

#[test]
fn a_callback_is_stored_in_the_form_that_other_releases_read() {
    held_to(include_str!("stored/lived.json"), &lived());
}

#[test]
fn what_was_stored_with_everything_that_is_not_set_is_read_as_ever() {
    let read: Callback = serde_json::from_str(include_str!("stored/with_nulls.json")).unwrap();
    assert_eq!(read, immediate());
}
