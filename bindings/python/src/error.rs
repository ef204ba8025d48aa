//! The exception of the package, with a stable code.

use ballotta::verifier::ShardError;
use ballotta::voter::VoterError;
use pyo3::prelude::*;

/// A failure that becomes the Python exception `BallottaError(message, code)`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }
}

impl From<VoterError> for Failure {
    fn from(error: VoterError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<ShardError> for Failure {
    fn from(error: ShardError) -> Self {
        Self::new(error.code(), error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| {
            let error = PyModule::import(py, "ballotta._errors")
                .and_then(|module| module.getattr("BallottaError"))
                .and_then(|class| class.call1((failure.message, failure.code)));
            match error {
                Ok(error) => Self::from_value(error),
                Err(error) => error,
            }
        })
    }
}
