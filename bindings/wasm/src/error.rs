//! Errors of the library in the form that JavaScript reads.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::Display;

use ballotta::ballot::ChoiceErrors;
use ballotta::voter::VoterError;
use ballotta::written::WrittenError;
use wasm_bindgen::JsValue;

/// An error in the format that `js/` reads: stable name, field and sentence, each on a line.
pub(crate) struct Refused {
    code: &'static str,
    field: String,
    message: String,
}

/// The result of a call from JavaScript.
pub(crate) type Outcome<T> = Result<T, Refused>;

impl Refused {
    pub(crate) fn new(code: &'static str, field: &str, message: impl Display) -> Self {
        Self { code, field: field.to_owned(), message: message.to_string() }
    }

    /// What a person typed or pasted into a field. If only one letter is wrong, its group follows the name of the field.
    pub(crate) fn slip(field: &str, error: WrittenError) -> Self {
        match error {
            WrittenError::Mistake { group: Some(group), .. } => {
                Self::new("typing-slip", &format!("{field}/{group}"), error)
            }
            WrittenError::SecretCode { .. } => Self::new("secret-code", field, error),
            _ => Self::new("typing-slip", field, error),
        }
    }
}

impl From<Refused> for JsValue {
    fn from(Refused { code, field, message }: Refused) -> Self {
        // A field may be a name from the caller, so line feeds in it are removed.
        let field = field.replace('\n', " ");
        Self::from_str(&format!("{code}\n{field}\n{message}"))
    }
}

impl From<VoterError> for Refused {
    fn from(error: VoterError) -> Self {
        match error {
            VoterError::Choices(errors) => errors.into(),
            VoterError::Record(error) => Self::new(error.code(), error.path().unwrap_or_default(), &error),
            VoterError::Opening(_) => Self::new(error.code(), "opening", &error),
            error => Self::new(error.code(), "", &error),
        }
    }
}

impl From<ChoiceErrors> for Refused {
    fn from(errors: ChoiceErrors) -> Self {
        let field = errors.errors().first().map(|error| error.field()).unwrap_or_default();
        Self::new("choices-not-allowed", &field, &errors)
    }
}

impl From<serde_json::Error> for Refused {
    fn from(error: serde_json::Error) -> Self {
        Self::new("internal", "", error)
    }
}
