//! Whether encoding a selection takes the same path whatever is selected, on machine code: `cargo run --release --package
//! ballotta-benches --bin traces`, which `cargo xtask test --full` runs.
//!
//! For every kind of contest the program runs itself under valgrind, once for each of several selections of one shape (as
//! many marks, as many options in each place), and writes down every instruction and every address that is read or written
//! from the first bit that is set to the values of the slots. All these traces must be equal: then no branch and no index
//! depended on what was selected. A planted leak shows that one would be seen.

use std::env;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use ballotta::contest::{
    Choose, Cumulative, Grade, Grades, Group, List, Lists, Method, Pairs, Positional, Quadratic, Rule, Score,
    Selection, Split, Total,
};
use ballotta::form::{Bits, FormBuilder, Packing};
use ballotta_benches::bench_rng;
use ballotta_testkit::election::numbered_options;
use chacha20::ChaCha12Rng;
use rand_core::Rng as _;

/// Selections of every contest.
const SELECTIONS: usize = 8;
/// The weight of the ballots.
const WEIGHT: u64 = 100;
/// Stored to before and after what is traced.
static MARKER: AtomicU64 = AtomicU64::new(0);

/// A contest, and selections of one shape in it. Numbers go to the traced program, which makes a selection of them
/// without looking at them.
struct Case {
    name: &'static str,
    rule: Rule,
    options: u32,
    draw: fn(&mut ChaCha12Rng) -> Vec<usize>,
    selection: fn(&[usize]) -> Selection,
}

fn main() -> ExitCode {
    match env::args().nth(1) {
        None => compare_all(),
        Some(name) => match cases().iter().find(|case| case.name == name) {
            Some(case) => encode(case),
            None => {
                eprintln!("usage: traces");
                ExitCode::from(2)
            }
        },
    }
}

/// The traced program: encodes the selection on the standard input.
fn encode(case: &Case) -> ExitCode {
    let mut builder = FormBuilder::new();
    builder.pack(Packing::new(case.rule.count_bound(), WEIGHT, 1000 * WEIGHT));
    let contest = case.rule.compile(&numbered_options(case.options as usize), &mut builder);
    let form = builder.build().expect("a form within the limits");
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).expect("numbers");
    let numbers: Vec<usize> =
        bytes.as_chunks().0.iter().map(|number| usize::try_from(u64::from_le_bytes(*number)).unwrap_or(0)).collect();
    let selection = (case.selection)(&numbers);
    let mut bits = Bits::zero(form.bits());
    println!("{:x}", std::ptr::from_ref(&MARKER).addr());
    std::io::stdout().flush().expect("a pipe");

    MARKER.store(1, Ordering::SeqCst);
    if case.name == LEAK && black_box(&numbers).contains(&0) {
        black_box(&selection);
    }
    let assigned = contest.assign(black_box(&selection), WEIGHT, &mut bits);
    black_box(form.values(&bits));
    MARKER.store(2, Ordering::SeqCst);

    assert_eq!(assigned, Ok(()), "a selection that the contest allows");
    assert!(form.violated_rows(&bits, WEIGHT).is_empty(), "bits that the form allows");
    ExitCode::SUCCESS
}

/// Every instruction and every address between the two marks.
fn trace(case: &Case, numbers: &[usize]) -> Vec<String> {
    let valgrind = ["--tool=lackey", "--trace-mem=yes", "--log-fd=1"];
    let mut child = Command::new("valgrind")
        .args(valgrind)
        .arg(env::current_exe().expect("this program"))
        .arg(case.name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("valgrind, which traces programs");
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| (*number as u64).to_le_bytes()).collect();
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("a program that reads");
    let (mut marker, mut stores, mut trace) = (None, 0, Vec::new());
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("lines of text");
        let is_access = [" L ", " S ", " M "].iter().any(|kind| line.starts_with(kind));
        if is_access && marker.as_ref().is_some_and(|marker| line[3..].starts_with(marker)) {
            // A store may be an exchange, which reads, too.
            stores += usize::from(!line.starts_with(" L "));
        } else if stores == 1 && (is_access || line.starts_with("I ")) {
            trace.push(line);
        } else if marker.is_none() && line.bytes().all(|byte| byte.is_ascii_hexdigit()) && !line.is_empty() {
            marker = Some(format!("{:0>8},", line));
        }
    }
    assert!(child.wait().expect("an end").success(), "{}: the traced program failed", case.name);
    assert_eq!(stores, 2, "{}: the marks of the trace", case.name);
    trace
}

/// Compares the traces of all contests.
fn compare_all() -> ExitCode {
    let mut rng = bench_rng();
    let mut holds = true;
    for case in cases() {
        let mut selections: Vec<Vec<usize>> = (0..SELECTIONS).map(|_| (case.draw)(&mut rng)).collect();
        selections.sort_unstable();
        selections.dedup();
        let mut traces = selections.iter().map(|numbers| trace(&case, numbers));
        let first = traces.next().unwrap_or_default();
        let different = traces.filter(|other| *other != first).count();
        let is_leak = case.name == LEAK;
        println!(
            "{:28}{:9} steps, {} selections, {}",
            case.name,
            first.len(),
            selections.len(),
            if different == 0 { "one path" } else { "SEVERAL PATHS" },
        );
        holds &= selections.len() > 2 && (different > 0) == is_leak;
    }
    println!("{}", if holds { "no path depends on what is selected" } else { "a path depends on what is selected" });
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The case in which a branch is planted.
const LEAK: &str = "a planted leak";

fn below(bound: usize, rng: &mut ChaCha12Rng) -> usize {
    rng.next_u32() as usize % bound
}

/// Draws different ones of these numbers, in any order.
fn some(count: usize, of: usize, rng: &mut ChaCha12Rng) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..of).collect();
    for place in (1..of).rev() {
        numbers.swap(place, below(place + 1, rng));
    }
    numbers.truncate(count);
    numbers
}

/// Numbers for the options whose sum is `total`.
fn parts(total: usize, of: usize, rng: &mut ChaCha12Rng) -> Vec<usize> {
    let mut numbers = vec![0; of];
    for _ in 0..total {
        numbers[below(of, rng)] += 1;
    }
    numbers
}

/// These values, each for an option of its own, in any order.
fn of_options(values: &[usize], options: usize, rng: &mut ChaCha12Rng) -> Vec<usize> {
    some(values.len(), options, rng).into_iter().zip(values).flat_map(|(option, value)| [option, *value]).collect()
}

/// A number of values below a bound.
fn values(count: usize, bound: usize, rng: &mut ChaCha12Rng) -> Vec<usize> {
    (0..count).map(|_| below(bound, rng)).collect()
}

/// A list, and two candidates of any lists, of whom at most one is the first of a list.
fn across(rng: &mut ChaCha12Rng) -> Vec<usize> {
    let list = below(3, rng);
    let mut of_list = || if below(2, rng) == 0 { list } else { (list + 1 + below(2, rng)) % 3 };
    let (one, other) = (of_list(), of_list());
    vec![4 * list, 4 * one + 1 + below(2, rng), 4 * other + 3]
}

fn chosen(numbers: &[usize]) -> Selection {
    Selection::Options(numbers.to_vec())
}

fn points(numbers: &[usize]) -> Selection {
    let pairs = numbers.as_chunks::<2>().0;
    Selection::Points(pairs.iter().map(|[option, points]| (*option, *points as u64)).collect())
}

fn graded(numbers: &[usize]) -> Selection {
    let pairs = numbers.as_chunks::<2>().0;
    Selection::Grades(pairs.iter().map(|[option, grade]| (*option, *grade)).collect())
}

fn preferring(numbers: &[usize]) -> Selection {
    Selection::List { list: numbers[0], preferences: numbers[1..].to_vec() }
}

/// One option in each place.
fn order(numbers: &[usize]) -> Selection {
    Selection::Ranking(numbers.iter().map(|option| vec![*option]).collect())
}

fn cases() -> Vec<Case> {
    let choose = |min| Rule::Choose(Choose { min, max: 4, blank: true });
    let quadratic = || Rule::Quadratic(Quadratic { credits: 40, blank: true });
    let score = |total| Rule::Score(Score { max: 5, total, blank: true });
    let grade = |number| Grade { id: format!("g{number}"), title: [("en", format!("Grade {number}").as_str())].into() };
    let positional =
        |scores: &[u64], truncated| Rule::Positional(Positional { scores: scores.to_vec(), truncated, blank: true });
    let pairs = |ties| Rule::Pairs(Pairs { ties, method: Method::Schulze, blank: true });
    // Three lists of three candidates: options 0, 4 and 8, each before its candidates. The first candidates are a group.
    let id = |option: usize| format!("o{option}");
    let list = |list: usize| List { list: id(4 * list), candidates: (1..4).map(|one| id(4 * list + one)).collect() };
    let lists = |across| {
        let groups = vec![Group { candidates: vec![id(1), id(5), id(9)], max: 1 }];
        let lists = (0..3).map(list).collect();
        Rule::Lists(Lists { lists, preferences: 2, across, groups, seats: None, blank: true })
    };
    let case = |name, rule, options, draw, selection| Case { name, rule, options, draw, selection };
    vec![
        case(LEAK, choose(0), 10, |rng| some(3, 10, rng), chosen),
        case("choose", choose(0), 10, |rng| some(3, 10, rng), chosen),
        case("choose, exactly", choose(4), 10, |rng| some(4, 10, rng), chosen),
        case("score", score(None), 6, |rng| of_options(&values(6, 6, rng), 6, rng), points),
        case("score, of some options", score(None), 6, |rng| of_options(&values(3, 6, rng), 6, rng), points),
        case(
            "score, together at most",
            score(Some(Total::AtMost(12))),
            6,
            |rng| of_options(&parts(below(6, rng), 3, rng), 6, rng),
            points,
        ),
        case(
            "score, together exactly",
            score(Some(Total::Exactly(5))),
            6,
            |rng| of_options(&parts(5, 6, rng), 6, rng),
            points,
        ),
        case(
            "cumulative",
            Rule::Cumulative(Cumulative { points: 10, max: 10, exact: true, blank: true }),
            5,
            |rng| of_options(&parts(10, 4, rng), 5, rng),
            points,
        ),
        case(
            "split",
            Rule::Split(Split { max: 1 << 20 }),
            4,
            |rng| of_options(&parts(WEIGHT as usize, 3, rng), 4, rng),
            points,
        ),
        case("quadratic", quadratic(), 5, |rng| of_options(&parts(below(7, rng), 5, rng), 5, rng), points),
        case("quadratic, of some options", quadratic(), 5, |rng| of_options(&parts(6, 3, rng), 5, rng), points),
        case(
            "lists",
            lists(false),
            12,
            |rng| {
                let list = 4 * below(3, rng);
                [vec![list], some(2, 3, rng).iter().map(|one| list + 1 + one).collect()].concat()
            },
            preferring,
        ),
        case("lists, across", lists(true), 12, across, preferring),
        case(
            "grades",
            Rule::Grades(Grades { grades: (0..6).map(grade).collect(), blank: true }),
            5,
            |rng| of_options(&values(5, 6, rng), 5, rng),
            graded,
        ),
        case("positional", positional(&[5, 4, 3, 2, 1], false), 5, |rng| some(5, 5, rng), order),
        case("positional, of some options", positional(&[3, 2, 1], false), 6, |rng| some(3, 6, rng), order),
        case("positional, truncated", positional(&[3, 2, 1], true), 6, |rng| some(2, 6, rng), order),
        case("pairs", pairs(false), 6, |rng| some(6, 6, rng), order),
        case("pairs, of some options", pairs(true), 6, |rng| some(3, 6, rng), order),
        case(
            "pairs, with ties",
            pairs(true),
            6,
            |rng| some(5, 6, rng),
            |numbers| Selection::Ranking(vec![numbers[..2].to_vec(), numbers[2..3].to_vec(), numbers[3..].to_vec()]),
        ),
    ]
}
