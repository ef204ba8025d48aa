//! Forged ballots of every kind of contest: each row is broken alone, each bit is out of range, each range is exceeded.

use std::collections::BTreeSet;

use ballotta::contest::{Rule, Total};
use ballotta::limits::MAX_TOTAL;
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::ballot::{BallotParts, Style, WEIGHT, forgery_refused, transcript};
use ballotta_tests::election::choose;
use ballotta_tests::kinds::{cumulative, grades, lists, pairs, positional, quadratic, score, split};
use ballotta_tests::rng::TestRng;
use ballotta_tests::sabotage;
use ballotta_tests::search::search;

/// A small contest.
struct Small {
    name: &'static str,
    rule: Rule,
    options: usize,
    weight: u64,
    /// The sum of the weights on the roll. It determines how many counts share a slot.
    total_weight: u64,
    /// Whether each constant row follows from the others, so that no bits break it alone.
    implied: bool,
}

impl Small {
    fn style(&self) -> Style {
        Style::of(&self.rule, self.options, self.weight, self.total_weight)
    }
}

fn all() -> Vec<Small> {
    let small = |name, rule, options| Small { name, rule, options, weight: WEIGHT, total_weight: 10, implied: false };
    let packed = vec![
        small("choose", choose(1, 6, true), 6),
        small("score", score(5, None, true), 2),
        small("score at most", score(5, Some(Total::AtMost(6)), true), 2),
        small("score exactly", score(5, Some(Total::Exactly(6)), true), 2),
        small("score without a row", score(5, None, false), 2),
        small("cumulative at most", cumulative(7, 5, false), 2),
        small("cumulative exactly", cumulative(7, 5, true), 2),
        Small { weight: 5, ..small("split", split(6), 2) },
        small("quadratic", quadratic(5), 2),
        small("lists", lists(&[3, 1], 2, false), 6),
        small("lists across", lists(&[3, 1], 2, true), 6),
        small("grades", grades(3), 2),
        Small { implied: true, ..small("all places", positional(&[3, 2, 1], false), 3) },
        small("some places", positional(&[2, 1], false), 3),
        small("truncated", positional(&[2, 1], true), 3),
        Small { implied: true, ..small("pairs", pairs(false), 3) },
        Small { implied: true, ..small("pairs with ties", pairs(true), 3) },
    ];
    let alone = |small: &Small| Small { rule: small.rule.clone(), total_weight: MAX_TOTAL, ..*small };
    packed.iter().map(alone).collect::<Vec<_>>().into_iter().chain(packed).collect()
}

#[test]
fn honest_ballots_of_every_kind() {
    for small in all() {
        let style = small.style();
        let transcript = transcript(1, Some(7));
        let bits = style.honest_bits();
        let mut rng = TestRng(1);
        let sealed = style.seal(&style.values(&bits), &mut rng);
        let by_hand = style.argue(&transcript, None, &sealed, &bits, &mut rng);
        let by_library = style.prove(&transcript, &bits, &sealed.r, &[5; 32]);
        for ballot in [by_hand, by_library] {
            assert_eq!(style.equations(&transcript, &ballot), [true; 3], "{}", small.name);
            assert_eq!(style.judge(&transcript, &ballot), Ok(()), "{}", small.name);
        }
    }
}

#[test]
fn each_row_broken_alone() {
    // [B3] Bits that satisfy all rows except one, and values that agree with the bits in all slots except one.
    for small in all() {
        let style = small.style();
        let zero_or_one = vec![vec![0, 1]; style.form.bits()];
        let mut implied = Vec::new();
        for row in 0..style.constant_rows.len() {
            let mut others = style.constant_rows.clone();
            let (terms, target) = others.remove(row);
            let value =
                |bits: &[i64]| terms.iter().map(|(bit, coefficient)| bits[bit.index()] * coefficient).sum::<i64>();
            // The value of the row is too large or too small by 1, if possible.
            let off_by = |by: i64| search(&others, &zero_or_one, |bits| value(bits) == target + by);
            let any = |rows: &[_]| search(rows, &zero_or_one, |bits| value(bits) != target);
            let broken: Vec<Vec<i64>> = [1, -1].into_iter().filter_map(off_by).collect();
            let mut broken = if broken.is_empty() { any(&others).into_iter().collect() } else { broken };
            if broken.is_empty() {
                // Otherwise, this row is broken together with one other row, or with several.
                implied.push(row + 1);
                let without = |other: usize| {
                    let mut rest = others.clone();
                    rest.remove(other);
                    any(&rest)
                };
                broken.extend((0..others.len()).find_map(without).or_else(|| any(&[])));
                assert_eq!(broken.len(), 1, "{}: bits break row {}", small.name, row + 1);
            }
            for bits in broken {
                style.argue_falsely(Check::LinkEquation, &bits, &style.values(&bits), [true, true, false]);
            }
        }
        let all: Vec<usize> = (1..=style.constant_rows.len()).collect();
        assert_eq!(implied, if small.implied { all } else { vec![] }, "{}", small.name);
        let bits = style.honest_bits();
        for slot in 0..style.slot_rows.len() {
            for by in [1, -1] {
                let mut values = style.values(&bits);
                values[slot] += by;
                style.argue_falsely(Check::LinkEquation, &bits, &values, [true, true, false]);
            }
        }
    }
}

#[test]
fn each_bit_out_of_range() {
    // [B3] All rows are satisfied with other integers that are not bits: only the bit equation refuses them.
    for small in all() {
        let style = small.style();
        for bit in 0..style.form.bits() {
            for integer in [2, -1] {
                let mut integers = vec![vec![0, 1, -1, 2]; style.form.bits()];
                integers[bit] = vec![integer];
                let bits = search(&style.constant_rows, &integers, |_| true);
                let bits = bits.unwrap_or_else(|| panic!("{}: bit {bit} as {integer}", small.name));
                style.argue_falsely(Check::BitEquation, &bits, &style.values(&bits), [false, true, true]);
            }
        }
    }
}

#[test]
fn each_range_exceeded_by_one() {
    // [B3] A count has one more, or one less than nothing: with digits that are not bits, the rows are satisfied.
    for small in all().into_iter().filter(|small| small.total_weight == MAX_TOTAL) {
        let style = small.style();
        let zero_or_one = vec![vec![0, 1]; style.form.bits()];
        let small_integers = vec![vec![0, 1, -1, 2]; style.form.bits()];
        for (slot, terms) in style.slot_rows.iter().enumerate() {
            let mut reached = BTreeSet::new();
            let all = search(&style.constant_rows, &zero_or_one, |bits| {
                reached.insert(style.values(bits)[slot]);
                false
            });
            assert_eq!(all, None);
            for value in [reached.first().unwrap() - 1, reached.last().unwrap() + 1] {
                let rows = [style.constant_rows.as_slice(), &[(terms.clone(), value)]].concat();
                let bits = search(&rows, &small_integers, |_| true);
                let bits = bits.unwrap_or_else(|| panic!("{}: slot {slot} as {value}", small.name));
                style.argue_falsely(Check::BitEquation, &bits, &style.values(&bits), [false, true, true]);
            }
        }
    }
}

/// The values of all slots that a ballot of the style can have.
fn reached(style: &Style) -> BTreeSet<Vec<i64>> {
    let mut reached = BTreeSet::new();
    let zero_or_one = vec![vec![0, 1]; style.form.bits()];
    let all = search(&style.constant_rows, &zero_or_one, |bits| {
        reached.insert(style.values(bits));
        false
    });
    assert_eq!(all, None);
    reached
}

#[test]
fn plain_binary_digits_in_every_kind_that_has_ranges() {
    // [N11] With digits of weight 1, 2, 4, the rows allow more choices than the rule. The real rows refuse each of
    // these choices. This does not apply to the unused rest of a budget, a weight, credits or preferences: the used
    // part is not below 0, so the rest is never larger than the whole.
    let ranges = [
        "choose",
        "score",
        "score at most",
        "score exactly",
        "score without a row",
        "cumulative at most",
        "cumulative exactly",
    ];
    let mut found = Vec::new();
    for small in all() {
        let strict = reached(&small.style());
        let weak = {
            let _weaken = Weaken::without(Check::ExactRange);
            reached(&small.style())
        };
        let Some(values) = weak.difference(&strict).next().cloned() else { continue };
        found.push(small.name);
        let forge = |off| {
            // The forger knows the rows of the weakened verifier; the bits are those that give these values.
            let bits = {
                let _weaken = Weaken::without(Check::ExactRange);
                let style = small.style();
                let zero_or_one = vec![vec![0, 1]; style.form.bits()];
                search(&style.constant_rows, &zero_or_one, |bits| style.values(bits) == values).unwrap()
            };
            let style = small.style();
            let mut rng = TestRng(1);
            let sealed = style.seal(&values, &mut rng);
            style.argue(&transcript(1, Some(7)), off, &sealed, &bits, &mut rng)
        };
        let judge = |ballot: &BallotParts| small.style().judge(&transcript(1, Some(7)), ballot);
        sabotage(Check::ExactRange, &forgery_refused(), forge, judge);
    }
    assert_eq!(found, [ranges, ranges].concat());
}

#[test]
fn a_weight_that_is_not_the_ballots() {
    // The voter has the weight 5 but divides 6, so the row of the weight is not satisfied. In a ballot of weight 6, the
    // same bits satisfy it.
    let rule = split(6);
    let [five, six] = [5, 6].map(|weight| Style::of(&rule, 2, weight, 100));
    assert_eq!(five.form.digest(), six.form.digest());
    let zero_or_one = vec![vec![0, 1]; six.form.bits()];
    for yes in 0..=6 {
        let bits = search(&six.constant_rows, &zero_or_one, |bits| six.values(bits) == [yes]).unwrap();
        five.argue_falsely(Check::LinkEquation, &bits, &[yes], [true, true, false]);
        let honest = six.prove(&transcript(1, Some(7)), &bits, &ballotta::group::Scalar::from(5_u64), &[5; 32]);
        assert_eq!(six.judge(&transcript(1, Some(7)), &honest), Ok(()));
        assert_eq!(five.judge(&transcript(1, Some(7)), &honest), Err(forgery_refused()));
    }
}
