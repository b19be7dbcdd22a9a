//! Phone numbers: parsed once with the libphonenumber metadata, E.164 ever after.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// Why a text is not a number that can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// No region could have such a number.
    #[error("is not a possible phone number")]
    Impossible,
}

/// An ISO 3166 region code that the metadata knows, such as `US`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Country([u8; 2]);

/// Text that is not a country known to the numbering metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a two-letter country code")]
pub struct UnknownCountry;

impl Country {
    /// The United States, the default of a service.
    pub const US: Self = Self(*b"US");

    /// Reads a two-letter code, in either case.
    pub fn parse(text: &str) -> Result<Self, UnknownCountry> {
        let upper = text.to_ascii_uppercase();
        let &[a, b] = upper.as_bytes() else { return Err(UnknownCountry) };
        let region = Region::from_code(&upper).map_err(|_ignored| UnknownCountry)?;
        match PHONE_NUMBER_UTIL.get_country_code_for_region(region) {
            Some(_) => Ok(Self([a, b])),
            None => Err(UnknownCountry),
        }
    }

    /// The code in upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a country code is two ASCII letters")
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(text: String) -> Result<Self, UnknownCountry> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A possible phone number in E.164 form; its `Debug` shows the last two digits only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct PhoneNumber(Box<str>);

impl PhoneNumber {
    /// Reads a number as a person writes it; without a `+` it belongs to `home`.
    pub fn parse(text: &str, home: Country) -> Result<Self, PhoneNumberError> {
        // The longest thing people type is far below this; the parser need not see more.
        if text.len() > 64 {
            return Err(PhoneNumberError::Impossible);
        }
        let number = PHONE_NUMBER_UTIL
            .parse(text, Region::from_code(home.as_str()).ok())
            .map_err(|_ignored| PhoneNumberError::Impossible)?;
        if !PHONE_NUMBER_UTIL.is_possible_number(&number) {
            return Err(PhoneNumberError::Impossible);
        }
        Ok(Self(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into()))
    }

    /// The number as `+` and digits.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The country whose numbering plan owns the number; none for ranges that no country owns.
    pub fn country(&self) -> Option<Country> {
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&self.proto()?)?;
        Country::parse(&region.to_string()).ok()
    }

    /// Whether calling the number costs the caller a premium, such as US 1-900.
    pub fn premium_rate(&self) -> bool {
        self.proto().is_some_and(|number| {
            PHONE_NUMBER_UTIL.get_number_type(&number) == PhoneNumberType::PremiumRate
        })
    }

    /// All but the last two digits hidden: the only form that logs may hold.
    pub fn masked(&self) -> String {
        format!("…{}", &self.0[self.0.len() - 2..])
    }

    fn proto(&self) -> Option<rlibphonenumber::PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;

    /// Reads what a store kept: E.164 and nothing else.
    fn try_from(text: String) -> Result<Self, PhoneNumberError> {
        let digits = text.strip_prefix('+').ok_or(PhoneNumberError::Impossible)?;
        if (2..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(PhoneNumberError::Impossible)
        }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.into_string()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_as_e164_and_shown_by_their_last_two_digits() {
        let number = PhoneNumber::parse("(415) 555-0101", Country::US).unwrap();
        assert_eq!(number.e164(), "+14155550101");
        assert_eq!(format!("{number:?}"), "…01");
        assert_eq!(number.country(), Some(Country::US));
        assert!(!number.premium_rate());
    }

    #[test]
    fn a_number_with_a_plus_needs_no_home() {
        let number = PhoneNumber::parse("+44 20 7946 0018", Country::US).unwrap();
        assert_eq!(number.e164(), "+442079460018");
        assert_eq!(number.country().map(|c| c.to_string()).as_deref(), Some("GB"));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for text in ["", "12", "abc", "+1415555010199999", "+999123", &"1".repeat(500), "\0"] {
            assert_eq!(
                PhoneNumber::parse(text, Country::US),
                Err(PhoneNumberError::Impossible),
                "{text:?}"
            );
        }
    }

    #[test]
    fn premium_rate_numbers_are_known() {
        assert!(PhoneNumber::parse("1-900-234-5678", Country::US).unwrap().premium_rate());
    }

    #[test]
    fn countries_are_two_letters_of_the_metadata() {
        assert_eq!(Country::parse("de").unwrap().as_str(), "DE");
        assert!(Country::parse("XX").is_err());
        assert!(Country::parse("USA").is_err());
    }
}
