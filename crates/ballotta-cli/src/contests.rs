//! Contests of a new manifest: from options of the command, and from files.
//!
//! See `spec/contests.md`. The parser of manifests checks every rule; this module only reads rules that are
//! written on one line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, anyhow, bail, ensure};
use ballotta::contest::{Choose, ContestOption, Rule};
use ballotta::decision::{Condition, Motion, MotionBase, QuorumRule, Winners};
use ballotta::limits::MAX_MANIFEST_BYTES;
use ballotta::manifest::{Contest, ShownOrder, Text, parse_contests, parse_rule};
use serde_json::{Map, Value, json};

use crate::console::Shown as _;
use crate::failure::ErrorContext as _;
use crate::record::read_at_most;

/// A name and its value: `NAME=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Named {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        // The name ends at the first `=`, because a value such as a title may contain more of them.
        let (name, value) = text.split_once('=').context("expected NAME=VALUE")?;
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

const RULES: &str = "\
Kinds of rules. Parts in brackets may be left out. Each rule may end with `winners=N`, how many options are elected:
  choose [min=1] [max=1] [blank]               choose options
  score max=5 [at_most=N | exactly=N] [blank]  give each option points, within the limits
  cumulative points=10 max=4 [exact] [blank]   distribute points over the options
  split                                        divide the weight of the voter among the options
  quadratic credits=25 [blank]                 buy votes for options; v votes cost v*v credits
  positional scores=3,2,1 [truncated] [blank]  rank options; each place has a score
  pairs [ties] [method=schulze] [blank]        rank options; every two options are compared
    (or method=ranked_pairs, method=copeland)
A rule `choose` or `split` may end with `passes=more_than:1/2:votes` instead: the contest is a motion, the first option is
for it and the second against it. It passes with more_than or at_least the fraction of the votes, the ballots or the roll.
Write `blank`, `exact`, `truncated` and `ties` without a value.
For `lists`, `grades`, groups of winners and several conditions, write the contests into a file and name it with --contests.";

/// The contests of a new manifest: first those of --contest, then those of the files.
#[derive(clap::Args, Debug)]
#[command(after_long_help = RULES)]
pub(crate) struct ContestArguments {
    /// A contest, such as `chair=Who chairs the club?`; repeat this for more contests
    #[arg(long, value_name = "ID=QUESTION", required_unless_present = "contests")]
    contest: Vec<Named>,
    /// An option of a contest, such as `chair/ada=Ada`; repeat this for more options
    #[arg(long, value_name = "CONTEST/ID=TITLE", required_unless_present = "contests")]
    option: Vec<Named>,
    /// The rule of a contest, such as `budget=score max=5 at_most=10`; the kinds of rules are below [default: `choose`]
    #[arg(long, value_name = "CONTEST=RULE")]
    rule: Vec<Named>,
    /// The order in which pages show the options of a contest, such as `chair=random`: `alphabetical`, or `random`, which is
    /// another one for every voter [default: as they are written]
    #[arg(long, value_name = "CONTEST=ORDER")]
    order: Vec<Named>,
    /// A file with a JSON array of contests, as in a manifest; they come after those of --contest
    #[arg(long, value_name = "FILE")]
    contests: Vec<PathBuf>,
    /// The least number of options that a voter must choose in a contest without --rule [default: 1]
    #[arg(long, value_name = "N")]
    min: Option<u32>,
    /// The largest number of options that a voter may choose in a contest without --rule [default: 1]
    #[arg(long, value_name = "N")]
    max: Option<u32>,
    /// Let voters cast a blank vote in a contest without --rule; blank votes are counted separately
    #[arg(long)]
    blank: bool,
}

impl ContestArguments {
    /// Reads the contests. Their texts are in `language`; `max_weight` is the largest weight of a voter.
    pub(crate) fn read(&self, language: &str, max_weight: u64) -> Result<Vec<Contest>> {
        let text = |text: &str| Text::from_iter([(language, text)]);
        let is_contest = |id: &str| self.contest.iter().any(|contest| contest.name == id);
        for option in &self.option {
            let known = option.name.split_once('/').is_some_and(|(contest, _)| is_contest(contest));
            ensure!(known, "--option {}: expected CONTEST/ID=TITLE, and --contest CONTEST=..", option.name);
        }
        for (position, rule) in self.rule.iter().enumerate() {
            ensure!(is_contest(&rule.name), "--rule {}: expected CONTEST=RULE, and --contest CONTEST=..", rule.name);
            let twice = self.rule.iter().take(position).any(|earlier| earlier.name == rule.name);
            ensure!(!twice, "--rule {}: the contest has a rule already", rule.name);
        }
        for (position, order) in self.order.iter().enumerate() {
            ensure!(
                is_contest(&order.name),
                "--order {}: expected CONTEST=ORDER, and --contest CONTEST=..",
                order.name
            );
            let twice = self.order.iter().take(position).any(|earlier| earlier.name == order.name);
            ensure!(!twice, "--order {}: the contest has an order already", order.name);
        }
        let says_something = self.min.is_some() || self.max.is_some() || self.blank;
        let without_rule = |contest: &Named| !self.rule.iter().any(|rule| rule.name == contest.name);
        if says_something && !self.contest.iter().any(without_rule) {
            return Err(anyhow!(
                "--min, --max and --blank are for contests without --rule, but every contest has a --rule"
            ))
            .remedy("write them into the rule, as in --rule \"chair=choose min=1 max=2 blank\"");
        }
        let mut contests = Vec::new();
        for contest in &self.contest {
            let LineRule { rule, winners, condition } = match self.rule.iter().find(|rule| rule.name == contest.name) {
                Some(rule) => read_rule(&rule.value, max_weight).with_context(|| format!("--rule {}", contest.name))?,
                None => {
                    let (min, max) = (self.min.unwrap_or(1), self.max.unwrap_or(1));
                    LineRule {
                        rule: Rule::Choose(Choose { min, max, blank: self.blank }),
                        winners: None,
                        condition: None,
                    }
                }
            };
            let options = self.option.iter().filter_map(|option| {
                let id = option.name.strip_prefix(&contest.name)?.strip_prefix('/')?;
                Some(ContestOption {
                    id: id.to_owned(),
                    title: text(&option.value),
                    description: None,
                    attachments: Vec::new(),
                })
            });
            let options: Vec<ContestOption> = options.collect();
            let order = self.order.iter().find(|order| order.name == contest.name);
            let order = order.map(|order| {
                ShownOrder::from_word(&order.value)
                    .with_context(|| format!("--order {}: expected alphabetical or random", order.name))
            });
            let passes = match (condition, options.as_slice()) {
                (None, _) => None,
                (Some(condition), [one, other, ..]) => {
                    Some(Motion { in_favour: one.id.clone(), against: other.id.clone(), conditions: vec![condition] })
                }
                (Some(_), _) => bail!("--rule {}: a motion needs an option for it and one against it", contest.name),
            };
            contests.push(Contest {
                id: contest.name.clone(),
                title: text(&contest.value),
                description: None,
                attachments: Vec::new(),
                rule,
                winners: winners.map(|number| Winners { number, groups: Vec::new() }),
                passes,
                order: order.transpose()?,
                options,
            });
        }
        for file in &self.contests {
            contests.extend(read_contests(file)?);
        }
        Ok(contests)
    }
}

/// Reads a file of contests, which are written as in a manifest.
fn read_contests(path: &Path) -> Result<Vec<Contest>> {
    parse_contests(&read_at_most(path, MAX_MANIFEST_BYTES, "a file of contests")?)
        .with_context(|| format!("{} is not a JSON array of contests, as in a manifest", path.shown()))
        .remedy("write the contests as in a manifest; `spec/contests.md` describes every kind and its fields")
}

/// A kind with rules that can be written on one line.
struct LineKind {
    name: &'static str,
    /// Fields that are required.
    needed: &'static [&'static str],
    /// Fields that may be left out. In addition, every kind has `winners`, and some have `passes`.
    optional: &'static [&'static str],
}

const LINE_KINDS: &[LineKind] = &[
    LineKind { name: "choose", needed: &[], optional: &["min", "max", "blank"] },
    LineKind { name: "score", needed: &["max"], optional: &["at_most", "exactly", "blank"] },
    LineKind { name: "cumulative", needed: &["points", "max"], optional: &["exact", "blank"] },
    LineKind { name: "split", needed: &[], optional: &[] },
    LineKind { name: "quadratic", needed: &["credits"], optional: &["blank"] },
    LineKind { name: "positional", needed: &["scores"], optional: &["truncated", "blank"] },
    LineKind { name: "pairs", needed: &[], optional: &["ties", "method", "blank"] },
];

/// Fields that are true or false. On a line, such a field has no value: its name means `true`.
const FLAGS: [&str; 4] = ["blank", "exact", "truncated", "ties"];

/// A rule that was written on one line, and what is decided by it.
#[derive(Debug)]
struct LineRule {
    rule: Rule,
    /// How many options are elected.
    winners: Option<u32>,
    /// The condition by which a motion passes.
    condition: Option<Condition>,
}

/// The condition of a motion as people write it: `more_than:1/2:votes`.
fn condition(text: &str) -> Result<Condition> {
    const FORM: &str = "expected more_than|at_least:N/M:votes|ballots|roll";
    let parts: Vec<&str> = text.split(':').collect();
    let [rule, fraction, of] = parts.as_slice() else { bail!(FORM) };
    let of = match *of {
        "votes" => MotionBase::Votes,
        "ballots" => MotionBase::Ballots,
        "roll" => MotionBase::Roll,
        _ => bail!(FORM),
    };
    let (numerator, denominator) = fraction.split_once('/').context(FORM)?;
    let number = |text: &str| text.parse().context(FORM);
    let fraction = [number(numerator)?, number(denominator)?];
    Ok(Condition { of, rule: QuorumRule::from_word(rule).context(FORM)?, fraction })
}

/// Reads a rule from one line: its kind, then `field=value`, or `field` for a value of `true`.
fn read_rule(line: &str, max_weight: u64) -> Result<LineRule> {
    let mut words = line.split_whitespace();
    let kind = words.next().context("a rule begins with its kind")?;
    if let "lists" | "grades" = kind {
        return Err(anyhow!("rules for {kind} do not fit on one line"))
            .remedy("write the contest into a file for --contests; `spec/contests.md` describes the fields");
    }
    let Some(LineKind { needed, optional, .. }) = LINE_KINDS.iter().find(|known| known.name == kind) else {
        let known = LINE_KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        return Err(anyhow!("{kind} is not a kind of rule: the kinds are {known}"))
            .remedy("for lists and grades, write a file for --contests");
    };
    let may_pass: &[&str] = if let "choose" | "split" = kind { &["passes"] } else { &[] };
    let known = [*needed, *optional, &["winners"], may_pass].concat();
    let mut fields = Map::new();
    let (mut winners, mut passes) = (None, None);
    for word in words {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if !known.contains(&name) {
            bail!("{kind} has no field {name}; its fields are {}", known.join(", "));
        }
        let twice = || anyhow!("{kind}: {name} appears twice");
        if name == "passes" {
            let condition = condition(value.unwrap_or_default()).with_context(|| format!("{kind}: {word}"))?;
            ensure!(passes.replace(condition).is_none(), twice());
            continue;
        }
        let value = value_of(name, value).with_context(|| format!("{kind}: {word}"))?;
        if name == "winners" {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
            ensure!(winners.replace(number.context("expected a whole number")?).is_none(), twice());
            continue;
        }
        // The two limits of a score are one field.
        let (field, value) = match name {
            "at_most" | "exactly" => ("total", json!({ name: value })),
            _ => (name, value),
        };
        if fields.insert(field.to_owned(), value).is_some() {
            ensure!(field == name, "{kind}: give at_most or exactly only once, and not both");
            bail!("{kind}: {name} appears twice");
        }
    }
    if let Some(missing) = needed.iter().find(|name| !fields.contains_key(**name)) {
        bail!("{kind} needs {missing}=..");
    }
    // In a manifest, fields with a default must be written.
    let mut default = |field: &str, value: Value| _ = fields.entry(field).or_insert(value);
    match kind {
        "choose" => ["min", "max"].into_iter().for_each(|limit| default(limit, json!(1))),
        "split" => default("max", json!(max_weight)),
        "pairs" => default("method", json!("schulze")),
        _ => {}
    }
    optional.iter().filter(|field| FLAGS.contains(field)).for_each(|flag| default(flag, json!(false)));
    default("kind", json!(kind));
    let rule = parse_rule(Value::Object(fields).to_string().as_bytes())?;
    Ok(LineRule { rule, winners, condition: passes })
}

/// The value of a field as it is written in a manifest.
fn value_of(field: &str, value: Option<&str>) -> Result<Value> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    match (field, value) {
        (field, None) if FLAGS.contains(&field) => Ok(json!(true)),
        (field, Some(_)) if FLAGS.contains(&field) => bail!("this field has no value"),
        ("scores", value) => {
            let numbers = value.unwrap_or_default().split(',').map(number).collect::<Option<Vec<u32>>>();
            Ok(json!(numbers.context("expected whole numbers with commas and no spaces, as in scores=3,2,1")?))
        }
        ("method", Some(method @ ("schulze" | "ranked_pairs" | "copeland"))) => Ok(json!(method)),
        ("method", _) => bail!("unknown method; the methods are schulze, ranked_pairs, copeland"),
        (_, value) => Ok(json!(value.and_then(number).context("expected a whole number")?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Value {
        serde_json::to_value(read_rule(line, 500).unwrap().rule).unwrap()
    }

    #[test]
    fn an_order_is_that_of_a_contest() {
        #[derive(clap::Parser)]
        struct Arguments {
            #[command(flatten)]
            contests: ContestArguments,
        }
        let read = |orders: &[&str]| {
            let mut arguments = vec!["ballotta", "--contest=a=A", "--option=a/x=X", "--contest=b=B", "--option=b/x=X"];
            arguments.extend(orders.iter().flat_map(|order| ["--order", order]));
            let arguments = <Arguments as clap::Parser>::try_parse_from(arguments).unwrap();
            let contests = arguments.contests.read("en", 1).map_err(|error| error.to_string())?;
            Ok(contests.into_iter().map(|contest| contest.order).collect::<Vec<_>>())
        };
        let (alphabetical, random) = (Some(ShownOrder::Alphabetical), Some(ShownOrder::Random));
        assert_eq!(read(&[]), Ok(vec![None, None]));
        assert_eq!(read(&["b=random"]), Ok(vec![None, random]));
        assert_eq!(read(&["b=random", "a=alphabetical"]), Ok(vec![alphabetical, random]));
        for (orders, error) in [
            (["a=random", "c=random"], "--order c: expected CONTEST=ORDER, and --contest CONTEST=.."),
            (["a=random", "a=random"], "--order a: the contest has an order already"),
            (["a=random", "b=reversed"], "--order b: expected alphabetical or random"),
        ] {
            assert_eq!(read(&orders), Err(error.to_owned()));
        }
    }

    #[test]
    fn what_is_decided_is_read_from_a_line() {
        let LineRule { winners, condition, .. } = read_rule("choose max=3 winners=2", 1).unwrap();
        assert_eq!((winners, condition), (Some(2), None));
        let LineRule { winners, condition, .. } = read_rule("split passes=at_least:2/3:roll", 1).unwrap();
        let expected = Condition { of: MotionBase::Roll, rule: QuorumRule::AtLeast, fraction: [2, 3] };
        assert_eq!((winners, condition), (None, Some(expected)));
    }

    #[test]
    fn rules_are_read_from_a_line() {
        assert_eq!(read("choose max=3 winners=2"), json!({ "kind": "choose", "min": 1, "max": 3, "blank": false }));
        assert_eq!(
            read("score max=5 at_most=20 blank"),
            json!({ "kind": "score", "max": 5, "total": { "at_most": 20 }, "blank": true })
        );
        assert_eq!(
            read("cumulative points=10 max=4 exact"),
            json!({ "kind": "cumulative", "points": 10, "max": 4, "exact": true, "blank": false })
        );
        assert_eq!(read("split"), json!({ "kind": "split", "max": 500 }));
        assert_eq!(read("quadratic credits=25"), json!({ "kind": "quadratic", "credits": 25, "blank": false }));
        assert_eq!(
            read("positional scores=5,3,1 truncated"),
            json!({ "kind": "positional", "scores": [5, 3, 1], "truncated": true, "blank": false })
        );
        assert_eq!(
            read("pairs ties method=copeland"),
            json!({ "kind": "pairs", "ties": true, "method": "copeland", "blank": false })
        );
    }

    #[test]
    fn a_rule_that_is_none_is_refused() {
        for (line, error) in [
            ("", "a rule begins with its kind"),
            (
                "approval",
                "approval is not a kind of rule: \
                 the kinds are choose, score, cumulative, split, quadratic, positional, pairs",
            ),
            ("grades", "rules for grades do not fit on one line"),
            ("score max=5 max=6", "score: max appears twice"),
            ("score max=5 at_most=6 exactly=6", "score: give at_most or exactly only once, and not both"),
            ("score", "score needs max=.."),
            ("score total=7", "score has no field total; its fields are max, at_most, exactly, blank, winners"),
            ("split exact", "split has no field exact; its fields are winners, passes"),
            ("quadratic credits=4 passes=1/2", "quadratic has no field passes; its fields are credits, blank, winners"),
            ("choose passes=1/2", "choose: passes=1/2: expected more_than|at_least:N/M:votes|ballots|roll"),
            ("choose winners=1 winners=1", "choose: winners appears twice"),
            ("quadratic credits=many", "quadratic: credits=many: expected a whole number"),
            ("choose min", "choose: min: expected a whole number"),
            ("choose blank=yes", "choose: blank=yes: this field has no value"),
            (
                "positional scores=3, 2, 1",
                "positional: scores=3,: expected whole numbers with commas and no spaces, as in scores=3,2,1",
            ),
            (
                "pairs method=borda",
                "pairs: method=borda: unknown method; the methods are schulze, ranked_pairs, copeland",
            ),
        ] {
            assert_eq!(format!("{:#}", read_rule(line, 1).unwrap_err()), error);
        }
    }
}
