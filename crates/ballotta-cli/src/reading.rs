//! How a voter's verbs read an election: small parts of a record, each proved, or the whole record.
//!
//! See `spec/command-line.md#voter`.

use std::path::Path;

use anyhow::Result;
use ballotta::credential::VotingCode;
use ballotta::election::ElectionContext;
use ballotta::hash::Tracker;
use ballotta::record::{self, RecordSource as _, light};
use ballotta::voter::light::LightElection;
use ballotta::voter::{Election, Voter, VoterError};
use ballotta::written::WrittenFingerprint;
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
    Light(Box<LightElection>),
}

impl Reading {
    /// The election of a record. If it cannot be read in small parts, the whole record is read, which says what is wrong.
    pub(crate) fn election(&self, record: &Path) -> Result<(AnyRecord, ReadElection)> {
        if let Some((source, election)) = self.light(record, &BoardPin::default())? {
            return Ok((source, ReadElection::Light(Box::new(election))));
        }
        let source = location::open(record)?;
        let election = read_election(&source)?;
        Ok((source, ReadElection::Whole(Box::new(election))))
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

impl ReadElection {
    pub(crate) fn context(&self) -> &ElectionContext {
        match self {
            Self::Whole(election) => &election.context,
            Self::Light(election) => &election.context,
        }
    }

    pub(crate) fn expect(&self, fingerprint: &WrittenFingerprint) -> Result<(), VoterError> {
        match self {
            Self::Whole(election) => election.expect(fingerprint),
            Self::Light(election) => election.expect(fingerprint),
        }
    }

    pub(crate) fn is_open(&self) -> Result<(), VoterError> {
        match self {
            Self::Whole(election) => election.is_open(),
            Self::Light(election) => election.is_open(),
        }
    }

    pub(crate) fn voter(&self, source: &AnyRecord, code: &VotingCode) -> Result<Voter, VoterError> {
        match self {
            Self::Whole(election) => election.voter(source, code),
            Self::Light(election) => election.voter(source, code),
        }
    }

    pub(crate) fn predecessor(&self, source: &AnyRecord, voter: &Voter) -> Result<Option<Tracker>, VoterError> {
        match self {
            Self::Whole(election) => voter.predecessor(election, source, &mut system_rng()),
            Self::Light(election) => election.predecessor(source, voter, &mut system_rng()),
        }
    }
}
