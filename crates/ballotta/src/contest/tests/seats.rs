//! The seats of lists.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::lists::Plan;
use crate::contest::seats::{Allocation, allocate};
use crate::contest::{OutcomeError, Rule, SeatMethod};
use crate::testing::{TestRng, numbered_options};

const METHODS: [SeatMethod; 3] = [SeatMethod::Dhondt, SeatMethod::SainteLague, SeatMethod::LargestRemainder];

/// The seats of each list, the lists that tie, and how many seats stay open.
fn seats(totals: &[u64], number: u32, method: SeatMethod) -> (Vec<u32>, Vec<usize>, u32) {
    let Allocation { seats, by_lot, tied, open } = allocate(totals, number, method, &|_| None);
    assert_eq!(seats.iter().sum::<u32>() + open, number);
    assert!(by_lot.iter().all(|seats| *seats == 0));
    // With a lot the same lists have the same seats, and those that tie take the others in the order of the lot.
    let with_lot = allocate(totals, number, method, &|tied| Some(tied.iter().rev().copied().collect()));
    let lucky: Vec<usize> = tied.iter().rev().copied().take(open as usize).collect();
    let expected = seats.iter().enumerate().map(|(list, seats)| seats + u32::from(lucky.contains(&list)));
    assert!(expected.eq(with_lot.seats.iter().copied()), "{totals:?} {number} {method:?}");
    assert_eq!((with_lot.open, with_lot.tied), (if tied.is_empty() { open } else { 0 }, vec![]));
    (seats, tied, open)
}

fn given(seats: &[u32]) -> (Vec<u32>, Vec<usize>, u32) {
    (seats.to_vec(), vec![], 0)
}

#[test]
fn textbook_seats() {
    let votes = [100_000, 80_000, 30_000, 20_000];
    assert_eq!(seats(&votes, 8, SeatMethod::Dhondt), given(&[4, 3, 1, 0]));
    // The quotients are 100, 80, 33.3, 30, 26.7, 20 (first, fifth divisor), 20 (fourth), and then 16.
    assert_eq!(seats(&votes, 8, SeatMethod::SainteLague), given(&[3, 3, 1, 1]));
    // The quota is 28,750: 3, 2, 1, 0 and the remainders 13,750, 22,500, 1,250, 20,000.
    assert_eq!(seats(&votes, 8, SeatMethod::LargestRemainder), given(&[3, 3, 1, 1]));
    assert_eq!(seats(&[53_000, 24_000, 23_000], 7, SeatMethod::SainteLague), given(&[3, 2, 2]));
    assert_eq!(seats(&[53_000, 24_000, 23_000], 7, SeatMethod::Dhondt), given(&[4, 2, 1]));
    // Hare's quota is 10,000: 4, 1, 1, 1; then 0.7, and 0.6 twice.
    let votes = [47_000, 16_000, 15_900, 12_000, 6_000, 3_100];
    assert_eq!(seats(&votes, 10, SeatMethod::LargestRemainder), given(&[5, 2, 1, 1, 1, 0]));
}

#[test]
fn the_paradox_of_alabama() {
    // With one more seat, the third list loses one. This is a known property of the method.
    let votes = [1_500, 1_500, 900, 500, 500, 200];
    assert_eq!(seats(&votes, 25, SeatMethod::LargestRemainder), given(&[7, 7, 4, 3, 3, 1]));
    assert_eq!(seats(&votes, 26, SeatMethod::LargestRemainder), given(&[8, 8, 5, 2, 2, 1]));
}

#[test]
fn equal_claims_leave_seats_open() {
    for method in METHODS {
        assert_eq!(seats(&[10, 10], 3, method), (vec![1, 1], vec![0, 1], 1), "{method:?}");
        assert_eq!(seats(&[10, 10], 4, method), given(&[2, 2]), "{method:?}");
        assert_eq!(seats(&[10, 10, 10], 2, method), (vec![0, 0, 0], vec![0, 1, 2], 2), "{method:?}");
        assert_eq!(seats(&[1, 1, 1, 0], 4, method), (vec![1, 1, 1, 0], vec![0, 1, 2], 1), "{method:?}");
        assert_eq!(seats(&[5], 7, method), given(&[7]), "{method:?}");
        // A list without votes takes no part. If nobody votes, no list takes part, and none ties.
        assert_eq!(seats(&[0, 9, 0], 5, method), given(&[0, 5, 0]), "{method:?}");
        assert_eq!(seats(&[0, 0], 5, method), (vec![0, 0], vec![], 5), "{method:?}");
    }
    // The totals 4, 4, 2 with three seats: 4/1 and 4/1 get the first two, and then 2/1 = 4/2 = 4/2 tie.
    assert_eq!(seats(&[4, 4, 2], 3, SeatMethod::Dhondt), (vec![1, 1, 0], vec![0, 1, 2], 1));
    assert_eq!(seats(&[4, 4, 2], 4, SeatMethod::Dhondt), (vec![1, 1, 0], vec![0, 1, 2], 2));
    assert_eq!(seats(&[4, 4, 2], 5, SeatMethod::Dhondt), given(&[2, 2, 1]));
    // 9 by the third divisor is equal to 3 by the first.
    assert_eq!(seats(&[9, 3], 2, SeatMethod::SainteLague), (vec![1, 0], vec![0, 1], 1));
    assert_eq!(seats(&[9, 3], 3, SeatMethod::SainteLague), given(&[2, 1]));
    // Only the lists that tie for the last seat are named: the remainders are 0.6, 0.2, 0.2.
    assert_eq!(seats(&[26, 12, 12], 5, SeatMethod::LargestRemainder), given(&[3, 1, 1]));
    assert_eq!(seats(&[28, 11, 11], 5, SeatMethod::LargestRemainder), given(&[3, 1, 1]));
    assert_eq!(seats(&[4, 3, 3], 5, SeatMethod::LargestRemainder), (vec![2, 1, 1], vec![1, 2], 1));
}

#[test]
fn largest_numbers_stay_exact() {
    let large = 1 << 44;
    for method in METHODS {
        assert_eq!(seats(&[large, large], 10_000, method), given(&[5_000, 5_000]), "{method:?}");
        // One vote breaks the tie.
        assert_eq!(seats(&[large, large - 1], 9_999, method), given(&[5_000, 4_999]), "{method:?}");
    }
}

/// The seats by the sorted quotients of all lists, which are compared as fractions.
fn plainly(totals: &[u64], number: u32, divisor: impl Fn(u128) -> u128) -> (Vec<u32>, Vec<usize>, u32) {
    let mut quotients: Vec<(u128, u128, usize)> = Vec::new();
    for (list, total) in totals.iter().enumerate().filter(|(_, total)| **total > 0) {
        quotients.extend((0..u128::from(number)).map(|seats| (u128::from(*total), divisor(seats), list)));
    }
    quotients.sort_by(|(a, b, list), (c, d, other)| (c * b).cmp(&(a * d)).then(list.cmp(other)));
    let (mut seats, mut open) = (vec![0; totals.len()], number);
    let mut rest = quotients.as_slice();
    while let Some((a, b, _)) = rest.first().filter(|_| open > 0) {
        let equal = rest.iter().take_while(|(c, d, _)| a * d == c * b).count();
        let lists: Vec<usize> = rest[..equal].iter().map(|(_, _, list)| *list).collect();
        if equal > open as usize {
            return (seats, lists, open);
        }
        lists.iter().for_each(|list| seats[*list] += 1);
        open -= equal as u32;
        rest = &rest[equal..];
    }
    (seats, vec![], open)
}

#[test]
fn random_seats_against_a_plain_count() {
    let mut rng = TestRng(6);
    for _ in 0..2_000 {
        let mut below = |bound: u64| rng.next_u64() % bound;
        let (lists, number, most) = (1 + below(6), 1 + below(12) as u32, 1 + below(30));
        let totals: Vec<u64> = (0..lists).map(|_| below(most)).collect();
        assert_eq!(seats(&totals, number, SeatMethod::Dhondt), plainly(&totals, number, |seats| seats + 1));
        assert_eq!(seats(&totals, number, SeatMethod::SainteLague), plainly(&totals, number, |seats| 2 * seats + 1));

        // Largest remainders keep the quota: a list gets its integral part or one more.
        let (found, tied, open) = seats(&totals, number, SeatMethod::LargestRemainder);
        let voted: u64 = totals.iter().sum();
        if voted == 0 {
            continue;
        }
        let quota = |list: usize| (totals[list] * u64::from(number) / voted, totals[list] * u64::from(number) % voted);
        let left = u64::from(number) - (0..totals.len()).map(|list| quota(list).0).sum::<u64>();
        for (list, found) in found.into_iter().enumerate() {
            // The lists with larger remainders, and those with the same.
            let takes_part = |other: &usize| totals[*other] > 0;
            let larger = (0..totals.len()).filter(takes_part).filter(|other| quota(*other).1 > quota(list).1).count();
            let equal = (0..totals.len()).filter(takes_part).filter(|other| quota(*other).1 == quota(list).1).count();
            let more = takes_part(&list) && larger + equal <= left as usize;
            assert_eq!(u64::from(found), quota(list).0 + u64::from(more), "{totals:?} {number}");
            let ties = takes_part(&list) && !more && larger < left as usize;
            assert_eq!(tied.contains(&list), ties, "{totals:?} {number}");
        }
        assert_eq!(open == 0, tied.is_empty());
    }
}

#[test]
fn totals_of_lists_that_no_ballots_give() {
    let plan = |across| Plan {
        lists: vec![(0, vec![1, 2, 3]), (4, vec![5])],
        groups: vec![],
        preferences: 2,
        across,
        blank: true,
    };
    let options = numbered_options(6);
    let refused = |across, totals: [u64; 7]| {
        let outcome = Rule::Lists(plan(across).rule()).outcome(&options, &totals, 10);
        assert_eq!(outcome.err(), Some(OutcomeError::Impossible), "{across} {totals:?}");
    };
    let accepted = |across, totals: [u64; 7]| {
        assert!(Rule::Lists(plan(across).rule()).outcome(&options, &totals, 10).is_ok(), "{across} {totals:?}");
    };
    for across in [false, true] {
        accepted(across, [5, 5, 5, 0, 4, 4, 1]);
        // The sum of the lists is not the number of voters; more blank votes than ballots.
        refused(across, [5, 5, 5, 0, 3, 3, 1]);
        refused(across, [5, 5, 5, 0, 5, 4, 1]);
        refused(across, [0, 0, 0, 0, 0, 0, 11]);
        refused(across, [u64::MAX, 0, 0, 0, u64::MAX, 0, 1]);
        refused(across, [5, u64::MAX, u64::MAX, 0, 4, 4, 1]);
    }
    // Within the lists: a candidate with more than its list, and more preferences than two for each ballot of the list,
    // or than it has candidates.
    refused(false, [5, 6, 0, 0, 4, 4, 1]);
    refused(false, [5, 5, 5, 1, 4, 4, 1]);
    refused(false, [5, 5, 5, 0, 4, 5, 1]);
    // Across lists: a candidate with more than all voters, and more than two preferences for each voter.
    accepted(true, [5, 9, 9, 0, 4, 0, 1]);
    refused(true, [5, 10, 0, 0, 4, 0, 1]);
    refused(true, [5, 9, 9, 1, 4, 0, 1]);
    let wrong = Rule::Lists(plan(true).rule()).outcome(&options, &[0; 6], 10);
    assert_eq!(wrong.err(), Some(OutcomeError::WrongNumber { totals: 6, counts: 7 }));
}
