//! Which numbers may be called: permitted countries and blocked patterns, one rule for many queues.

use std::collections::BTreeSet;
use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::phone::{Country, PhoneNumber};
use crate::refusal::Refusal;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Empty, too long, or with characters that a simple pattern does not know.
    #[error("is not a simple pattern of `+`, digits, `?` and `*`, nor `/regular expression/`")]
    Syntax,
    /// The regular expression does not compile, or would be too large.
    #[error("is not a regular expression of this engine, or too large for it")]
    Expression,
}

/// A pattern of numbers: simple (`+1900*`; `?` is one digit, `*` any) or `/expression/` in linear time.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern of at most 256 characters; it is matched against the whole E.164 number.
    ///
    /// An expression between slashes is searched for, as written; anchor it where that matters.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() || text.len() > 256 {
            return Err(PatternError::Syntax);
        }
        let source = match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some("") => return Err(PatternError::Syntax),
            Some(expression) => expression.to_owned(),
            None => simple(text)?,
        };
        // The limits bound memory; the engine's matching time is linear in the number's length.
        let regex = RegexBuilder::new(&source)
            .size_limit(64 * 1024)
            .dfa_size_limit(64 * 1024)
            .build()
            .map_err(|_ignored| PatternError::Expression)?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether the number matches.
    pub fn matches(&self, number: &PhoneNumber) -> bool {
        self.regex.is_match(number.e164())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn simple(text: &str) -> Result<String, PatternError> {
    let mut source = String::from("^");
    if !text.starts_with(['+', '*']) {
        source.push_str(r"\+");
    }
    for (at, c) in text.chars().enumerate() {
        match c {
            '+' if at == 0 => source.push_str(r"\+"),
            '0'..='9' => source.push(c),
            '?' => source.push_str("[0-9]"),
            '*' => source.push_str(".*"),
            _ => return Err(PatternError::Syntax),
        }
    }
    source.push('$');
    Ok(source)
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

/// Why a rule cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No country is permitted, so nobody could be called.
    #[error("permits no country")]
    NoCountry,
    /// More patterns than the limit of 200.
    #[error("has more than 200 blocked patterns")]
    TooManyPatterns,
}

/// Countries that may be called, less the numbers that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Rule {
    countries: BTreeSet<Country>,
    blocked: Vec<Pattern>,
}

/// What a rule says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The number may be called.
    Permitted,
    /// Its country is not on the list; none where no country owns the number.
    Country(Option<Country>),
    /// A pattern blocks it.
    Blocked(Pattern),
}

impl Rule {
    /// A rule with at least one country and at most 200 patterns.
    pub fn new(
        countries: impl IntoIterator<Item = Country>,
        blocked: Vec<Pattern>,
    ) -> Result<Self, RuleError> {
        let countries: BTreeSet<Country> = countries.into_iter().collect();
        if countries.is_empty() {
            return Err(RuleError::NoCountry);
        }
        if blocked.len() > 200 {
            return Err(RuleError::TooManyPatterns);
        }
        Ok(Self { countries, blocked })
    }

    /// The permitted countries, sorted.
    pub fn countries(&self) -> impl Iterator<Item = Country> {
        self.countries.iter().copied()
    }

    /// The blocked patterns, in their order.
    pub fn blocked(&self) -> &[Pattern] {
        &self.blocked
    }

    /// What the rule says of a number: the country first, then the patterns in their order.
    pub fn judge(&self, number: &PhoneNumber) -> Verdict {
        let country = number.country();
        if !country.is_some_and(|country| self.countries.contains(&country)) {
            return Verdict::Country(country);
        }
        match self.blocked.iter().find(|pattern| pattern.matches(number)) {
            Some(pattern) => Verdict::Blocked(pattern.clone()),
            None => Verdict::Permitted,
        }
    }
}

/// Whether a number may be called under a service's rule and its premium-rate setting.
pub fn permit(
    number: &PhoneNumber,
    rule: Option<&Rule>,
    premium_allowed: bool,
) -> Result<(), Refusal> {
    if !premium_allowed && number.premium_rate() {
        return Err(Refusal::NumberBlocked);
    }
    match rule.map_or(Verdict::Permitted, |rule| rule.judge(number)) {
        Verdict::Permitted => Ok(()),
        Verdict::Country(_) => Err(Refusal::CountryNotPermitted),
        Verdict::Blocked(_) => Err(Refusal::NumberBlocked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text, Country::US).unwrap()
    }

    #[test]
    fn a_simple_pattern_knows_one_digit_and_any() {
        let pattern = Pattern::parse("+1415555010?").unwrap();
        assert!(pattern.matches(&number("+14155550101")));
        assert!(!pattern.matches(&number("+14155550111")));
        assert!(Pattern::parse("1415*").unwrap().matches(&number("+14155550101")));
        assert!(Pattern::parse("*0101").unwrap().matches(&number("+14155550101")));
        assert!(Pattern::parse("(").is_err());
        assert!(Pattern::parse("1+").is_err());
        assert!(Pattern::parse("").is_err());
    }

    #[test]
    fn an_expression_is_bounded_in_size() {
        assert!(Pattern::parse("/^\\+1415/").unwrap().matches(&number("+14155550101")));
        assert_eq!(Pattern::parse("/(a{1000}){1000}/"), Err(PatternError::Expression));
        assert_eq!(Pattern::parse("/(/"), Err(PatternError::Expression));
    }

    #[test]
    fn the_country_is_asked_before_the_patterns() {
        let rule = Rule::new([Country::US], vec![Pattern::parse("+1415*").unwrap()]).unwrap();
        assert!(matches!(rule.judge(&number("+442079460018")), Verdict::Country(Some(_))));
        assert!(matches!(rule.judge(&number("+14155550101")), Verdict::Blocked(_)));
        assert_eq!(rule.judge(&number("+12125550101")), Verdict::Permitted);
        assert_eq!(Rule::new([], vec![]), Err(RuleError::NoCountry));
    }
}
