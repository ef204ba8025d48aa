//! The files with the parts of the credentials, which several credential authorities publish.
//!
//! See `spec/verification.md#rollparts`. A file is read twice in pieces, and nothing of it is kept: first for its hashes,
//! then for its parts. Whoever changes a file between the two readings is noticed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::zip;

use merlin::Transcript;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

use super::{PublishedRoll, ROLL, ReadError, RecordSource, SourceError, parts_path, read_parts};
use crate::credential::parts::{
    PART_BYTES, PARTS_HEADER_BYTES, PartWeights, begin_proof, parts_file_bytes, proof_is_valid, read_part,
    read_parts_header,
};
use crate::credential::{RollReader, RollRules};
use crate::encoding::{DecodeError, Reader};
use crate::group::Element;
use crate::hash::FileHash;
use crate::index::AuthorityIndex;
use crate::manifest::Manifest;
use crate::parallel;
use crate::proofs::schnorr::SchnorrProof;
use crate::weaken::{self, Check};

/// The least number of lines that one core verifies at a time, but for the last ones. With more of them, a multiscalar
/// multiplication costs less for each.
const LINES_PER_PIECE: usize = 8192;

/// The file with the parts of an authority, as its signature of the roll names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedParts {
    /// The authority.
    pub authority: AuthorityIndex,
    /// The hash of the file.
    pub hash: FileHash,
}

/// What is wrong with the parts of the credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// The file is missing, too long, or cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file has another hash than the authority signed.
    #[error("this is not the file that the authority signed: it has the hash {found}, not {signed}")]
    OtherFile {
        /// The hash of the file.
        found: FileHash,
        /// The hash in the signature of the roll.
        signed: FileHash,
    },
    /// The file is not a file of parts.
    #[error("the file is not a list of parts: {0}")]
    Encoding(DecodeError),
    /// The file names another authority.
    #[error("the file has the parts of credential authority {found}")]
    OtherAuthority {
        /// The number of the authority that the file names.
        found: u16,
    },
    /// The file has another number of parts than the roll has voters.
    #[error("the file has parts for {found} voters, but the roll has {voters}")]
    OtherNumber {
        /// The number of parts that the file names.
        found: u64,
        /// The number of voters of the roll.
        voters: u64,
    },
    /// A part is not an element of the group, or is the identity.
    #[error("the part of line {line} of the roll is not an element of the group, or is the identity")]
    Part {
        /// The first line with such a part, counted from 1.
        line: u64,
    },
    /// The authority has not proved that it knows its parts.
    #[error("the proof that the authority knows its parts is invalid")]
    Proof,
    /// The parts of a line do not add up to its credential.
    #[error("the parts of this line do not add up to its credential")]
    Sum,
    /// A file has other bytes than when it was read before.
    #[error("the file changed while it was read")]
    Changed,
}

crate::from_quoted!(PartsError::Encoding(DecodeError));

impl PartsError {
    /// The stable name of the fault, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(ReadError::Missing) => "missing-parts",
            Self::Read(_) => "unreadable-file",
            Self::Changed => "record-changed",
            _ => "bad-parts",
        }
    }
}

/// A failure of the parts of the credentials, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartsFailure {
    /// The authority whose file fails; `None` for a failure of the roll.
    pub authority: Option<AuthorityIndex>,
    /// The line of the roll whose parts do not add up, counted from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub error: PartsError,
}

impl PartsFailure {
    fn of_file(authority: AuthorityIndex, error: impl Into<PartsError>) -> Self {
        Self { authority: Some(authority), line: None, error: error.into() }
    }

    /// The path of the file that fails.
    #[must_use]
    pub fn path(&self) -> String {
        self.authority.map_or_else(|| ROLL.to_string(), parts_path)
    }
}

impl core::fmt::Display for PartsFailure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.path(), self.error),
            None => write!(f, "{}: {}", self.path(), self.error),
        }
    }
}

/// What a verification of the files of parts has found, apart from its failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifiedParts {
    /// The number of files that have the signed hash.
    pub files: u64,
    /// Whether at every line of the roll the parts of all authorities add up to the credential. A sum is an element of the
    /// group, so that nobody needs to decode the credentials to find out that they are elements.
    pub show_elements: bool,
}

/// Verifies the files of parts that these authorities signed, and shows every failure to `visit`. If all authorities of the
/// manifest are among them, it also checks at every line whether the parts add up to the credential. `progress` gets the
/// number of lines that were verified.
///
/// The roll must be that of the source.
pub fn verify_parts<R: CryptoRng>(
    source: &dyn RecordSource,
    manifest: &Manifest,
    roll: &PublishedRoll,
    signed: &[SignedParts],
    visit: &mut dyn FnMut(PartsFailure),
    progress: &dyn Fn(u64),
    rng: &mut R,
) -> VerifiedParts {
    let voters = roll.totals().voters();
    let mut verified = VerifiedParts::default();
    let mut files = Vec::new();
    for signed in signed {
        match PartsFile::first_reading(source, manifest, voters, signed) {
            Ok(file) => {
                verified.files += 1;
                match file {
                    Ok(file) => files.push(file),
                    Err(error) => visit(PartsFailure::of_file(signed.authority, error)),
                }
            }
            Err(error) => visit(PartsFailure::of_file(signed.authority, error)),
        }
    }
    if files.is_empty() {
        return verified;
    }
    let are_all = files.len() == manifest.credential_authorities().len();
    let are_sums = match second_reading(source, manifest, roll, &mut files, are_all, visit, progress) {
        Ok(are_sums) => are_sums,
        Err(failure) => {
            visit(failure);
            return verified;
        }
    };
    let mut are_same = true;
    for file in files {
        let (authority, error) = (file.authority, file.finish(rng));
        if let Err(error) = error {
            are_same &= error != PartsError::Changed;
            visit(PartsFailure::of_file(authority, error));
        }
    }
    verified.show_elements = are_sums && are_same;
    verified
}

/// A file of parts between its two readings, and while it is read again.
struct PartsFile {
    authority: AuthorityIndex,
    path: String,
    proof: SchnorrProof,
    digest: [u8; 32],
    again: Sha256,
    transcript: Transcript,
    weights: PartWeights,
    sum: Element,
    /// The first line whose part is not an element.
    invalid: Option<u64>,
}

impl PartsFile {
    /// Reads a file for its hashes. The outer error says that it is not the file that the authority signed, the inner one that
    /// the authority signed a file that breaks a rule.
    fn first_reading(
        source: &dyn RecordSource,
        manifest: &Manifest,
        voters: u64,
        SignedParts { authority, hash: signed }: &SignedParts,
    ) -> Result<Result<Self, PartsError>, PartsError> {
        let path = parts_path(*authority);
        let (mut file, mut digest) = (Sha256::new(), Sha256::new());
        let (mut header, mut end) = (Vec::new(), Vec::new());
        let parts_end = parts_file_bytes(voters) - SchnorrProof::BYTES as u64;
        read_parts(source, &path, parts_file_bytes(voters), |piece, done, _| {
            file.update(piece);
            let start = done - piece.len() as u64;
            // Every offset is within the piece.
            let at = |offset: u64| (offset.clamp(start, done) - start) as usize;
            let (before, after) = (at(PARTS_HEADER_BYTES as u64), at(parts_end));
            header.extend_from_slice(piece.get(..before).unwrap_or_default());
            digest.update(piece.get(before..after).unwrap_or_default());
            end.extend_from_slice(piece.get(after..).unwrap_or_default());
        })?;
        let found = FileHash::from_bytes(file.finalize().into());
        if found != *signed && weaken::is_on(Check::PointedFile) {
            return Err(PartsError::OtherFile { found, signed: *signed });
        }
        let digest: [u8; 32] = digest.finalize().into();
        let read = || {
            let (named, lines) = read_parts_header(&header)?;
            if named != authority.get() {
                return Err(PartsError::OtherAuthority { found: named });
            }
            if lines != voters {
                return Err(PartsError::OtherNumber { found: lines, voters });
            }
            let mut reader = Reader::new(&end);
            let proof = SchnorrProof::decode(&mut reader)?;
            reader.finish()?;
            let (transcript, weights) = begin_proof(manifest.hash(), *authority, voters, &digest);
            let (sum, again) = (Element::identity(), Sha256::new());
            Ok(Self { authority: *authority, path, proof, digest, again, transcript, weights, sum, invalid: None })
        };
        Ok(read())
    }

    /// Decides about the file after all its parts were read again.
    fn finish<R: CryptoRng>(self, rng: &mut R) -> Result<(), PartsError> {
        if <[u8; 32]>::from(self.again.finalize()) != self.digest {
            return Err(PartsError::Changed);
        }
        if let Some(line) = self.invalid {
            return Err(PartsError::Part { line });
        }
        if proof_is_valid(self.transcript, self.sum, &self.proof, rng) { Ok(()) } else { Err(PartsError::Proof) }
    }
}

/// Reads the parts again, together with the roll, line by line. Returns whether all parts add up to their credentials.
fn second_reading(
    source: &dyn RecordSource,
    manifest: &Manifest,
    roll: &PublishedRoll,
    files: &mut [PartsFile],
    are_all: bool,
    visit: &mut dyn FnMut(PartsFailure),
    progress: &dyn Fn(u64),
) -> Result<bool, PartsFailure> {
    let of_roll = |error| PartsFailure { authority: None, line: None, error };
    let rules = RollRules::for_manifest(manifest);
    let limit = rules.max_bytes();
    let voters = roll.totals().voters();
    let mut reader = RollReader::new(rules);
    let mut credentials = Vec::new();
    let (mut done, mut verified) = (0, Ok(are_all));
    let mut verify = |credentials: &mut Vec<[u8; 32]>| {
        // A roll that has grown since is refused below.
        let left = usize::try_from(voters - done).unwrap_or(usize::MAX);
        credentials.truncate(left);
        if let Ok(are_sums) = verified {
            verified = verify_lines(source, files, are_all, done, credentials, visit).map(|are| are && are_sums);
        }
        done += credentials.len() as u64;
        credentials.clear();
        progress(done);
    };
    let read = read_parts(source, ROLL, limit, |piece, _, _| {
        reader.feed(piece, &mut |line| credentials.extend(line.map(|line| line.credential)));
        if credentials.len() >= LINES_PER_PIECE * parallel::cores() {
            verify(&mut credentials);
        }
    });
    read.map_err(|error| of_roll(error.into()))?;
    verify(&mut credentials);
    let are_sums = verified?;
    match reader.finish(&mut |_| ()) {
        Ok(index) if index.hash() == roll.hash() => Ok(are_sums),
        _ => Err(of_roll(PartsError::Changed)),
    }
}

/// The parts of one authority, of the lines that one core verifies.
struct PieceOfFile {
    sum: Element,
    invalid: Option<u64>,
}

/// Verifies the lines from `start` on, counted from 0, whose credentials are these. Returns whether the parts of each add up to
/// its credential.
fn verify_lines(
    source: &dyn RecordSource,
    files: &mut [PartsFile],
    are_all: bool,
    start: u64,
    credentials: &[[u8; 32]],
    visit: &mut dyn FnMut(PartsFailure),
) -> Result<bool, PartsFailure> {
    let offset = PARTS_HEADER_BYTES as u64 + start * PART_BYTES as u64;
    let mut read: Vec<Vec<u8>> = Vec::new();
    for file in files.iter_mut() {
        let mut bytes = alloc::vec![0; credentials.len() * PART_BYTES];
        let failed = |error: SourceError| PartsFailure::of_file(file.authority, ReadError::from(error));
        source.read_exact_at(&file.path, offset, &mut bytes).map_err(failed)?;
        file.again.update(&bytes);
        read.push(bytes);
    }
    let weights: Vec<PartWeights> = files.iter().map(|file| file.weights).collect();
    let lines = credentials.len().div_ceil(parallel::cores()).max(1);
    let pieces: Vec<(u64, &[[u8; 32]])> = zip((start..).step_by(lines), credentials.chunks(lines)).collect();
    let verified = parallel::map(pieces, |(first, credentials)| {
        let mut sums = Vec::with_capacity(credentials.len());
        let mut of_files = Vec::with_capacity(weights.len());
        for (bytes, weights) in zip(&read, &weights) {
            let (parts, _) = bytes.as_chunks::<PART_BYTES>();
            let parts = parts.iter().skip((first - start) as usize).take(credentials.len());
            of_files.push(verify_piece(*weights, first, parts, &mut sums));
        }
        let (mut wrong, mut are_sums) = (Vec::new(), true);
        if are_all {
            // The first voter is on line 2.
            for ((line, sum), credential) in zip(first + 2.., &sums).zip(credentials) {
                let is_sum = sum.as_ref().map(|sum| sum.to_bytes() == *credential);
                if is_sum == Some(false) && weaken::is_on(Check::PartsSum) {
                    wrong.push(line);
                }
                are_sums &= is_sum == Some(true);
            }
        }
        (of_files, wrong, are_sums)
    });
    let mut are_all_sums = true;
    for (of_files, wrong, are_sums) in verified {
        for (file, piece) in zip(files.iter_mut(), of_files) {
            file.sum += piece.sum;
            file.invalid = file.invalid.or(piece.invalid);
        }
        for line in wrong {
            visit(PartsFailure { authority: None, line: Some(line), error: PartsError::Sum });
        }
        are_all_sums &= are_sums;
    }
    Ok(are_all_sums)
}

/// Decodes the parts of an authority from line `first` on, counted from 0, and adds each to the sum of its line. The first
/// authority begins the sums.
fn verify_piece<'a>(
    weights: PartWeights,
    first: u64,
    parts: impl ExactSizeIterator<Item = &'a [u8; PART_BYTES]>,
    sums: &mut Vec<Option<Element>>,
) -> PieceOfFile {
    let is_first = sums.is_empty();
    let mut piece = PieceOfFile { sum: Element::identity(), invalid: None };
    let (mut scalars, mut elements) = (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
    for (place, ((line, weight), bytes)) in zip(first + 2.., weights.from(first)).zip(parts).enumerate() {
        let part = read_part(bytes);
        match part {
            Some(part) => {
                scalars.push(weight);
                elements.push(part);
            }
            None => _ = piece.invalid.get_or_insert(line),
        }
        if is_first {
            sums.push(part);
        } else if let Some(sum) = sums.get_mut(place) {
            *sum = sum.and_then(|sum| Some(sum + part?));
        }
    }
    piece.sum = Element::vartime_multiscalar(&scalars, &elements);
    piece
}
