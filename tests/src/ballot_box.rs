//! A ballot box that is started on a board.

use ballotta::admission::{Admission, AdmittedBallots, MemoryIndex, Resumed};
use ballotta::record::{MemoryRecord, PublishedBoard, read_manifest};
use ballotta::voter;

use crate::election::Board;
use crate::rng::TestRng;

/// Resumes admission from the record of a board, as a ballot box does when it starts.
///
/// # Panics
///
/// If the board has no election.
#[must_use]
pub fn resumed(board: &Board<'_>) -> Resumed<MemoryRecord> {
    let (record, rng) = (board.record(), &mut TestRng(1));
    let manifest = read_manifest(&record).expect("a manifest");
    let mut ballots = AdmittedBallots::default();
    let read = PublishedBoard::read(&record, &manifest, &mut |observed| ballots.observe(observed), rng);
    let election = voter::Election::of_board(&record, manifest, read.expect("a board"), rng).expect("an election");
    Admission::resume(election.context, election.roll, record, election.window, ballots, rng).expect("a roll")
}

/// The same, for a board on which every ballot is one that a ballot box admits.
///
/// # Panics
///
/// If a ballot is void, or as [`resumed`].
#[must_use]
pub fn resume(board: &Board<'_>) -> Admission<MemoryIndex<MemoryRecord>> {
    let Resumed { admission, void } = resumed(board);
    assert_eq!(void, []);
    admission
}
