//! Reading a request field by field: everything that is wrong with it is collected, so that one answer names it all.
//!
//! A field is taken with a rule of [`rules`]; a rule sees JSON and query text alike. Fields that nobody takes are
//! ignored: clients are older and newer than we are. JSON's `null` counts as absent.

pub(crate) mod rules;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// The most complaints that one answer names.
const TOLD: usize = 20;

/// A value as it came.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    Json(&'a Value),
    /// A parameter of the query, decoded.
    Text(&'a str),
}

/// What a rule says of a value that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: Code,
    /// What goes on after the field's name: `is not a number`.
    pub(crate) what: Cow<'static, str>,
}

impl Wrong {
    pub(crate) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Code::FieldInvalid, what: what.into() }
    }

    #[must_use]
    pub(crate) fn code(self, code: Code) -> Self {
        Self { code, ..self }
    }
}

/// A field and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) field: String,
    pub(crate) wrong: Wrong,
}

/// Where the values come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Body(&'a Map<String, Value>),
    Query(&'a [(String, String)]),
}

/// The fields of one object of a request, and the complaints about them so far.
pub(crate) struct Fields<'a> {
    source: Source<'a>,
    /// What stands before the names of this object's fields, such as `pushTargets[0].`.
    within: String,
    complaints: Vec<Complaint>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(body: &'a Map<String, Value>) -> Self {
        Self { source: Source::Body(body), within: String::new(), complaints: Vec::new() }
    }

    pub(crate) fn of_query(pairs: &'a [(String, String)]) -> Self {
        Self { source: Source::Query(pairs), within: String::new(), complaints: Vec::new() }
    }

    fn find(&self, name: &str) -> Option<Given<'a>> {
        match self.source {
            Source::Body(body) => body.get(name).filter(|value| !value.is_null()).map(Given::Json),
            // As with the keys of an object, the last one counts.
            Source::Query(pairs) => {
                pairs.iter().rev().find(|(key, _)| key == name).map(|(_, text)| Given::Text(text))
            }
        }
    }

    /// Whether the request says anything about a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A field that may be absent.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(Given<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        match rule(self.find(name)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.complain(name, wrong);
                None
            }
        }
    }

    /// A field that must be there; none only after a complaint.
    pub(crate) fn need<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(Given<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.has(name) {
            self.complain(name, Wrong::new("is missing"));
            return None;
        }
        self.take(name, rule)
    }

    /// All values of a parameter that may be given several times, or of a field that may be a list.
    pub(crate) fn several<T>(
        &mut self,
        name: &str,
        most: usize,
        rule: impl Fn(Given<'a>) -> Result<T, Wrong>,
    ) -> Vec<T> {
        let pairs = match self.source {
            Source::Body(_) => {
                return self.take(name, rules::one_or_more(most, rule)).unwrap_or_default();
            }
            Source::Query(pairs) => pairs,
        };
        let given: Vec<_> = pairs.iter().filter(|(key, _)| key == name).collect();
        if given.len() > most {
            self.complain(name, Wrong::new(format!("is given more than {most} times")));
            return Vec::new();
        }
        let mut taken = Vec::with_capacity(given.len());
        for (_, text) in given {
            match rule(Given::Text(text)) {
                Ok(value) => taken.push(value),
                Err(wrong) => self.complain(name, wrong),
            }
        }
        taken
    }

    /// The objects of a list, each read by `read`; their complaints name their place.
    pub(crate) fn each<T>(
        &mut self,
        name: &str,
        most: usize,
        mut read: impl FnMut(&mut Fields<'a>) -> Option<T>,
    ) -> Vec<T> {
        let Some(items) = self.take(name, rules::list(most)) else { return Vec::new() };
        let mut taken = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Value::Object(object) = item else {
                self.complain(&format!("{name}[{index}]"), Wrong::new("is not an object"));
                continue;
            };
            let mut fields = self.inside(&format!("{name}[{index}]"), object);
            taken.extend(read(&mut fields));
            self.adopt(fields);
        }
        taken
    }

    /// An object of its own among the fields, read by `read`.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Fields<'a>) -> Option<T>,
    ) -> Option<T> {
        let object = self.take(name, rules::object)?;
        let mut fields = self.inside(name, object);
        let value = read(&mut fields);
        self.adopt(fields);
        value
    }

    /// The fields of an object among these, to be read apart; its complaints come back by [`Self::adopt`].
    pub(crate) fn inside(&self, name: &str, object: &'a Map<String, Value>) -> Self {
        let within = format!("{}{name}.", self.within);
        Self { source: Source::Body(object), within, complaints: Vec::new() }
    }

    /// Takes over what is wrong with the fields of an object among these.
    pub(crate) fn adopt(&mut self, inside: Self) {
        self.complaints.extend(inside.complaints);
    }

    /// Says that something is wrong with a field.
    pub(crate) fn complain(&mut self, name: &str, wrong: Wrong) {
        self.complaints.push(Complaint { field: format!("{}{name}", self.within), wrong });
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn fit(&self) -> bool {
        self.complaints.is_empty()
    }

    /// All that is wrong.
    pub(crate) fn into_complaints(self) -> Vec<Complaint> {
        self.complaints
    }

    /// All that is wrong, as one problem: of the complaints' own code where they agree on one.
    pub(crate) fn problem(self) -> Problem {
        problem(&self.complaints)
    }

    /// What was read, or all that is wrong with it.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.fit() => Ok(value),
            _ => Err(self.problem()),
        }
    }
}

fn problem(complaints: &[Complaint]) -> Problem {
    let mut codes = complaints.iter().map(|complaint| complaint.wrong.code);
    let code = match codes.next() {
        Some(first) if codes.all(|code| code == first) => first,
        _ => Code::FieldInvalid,
    };
    let told = complaints.iter().take(TOLD);
    let mut told: Vec<String> =
        told.map(|complaint| format!("{} {}", complaint.field, complaint.wrong.what)).collect();
    if complaints.len() > TOLD {
        told.push(format!("and {} more", complaints.len() - TOLD));
    }
    Problem::new(code, told.join("; "))
}

#[cfg(test)]
mod tests {
    use ges_domain::name::ServiceName;
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("not an object") };
        object
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let body = body(json!({"name": 7, "flag": "yes", "targets": [{"id": 1}, 2], "odd": {}}));
        let mut fields = Fields::of(&body);
        fields.need("name", rules::name(ServiceName::parse));
        fields.take("flag", rules::flag);
        fields.need("when", rules::instant);
        let targets = fields.each("targets", 5, |target| target.need("token", rules::text(10)));
        assert!(targets.is_empty());
        let problem = fields.problem();
        assert_eq!(problem.code, Code::FieldInvalid);
        assert_eq!(
            problem.message,
            "name is not a text; flag is not true or false; when is missing; \
             targets[0].token is missing; targets[1] is not an object"
        );
    }

    #[test]
    fn complaints_of_one_kind_keep_their_own_code() {
        let pairs = [(String::from("timezone"), String::from("Mars/Olympus"))];
        let mut fields = Fields::of_query(&pairs);
        assert!(fields.take("timezone", rules::zone).is_none());
        assert_eq!(fields.problem().code, Code::UnknownZone);
    }

    #[test]
    fn null_is_absent_and_a_later_parameter_counts() {
        let body = body(json!({"name": null}));
        let mut fields = Fields::of(&body);
        assert!(fields.take("name", rules::text(5)).is_none());
        assert!(fields.fit());
        let pairs = ["1", "2"].map(|text| (String::from("n"), String::from(text)));
        let mut fields = Fields::of_query(&pairs);
        assert_eq!(fields.take("n", rules::whole(1..=9)), Some(2));
    }

    #[test]
    fn a_flood_of_complaints_is_cut() {
        let body = body(json!({"list": vec![1; 50]}));
        let mut fields = Fields::of(&body);
        fields.each("list", 50, |_| Some(()));
        assert!(fields.problem().message.ends_with("; and 30 more"));
    }
}
