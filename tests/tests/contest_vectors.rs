//! `spec/vectors/contests.json`: of each kind of contest rules with their forms, marks with the bits that they mean, and
//! totals with the result. `spec/vectors/packings.json`: how many counts share a slot.
//!
//! After a change of the wire format, `BALLOTTA_WRITE_VECTORS=1 cargo test -p ballotta-tests --test contest_vectors` writes
//! them again. The second verifier computes the same values, and was written from the specification alone.

use std::fs;
use std::path::Path;

use ballotta::contest::{ContestBits, Selection};
use ballotta::decision::{Circumstances, LotSeed};
use ballotta::form::{Bits, Form, FormBuilder, Packing};
use ballotta::limits::{MAX_PACKED, MAX_TOTAL};
use ballotta::manifest::{Contest, Manifest};
use ballotta::record::ContestResult;
use ballotta_tests::election::{Election, ElectionOptions};
use serde_json::{Value, json};

/// The options `o0`, `o1`, .., for voters of at most this weight, and a roll.
fn contest(rule: &Value, decision: &Value, options: usize, weight: u64, total_weight: u64) -> (Contest, Packing) {
    let election = Election::build(ElectionOptions::default());
    let mut manifest: Value = serde_json::from_slice(election.context.manifest().bytes()).unwrap();
    let title = |text: &str| json!({ "en": text });
    let option = |number| json!({ "id": format!("o{number}"), "title": title(&format!("Option {number}")) });
    let options: Vec<Value> = (0..options).map(option).collect();
    manifest["contests"] = json!([{ "id": "c", "title": title("Contest"), "rule": rule, "options": options }]);
    for (field, value) in decision.as_object().unwrap() {
        manifest["contests"][0][field] = value.clone();
    }
    manifest["weights"]["max"] = json!(weight);
    manifest["weights"]["total"] = json!(total_weight);
    manifest["styles"] = json!([{ "id": "s", "contests": ["c"] }]);
    let manifest = Manifest::parse(manifest.to_string().as_bytes()).unwrap();
    let contest = &manifest.contests()[0];
    (contest.clone(), contest.packing(manifest.weights()))
}

/// Whether there is a quorum, and the byte that the seed of the lot repeats.
const CIRCUMSTANCES: [(bool, Option<u8>); 3] = [(true, None), (true, Some(0x1f)), (false, None)];

/// The first weight is that of the roll whose forms are in the vectors. For the other weights, only digests are.
const TOTAL_WEIGHTS: [u64; 4] = [1000, 100, 1_000_000, 16_000_000];

/// The form of a contest, and the positions of its bits.
fn compile(contest: &Contest, packing: Packing) -> (Form, ContestBits) {
    let mut builder = FormBuilder::new();
    builder.pack(packing);
    let bits = contest.rule.compile(&contest.options, &mut builder);
    (builder.build().unwrap(), bits)
}

/// A rule with its form, selections with their bits and slots, totals with the outcome.
fn vector(rule: &Value, options: usize, weight: u64, marks: &[(Value, Selection)], totals: &[(&[u64], u64)]) -> Value {
    decided(rule, &json!({}), options, weight, marks, totals)
}

/// The same, with the further fields of a contest that decide who is elected, or whether a motion passes.
fn decided(
    rule: &Value,
    decision: &Value,
    options: usize,
    weight: u64,
    marks: &[(Value, Selection)],
    totals: &[(&[u64], u64)],
) -> Value {
    let [(contest, packing), others @ ..] =
        TOTAL_WEIGHTS.map(|total_weight| contest(rule, decision, options, weight, total_weight));
    let (form, bits) = compile(&contest, packing);
    let slots = packing.slots(contest.rule.counts(options));
    assert_eq!((form.slots(), form.bits()), (slots, contest.rule.bits(options)), "{rule}");
    let other = |(total_weight, (contest, packing)): (&u64, &(Contest, Packing))| {
        let (form, _) = compile(contest, *packing);
        json!({
            "weights_total": total_weight, "counts_per_slot": packing.per_slot(), "slots": form.slots(),
            "digest": hex::encode(form.digest().as_bytes()),
        })
    };
    let mark = |(mark, selection): &(Value, Selection)| {
        let mut assigned = Bits::zero(form.bits());
        bits.assign(selection, weight, &mut assigned).unwrap();
        assert_eq!(form.violated_rows(&assigned, weight), [0_usize; 0], "{mark}");
        let text: String = (0..form.bits()).map(|place| if assigned.expose_bit(place) { '1' } else { '0' }).collect();
        json!({ "mark": mark, "bits": text, "slots": form.values(&assigned) })
    };
    let outcome = |(totals, weight): &(&[u64], u64)| {
        let outcome = contest.rule.outcome(&contest.options, totals, *weight);
        let results: Vec<Option<ContestResult>> = CIRCUMSTANCES
            .iter()
            .map(|(has_quorum, lot)| {
                let lot = lot.map(|seed| LotSeed::from_bytes([seed; 32]));
                let (has_quorum, eligible_weight) = (*has_quorum, 2 * weight);
                let circumstances = Circumstances { has_quorum, weight: *weight, eligible_weight, lot: lot.as_ref() };
                let outcome = outcome.as_ref().ok()?;
                Some(ContestResult::new(&contest, *weight, None, Some(outcome), &circumstances))
            })
            .collect();
        let [open, by_lot, without_quorum] = results.as_slice() else { unreachable!() };
        json!({
            "weight": weight, "totals": totals, "result": open,
            "by_lot": by_lot.as_ref().filter(|_| by_lot != open),
            "without_quorum": without_quorum.as_ref().filter(|_| without_quorum != open),
        })
    };
    json!({
        "rule": rule, "decision": decision, "options": options, "weight": weight, "bits": form.bits(), "slots": form.slots(),
        "form": hex::encode(form.encode()), "digest": hex::encode(form.digest().as_bytes()),
        "weights_total": TOTAL_WEIGHTS[0], "counts": contest.rule.counts(options),
        "counts_per_slot": packing.per_slot(), "bound": contest.rule.count_bound(),
        "other_rolls": TOTAL_WEIGHTS[1..].iter().zip(&others).map(other).collect::<Vec<_>>(),
        "marks": marks.iter().map(mark).collect::<Vec<_>>(),
        "outcomes": totals.iter().map(outcome).collect::<Vec<_>>(),
    })
}

fn points(points: &[(usize, u64)]) -> (Value, Selection) {
    let mark: serde_json::Map<String, Value> =
        points.iter().map(|(option, points)| (format!("o{option}"), json!(points))).collect();
    (json!({ "points": mark }), Selection::Points(points.to_vec()))
}

fn ranking(places: &[&[usize]]) -> (Value, Selection) {
    let names = |place: &&[usize]| place.iter().map(|option| format!("o{option}")).collect::<Vec<_>>();
    let mark = places.iter().map(names).collect::<Vec<_>>();
    (json!({ "ranking": mark }), Selection::Ranking(places.iter().map(|place| place.to_vec()).collect()))
}

fn blank() -> (Value, Selection) {
    (json!("blank"), Selection::Blank)
}

fn list(list: usize, preferences: &[usize]) -> (Value, Selection) {
    let names: Vec<String> = preferences.iter().map(|option| format!("o{option}")).collect();
    let mark = json!({ "list": format!("o{list}"), "preferences": names });
    (mark, Selection::List { list, preferences: preferences.to_vec() })
}

fn grades(of_options: &[usize]) -> (Value, Selection) {
    let names = ["good", "fair", "bad"];
    let mark: serde_json::Map<String, Value> =
        (0..).zip(of_options).map(|(option, grade): (usize, _)| (format!("o{option}"), json!(names[*grade]))).collect();
    (json!({ "grades": mark }), Selection::Grades(of_options.iter().copied().enumerate().collect()))
}

/// The pairs of Schulze's example of 45 voters (Social Choice and Welfare 2011, section 3), by option, then the others.
const SCHULZE: [u64; 20] = [20, 26, 30, 22, 25, 16, 33, 18, 19, 29, 17, 24, 15, 12, 28, 14, 23, 27, 21, 31];

#[test]
fn contests() {
    let title = |text: &str| json!({ "en": text });
    let of_grades = json!([
        { "id": "good", "title": title("Good") }, { "id": "fair", "title": title("Fair") },
        { "id": "bad", "title": title("Bad") },
    ]);
    let lists = |across: bool, method: &str, people: &str| {
        json!({
            "kind": "lists", "preferences": 2, "across": across, "blank": true,
            "lists": [{ "list": "o0", "candidates": ["o1", "o2", "o3"] }, { "list": "o4", "candidates": ["o5"] },
                      { "list": "o6", "candidates": ["o7"] }],
            "groups": [{ "candidates": ["o1", "o5"], "max": 1 }, { "candidates": ["o2", "o3"], "max": 1 }],
            "seats": { "number": 5, "method": method, "people": people },
        })
    };
    let vectors = json!([
        vector(
            &json!({ "kind": "choose", "min": 1, "max": 2, "blank": true }),
            3,
            1,
            &[(json!({ "options": ["o2"] }), Selection::Options(vec![2])), blank()],
            &[(&[5, 4, 4, 1], 9), (&[0, 0, 0, 0], 0), (&[1, 1, 1, 2], 1)],
        ),
        decided(
            &json!({ "kind": "choose", "min": 0, "max": 4, "blank": false }),
            &json!({ "winners": { "number": 3 } }),
            5,
            1,
            &[],
            &[(&[9, 4, 4, 1, 0], 9), (&[3, 0, 0, 0, 0], 9), (&[0; 5], 0), (&[9, 8, 7, 6, 5], 9)],
        ),
        decided(
            &json!({ "kind": "choose", "min": 0, "max": 6, "blank": false }),
            &json!({ "winners": { "number": 4, "groups": [
                { "id": "north", "title": title("North"), "options": ["o0", "o1", "o2"], "at_most": 2 },
                { "id": "women", "title": title("Women"), "options": ["o2", "o5"], "at_least": 1, "at_most": 3 },
                { "id": "young", "title": title("Young"), "options": ["o4"], "at_least": 1 },
            ] } }),
            6,
            1,
            &[],
            &[
                (&[9, 8, 7, 6, 5, 4], 9),
                (&[9, 9, 9, 6, 5, 5], 9),
                (&[9, 8, 1, 6, 0, 1], 9),
                (&[9, 8, 7, 7, 7, 7], 9),
                (&[5, 5, 5, 5, 5, 5], 9),
            ],
        ),
        decided(
            &json!({ "kind": "choose", "min": 1, "max": 1, "blank": true }),
            &json!({ "passes": { "for": "o1", "against": "o0", "conditions": [
                { "of": "votes", "rule": "more_than", "fraction": [1, 2] },
                { "of": "ballots", "rule": "at_least", "fraction": [2, 5] },
                { "of": "roll", "rule": "at_least", "fraction": [1, 4] },
            ] } }),
            3,
            1,
            &[],
            // The last option has the remaining votes.
            &[(&[29, 50, 1], 100), (&[30, 50, 10], 100), (&[50, 50, 0], 100), (&[10, 39, 0], 100), (&[0, 0, 5], 5)],
        ),
        decided(
            &json!({ "kind": "split", "max": 100 }),
            &json!({ "passes": { "for": "o0", "against": "o1", "conditions": [
                { "of": "votes", "rule": "at_least", "fraction": [2, 3] },
            ] } }),
            2,
            100,
            &[],
            &[(&[200], 300), (&[199], 300), (&[0], 0)],
        ),
        vector(
            &json!({ "kind": "score", "max": 5, "total": { "at_most": 6 }, "blank": true }),
            3,
            1,
            &[points(&[(0, 5), (2, 1)]), points(&[]), blank()],
            &[(&[10, 4, 0, 1], 6), (&[31, 0, 0, 0], 6), (&[20, 16, 1, 0], 6)],
        ),
        decided(
            &json!({ "kind": "score", "max": 2, "blank": false }),
            &json!({ "winners": { "number": 1 } }),
            2,
            1,
            &[points(&[(1, 2), (0, 1)])],
            &[(&[3, 3], 4), (&[0, 0], 0)],
        ),
        vector(
            &json!({ "kind": "cumulative", "points": 4, "max": 3, "exact": true, "blank": false }),
            3,
            1,
            &[points(&[(0, 3), (1, 1)]), points(&[(2, 2), (1, 1), (0, 1)])],
            &[(&[5, 1], 2), (&[7, 0], 2), (&[1, 0], 2)],
        ),
        vector(
            &json!({ "kind": "split", "max": 100 }),
            2,
            100,
            &[points(&[(0, 70), (1, 30)]), points(&[(1, 100)])],
            &[(&[170], 300), (&[301], 300)],
        ),
        vector(
            &json!({ "kind": "quadratic", "credits": 10, "blank": false }),
            3,
            1,
            &[points(&[(0, 3), (2, 1)]), points(&[(1, 2)]), points(&[])],
            &[(&[6, 2, 0], 2), (&[7, 0, 0], 2)],
        ),
        vector(
            &lists(false, "dhondt", "preferences"),
            8,
            1,
            &[list(0, &[1, 2]), list(4, &[5]), list(6, &[]), blank()],
            &[
                (&[53, 20, 30, 10, 24, 24, 23, 9, 5], 105),
                (&[53, 30, 30, 10, 24, 24, 3, 0, 5], 85),
                (&[4, 0, 0, 0, 4, 0, 4, 0, 0], 12),
                (&[4, 1, 1, 1, 0, 0, 0, 0, 0], 4),
                (&[0, 0, 0, 0, 0, 0, 0, 0, 3], 3),
                (&[2, 0, 0, 0, 1, 2, 0, 0, 0], 3),
            ],
        ),
        vector(
            &lists(true, "sainte_lague", "preferences_then_order"),
            8,
            1,
            &[list(0, &[5, 2]), list(6, &[3]), blank()],
            &[
                (&[53, 20, 30, 10, 24, 24, 23, 9, 5], 105),
                (&[53, 30, 30, 10, 24, 24, 23, 9, 5], 105),
                (&[1, 2, 0, 0, 0, 0, 0, 0, 0], 1),
            ],
        ),
        vector(
            &lists(false, "largest_remainder", "order"),
            8,
            1,
            &[list(0, &[])],
            &[(&[53, 20, 30, 10, 24, 24, 23, 9, 5], 105), (&[3, 0, 0, 0, 3, 0, 3, 0, 0], 9)],
        ),
        decided(
            &json!({ "kind": "grades", "grades": of_grades, "blank": true }),
            &json!({ "winners": { "number": 1 } }),
            3,
            1,
            &[grades(&[0, 2, 1]), blank()],
            &[
                (&[4, 3, 3, 4, 5, 1, 1], 11),
                (&[2, 2, 2, 2, 1, 3, 0], 4),
                (&[0, 0, 0, 0, 0, 0, 2], 2),
                (&[3, 0, 0, 0, 0, 0, 0], 2)
            ],
        ),
        vector(
            &json!({ "kind": "positional", "scores": [2, 1, 0], "truncated": false, "blank": true }),
            3,
            1,
            &[ranking(&[&[2], &[0], &[1]]), blank()],
            &[(&[4, 3, 2, 1], 4), (&[4, 3, 1, 1], 4)],
        ),
        vector(
            &json!({ "kind": "positional", "scores": [5, 3], "truncated": false, "blank": false }),
            3,
            1,
            &[ranking(&[&[2], &[0]])],
            &[(&[5, 8, 3], 2)],
        ),
        // Fault G11: in a blank vote every option has no place.
        vector(
            &json!({ "kind": "positional", "scores": [5, 3], "truncated": false, "blank": true }),
            3,
            1,
            &[ranking(&[&[1], &[2]]), blank()],
            &[(&[5, 8, 3, 1], 3), (&[5, 8, 3, 2], 3)],
        ),
        vector(
            &json!({ "kind": "positional", "scores": [5, 3], "truncated": true, "blank": true }),
            3,
            1,
            &[ranking(&[&[2], &[0]]), ranking(&[&[1]]), ranking(&[]), blank()],
            &[(&[5, 8, 0, 1], 4), (&[5, 20, 0, 0], 3)],
        ),
        decided(
            &json!({ "kind": "pairs", "ties": false, "method": "ranked_pairs", "blank": true }),
            &json!({ "winners": { "number": 2 } }),
            4,
            1,
            &[ranking(&[&[2], &[0], &[3], &[1]]), blank()],
            // Tennessee: Memphis, Nashville, Chattanooga, Knoxville.
            // Then a cycle of equal defeats below the first option, and totals that no ballots give.
            &[
                (&[42, 42, 42, 68, 68, 83, 3], 103),
                (&[3, 3, 3, 2, 1, 2, 0], 3),
                (&[0, 0, 0, 0, 0, 0, 3], 3),
                (&[101, 0, 0, 0, 0, 0, 3], 103),
            ],
        ),
        vector(
            &json!({ "kind": "pairs", "ties": true, "method": "schulze", "blank": false }),
            5,
            1,
            &[ranking(&[&[0], &[1, 2], &[3]]), ranking(&[&[4]]), ranking(&[])],
            &[(&SCHULZE, 45), (&[1; 20], 1), (&[0; 20], 0)],
        ),
    ]);
    check("contests.json", &vectors);
}

/// How many counts share a slot, at the borders of every number.
#[test]
fn packings() {
    // The largest radix for this number of counts, and one more.
    let borders = (2..=32_u32).flat_map(|counts| {
        let limit = if counts > 2 { MAX_PACKED } else { MAX_TOTAL };
        let mut radix = limit.isqrt().min(1 << 22);
        while radix.checked_pow(counts).is_none_or(|numbers| numbers > limit) {
            radix -= 1;
        }
        [radix, radix + 1]
    });
    let bounds = borders.filter(|radix| *radix > 1).map(|radix| (1, 1, radix - 1)).chain([
        (1, 1, MAX_TOTAL),
        (5, 1, 51),
        (5, 1, 52),
        (5, 1, 325),
        (5, 2, 100_000),
        (1, 8, 100_000),
        (1, 9, 100_000),
        (1, 9, 65_535),
        (1, 9, 65_536),
        (8, 1, 500_000),
        (9, 1, 400_000),
        (1_000_000, 1, 4),
        (1_000_000, 1, 17_592_186),
    ]);
    let vector = |(bound, weights_max, weights_total): (u64, u64, u64)| {
        let packing = Packing::new(bound, weights_max, weights_total);
        let units: Vec<u64> = (0..packing.per_slot()).map(|place| packing.unit(place)).collect();
        json!({
            "bound": bound, "weights_max": weights_max, "weights_total": weights_total,
            "counts_per_slot": packing.per_slot(), "units": units,
        })
    };
    check("packings.json", &bounds.map(vector).collect());
}

/// Writes the vectors if this is requested, and compares them with the stored ones.
fn check(name: &str, vectors: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors").join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(vectors).unwrap());
    if std::env::var_os("BALLOTTA_WRITE_VECTORS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "{name} has changed: the wire format is another one");
}
