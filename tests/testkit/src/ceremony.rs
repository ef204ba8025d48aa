//! A key ceremony of honest trustees, with all messages of every step.

use std::iter::zip;

use ballotta::key_ceremony::{
    CeremonyParameters, Confirmation, Deal, DealCommitment, Registration, Signed, Trustee, TrusteeSeed, TrusteeShares,
};

use crate::rng::TestRng;

/// A ceremony that is over.
#[allow(missing_docs)]
pub struct Ceremony {
    pub registrations: Vec<Signed<Registration>>,
    pub commitments: Vec<Signed<DealCommitment>>,
    pub deals: Vec<Signed<Deal>>,
    pub confirmations: Vec<Signed<Confirmation>>,
    /// The shares of each trustee, in the order of the trustees.
    pub shares: Vec<TrusteeShares>,
}

impl Ceremony {
    /// Every trustee sees all messages of a step before it takes the next one.
    ///
    /// # Panics
    ///
    /// If the seeds are not those of the trustees that the parameters name.
    #[must_use]
    pub fn hold(parameters: &CeremonyParameters, seeds: &[[u8; 32]], rng: &mut TestRng) -> Self {
        const HONEST: &str = "honest trustees";
        let register = |seed| Trustee::register(parameters.clone(), TrusteeSeed::from_bytes(seed)).expect(HONEST);
        let (states, registrations): (Vec<_>, Vec<_>) = seeds.iter().map(register).unzip();
        let (states, commitments): (Vec<_>, Vec<_>) =
            states.into_iter().map(|state| state.commit(&registrations, rng).expect(HONEST)).unzip();
        let (states, deals): (Vec<_>, Vec<_>) =
            states.into_iter().map(|state| state.deal(&commitments, rng).expect(HONEST)).unzip();
        let (shares, confirmations) = states.into_iter().map(|state| state.confirm(&deals, rng).expect(HONEST)).unzip();
        Self { registrations, commitments, deals, confirmations, shares }
    }

    /// The messages in the order of their publication, with their authors, counted from 1.
    #[must_use]
    pub fn messages(&self) -> Vec<(u16, &[u8])> {
        let messages = (self.registrations.iter().map(Signed::as_bytes))
            .chain(self.commitments.iter().map(Signed::as_bytes))
            .chain(self.deals.iter().map(Signed::as_bytes))
            .chain(self.confirmations.iter().map(Signed::as_bytes));
        zip((1..=self.shares.len() as u16).cycle(), messages).collect()
    }
}
