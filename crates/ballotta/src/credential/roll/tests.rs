//! Tests of reading and writing rolls: the format, every rule, and the totals.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::totals::MAX_DISTINCT_WEIGHTS;
use super::*;
use crate::group::{Element, PublicElement, Scalar};
use crate::hash::ManifestHash;
use crate::limits::{MAX_NAME_CHARS, MAX_ROLL_LINE_BYTES, MAX_TOTAL, MAX_VOTERS, MAX_WEIGHT};
use crate::manifest::Manifest;
use crate::testing::TestRng;

pub(super) const MANIFEST: ManifestHash = ManifestHash::from_bytes([0xab; 32]);
const MAX: u64 = 1000;

pub(super) fn rules() -> RollRules {
    RollRules::new(MANIFEST, &["town", "district-2"], MAX, MAX_TOTAL)
}

pub(super) fn line(number: u64, credential: [u8; 32]) -> RollLine {
    RollLine { number, credential, style: number as usize % 2, weight: number % MAX + 1 }
}

pub(super) fn voters(count: u64, seed: u64) -> Vec<RollLine> {
    let mut rng = TestRng(seed);
    (0..count)
        .map(|number| {
            let mut credential = [0; 32];
            rng.fill_bytes(&mut credential);
            line(number, credential)
        })
        .collect()
}

pub(super) fn write(voters: Vec<RollLine>) -> Vec<u8> {
    rules().write(voters).unwrap().collect::<String>().into_bytes()
}

/// Reads a roll in pieces of `size` bytes. Returns the lines and errors, and the result.
pub(super) fn read_in(bytes: &[u8], size: usize) -> (Vec<Result<RollLine, RollError>>, Result<RollIndex, RollRefused>) {
    let mut seen = Vec::new();
    let mut reader = RollReader::new(rules());
    for piece in bytes.chunks(size) {
        reader.feed(piece, &mut |line| seen.push(line));
    }
    let end = reader.finish(&mut |line| seen.push(line));
    (seen, end)
}

fn errors(bytes: &[u8]) -> Vec<(u64, RollProblem)> {
    let (seen, end) = read_in(bytes, 1 << 20);
    let errors: Vec<_> = seen.into_iter().filter_map(Result::err).collect();
    assert_eq!(end.err().map(|end| (end.errors, end.first)), errors.first().map(|e| (errors.len() as u64, *e)));
    errors.into_iter().map(|error| (error.line, error.problem)).collect()
}

pub(super) fn index(bytes: &[u8]) -> RollIndex {
    read_in(bytes, 1 << 20).1.unwrap()
}

/// Three voters whose credentials are `11..`, `22..` and `33..`.
pub(super) fn sample() -> String {
    let [a, b, c] = ["11", "22", "33"].map(|pair| pair.repeat(32));
    format!("{ROLL_FORMAT} {MANIFEST}\n{a} town 1\n{b} district-2 20\n{c} town 1000\n")
}

#[test]
fn a_roll_has_a_frozen_form() {
    let voters = vec![
        RollLine { number: 1, credential: [0x33; 32], style: 0, weight: 1000 },
        RollLine { number: 2, credential: [0x11; 32], style: 0, weight: 1 },
        RollLine { number: 3, credential: [0x22; 32], style: 1, weight: 20 },
    ];
    assert_eq!(write(voters), sample().into_bytes());
    let index = index(sample().as_bytes());
    assert_eq!(index.hash().to_string(), "b18ec1a383f56f148d2dbae9b65d031b665223bd077269dbe5b7c5cdc75c38bd");
    assert_eq!((index.totals().voters(), index.totals().weight()), (3, 1021));
    let styles = [StyleTotals { voters: 2, weight: 1001 }, StyleTotals { voters: 1, weight: 20 }];
    assert_eq!(index.totals().styles(), styles);
    assert_eq!(index.totals().weights(), Some(&BTreeMap::from([((0, 1), 1), ((0, 1000), 1), ((1, 20), 1)])));
}

#[test]
fn the_longest_line_is_within_its_limit() {
    // Identifiers are ASCII.
    let line = format!("{MANIFEST} {} {MAX_WEIGHT}\n", "s".repeat(MAX_NAME_CHARS));
    assert!(line.len() <= MAX_ROLL_LINE_BYTES);
}

#[test]
fn the_size_of_the_pieces_does_not_matter() {
    let mut bytes = write(voters(100, 1));
    bytes.splice(900..900, [b'x'; 700]);
    bytes.extend(b"no end");
    let (whole, end) = read_in(&bytes, bytes.len());
    assert_eq!(whole.iter().filter(|line| line.is_err()).count(), 2);
    for size in [1, 2, 3, 7, 64, 77, 255, 256, 257, 1000] {
        let (seen, other) = read_in(&bytes, size);
        assert_eq!(seen, whole, "{size}");
        assert_eq!(other.err(), end.as_ref().err().copied(), "{size}");
    }
}

/// Attack E6: the roll does not depend on the order of the input.
#[test]
fn the_roll_does_not_depend_on_the_order_of_the_voters() {
    let voters = voters(70, 2);
    let bytes = write(voters.clone());
    assert_eq!(write(voters.into_iter().rev().collect()), bytes);
}

/// Attack S1: a roll that is read and written again has the same bytes.
#[test]
fn a_roll_that_is_read_and_written_is_the_same() {
    let bytes = write(voters(300, 3));
    let lines = read_in(&bytes, 100).0.into_iter().map(Result::unwrap).collect();
    assert_eq!(write(lines), bytes);
}

/// Attacks E1 and S1: every rule, with the line that breaks it; the lines after it are read.
#[test]
fn every_broken_rule_is_named_with_its_line() {
    use RollProblem::*;
    let roll = sample();
    let [a, b, c] = ["11", "22", "33"].map(|pair| pair.repeat(32));
    let range = WeightOutOfRange { max: MAX };
    let other = ManifestHash::from_bytes([0xcd; 32]);
    let change = |from: &str, to: &str| {
        assert!(roll.contains(from), "{from}");
        roll.replacen(from, to, 1)
    };
    let cases = [
        (change("draft.5", "draft.6"), 1, BadHeader),
        (change("ballotta", "\u{feff}ballotta"), 1, BadHeader),
        (change("abab", "ABAB"), 1, BadHeader),
        (change("roll ", "roll"), 1, BadHeader),
        (change("ab\n", "ab\r\n"), 1, BadHeader),
        (change(&MANIFEST.to_string(), &other.to_string()), 1, WrongManifest { found: other }),
        (change("district-2", &"d".repeat(200)), 3, LineTooLong),
        (change("town 1\n", "town\n"), 2, Malformed),
        (change("town 1\n", "town 1 \n"), 2, Malformed),
        (change("town 1\n", "town  1\n"), 2, Malformed),
        (change("town 1\n", "town 1 Ada\n"), 2, Malformed),
        (change("town 1\n", "town 1\n\n"), 3, Malformed),
        (change("town 1\n", "town\t1\n"), 2, Malformed),
        (change(&a, &a[1..]), 2, BadCredential),
        (change(&a, &format!("{a}1")), 2, BadCredential),
        (change(&a, &a.replacen('1', "A", 1)), 2, BadCredential),
        (change(&a, &format!("0x{}", &a[2..])), 2, BadCredential),
        (change(&a, &format!(" {a}")), 2, Malformed),
        (change("district-2", "district-3"), 3, UnknownStyle),
        (change("district-2", "District-2"), 3, UnknownStyle),
        (change("district-2", ""), 3, UnknownStyle),
        (change(&a, &"00".repeat(32)), 2, IdentityCredential),
        (change(&b, &a), 3, Duplicate),
        (change(&c, &"21".repeat(32)), 4, NotAscending),
        (change("1000", "1001"), 4, range),
        (change("1000", "18446744073709551617"), 4, range),
        (change(" 20\n", " 0\n"), 3, range),
        (change(" 20\n", " \n"), 3, range),
        (change(" 20\n", " 020\n"), 3, range),
        (change(" 20\n", " +20\n"), 3, range),
        (change(" 20\n", " -0\n"), 3, range),
        (change(" 20\n", " 20.0\n"), 3, range),
        (change(" 20\n", " 2e1\n"), 3, range),
        (change(" 20\n", " 20\r\n"), 3, range),
        (change(" 20\n", " \u{662}\u{660}\n"), 3, range),
        (change(" 20\n", " 20\0\n"), 3, range),
        (roll.trim_end().to_string(), 4, TrailingBytes),
        (format!("{roll} "), 5, TrailingBytes),
        (format!("{ROLL_FORMAT} {MANIFEST}\n"), 2, Empty),
        (String::new(), 1, Empty),
    ];
    for (bytes, line, problem) in cases {
        assert_eq!(errors(bytes.as_bytes()), [(line, problem)], "{bytes}");
    }
    assert_eq!(errors(&roll.replace("town", "t\u{0}wn").into_bytes()), [(2, UnknownStyle), (4, UnknownStyle)]);
    let mut no_text = roll.clone().into_bytes();
    *no_text.iter_mut().rfind(|byte| **byte == b'w').unwrap() = 0xff;
    assert_eq!(errors(&no_text), [(4, Malformed)]);
    assert_eq!(errors(roll.as_bytes()), []);
}

#[test]
fn reading_goes_on_and_reports_everything() {
    use RollProblem::*;
    let [a, b] = ["11", "22"].map(|pair| pair.repeat(32));
    let bytes = format!("roll\n{b} town 1\n{a} town 1\n{a} town 2\nx y z\n{b} town 0\n{b} town 3\nmore");
    let (seen, end) = read_in(bytes.as_bytes(), 50);
    let expected = [
        Err((1, BadHeader)),
        Ok((2, 1)),
        Err((3, NotAscending)),
        Err((4, Duplicate)),
        Err((5, BadCredential)),
        Err((6, WeightOutOfRange { max: MAX })),
        Ok((7, 3)),
        Err((8, TrailingBytes)),
    ]
    .map(|line| line.map_err(|(line, problem)| RollError { line, problem }));
    assert_eq!(seen.into_iter().map(|line| line.map(|line| (line.number, line.weight))).collect::<Vec<_>>(), expected);
    let refused = end.err().unwrap();
    assert_eq!((refused.errors, refused.first), (6, RollError { line: 1, problem: BadHeader }));
}

#[test]
fn a_writer_obeys_the_same_rules() {
    use RollProblem::*;
    let voter = |number, credential, style, weight| RollLine { number, credential: [credential; 32], style, weight };
    let bad = vec![
        voter(1, 5, 0, 1),
        voter(2, 0, 0, 1),
        voter(3, 4, 2, 1),
        voter(4, 3, 0, 0),
        voter(5, 2, 0, MAX + 1),
        voter(6, 5, 1, 1),
    ];
    let mut errors = rules().write(bad).err().unwrap();
    errors.sort_by_key(|error| error.line);
    let range = WeightOutOfRange { max: MAX };
    let expected = [(2, IdentityCredential), (3, UnknownStyle), (4, range), (5, range), (6, Duplicate)];
    assert_eq!(errors, expected.map(|(line, problem)| RollError { line, problem }));
    assert_eq!(rules().write(vec![]).err(), Some(vec![RollError { line: 2, problem: Empty }]));
}

#[test]
fn totals_stay_within_their_bounds() {
    let rules = RollRules::new(MANIFEST, &["town"], u64::MAX, u64::MAX);
    let voters: Vec<_> = (1..=17)
        .map(|number| RollLine { number, credential: [number as u8; 32], style: 0, weight: MAX_WEIGHT })
        .collect();
    assert!(rules.write(voters[..16].to_vec()).is_ok(), "2^44 together");
    let error = RollError { line: 17, problem: RollProblem::TotalTooLarge { limit: MAX_TOTAL } };
    assert_eq!(rules.write(voters.clone()).err(), Some(vec![error]));
    let heavy = vec![RollLine { weight: MAX_WEIGHT + 1, ..voters[0] }];
    let error = RollError { line: 1, problem: RollProblem::WeightOutOfRange { max: MAX_WEIGHT } };
    assert_eq!(rules.write(heavy).err(), Some(vec![error]));
    // The manifest says how large the roll may be.
    let mut contents = crate::manifest::tests::contents();
    contents.weights.total = 3000;
    let rules = RollRules::for_manifest(&Manifest::parse(&contents.to_bytes().unwrap()).unwrap());
    let voters: Vec<_> = voters.iter().map(|voter| RollLine { weight: 1000, ..*voter }).collect();
    assert!(rules.write(voters[..3].to_vec()).is_ok());
    let error = RollError { line: 4, problem: RollProblem::TotalTooLarge { limit: 3000 } };
    assert_eq!(rules.write(voters[..4].to_vec()).err(), Some(vec![error]));
    let mut full = RollTotals::new(1);
    full.voters = MAX_VOTERS;
    assert_eq!(full.add(&RollLine { weight: 1, ..voters[0] }, MAX_TOTAL), Err(RollProblem::TooManyVoters));
}

/// The weight of a later line does not matter.
#[test]
fn every_line_after_the_largest_total_is_named() {
    let voter = |number: u64, weight| RollLine { number, credential: [number as u8; 32], style: 0, weight };
    let lines: Vec<RollLine> = [(2, 4), (3, 3), (4, 1)].map(|(number, weight)| voter(number, weight)).into();
    let rules = RollRules::new(MANIFEST, &["town"], MAX, 5);
    let expected = [3, 4].map(|line| RollError { line, problem: RollProblem::TotalTooLarge { limit: 5 } });
    assert_eq!(rules.write(lines).err(), Some(expected.to_vec()));
}

#[test]
fn too_many_different_weights_are_no_longer_counted_one_by_one() {
    let mut totals = RollTotals::new(2);
    for weight in 1..=MAX_DISTINCT_WEIGHTS as u64 {
        totals.add(&RollLine { weight, ..line(0, [1; 32]) }, MAX_TOTAL).unwrap();
    }
    assert_eq!(totals.weights().map(BTreeMap::len), Some(MAX_DISTINCT_WEIGHTS));
    totals.add(&RollLine { weight: MAX_WEIGHT, ..line(0, [1; 32]) }, MAX_TOTAL).unwrap();
    assert_eq!(totals.weights(), None);
}

/// Attacks G1 and G2: the credential of a line becomes a key only if it is decoded and checked.
#[test]
fn a_key_is_an_element_and_not_the_identity() {
    let public = PublicElement::from(Element::mul_generator(&Scalar::from(7_u64)));
    assert_eq!(line(5, *public.as_bytes()).key(), Ok(public));
    let refused = |problem| Err(RollError { line: 5, problem });
    assert_eq!(line(5, [0; 32]).key(), refused(RollProblem::IdentityCredential));
    let mut negative = *public.as_bytes();
    negative[0] ^= 1;
    let mut high_bit = *public.as_bytes();
    high_bit[31] |= 0x80;
    for bytes in [negative, high_bit, [0xff; 32]] {
        assert_eq!(line(5, bytes).key(), refused(RollProblem::BadCredential));
    }
}

/// Attack E1: if a voter is removed, added or changed, the hash of the roll changes, and with it the fingerprint.
#[test]
fn mutated_rolls_are_refused_or_are_other_rolls() {
    let bytes = write(voters(40, 6));
    let hash = *index(&bytes).hash();
    let mut rng = TestRng(7);
    for _ in 0..10_000 {
        let mut mutated = bytes.clone();
        for _ in 0..=rng.next_u32() % 3 {
            let at = rng.next_u32() as usize % mutated.len();
            let byte = rng.next_u32() as u8;
            match rng.next_u32() % 6 {
                0 => mutated[at] = byte,
                1 => mutated[at] ^= 1 << (byte % 8),
                2 => mutated.insert(at, byte),
                3 => drop(mutated.remove(at)),
                4 => mutated.truncate(at.max(1)),
                _ => drop(mutated.splice(at..at, bytes[at.min(bytes.len() - 1)..].iter().copied().take(byte.into()))),
            }
        }
        let (seen, end) = read_in(&mutated, 1 + rng.next_u32() as usize % 300);
        match end {
            Ok(index) => {
                assert_eq!(*index.hash() == hash, mutated == bytes);
                assert_eq!(write(seen.into_iter().map(Result::unwrap).collect()), mutated);
            }
            Err(refused) => {
                assert_eq!(refused.errors, seen.iter().filter(|line| line.is_err()).count() as u64);
            }
        }
    }
}

#[cfg(feature = "weaken")]
mod weakened {
    use super::*;
    use crate::weaken::{Check, Weaken};

    #[test]
    fn without_the_order_a_voter_is_on_the_roll_twice() {
        let voter = line(1, [1; 32]);
        let _weaken = Weaken::without(Check::RollOrder);
        let bytes = write(vec![voter, voter]);
        assert_eq!(index(&bytes).totals().voters(), 2);
    }

    #[test]
    fn without_the_manifest_the_roll_of_another_election_is_read() {
        let other = RollRules::new(ManifestHash::from_bytes([0xcd; 32]), &["town", "district-2"], MAX, MAX_TOTAL);
        let bytes: String = other.write(voters(3, 9)).unwrap().collect();
        let _weaken = Weaken::without(Check::RollManifest);
        assert_eq!(index(bytes.as_bytes()).totals().voters(), 3);
    }

    #[test]
    fn without_the_check_the_identity_is_a_key() {
        let _weaken = Weaken::without(Check::RefuseIdentity);
        assert_eq!(line(1, [0; 32]).key(), Ok(PublicElement::from(Element::identity())));
    }
}

/// D1: a line whose credential is the identity is refused, and is the line with which the next one is compared.
#[test]
fn d1_a_line_after_the_identity() {
    let [a, b] = ["55", "44"].map(|pair| pair.repeat(32));
    let roll = format!("{ROLL_FORMAT} {MANIFEST}\n{a} town 1\n{} town 1\n{b} town 1\n{a} town 1\n", "00".repeat(32));
    assert_eq!(errors(roll.as_bytes()), [(3, RollProblem::IdentityCredential)]);
}
