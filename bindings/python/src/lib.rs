//! The extension module of the Python package `ballotta`, which maps types and errors of the library.
//!
//! It contains no cryptography. The Python files document the functions; this module only makes them available.

mod error;
mod record;
mod run;
mod shards;
mod source;
mod verify;

use pyo3::prelude::*;

/// The extension module `_ballotta`.
#[pymodule]
fn _ballotta(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(verify::verify, module)?)?;
    module.add_function(wrap_pyfunction!(verify::checks, module)?)?;
    module.add_function(wrap_pyfunction!(record::tracker_of, module)?)?;
    module.add_function(wrap_pyfunction!(record::pack, module)?)?;
    module.add_function(wrap_pyfunction!(verify::written_fingerprint, module)?)?;
    module.add_function(wrap_pyfunction!(shards::verify_shard, module)?)?;
    module.add_function(wrap_pyfunction!(shards::merge, module)?)?;
    module.add_function(wrap_pyfunction!(run::panic_for_tests, module)?)?;
    module.add_class::<record::Record>()?;
    module.add_class::<shards::Selection>()?;
    module.add_class::<shards::Partial>()?;
    Ok(())
}
