//! Ranges of a board that are added up one by one: together they are the whole.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::contest::{Choose, Split};
use crate::elgamal::SlotCiphertext;
use crate::group::Scalar;
use crate::hash::{RollHash, Tracker, TreeHash};
use crate::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey, Trustee, TrusteeSeed};
use crate::manifest::{BallotStyle, Manifest, Party, tests::contents};
use crate::testing::TestRng;

/// An election of one trustee. No contest is in both of its styles.
fn context() -> ElectionContext {
    let (seed, mut rng) = (|| TrusteeSeed::from_bytes(&[7; 32]), TestRng(1));
    let mut contents = contents();
    contents.styles = [("member", vec!["board", "audit"]), ("guest", vec!["statute"])]
        .map(|(id, contests)| BallotStyle { id: id.into(), contests: contests.into_iter().map(Into::into).collect() })
        .into();
    let key = *seed().signing_key().public();
    contents.trustees.members = vec![Party { name: "Tea".into(), key }];
    (contents.trustees.threshold, contents.trustees.minimum_confirmed) = (1, 1);
    let manifest = Manifest::parse(&contents.to_bytes().unwrap()).unwrap();
    let parameters = CeremonyParameters::for_manifest(&manifest, FIRST_ATTEMPT).unwrap();
    let (trustee, registration) = Trustee::register(parameters.clone(), seed()).unwrap();
    let (trustee, commitment) = trustee.commit(&[&registration], &mut rng).unwrap();
    let (trustee, deal) = trustee.deal(&[&commitment], &mut rng).unwrap();
    let (_, confirmation) = trustee.confirm(&[&deal], &mut rng).unwrap();
    let messages: [&[u8]; 4] = [registration.as_ref(), commitment.as_ref(), deal.as_ref(), confirmation.as_ref()];
    let joint_key = JointKey::verify(&parameters, &messages, &mut rng).unwrap();
    ElectionContext::new(manifest, &joint_key, &RollHash::from_bytes([1; 32])).unwrap()
}

/// A ballot at a position, whose ciphertext is that of no other position.
fn ballot(context: &ElectionContext, index: u64, style: usize, weight: u64) -> (u64, VerifiedBallot) {
    let slots = context.style(style).unwrap().keys().len() as u64;
    let element = |number| PublicElement::from(Element::mul_generator(&Scalar::from(1000 * (index + 1) + number)));
    let ciphertext = SlotCiphertext { r: element(0), c: (1..=slots).map(element).collect() };
    let tracker = Tracker::from_bytes([0; 32]);
    (index, VerifiedBallot { voter: Some(0), credential: [0; 32], weight, style, tracker, previous: None, ciphertext })
}

/// The tally of the ballots between `first` and `end`.
fn add_up(context: &ElectionContext, ballots: &[(u64, VerifiedBallot)], first: u64, end: u64) -> PartialTally {
    let mut tally = PartialTally::zero(context);
    for (_, ballot) in ballots.iter().filter(|(index, _)| (first..end).contains(index)) {
        tally.correct(context, ballot, Correction::Add);
    }
    tally
}

fn merged(mut tally: PartialTally, next: &PartialTally) -> PartialTally {
    tally.append(next);
    tally
}

fn closed(context: &ElectionContext, tally: PartialTally) -> Result<EncryptedTally, WeightOverflow> {
    tally.close(context, TreeHead { size: 9, root: TreeHash::from_bytes([2; 32]) }, TreeHash::from_bytes([3; 32]))
}

/// Everything that trustees sign or decrypt of a tally.
fn sums(context: &ElectionContext, tally: PartialTally) -> (TallyDigest, u64, u64, Vec<EncryptedContest>) {
    let tally = closed(context, tally).unwrap();
    (*tally.digest(), tally.ballots(), tally.weight(), tally.contests().to_vec())
}

/// Six ballots of two styles and three weights, with gaps between them, on a board of nine entries.
fn board(context: &ElectionContext) -> Vec<(u64, VerifiedBallot)> {
    [(0, 0, 1), (2, 1, 5), (3, 0, 5), (4, 1, 1), (7, 1, 900), (8, 0, 1)]
        .map(|(index, style, weight)| ballot(context, index, style, weight))
        .into()
}

/// However a board is cut into ranges, their tallies together are the tally of the whole.
#[test]
fn ranges_add_up_to_the_whole() {
    let context = context();
    let ballots = board(&context);
    let range = |first, end| add_up(&context, &ballots, first, end);
    let whole = sums(&context, range(0, 9));
    assert_eq!((whole.1, whole.2), (6, 913));
    assert_eq!(
        whole.3.iter().map(|contest| (contest.ballots, contest.weight)).collect::<Vec<_>>(),
        [(3, 7), (3, 7), (3, 906)]
    );
    for one in 0..=9 {
        for other in one..=9 {
            let in_order = merged(merged(range(0, one), &range(one, other)), &range(other, 9));
            assert_eq!(sums(&context, in_order), whole, "{one}, {other}");
            let nested = merged(range(0, one), &merged(range(one, other), &range(other, 9)));
            assert_eq!(sums(&context, nested), whole, "{one}, ({other})");
        }
    }
}

/// No roll has such weights. Adding up ballots with such weights gives an error and no tally.
#[test]
fn weights_that_overflow() {
    let context = context();
    // The styles and weights of two ballots: in one contest, in two of one weight, in two of two weights.
    for (one, other) in [((0, u64::MAX), (0, 1)), ((0, u64::MAX), (1, u64::MAX)), ((0, u64::MAX), (1, 1))] {
        let ballots = [(0, one), (1, other)].map(|(index, (style, weight))| ballot(&context, index, style, weight));
        let together = closed(&context, add_up(&context, &ballots, 0, 2));
        assert_eq!(together.map(|_| ()), Err(WeightOverflow), "{one:?}, {other:?}");
        let [one, other] = [0, 1].map(|index| add_up(&context, &ballots, index, index + 1));
        assert_eq!(sums(&context, one.clone()).2, u64::MAX);
        assert_eq!(closed(&context, merged(one, &other)).map(|_| ()), Err(WeightOverflow));
    }
}

#[test]
fn what_is_divided_has_no_rare_weight() {
    // Totals of what voters divide do not show multiples of their weights.
    let limits = Privacy { minimum_counted_ballots: 3, minimum_ballots_per_weight: 2 };
    let counted = Counted::of([(1, 4), (70, 1)]).unwrap();
    let split = Rule::Split(Split { max: 100 });
    let choose = Rule::Choose(Choose { min: 1, max: 1, blank: false });
    let rare = Withheld::RareWeight { found: 1, minimum: 2 };
    assert_eq!(Withheld::of(&limits, &choose, &counted), Some(rare));
    assert_eq!(Withheld::of(&limits, &split, &counted), None);
    // Few ballots give themselves away in either.
    let few = Counted::of([(1, 2)]).unwrap();
    let few_ballots = Some(Withheld::TooFewBallots { found: 2, minimum: 3 });
    assert_eq!([&choose, &split].map(|rule| Withheld::of(&limits, rule, &few)), [few_ballots; 2]);
}
