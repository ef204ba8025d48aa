//! The closing rule of a manifest: what must be signed before anything is decrypted.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{ClosingStatement, DecryptionError};
use crate::board::note::SignedCheckpoint;
use crate::board::{board_key, witness_keys};
use crate::manifest::{Closing, Manifest};
use crate::tally::EncryptedTally;
use crate::weaken::{self, Check};

/// A tally for which the manifest's closing rule is satisfied, so that it may be decrypted.
#[derive(Clone, Debug)]
pub struct ClosedTally {
    tally: EncryptedTally,
}

impl ClosedTally {
    /// Checks the closing rule: statements of enough trustees, or a closing checkpoint with enough cosignatures. What
    /// the rule does not require is not read.
    ///
    /// # Errors
    ///
    /// `TooFewStatements`, `TooFewWitnesses` or `ClosingCheckpointMismatch`. Statements that are not signed by their
    /// trustee or are about another tally do not count.
    pub fn check<R: CryptoRng>(
        manifest: &Manifest,
        tally: EncryptedTally,
        statements: &[ClosingStatement],
        closing_checkpoint: Option<&SignedCheckpoint>,
        rng: &mut R,
    ) -> Result<Self, DecryptionError> {
        match manifest.closing() {
            Closing::Statements => {
                let trustees = manifest.trustees();
                let needed = trustees.statements_needed();
                let mut absent: Vec<u16> = (1..).take(trustees.members.len()).collect();
                for statement in statements {
                    if statement.agrees(&tally).is_ok() && statement.verify(manifest, rng).is_ok() {
                        absent.retain(|trustee| *trustee != statement.trustee());
                    }
                }
                let found = trustees.members.len() - absent.len();
                if found < needed && weaken::is_on(Check::StatementsNeeded) {
                    return Err(DecryptionError::TooFewStatements { found, needed, absent });
                }
            }
            Closing::Witnesses => {
                let needed = manifest.witnesses().quorum;
                let mut absent: Vec<u16> = (1..).take(manifest.witnesses().members.len()).collect();
                let Some(signed) = closing_checkpoint else {
                    return Err(DecryptionError::TooFewWitnesses { found: 0, needed, absent });
                };
                let mismatch = DecryptionError::ClosingCheckpointMismatch;
                let board = board_key(manifest).map_err(|_| mismatch.clone())?;
                let checkpoint = signed.verify(&board).map_err(|_| mismatch.clone())?;
                let close = tally.close();
                let is_of_close = checkpoint.size() == close.size && *checkpoint.root() == close.root;
                if !is_of_close && weaken::is_on(Check::ClosingHead) {
                    return Err(mismatch);
                }
                let cosigned = witness_keys(manifest).and_then(|witnesses| signed.cosigned_by(&witnesses));
                // If a cosignature is invalid, the checkpoint is cosigned by nobody.
                let cosigned = cosigned.unwrap_or_default();
                let found = cosigned.len();
                if found < needed && weaken::is_on(Check::WitnessQuorum) {
                    absent.retain(|witness| !cosigned.contains(&(usize::from(*witness) - 1)));
                    return Err(DecryptionError::TooFewWitnesses { found, needed, absent });
                }
            }
        }
        Ok(Self { tally })
    }

    /// The tally that may be decrypted.
    #[must_use]
    pub fn tally(&self) -> &EncryptedTally {
        &self.tally
    }
}
