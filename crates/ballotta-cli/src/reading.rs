//! How a voter's verbs read an election: small parts of a record, each proved, or the whole record.
//!
//! See `spec/command-line.md#voter`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ballotta::ballot::OpenedBallot;
use ballotta::credential::VotingCodes;
use ballotta::election::ElectionContext;
use ballotta::hash::Tracker;
use ballotta::record::{self, RecordSource as _, light};
use ballotta::voter::light::LightElection;
use ballotta::voter::{Election, Freshness, Voter, VoterError};
use ballotta::written::{VoterNumber, WrittenFingerprint, WrittenTracker};
use ballotta_io::{AnyRecord, Location};

use crate::location::{self, located};
use crate::record::read_election;
use crate::secrets::system_rng;
use crate::signing::BoardPin;

/// How much of a record is read.
#[derive(clap::Args, Debug)]
pub(crate) struct Reading {
    /// Read the whole record, even if it has the files for reading it in small parts
    #[arg(long)]
    pub(crate) whole: bool,
}

/// An election that was read.
pub(crate) enum ReadElection {
    Whole(Box<Election>),
    /// With the place of the record, which is read as a whole if a part of it does not give an answer.
    Light(Box<LightElection>, PathBuf),
}

impl Reading {
    /// The election of a record. If it cannot be read in small parts, the whole record is read, which says what is wrong.
    pub(crate) fn election(&self, record: &Path) -> Result<(AnyRecord, ReadElection)> {
        if let Some((source, election)) = self.light(record, &BoardPin::default())? {
            return Ok((source, ReadElection::Light(Box::new(election), record.to_path_buf())));
        }
        whole(record)
    }

    /// The election from small parts of a record, whose board must continue the pinned checkpoint; `None` if this cannot be
    /// shown to be right.
    pub(crate) fn light(&self, record: &Path, pin: &BoardPin) -> Result<Option<(AnyRecord, LightElection)>> {
        let location = located(record)?;
        // Archives are made without the files for light clients.
        if self.whole || !matches!(location, Location::Folder(_) | Location::Web(_)) {
            return Ok(None);
        }
        let source = location::opened_in_parts(&location)?;
        let Ok(Some(_)) = source.length(light::ELECTION) else { return Ok(None) };
        let Ok(manifest) = record::read_manifest(&source) else { return Ok(None) };
        let kept = pin.head(&manifest)?;
        let read = LightElection::read(&source, kept.as_ref(), &mut system_rng());
        Ok(read.ok().map(|election| (source, election)))
    }
}

fn whole(record: &Path) -> Result<(AnyRecord, ReadElection)> {
    let source = location::open(record)?;
    let election = read_election(&source)?;
    Ok((source, ReadElection::Whole(Box::new(election))))
}

impl ReadElection {
    pub(crate) fn context(&self) -> &ElectionContext {
        match self {
            Self::Whole(election) => &election.context,
            Self::Light(election, _) => &election.context,
        }
    }

    pub(crate) fn expect(&self, fingerprint: &WrittenFingerprint) -> Result<(), VoterError> {
        match self {
            Self::Whole(election) => election.expect(fingerprint),
            Self::Light(election, _) => election.expect(fingerprint),
        }
    }

    pub(crate) fn is_open(&self) -> Result<(), VoterError> {
        match self {
            Self::Whole(election) => election.is_open(),
            Self::Light(election, _) => election.is_open(),
        }
    }

    pub(crate) fn freshness(&self, now: u64) -> Freshness {
        match self {
            Self::Whole(election) => election.freshness(now),
            Self::Light(election, _) => election.freshness(now),
        }
    }

    pub(crate) fn voter(&mut self, source: &mut AnyRecord, codes: &VotingCodes) -> Result<Result<Voter, VoterError>> {
        self.ask(source, |election, source| match election {
            Self::Whole(election) => election.voter(source, codes),
            Self::Light(election, _) => election.voter(source, codes, &mut system_rng()),
        })
    }

    pub(crate) fn predecessor(
        &mut self,
        source: &mut AnyRecord,
        voter: &Voter,
    ) -> Result<Result<Option<Tracker>, VoterError>> {
        self.ask(source, |election, source| match election {
            Self::Whole(election) => voter.predecessor(election, source, &mut system_rng()),
            Self::Light(election, _) => election.predecessor(source, voter, &mut system_rng()),
        })
    }

    /// Checks the opening of a ballot.
    pub(crate) fn check_opening(
        &mut self,
        source: &mut AnyRecord,
        opening: &[u8],
        tracker: &WrittenTracker,
        voter: &VoterNumber,
    ) -> Result<Result<OpenedBallot, VoterError>> {
        self.ask(source, |election, source| match election {
            Self::Whole(election) => election.check_opening(source, opening, tracker, voter, &mut system_rng()),
            Self::Light(election, _) => election.check_opening(source, opening, tracker, voter, &mut system_rng()),
        })
    }

    /// Asks small parts of a record. If they do not answer, because a file is missing or wrong or because the answer is no, the
    /// whole record is read and asked: nobody is refused because of a file that proves nothing.
    fn ask<T>(
        &mut self,
        source: &mut AnyRecord,
        ask: impl Fn(&Self, &AnyRecord) -> Result<T, VoterError>,
    ) -> Result<Result<T, VoterError>> {
        let answer = ask(self, source);
        let Self::Light(light, record) = &*self else { return Ok(answer) };
        // The whole record says nothing else of an opening.
        if matches!(answer, Ok(_) | Err(VoterError::Opening(_) | VoterError::OpeningOfChangedCode { .. })) {
            return Ok(answer);
        }
        let (all, election) = whole(record)?;
        // A server may show another election now, for which nobody was asked.
        if election.context().fingerprint() != light.context.fingerprint() {
            return Ok(answer);
        }
        (*source, *self) = (all, election);
        Ok(ask(self, source))
    }
}
