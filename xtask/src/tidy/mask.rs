//! Source text with its comments and strings blanked out, or the other way round.
//! Apart, because a rule about code must not trip over a sentence, nor a rule about sentences over code.

/// The two halves of a source file. Both have the same lines as the file.
#[derive(Debug)]
pub(super) struct Masked {
    /// Everything but comments and the insides of strings.
    pub(super) code: String,
    /// Only comments.
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
}

/// Splits Rust. Good enough for rules about words; it is no parser.
pub(super) fn rust(source: &str) -> Masked {
    Scanner::new(source, true).split()
}

/// Splits TypeScript.
pub(super) fn typescript(source: &str) -> Masked {
    Scanner::new(source, false).split()
}

struct Scanner<'a> {
    rest: &'a str,
    rust: bool,
    previous: char,
    code: String,
    comments: String,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a str, rust: bool) -> Self {
        Self { rest: source, rust, previous: ' ', code: String::new(), comments: String::new() }
    }

    fn split(mut self) -> Masked {
        while let Some(next) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(end, Kind::Comment);
            } else if self.rest.starts_with("/*") {
                self.take(block_comment(self.rest, self.rust), Kind::Comment);
            } else if let Some(length) = self.raw_string() {
                self.take(length, Kind::Text);
            } else if next == '"' || (!self.rust && (next == '\'' || next == '`')) {
                self.take(quoted(self.rest, next), Kind::Text);
            } else if self.rust && next == '\'' {
                self.character();
            } else {
                self.take(next.len_utf8(), Kind::Code);
            }
        }
        Masked { code: self.code, comments: self.comments }
    }

    /// The length of the raw string that starts here, if one does.
    fn raw_string(&self) -> Option<usize> {
        if !self.rust || self.previous.is_alphanumeric() || self.previous == '_' {
            return None;
        }
        let after = self.rest.strip_prefix("br").or_else(|| self.rest.strip_prefix('r'))?;
        let hashes = after.len() - after.trim_start_matches('#').len();
        let body = after[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = body.find(&end).map_or(body.len(), |at| at + end.len());
        Some(self.rest.len() - body.len() + length)
    }

    /// A character literal, or a lifetime, which is code.
    fn character(&mut self) {
        let mut inside = self.rest[1..].chars();
        let length = match (inside.next(), inside.next()) {
            (Some('\\'), _) => Some(quoted(self.rest, '\'')),
            (Some(one), Some('\'')) => Some(one.len_utf8() + 2),
            _ => None,
        };
        match length {
            Some(length) => self.take(length, Kind::Text),
            None => self.take(1, Kind::Code),
        }
    }

    fn take(&mut self, length: usize, kind: Kind) {
        let (taken, rest) = self.rest.split_at(length);
        for c in taken.chars() {
            let keep = |wanted: bool| if wanted || c == '\n' { c } else { ' ' };
            self.code.push(keep(kind == Kind::Code));
            self.comments.push(keep(kind == Kind::Comment));
        }
        self.previous = taken.chars().next_back().unwrap_or(self.previous);
        self.rest = rest;
    }
}

/// The length of a quoted text with backslash escapes, both quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// The length of a block comment. In Rust they nest.
fn block_comment(text: &str, nests: bool) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") && (nests || depth == 0) {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_lines_and_loses_words_in_strings() {
        let masked = rust("let a = \"x // y\"; // why\nlet b = 'c';\n");
        assert_eq!(masked.code, "let a =         ;       \nlet b =    ;\n");
        assert_eq!(masked.comments.trim(), "// why");
        assert_eq!(masked.comments.lines().count(), 2);
    }

    #[test]
    fn raw_strings_and_escapes_end_where_they_end() {
        let masked = rust(r##"f(r#"a " b"#, "\"", br"\", '\'', x); g"##);
        assert!(masked.code.ends_with("x); g"), "{}", masked.code);
        assert!(!masked.code.contains('a') && !masked.code.contains('\\'));
    }

    #[test]
    fn a_lifetime_is_code_and_a_name_that_ends_in_r_starts_no_string() {
        let masked = rust("fn f<'a>(x: &'a str) { for_r\"t\" }");
        assert!(masked.code.starts_with("fn f<'a>(x: &'a str) { for_r"), "{}", masked.code);
    }

    #[test]
    fn block_comments_nest() {
        assert_eq!(rust("a /* b /* c */ d */ e").code.split_whitespace().count(), 2);
    }

    #[test]
    fn typescript_has_three_kinds_of_string() {
        let masked = typescript("it('a // b', `c`, \"d\"); // e");
        assert_eq!(masked.code.trim_end(), "it(        ,    ,    );");
    }
}
