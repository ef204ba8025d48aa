//! How a voter's verbs read an election: small parts of a record, each proved, or the whole record.
//!
//! See `spec/command-line.md#voter`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ballotta::ballot::OpenedBallot;
use ballotta::credential::VotingCodes;
use ballotta::election::ElectionContext;
use ballotta::record::{self, RecordSource as _, light};
use ballotta::voter::light::LightElection;
use ballotta::voter::{BallotsLeft, Election, Freshness, NextBallot, Voter, VoterError};
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

    /// Whether ballots may be cast now.
    pub(crate) fn is_open(&mut self, source: &mut AnyRecord) -> Result<Result<(), VoterError>> {
        self.ask(source, |election, _| match election {
            Self::Whole(election) => election.is_open(),
            Self::Light(election, _) => election.is_open(),
        })
    }

    /// Whether the organiser has not cancelled the election.
    pub(crate) fn is_not_cancelled(&mut self, source: &mut AnyRecord) -> Result<Result<(), VoterError>> {
        self.ask(source, |election, _| match election {
            Self::Whole(election) => election.is_not_cancelled(),
            Self::Light(election, _) => election.is_not_cancelled(),
        })
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

    /// What the next ballot of a voter replaces, and how many ballots the voter may still cast. Of a record in a folder, all
    /// ballots of a voter who has cast one are read: only they show whether one is left.
    pub(crate) fn next_ballot(
        &mut self,
        source: &mut AnyRecord,
        voter: &Voter,
    ) -> Result<Result<NextBallot, VoterError>> {
        let ask = |election: &Self, source: &AnyRecord| match election {
            Self::Whole(election) => voter.next_ballot(election, source, &mut system_rng()),
            Self::Light(election, _) => election.next_ballot(source, voter, &mut system_rng()),
        };
        let answer = self.ask(source, ask)?;
        let is_sure = match &answer {
            Ok(NextBallot { previous: Some(_), left: BallotsLeft::AtMost(_) }) => source.location().is_on_a_server(),
            _ => true,
        };
        // The answer is proved; only the number of ballots that are left is not. So a file that is lost refuses nobody.
        match is_sure || !self.read_whole(source).unwrap_or(false) {
            true => Ok(answer),
            false => Ok(ask(self, source)),
        }
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
        // The whole record says nothing else of an opening.
        let is_final = matches!(answer, Ok(_) | Err(VoterError::Opening(_) | VoterError::OpeningOfChangedCode { .. }));
        if is_final || !self.read_whole(source)? { Ok(answer) } else { Ok(ask(self, source)) }
    }

    /// Reads the whole record if only parts of it were read. Returns whether it did.
    fn read_whole(&mut self, source: &mut AnyRecord) -> Result<bool> {
        let Self::Light(light, record) = &*self else { return Ok(false) };
        let (all, election) = whole(record)?;
        // A server may show another election now, for which nobody was asked.
        let is_same = election.context().fingerprint() == light.context.fingerprint();
        if is_same {
            (*source, *self) = (all, election);
        }
        Ok(is_same)
    }
}
