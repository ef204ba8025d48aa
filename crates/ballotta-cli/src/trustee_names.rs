//! The names of trustees in messages for people.

use anyhow::{Error, anyhow};
use ballotta::key_ceremony::CeremonyError;
use ballotta::manifest::Manifest;

/// Formats trustees with their index and their name: `trustee 2 (Bruno)`, `trustees 2 (Bruno), 3 (Carla)`.
pub(crate) fn trustees_named(manifest: &Manifest, indices: &[u16]) -> String {
    let names: Vec<String> = indices
        .iter()
        .map(|&index| {
            let member = usize::from(index).checked_sub(1).and_then(|seat| manifest.trustees().members.get(seat));
            member.map_or(index.to_string(), |member| format!("{index} ({})", member.name))
        })
        .collect();
    format!("{} {}", if names.len() == 1 { "trustee" } else { "trustees" }, names.join(", "))
}

/// Adds to an error of the key ceremony the names of the trustees that are at fault, or that have sent no message.
pub(crate) fn with_names(manifest: &Manifest, error: CeremonyError) -> Error {
    match (&error, error.culprits()) {
        (CeremonyError::MissingMessage { kind, absent }, _) => {
            anyhow!("the {kind} of {} is missing", trustees_named(manifest, absent))
        }
        (_, culprits) if culprits.is_empty() => error.into(),
        (_, culprits) => anyhow!("{error}: {}", trustees_named(manifest, &culprits)),
    }
}
