//! Decisions against plain ones: every complete order that agrees with the ranking is tried.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::*;
use crate::contest::{Choose, ContestOption, List, Lists, Outcome, People, Rule, SeatMethod, Seats};
use crate::manifest::Contest;
use crate::testing::{TestRng, numbered_options};

const FREE: Circumstances<'static> = Circumstances { has_quorum: true, weight: 100, eligible_weight: 200, lot: None };

fn id(option: &usize) -> String {
    alloc::format!("o{option}")
}

/// A contest with these options, in which everybody may choose any of them.
fn contest(options: usize, winners: Option<Winners>, passes: Option<Motion>) -> Contest {
    let max = if passes.is_some() { 1 } else { options as u32 };
    Contest {
        id: "c".into(),
        title: [("en", "C")].into(),
        description: None,
        attachments: Vec::new(),
        rule: Rule::Choose(Choose { min: 0, max, blank: false }),
        winners,
        passes,
        order: None,
        options: numbered_options(options),
    }
}

fn outcome(contest: &Contest, totals: &[u64], weight: u64) -> Outcome {
    contest.rule.outcome(&contest.options, totals, weight).unwrap()
}

fn group(number: usize, options: &[usize], at_least: Option<u32>, at_most: Option<u32>) -> WinnersGroup {
    WinnersGroup {
        id: alloc::format!("g{number}"),
        title: [("en", "G")].into(),
        options: options.iter().map(id).collect(),
        at_least,
        at_most,
    }
}

fn elect(winners: Winners, totals: &[u64], circumstances: &Circumstances<'_>) -> WinnersResult {
    let contest = contest(totals.len(), Some(winners), None);
    contest.decide(&outcome(&contest, totals, 100), circumstances).winners.unwrap()
}

fn names(elected: &[Elected]) -> Vec<&str> {
    elected.iter().map(|elected| elected.id.as_str()).collect()
}

#[test]
fn options_that_tie_at_the_edge_are_not_elected() {
    let elect = |number, totals: &[u64]| {
        let result = elect(Winners { number, groups: vec![] }, totals, &FREE);
        assert_eq!(result.number, number);
        assert_eq!(result.elected.len() + result.open as usize, number as usize);
        assert!(result.elected.iter().all(|elected| elected.by == ElectedBy::Ranking));
        (names(&result.elected).join(" "), result.tied.join(" "), result.because)
    };
    let totals = [3, 9, 3, 7, 1];
    let tie = Some(OpenBecause::Tie);
    assert_eq!(elect(1, &totals), ("o1".into(), String::new(), None));
    assert_eq!(elect(2, &totals), ("o1 o3".into(), String::new(), None));
    assert_eq!(elect(3, &totals), ("o1 o3".into(), "o0 o2".into(), tie));
    assert_eq!(elect(4, &totals), ("o1 o3 o0 o2".into(), String::new(), None));
    assert_eq!(elect(5, &totals), ("o1 o3 o0 o2 o4".into(), String::new(), None));
    assert_eq!(elect(2, &[5; 5]), (String::new(), "o0 o1 o2 o3 o4".into(), tie));
    assert_eq!(elect(5, &[5; 5]), ("o0 o1 o2 o3 o4".into(), String::new(), None));
}

#[test]
fn f6_nobody_is_elected_without_a_vote_or_without_quorum() {
    let result = elect(Winners { number: 3, groups: vec![] }, &[1, 0, 0], &FREE);
    assert_eq!((names(&result.elected), result.open), (vec!["o0"], 2));
    assert_eq!((result.because, result.tied), (Some(OpenBecause::NoVotes), vec![]));
    let result = elect(Winners { number: 1, groups: vec![] }, &[0, 0, 0], &FREE);
    assert_eq!((result.elected, result.tied, result.because), (vec![], vec![], Some(OpenBecause::NoVotes)));
    let none = Circumstances { has_quorum: false, ..FREE };
    let result = elect(Winners { number: 1, groups: vec![] }, &[5, 1, 0], &none);
    assert_eq!((result.elected, result.open, result.because), (vec![], 1, Some(OpenBecause::NoQuorum)));
    assert_eq!(result.reserves, Vec::<Vec<String>>::new());
}

#[test]
fn reserves_are_in_the_order_in_which_they_move_up() {
    let result = elect(Winners { number: 1, groups: vec![] }, &[3, 9, 3, 7, 0], &FREE);
    assert_eq!(result.reserves, [vec!["o3"], vec!["o0", "o2"]]);
    let seed = LotSeed::from_bytes([7; 32]);
    let lot = Circumstances { lot: Some(&seed), ..FREE };
    let result = elect(Winners { number: 1, groups: vec![] }, &[3, 9, 3, 7, 0], &lot);
    let (first, second) = if seed.lot("c", "o0") < seed.lot("c", "o2") { ("o0", "o2") } else { ("o2", "o0") };
    assert_eq!(result.reserves, [vec!["o3"], vec![first], vec![second]]);
}

#[test]
fn a_group_passes_options_over_and_others_move_up() {
    let groups = vec![group(0, &[0, 1, 2], None, Some(1))];
    let result = elect(Winners { number: 2, groups }, &[9, 8, 7, 6, 5], &FREE);
    let by = |id: &str, by| Elected { id: id.into(), by };
    assert_eq!(result.elected, [by("o0", ElectedBy::Ranking), by("o3", ElectedBy::MovedUp)]);
    let passed = |id: &str, group: &str| PassedOver { id: id.into(), group: group.into() };
    assert_eq!(result.passed_over, [passed("o1", "g0"), passed("o2", "g0")]);
    assert_eq!(result.reserves, [vec!["o1"], vec!["o2"], vec!["o4"]]);
    // Two places are kept for the group of the last two.
    let groups = vec![group(0, &[3, 4], Some(2), None)];
    let result = elect(Winners { number: 3, groups }, &[9, 8, 7, 6, 5], &FREE);
    assert_eq!(names(&result.elected), ["o0", "o3", "o4"]);
    assert_eq!(result.passed_over, [passed("o1", "g0"), passed("o2", "g0")]);
    // Nobody takes a place that is kept for options without a vote.
    let groups = vec![group(0, &[3, 4], Some(2), None)];
    let result = elect(Winners { number: 3, groups }, &[9, 8, 7, 6, 0], &FREE);
    assert_eq!((names(&result.elected), result.open), (vec!["o0", "o3"], 1));
    assert_eq!(result.because, Some(OpenBecause::Groups));
}

/// Who is elected in a complete order.
fn plainly(order: &[usize], winners: &Winners) -> Vec<usize> {
    let has = |group: &WinnersGroup, option: &usize| group.options.contains(&id(option));
    let mut elected: Vec<usize> = Vec::new();
    for option in order {
        let mut with = elected.clone();
        with.push(*option);
        let of = |group: &WinnersGroup| with.iter().filter(|option| has(group, option)).count();
        let within = winners.groups.iter().all(|group| group.at_most.is_none_or(|most| of(group) <= most as usize));
        let kept: usize =
            winners.groups.iter().map(|group| (group.at_least.unwrap_or(0) as usize).saturating_sub(of(group))).sum();
        if within && with.len() + kept <= winners.number as usize {
            elected = with;
        }
    }
    elected
}

/// All complete orders of a ranking.
fn orders(ranking: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let Some((tie, rest)) = ranking.split_first() else { return vec![vec![]] };
    let mut heads: Vec<Vec<usize>> = vec![vec![]];
    for _ in tie {
        let further = |head: &Vec<usize>| {
            let next = tie.iter().filter(|option| !head.contains(option));
            next.map(|option| [head.as_slice(), &[*option]].concat()).collect::<Vec<_>>()
        };
        heads = heads.iter().flat_map(further).collect();
    }
    let tails = orders(rest);
    heads.iter().flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail].concat())).collect()
}

/// Random groups as a manifest allows them: those that keep places share no option.
fn random_groups(options: usize, number: u32, below: &mut dyn FnMut(u64) -> u64) -> Vec<WinnersGroup> {
    let mut kept_options: Vec<usize> = Vec::new();
    let mut places = number;
    let mut groups = Vec::new();
    for position in 0..below(3) as usize {
        let members: Vec<usize> = (0..options).filter(|_| below(2) == 0).collect();
        let own: Vec<usize> = members.iter().filter(|option| !kept_options.contains(option)).copied().collect();
        let most = places.min(own.len() as u32);
        if below(2) == 0 && most > 0 {
            let at_least = 1 + below(most.into()) as u32;
            places -= at_least;
            kept_options.extend(&own);
            let at_most = (below(2) == 0).then(|| at_least.max(below(u64::from(number) + 1) as u32));
            groups.push(group(position, &own, Some(at_least), at_most));
        } else if !members.is_empty() {
            groups.push(group(position, &members, None, Some(1 + below(number.into()) as u32)));
        }
    }
    groups
}

#[test]
fn winners_are_those_of_every_complete_order() {
    let mut rng = TestRng(31);
    let (mut with_ties, mut with_groups) = (0, 0);
    for _ in 0..3_000 {
        let mut below = |bound: u64| rng.next_u64() % bound;
        let options = 1 + below(6) as usize;
        let number = 1 + below(options as u64) as u32;
        let totals: Vec<u64> = (0..options).map(|_| below(4)).collect();
        let winners = Winners { number, groups: random_groups(options, number, &mut below) };
        let seed = LotSeed::from_bytes([below(256) as u8; 32]);
        let contest = contest(options, Some(winners.clone()), None);
        let outcome = outcome(&contest, &totals, 100);
        let ranking: Vec<Vec<usize>> = outcome
            .ranking()
            .iter()
            .map(|tie| tie.iter().copied().filter(|option| totals[*option] > 0).collect())
            .collect();

        // By lot, the order of the lots decides.
        let drawn: Vec<usize> = ranking
            .iter()
            .flat_map(|tie| {
                let mut tie = tie.clone();
                tie.sort_by_key(|option| seed.lot("c", &id(option)));
                tie
            })
            .collect();
        let mut expected: Vec<String> = plainly(&drawn, &winners).iter().map(id).collect();
        let decided = contest.decide(&outcome, &Circumstances { lot: Some(&seed), ..FREE }).winners.unwrap();
        let mut found: Vec<String> = names(&decided.elected).iter().map(ToString::to_string).collect();
        assert_eq!(found.len() + decided.open as usize, number as usize);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{winners:?} {totals:?}");
        assert!(decided.tied.is_empty());

        // Without it, who is elected is elected in every order; if nothing ties, nobody else is.
        let open = contest.decide(&outcome, &FREE).winners.unwrap();
        let all: Vec<Vec<String>> = orders(&ranking)
            .iter()
            .map(|order| {
                let mut elected: Vec<String> = plainly(order, &winners).iter().map(id).collect();
                elected.sort();
                elected
            })
            .collect();
        let mut found: Vec<String> = names(&open.elected).iter().map(ToString::to_string).collect();
        found.sort();
        assert!(all.iter().all(|order| found.iter().all(|id| order.contains(id))), "{winners:?} {totals:?}");
        if open.tied.is_empty() {
            assert!(all.iter().all(|order| *order == found), "{winners:?} {totals:?} {found:?}");
        } else {
            // The lists of those that tie say the truth: who is elected depends on their order.
            assert!(all.iter().any(|order| *order != all[0]), "{winners:?} {totals:?}");
            with_ties += 1;
        }
        with_groups += usize::from(!open.passed_over.is_empty());

        // Everybody with a vote is elected, ties, or is a reserve.
        for result in [&decided, &open] {
            let mut everybody: Vec<&str> = names(&result.elected);
            everybody.extend(result.tied.iter().chain(result.reserves.iter().flatten()).map(String::as_str));
            everybody.sort_unstable();
            let mut expected: Vec<String> = ranking.iter().flatten().map(id).collect();
            expected.sort();
            assert_eq!(everybody, expected);
        }
    }
    assert!(with_ties > 300 && with_groups > 300, "{with_ties} {with_groups}");
}

#[test]
fn a_motion_needs_all_its_conditions() {
    let condition = |of, rule, fraction| Condition { of, rule, fraction };
    let (votes, ballots, roll) = (MotionBase::Votes, MotionBase::Ballots, MotionBase::Roll);
    let decide = |conditions: &[Condition], totals: [u64; 3], circumstances: &Circumstances<'_>| {
        let motion = Motion { in_favour: "o0".into(), against: "o2".into(), conditions: conditions.to_vec() };
        let contest = contest(3, None, Some(motion));
        let result = contest.decide(&outcome(&contest, &totals, circumstances.weight), circumstances).motion.unwrap();
        assert_eq!((result.in_favour, result.against), (totals[0], totals[2]));
        assert_eq!(result.passed, result.because.is_none());
        (result.because, result.conditions.iter().map(|it| (it.base, it.reached)).collect::<Vec<_>>())
    };
    let half = condition(votes, QuorumRule::MoreThan, [1, 2]);
    // 30 for, 40 abstain, 30 against of 100 ballots of 200 voters.
    assert_eq!(decide(&[half], [30, 40, 30], &FREE), (Some(MotionBecause::Condition), vec![(60, false)]));
    assert_eq!(decide(&[half], [31, 39, 30], &FREE), (None, vec![(61, true)]));
    let at_least = condition(votes, QuorumRule::AtLeast, [1, 2]);
    assert_eq!(decide(&[at_least], [30, 40, 30], &FREE), (None, vec![(60, true)]));
    // Two thirds of the ballots, and half of the roll.
    let both = [condition(ballots, QuorumRule::AtLeast, [2, 3]), condition(roll, QuorumRule::MoreThan, [1, 3])];
    assert_eq!(decide(&both, [67, 20, 13], &FREE), (None, vec![(100, true), (200, true)]));
    let short = (Some(MotionBecause::Condition), vec![(100, false), (200, false)]);
    assert_eq!(decide(&both, [66, 20, 14], &FREE), short);
    let none = Circumstances { has_quorum: false, ..FREE };
    assert_eq!(decide(&[half], [31, 39, 30], &none), (Some(MotionBecause::NoQuorum), vec![(61, true)]));
    // At least half of nothing is nothing, but nobody wanted it.
    let nobody = Circumstances { weight: 0, ..FREE };
    assert_eq!(decide(&[at_least], [0, 0, 0], &nobody), (Some(MotionBecause::NoVotes), vec![(0, true)]));
}

/// A contest of lists with these numbers of candidates. The options are a list, its candidates, the next list, and so on.
fn lists(candidates: &[usize], number: u32, people: People) -> Contest {
    let mut ids = (0..).map(|number| id(&number));
    let mut list = |count: &usize| List { list: ids.next().unwrap(), candidates: ids.by_ref().take(*count).collect() };
    let lists: Vec<List> = candidates.iter().map(&mut list).collect();
    let preferences = candidates.iter().sum::<usize>() as u32;
    let options: Vec<ContestOption> = numbered_options(candidates.len() + candidates.iter().sum::<usize>());
    let seats = Some(Seats { number, method: SeatMethod::Dhondt, people });
    let rule = Rule::Lists(Lists { lists, preferences, across: false, groups: vec![], seats, blank: false });
    Contest { rule, options, ..contest(1, None, None) }
}

fn seats(contest: &Contest, totals: &[u64], circumstances: &Circumstances<'_>) -> SeatsResult {
    let weight = match &contest.rule {
        Rule::Lists(rule) => {
            let lists = rule.candidates_of_lists(&contest.options);
            lists.iter().map(|(list, _)| totals[*list]).sum()
        }
        _ => unreachable!(),
    };
    contest.decide(&outcome(contest, totals, weight), circumstances).seats.unwrap()
}

#[test]
fn seats_go_to_candidates_by_preferences_or_by_order() {
    // 9 votes for the first list with three candidates, 2 for the second with two: D'Hondt gives the first all three seats.
    let totals = [9, 2, 5, 5, 2, 0, 1];
    let elected = |people| {
        let result = seats(&lists(&[3, 2], 3, people), &totals, &FREE);
        assert_eq!((result.open, result.because, result.tied), (0, None, vec![]));
        result.lists.into_iter().map(|list| (list.elected, list.tied, list.reserves)).collect::<Vec<_>>()
    };
    let by = |id: &str, by| Seated { id: id.into(), by };
    let (preferences, order) = (SeatedBy::Preferences, SeatedBy::Order);
    let one = |ids: &[&str]| ids.iter().map(|id| vec![id.to_string()]).collect::<Vec<_>>();
    let first = |people| elected(people).swap_remove(0);
    assert_eq!(first(People::Order), (vec![by("o1", order), by("o2", order), by("o3", order)], vec![], vec![]));
    let sorted = vec![by("o2", preferences), by("o3", preferences), by("o1", preferences)];
    assert_eq!(first(People::Preferences), (sorted, vec![], vec![]));
    let second = |people| elected(people).swap_remove(1);
    assert_eq!(second(People::Order), (vec![], vec![], one(&["o5", "o6"])));
    assert_eq!(second(People::Preferences), (vec![], vec![], one(&["o6", "o5"])));
}

#[test]
fn candidates_with_equal_preferences_tie_for_a_seat() {
    let totals = [9, 5, 5, 2, 1, 0];
    let decide = |people, circumstances: &Circumstances<'_>| {
        let result = seats(&lists(&[3, 1], 1, people), &totals, circumstances);
        let list = &result.lists[0];
        (list.elected.clone(), list.tied.clone(), list.because, list.reserves.clone())
    };
    let by = |id: &str, by| Seated { id: id.into(), by };
    let ids = |ids: &[&[&str]]| -> Vec<Vec<String>> {
        ids.iter().map(|tie| tie.iter().map(ToString::to_string).collect()).collect()
    };
    let tied = vec!["o1".to_string(), "o2".to_string()];
    assert_eq!(decide(People::Preferences, &FREE), (vec![], tied, Some(ListBecause::Tie), ids(&[&["o3"]])));
    let by_order = (vec![by("o1", SeatedBy::Order)], vec![], None, ids(&[&["o2"], &["o3"]]));
    assert_eq!(decide(People::PreferencesThenOrder, &FREE), by_order);
    let seed = LotSeed::from_bytes([3; 32]);
    let lot = Circumstances { lot: Some(&seed), ..FREE };
    let (lucky, other) = if seed.lot("c", "o1") < seed.lot("c", "o2") { ("o1", "o2") } else { ("o2", "o1") };
    let by_lot = (vec![by(lucky, SeatedBy::Lot)], vec![], None, ids(&[&[other], &["o3"]]));
    assert_eq!(decide(People::Preferences, &lot), by_lot);
    // The order of the list comes before the lot where the rule says so.
    assert_eq!(decide(People::PreferencesThenOrder, &lot).0, [by("o1", SeatedBy::Order)]);
    // Without quorum nobody takes a seat.
    let none = Circumstances { has_quorum: false, ..FREE };
    let result = seats(&lists(&[3, 1], 1, People::Order), &totals, &none);
    assert_eq!((result.open, result.because), (1, Some(OpenBecause::NoQuorum)));
    assert!(result.lists.iter().all(|list| list.seats == 0 && list.elected.is_empty()));
}

#[test]
fn f5_a_list_has_no_more_people_than_candidates() {
    // All votes are for the list with one candidate, which has all four seats.
    let result = seats(&lists(&[1, 3], 4, People::Order), &[9, 0, 0, 0, 0, 0], &FREE);
    let list = &result.lists[0];
    assert_eq!((list.seats, list.elected.len(), list.open), (4, 1, 3));
    assert_eq!(list.because, Some(ListBecause::NoCandidates));
    assert_eq!((result.open, result.because), (0, None));
}

#[test]
fn lists_that_tie_for_a_seat_draw_lots() {
    let contest = lists(&[2, 2, 2], 2, People::Order);
    let totals = [4, 0, 0, 4, 0, 0, 4, 0, 0];
    let open = seats(&contest, &totals, &FREE);
    assert_eq!((open.open, open.because), (2, Some(OpenBecause::Tie)));
    assert_eq!(open.tied, ["o0", "o3", "o6"]);
    let seed = LotSeed::from_bytes([9; 32]);
    let drawn = seats(&contest, &totals, &Circumstances { lot: Some(&seed), ..FREE });
    let mut order = ["o0", "o3", "o6"];
    order.sort_by_key(|list| seed.lot("c", list));
    for list in &drawn.lists {
        let lucky = u32::from(order[..2].contains(&list.id.as_str()));
        assert_eq!((list.seats, list.by_lot, list.elected.len()), (lucky, lucky, lucky as usize));
    }
    assert_eq!((drawn.open, drawn.because, drawn.tied), (0, None, vec![]));
}

#[test]
fn the_lots_of_options_and_contests_differ() {
    let seed = LotSeed::from_bytes([1; 32]);
    let lots = [seed.lot("a", "b"), seed.lot("ab", ""), seed.lot("b", "a"), seed.lot("", "ab")];
    for (number, lot) in lots.iter().enumerate() {
        assert!(!lots[..number].contains(lot));
    }
    assert_ne!(seed.lot("a", "b"), LotSeed::from_bytes([2; 32]).lot("a", "b"));
}
