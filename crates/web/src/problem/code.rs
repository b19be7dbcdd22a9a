//! The catalogue: every code, in order, stable for ever. Each has a page in `docs/problems`.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($(#[doc = $meaning:literal] $name:ident = $number:literal,)*) => {
        /// What `status.code` says of a failure: the HTTP status × 100, and a number below 100.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum Code {
            $(#[doc = $meaning] $name = $number,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What it says, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning.trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// The body or the query cannot be read at all.
    Malformed = 40_000,
    /// A field is missing or does not fit; the message names every one.
    FieldInvalid = 40_001,
    /// No region could have such a phone number.
    NumberImpossible = 40_002,
    /// The number's country is not permitted for the service.
    CountryNotPermitted = 40_003,
    /// The number is blocked for the service.
    NumberBlocked = 40_004,
    /// No service, queue, group or office hours have this name.
    UnknownName = 40_005,
    /// The service is switched off or withdrawn, or callbacks are for the contact centre.
    ServiceUnavailable = 40_006,
    /// The service offers no immediate callbacks.
    ImmediateNotOffered = 40_007,
    /// The service offers no scheduled callbacks.
    ScheduledNotOffered = 40_008,
    /// The desired time is past, too soon or too far.
    OutsideWindow = 40_009,
    /// The office is closed at the desired time.
    Closed = 40_010,
    /// The tenant demands a captcha token.
    HumanTokenRequired = 40_011,
    /// The captcha token was refused.
    HumanTokenRefused = 40_012,
    /// The service needs a push target.
    PushTargetRequired = 40_013,
    /// The push channel is unknown.
    PushChannelUnknown = 40_014,
    /// The user data is larger than a callback may carry.
    UserDataTooLarge = 40_015,
    /// The callback's state does not allow the change.
    NotInState = 40_016,
    /// The number has its share of open callbacks.
    ShareTaken = 40_017,
    /// The time zone is unknown.
    UnknownZone = 40_018,
    /// The time window is invalid.
    WindowInvalid = 40_019,
    /// The API key is missing or unknown.
    ApiKeyUnknown = 40_100,
    /// The statistics credentials are missing or refused.
    StatisticsRefused = 40_101,
    /// The update token is missing, unknown or another callback's.
    UpdateTokenInvalid = 40_102,
    /// The internal key is missing or wrong.
    InternalKeyInvalid = 40_103,
    /// Nobody is signed in.
    SignInRequired = 40_104,
    /// The name or the password is wrong.
    ProofWrong = 40_105,
    /// The push credentials are missing or refused.
    PushRefused = 40_106,
    /// The caller may not do this.
    NotPermitted = 40_300,
    /// The request does not show that one of our own pages made it.
    ForgedRequest = 40_301,
    /// There is no such callback.
    NoSuchCallback = 40_400,
    /// Nothing is at this address.
    NothingHere = 40_401,
    /// The address does not know this method.
    MethodNotAllowed = 40_500,
    /// A request with the same idempotency key is still running.
    KeyBusy = 40_900,
    /// The record changed meanwhile.
    Changed = 40_901,
    /// A newer attempt made the session void.
    Superseded = 40_902,
    /// The session reported something newer already.
    StaleSeq = 40_903,
    /// A callback's life does not have this step.
    IllegalTransition = 40_904,
    /// The notice was sent already.
    AlreadySent = 40_905,
    /// It is still in use.
    StillInUse = 40_906,
    /// It is managed elsewhere.
    ManagedElsewhere = 40_907,
    /// The callback is completed.
    Completed = 41_000,
    /// The body is over the limit.
    BodyTooLarge = 41_300,
    /// The stored data of a callback would pass its limit.
    StorageFull = 41_301,
    /// The idempotency key was used with another body.
    KeyReused = 42_200,
    /// The published settings do not hold together.
    SettingsInvalid = 42_201,
    /// The slot, or the pool of numbers, is full.
    Full = 42_900,
    /// The service takes no more bookings for the moment.
    ServiceThrottled = 42_901,
    /// The number books too often.
    NumberThrottled = 42_902,
    /// The API key is used too often.
    KeyThrottled = 42_903,
    /// Too many wrong attempts to sign in.
    SignInThrottled = 42_904,
    /// Our own fault.
    Internal = 50_000,
    /// A neighbour misbehaved.
    NeighbourMisbehaved = 50_200,
    /// The store or a neighbour is unavailable.
    Unavailable = 50_300,
    /// The deadline passed.
    DeadlinePassed = 50_400,
}

impl Code {
    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The HTTP status: the code's first three digits.
    pub fn status(self) -> StatusCode {
        let status = u16::try_from(self.number() / 100).ok();
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        status.expect("a code begins with an HTTP status")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_begins_with_its_http_status_and_rises() {
        assert!(Code::ALL.is_sorted());
        for code in Code::ALL {
            let status = code.status();
            assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
            assert_eq!(u32::from(status.as_u16()), code.number() / 100);
        }
    }
}
