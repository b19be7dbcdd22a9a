//! The page at `/docs`: the API's description as one plain document.
//!
//! Made here rather than by a ready-made viewer: those bring megabytes of script, need a policy that lets inline code
//! run, and show nothing to who reads without it. This page has no script, loads nothing from outside, and prints.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::problem::Code;

/// The page's only other file.
pub(crate) const STYLE: &str = include_str!("docs.css");

/// The page of a description.
pub(crate) fn page(document: &Value) -> String {
    let page = Page { document, html: String::with_capacity(96 * 1024) };
    page.written()
}

struct Page<'a> {
    document: &'a Value,
    html: String,
}

impl Page<'_> {
    fn written(mut self) -> String {
        let info = &self.document["info"];
        let title = escaped(text(&info["title"]));
        self.html.push_str("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        self.html.push_str("<meta name=\"viewport\" content=\"width=device-width\">");
        self.html.push_str("<link rel=\"stylesheet\" href=\"/docs/style.css\">");
        self.put(format_args!("<title>{title}</title></head><body><h1>{title}</h1>"));
        self.put(format_args!("<p>{}</p>", prose(text(&info["description"]))));
        self.html
            .push_str("<p>The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>");
        let tags: Vec<Value> = self.document["tags"].as_array().cloned().unwrap_or_default();
        self.html.push_str("<nav><ul>");
        for tag in &tags {
            let name = escaped(text(&tag["name"]));
            let what = prose(text(&tag["description"]));
            self.put(format_args!("<li><a href=\"#{name}\">{name}</a>: {what}</li>"));
        }
        self.html.push_str("<li><a href=\"#codes\">codes</a>: What went wrong</li></ul></nav>");
        for tag in &tags {
            self.tag(tag);
        }
        self.codes();
        self.html.push_str("</body></html>");
        self.html
    }

    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.html.write_fmt(arguments).expect("writing into a text does not fail");
    }

    fn tag(&mut self, tag: &Value) {
        let name = text(&tag["name"]);
        let (id, what) = (escaped(name), prose(text(&tag["description"])));
        self.put(format_args!("<section id=\"{id}\"><h2>{id}</h2><p>{what}</p>"));
        let document = self.document;
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let tags = operation["tags"].as_array();
                if tags.is_some_and(|tags| tags.iter().any(|tag| tag == name)) {
                    self.operation(path, method, operation);
                }
            }
        }
        self.html.push_str("</section>");
    }

    fn operation(&mut self, path: &str, method: &str, operation: &Value) {
        let id = escaped(text(&operation["operationId"]));
        let (method, path) = (method.to_uppercase(), escaped(path));
        self.put(format_args!(
            "<article id=\"{id}\"><h3><a href=\"#{id}\"><b>{method}</b> <code>{path}</code></a></h3>"
        ));
        for part in ["summary", "description"] {
            let words = text(&operation[part]);
            if !words.is_empty() {
                self.put(format_args!("<p>{}</p>", prose(words)));
            }
        }
        if let Some(schemes) = operation["security"].as_array() {
            let names = schemes.iter().filter_map(|scheme| scheme.as_object()?.keys().next());
            let bears: Vec<String> = names.map(|name| self.credential(name)).collect();
            self.put(format_args!("<p>Bears {}.</p>", bears.join(" or ")));
        }
        if let Some(permissions) = operation["x-ges-permissions"].as_array() {
            let names =
                permissions.iter().map(|one| format!("<code>{}</code>", escaped(text(one))));
            let names: Vec<String> = names.collect();
            if !names.is_empty() {
                self.put(format_args!("<p>Needs {}.</p>", names.join(" or ")));
            }
        }
        if let Some(parameters) = operation["parameters"].as_array() {
            self.html.push_str("<h4>Parameters</h4><table>");
            for one in parameters {
                let place = text(&one["in"]);
                let required = one["required"] == Value::Bool(true);
                self.row(text(&one["name"]), place, &one["schema"], required, &one["description"]);
            }
            self.html.push_str("</table>");
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            self.html.push_str("<h4>Body</h4>");
            self.schema(body, 0);
        }
        self.html.push_str("<h4>Answers</h4>");
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            let what = prose(text(&response["description"]));
            self.put(format_args!("<p><b>{}</b> {what}</p>", escaped(status)));
            let schema = &response["content"]["application/json"]["schema"];
            if status.starts_with('2') && !schema.is_null() {
                self.schema(schema, 0);
            }
        }
        self.html.push_str("</article>");
    }

    fn credential(&self, name: &str) -> String {
        let scheme = &self.document["components"]["securitySchemes"][name];
        match text(&scheme["name"]) {
            "" if name == "personToken" => {
                String::from("a person's token in <code>authorization: Bearer</code>")
            }
            "" => String::from("the callback's update token in <code>authorization: Bearer</code>"),
            cookie if scheme["in"] == "cookie" => {
                format!("the cookie <code>{}</code>", escaped(cookie))
            }
            header => format!("the header <code>{}</code>", escaped(header)),
        }
    }

    /// The fields of a schema as rows, those of its parts below.
    fn schema(&mut self, schema: &Value, depth: usize) {
        // Deep enough for every shape of ours; a shape that held itself would end here.
        if depth > 5 {
            return;
        }
        let schema = self.resolved(schema);
        let fields = fields(&schema, self);
        if fields.is_empty() {
            self.put(format_args!("<p class=\"kind\">{}</p>", kind(&schema)));
            return;
        }
        self.html.push_str("<table>");
        for (name, field, required) in &fields {
            self.row(name, "", field, *required, &field["description"]);
            if let Some(part) = self.part(field) {
                self.html.push_str("<tr><td></td><td colspan=\"3\">");
                self.schema(&part, depth + 1);
                self.html.push_str("</td></tr>");
            }
        }
        self.html.push_str("</table>");
    }

    /// The schema of an object that a field is, or is a list of.
    fn part(&self, field: &Value) -> Option<Value> {
        let one = variants(field)
            .into_iter()
            .find(|one| !one["$ref"].is_null() || one["type"] != "null")?;
        let inner = if one["items"].is_null() { one } else { &one["items"] };
        let inner = self.resolved(inner);
        (!fields(&inner, self).is_empty()).then_some(inner)
    }

    fn resolved(&self, schema: &Value) -> Value {
        let Some(reference) = schema["$ref"].as_str() else { return schema.clone() };
        self.document.pointer(reference.trim_start_matches('#')).cloned().unwrap_or_default()
    }

    fn row(&mut self, name: &str, place: &str, schema: &Value, required: bool, words: &Value) {
        let must = if required { "required" } else { "" };
        let (name, kind, words) = (escaped(name), kind(schema), prose(text(words)));
        self.put(format_args!(
            "<tr><td><code>{name}</code></td><td>{kind}</td><td>{place} {must}</td><td>{words}</td></tr>"
        ));
    }

    fn codes(&mut self) {
        self.html.push_str("<section id=\"codes\"><h2>codes</h2><table>");
        for code in Code::ALL {
            let (number, meaning) = (code.number(), prose(code.meaning()));
            self.put(format_args!("<tr><td><code>{number}</code></td><td>{meaning}</td></tr>"));
        }
        self.html.push_str("</table></section>");
    }
}

/// The fields of an object, also of one that is put together of several.
fn fields(schema: &Value, page: &Page<'_>) -> Vec<(String, Value, bool)> {
    let parts: Vec<Value> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(|part| page.resolved(part)).collect(),
        None => vec![schema.clone()],
    };
    let mut found = Vec::new();
    for part in &parts {
        let empty = Map::new();
        let properties = part["properties"].as_object().unwrap_or(&empty);
        for (name, field) in properties {
            let required = part["required"].as_array();
            let required = required.is_some_and(|names| names.iter().any(|one| one == name));
            found.push((name.clone(), field.clone(), required));
        }
    }
    found
}

/// A schema's alternatives, or the schema itself.
fn variants(schema: &Value) -> Vec<&Value> {
    let several = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    several.map_or_else(|| vec![schema], |several| several.iter().collect())
}

/// What a value is, in a word or two.
fn kind(schema: &Value) -> String {
    let word = |one: &Value| -> String {
        if let Some(reference) = one["$ref"].as_str() {
            return escaped(reference.rsplit('/').next().unwrap_or_default());
        }
        if !one["items"].is_null() {
            return format!("list of {}", kind(&one["items"]));
        }
        match &one["type"] {
            Value::String(name) => escaped(name),
            Value::Array(names) => {
                let name = names.iter().map(text).find(|name| *name != "null");
                escaped(name.unwrap_or_default())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
        }
    };
    let words = variants(schema).into_iter().map(word);
    let words: Vec<String> = words.filter(|word| !word.is_empty() && word != "null").collect();
    words.join(" or ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Words with their spans of code marked.
fn prose(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts
        .map(|(index, part)| match index % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_code_and_runs_nothing() {
        let document = crate::document();
        let page = page(&document);
        for operations in document["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                let id = text(&operation["operationId"]);
                assert!(page.contains(&format!("<article id=\"{id}\">")), "{id}");
            }
        }
        for code in Code::ALL {
            assert!(page.contains(&code.number().to_string()));
        }
        assert!(page.contains("alwaysCheckCapacity") && page.contains("openAllDay"));
        for outside in ["<script", "src=", "href=\"http", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn words_are_never_taken_for_marks() {
        assert_eq!(
            prose("a <b> `c<d>` \"e\""),
            "a &lt;b&gt; <code>c&lt;d&gt;</code> &quot;e&quot;"
        );
    }
}
