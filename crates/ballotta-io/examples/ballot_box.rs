//! A ballot box: admits ballots from files to the board of a record whose voting is open. See `docs/ballot-box.md`.
//!
//! `cargo run --example ballot_box -p ballotta-io -- RECORD BOARD-KEY BALLOT..`: `ballotta board new` makes the key, and
//! the example `embed` makes the ballots.

use std::{fs, path::Path};

use ballotta::admission::{Admission, AdmitError, AdmittedBallots, MemoryIndex, Resumed};
use ballotta::ballot::{AdmissionError, SignedBallot};
use ballotta::board::{board_signer, note::NoteSigner, timeline::Observed};
use ballotta::record::{PublishedBoard, read_manifest};
use ballotta::{rand_core::UnwrapErr, voter::Election};
use ballotta_io::{BoardFolder, FolderRecord, NamedFiles};
use getrandom::SysRng;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

struct BallotBox {
    admission: Admission<MemoryIndex<FolderRecord>>,
    board: BoardFolder,
    signer: NoteSigner,
}

impl BallotBox {
    /// Resumes the ballot box of the record in a folder, given the secret key of its board.
    fn resume(root: &Path, key: &[u8; 32]) -> Fallible<Self> {
        let (lock, source, rng) = (BoardFolder::lock(root)?, FolderRecord::new(root), &mut UnwrapErr(SysRng));
        let (manifest, mut ballots, mut files) =
            (read_manifest(&source)?, AdmittedBallots::default(), NamedFiles::default());
        let signer = board_signer(&manifest, key)?;
        BoardFolder::finish_commit(&lock, signer.key())?;
        let mut observe = |entry: &Observed<'_>| {
            ballots.observe(entry);
            files.observe(entry);
        };
        let published = PublishedBoard::read(&source, &manifest, &mut observe, rng)?;
        let board = BoardFolder::resume(lock, signer.key(), published.timeline().frontier().clone(), &files)?;
        let Election { context, roll, window, .. } = Election::of_board(&source, manifest, published, rng)?;
        let Resumed { admission, void } = Admission::resume(context, roll, source, window, ballots, rng)?;
        void.iter().for_each(|ballot| eprintln!("warning: {ballot}"));
        Ok(Self { admission, board, signer })
    }

    /// Admits ballots, and returns the position of each on the board, or why it is refused. When this returns, the
    /// admitted ballots are on the disk. After an error the ballot box must be resumed.
    fn admit(&mut self, ballots: &[Vec<u8>]) -> Fallible<Vec<Result<u64, AdmissionError>>> {
        let admit = |ballot: &Vec<u8>| match self.admission.admit(ballot, &self.board, &mut UnwrapErr(SysRng)) {
            Ok(entry) => Ok(Ok(self.board.append(entry)?)),
            Err(AdmitError::Refused(reason)) => Ok(Err(reason)),
            Err(error) => Err(error.into()),
        };
        let outcomes = ballots.iter().map(admit).collect::<Fallible<_>>()?;
        self.board.commit(&self.signer)?;
        Ok(outcomes)
    }
}

pub(crate) fn run(arguments: &[String]) -> Fallible<()> {
    let [record, key, files @ ..] = arguments else { return Err("give a record, a board key, and ballots".into()) };
    let mut seed = [0; 32];
    hex::decode_to_slice(fs::read_to_string(key)?.lines().nth(1).unwrap_or_default(), &mut seed)?;
    let ballots = files.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut ballot_box = BallotBox::resume(Path::new(record), &seed)?;
    for ((file, ballot), outcome) in files.iter().zip(&ballots).zip(ballot_box.admit(&ballots)?) {
        match outcome {
            Ok(index) => println!("{file}: tracker {} is entry {index}", SignedBallot::tracker_of(ballot)?),
            Err(reason) => println!("{file}: refused: {reason}"),
        }
    }
    Ok(())
}

fn main() -> Fallible<()> {
    run(&std::env::args().skip(1).collect::<Vec<_>>())
}
