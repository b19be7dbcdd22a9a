//! The metrics in the words of OpenMetrics 1.0.0, made from the Prometheus text that the recorder renders.
//! Apart, because the two formats differ where it is easy to overlook, and each difference has its test here.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What OpenMetrics is called on the wire.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether a scraper that sends this `Accept` is better served with OpenMetrics than with the older text.
///
/// The older text is the answer to whatever is not understood: a scraper always gets something that it can read.
pub(super) fn preferred(accept: Option<&str>) -> bool {
    let (mut open, mut text) = (0.0, 0.0);
    for range in accept.unwrap_or_default().split(',') {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (mut quality, mut known) = (1.0, true);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                // A quality that cannot be read recommends nothing.
                "q" => quality = value.trim().parse::<f32>().unwrap_or(0.0),
                // 0.0.1 is what 1.0.0 was called before it was one; scrapers still ask for it.
                "version" if kind == "application/openmetrics-text" => {
                    known = matches!(value.trim().trim_matches('"'), "1.0.0" | "0.0.1");
                }
                _ => {}
            }
        }
        match kind.as_str() {
            "application/openmetrics-text" if known => open = quality.max(open),
            "text/plain" | "text/*" | "*/*" => text = quality.max(text),
            _ => {}
        }
    }
    open > 0.0 && open >= text
}

/// One family: what was said of it and its samples.
struct Family<'a> {
    name: &'a str,
    kind: &'a str,
    help: Option<&'a str>,
}

/// Renders Prometheus text 0.0.4 as OpenMetrics 1.0.0.
pub(super) fn render(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut help: Option<(&str, &str)> = None;
    let mut family: Option<Family<'_>> = None;
    let mut samples: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            write(&mut out, family.take().as_ref(), &mut samples);
            help = rest.split_once(' ');
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            write(&mut out, family.take().as_ref(), &mut samples);
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, "untyped"));
            let help = help.take().filter(|(of, _)| *of == name).map(|(_, text)| text);
            family = Some(Family { name, kind, help });
        } else if !line.is_empty() && !line.starts_with('#') {
            samples.push(line);
        }
    }
    write(&mut out, family.as_ref(), &mut samples);
    out.push_str("# EOF\n");
    out
}

fn write(out: &mut String, family: Option<&Family<'_>>, samples: &mut Vec<&str>) {
    let Some(&Family { name, kind, help }) = family else { return samples.clear() };
    // `…_total` is a counter's sample and nothing else's; the family is called without it. A counter of the vendor's
    // that has no such ending keeps its name, which dashboards know, and gives up its type.
    let (name, kind) = match (name.strip_suffix("_total"), kind) {
        (Some(family), _) => (family, "counter"),
        (None, "histogram" | "summary" | "gauge") => (name, kind),
        (None, _) => (name, "unknown"),
    };
    let below_zero = samples.iter().any(|line| bound(line).is_some_and(|le| le.starts_with('-')));
    let _ = writeln!(out, "# TYPE {name} {kind}");
    if let Some(help) = help {
        let _ = writeln!(out, "# HELP {name} {}", help.replace('"', "\\\""));
    }
    for line in samples.drain(..) {
        let bare = line.split(['{', ' ']).next().unwrap_or(line);
        // A sum is a counter, and cannot shrink: where an observation may be below zero, there is neither sum nor count.
        let summed = [("_sum"), ("_count")].iter().any(|end| bare.ends_with(end));
        if !(kind == "histogram" && below_zero && summed) {
            let _ = writeln!(out, "{}", with_canonical_bound(line));
        }
    }
}

/// The bound of a bucket's sample.
fn bound(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("le=\"")?;
    line.split('{').next()?.ends_with("_bucket").then(|| rest.split('"').next())?
}

/// Bounds are numbers with a point, so that the same bucket has one name everywhere.
fn with_canonical_bound(line: &str) -> Cow<'_, str> {
    match bound(line) {
        Some(le) if le.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            Cow::Owned(line.replacen(&format!("le=\"{le}\""), &format!("le=\"{le}.0\""), 1))
        }
        _ => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scraper_chooses_and_text_is_the_answer_to_everything_else() {
        for (accept, open) in [
            (
                "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                true,
            ),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4",
                true,
            ),
            ("Application/OpenMetrics-Text", true),
            ("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.6", false),
            ("application/openmetrics-text;version=2.0.0", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=often", false),
            ("application/vnd.google.protobuf", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(preferred(Some(accept)), open, "{accept}");
        }
        assert!(!preferred(None));
    }

    #[test]
    fn counters_are_families_without_their_ending_and_the_vendors_keep_their_names() {
        let text = "# HELP ges_http_requests_total public \"API\" requests\n# TYPE ges_http_requests_total counter\n\
                    ges_http_requests_total{tenant=\"a b\"} 3\n\n# TYPE CB_SUBMIT_FAILED counter\nCB_SUBMIT_FAILED 0\n\n\
                    # TYPE ges_process_cpu_seconds_total gauge\nges_process_cpu_seconds_total 1.5\n\n\
                    # HELP GES_HEALTH how many\n# TYPE GES_HEALTH gauge\nGES_HEALTH 0\n\n";
        assert_eq!(
            render(text),
            "# TYPE ges_http_requests counter\n# HELP ges_http_requests public \\\"API\\\" requests\n\
             ges_http_requests_total{tenant=\"a b\"} 3\n# TYPE CB_SUBMIT_FAILED unknown\nCB_SUBMIT_FAILED 0\n\
             # TYPE ges_process_cpu_seconds counter\nges_process_cpu_seconds_total 1.5\n\
             # TYPE GES_HEALTH gauge\n# HELP GES_HEALTH how many\nGES_HEALTH 0\n# EOF\n"
        );
    }

    #[test]
    fn a_histogram_has_canonical_bounds_and_below_zero_neither_sum_nor_count() {
        let text = "# TYPE d histogram\nd_bucket{p=\"le=\",le=\"0.5\"} 1\nd_bucket{le=\"1\"} 2\nd_bucket{le=\"+Inf\"} 2\n\
                    d_sum 1.2\nd_count 2\n# TYPE e histogram\ne_bucket{le=\"-600\"} 0\ne_bucket{le=\"+Inf\"} 2\ne_sum -3\n\
                    e_count 2\n";
        assert_eq!(
            render(text),
            "# TYPE d histogram\nd_bucket{p=\"le=\",le=\"0.5\"} 1\nd_bucket{le=\"1.0\"} 2\nd_bucket{le=\"+Inf\"} 2\n\
             d_sum 1.2\nd_count 2\n# TYPE e histogram\ne_bucket{le=\"-600.0\"} 0\ne_bucket{le=\"+Inf\"} 2\n# EOF\n"
        );
    }

    #[test]
    fn nothing_is_still_an_exposition() {
        assert_eq!(render(""), "# EOF\n");
    }
}
