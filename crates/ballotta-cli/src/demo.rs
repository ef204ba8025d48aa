//! A whole election in one command: the vote of the Movimento 5 Stelle on its statute, 2-3 August 2021.
//!
//! The movement published the figures. Everything else is done as in a real election: keys, credentials, encrypted and
//! signed ballots, admission, tally, decryption, and the verification of the record from disk, as an outsider would do
//! it. Two offices make the codes. While the voting is open, three lost codes are replaced, and a late member is added. The minutes
//! say what the verifier established.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use ballotta::ballot::{Choices, Mark};
use ballotta::contest::{Choose, ContestOption, Rule};
use ballotta::credential::{ChangeCounts, ChangeReason, Entitlement};
use ballotta::decision::{Condition, Motion, MotionBase};
use ballotta::hash::Fingerprint;
use ballotta::manifest::{
    BallotStyle, Contest, Privacy, Quorum, QuorumBase, QuorumOf, QuorumRule, RollChanges, Schedule, Text, Ties, Weights,
};
use ballotta::verifier::Verification;
use rand_core::CryptoRng;
use serde::Serialize;

use crate::chart;
use crate::console::{Console, Shown as _, StageTimes, grouped, print, seconds};
use crate::failure::{ErrorContext as _, refusal};
use crate::minutes::{Language, MinutesFiles};
use crate::record::exists;
use crate::rehearsal::{Folders, NewCodes, Question, Rehearsal};
use crate::secrets::system_rng;

/// The published number of voters on the roll.
const ELIGIBLE: u64 = 113_894;
/// The published number of ballots.
const VOTED: u64 = 60_940;
/// The published number of votes for yes; all others voted no.
const YES: u64 = 53_238;

/// The members who are added to the roll while the voting is open. They are part of the published number.
const LATE: u64 = 1;
/// The voters who lose their codes and get new ones.
const LOST: usize = 3;
/// How many changes of the roll the manifest allows.
const MOST_CHANGES: u64 = 20;
/// The two offices that make the codes: the one that keeps the list of members, and the one that knows them at its desk.
const AUTHORITIES: &[&str] = &["Ufficio iscritti", "Sportello"];

const ORIGIN: &str = "board.example/statuto-2021";
/// The identifiers of the contest and of its two options.
const CONTEST: &str = "statuto";
const ANSWERS: [&str; 2] = ["si", "no"];

/// Options of the demo.
#[derive(clap::Args, Debug)]
pub(crate) struct DemoArgs {
    /// The number of voters on the roll; turnout and result are scaled to it
    #[arg(long, default_value_t = ELIGIBLE, value_parser = clap::value_parser!(u64).range(40..=10_000_000))]
    voters: u64,
    /// The folder to write to, with the public record in `record`, the secrets in `secrets`, and the minutes
    #[arg(long, default_value = "demo-election")]
    out: PathBuf,
}

/// The figures of an election of this many voters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Figures {
    eligible: u64,
    voted: u64,
    yes: u64,
}

impl Figures {
    fn scaled(eligible: u64) -> Self {
        let scale = |figure: u64| (figure * eligible + ELIGIBLE / 2) / ELIGIBLE;
        Self { eligible, voted: scale(VOTED), yes: scale(YES) }
    }
}

/// The output of the demo as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    published: Figures,
    eligible_voters: u64,
    counted_ballots: u64,
    yes: u64,
    no: u64,
    roll_changes: Option<ChangeCounts>,
    record: &'a Path,
    /// A page and a PDF.
    minutes: [&'a Path; 2],
    fingerprint: &'a str,
    holds: bool,
    seconds: BTreeMap<&'static str, f64>,
}

pub(crate) fn run(args: &DemoArgs, console: Console) -> Result<()> {
    let figures = Figures::scaled(args.voters);
    let folders = Folders::new(&args.out)?;
    let (page, pdf) = (args.out.join("minutes.html"), args.out.join("minutes.pdf"));
    for minutes in [&page, &pdf] {
        if exists(minutes)? {
            return Err(anyhow!("{} exists already, and files are never overwritten", minutes.shown()))
                .remedy("remove it, or choose another folder with --out");
        }
    }
    let mut stages = StageTimes::start();

    console.say("The statute vote of the Movimento 5 Stelle, 2-3 August 2021, as a verifiable election.\n");
    console.say("1  Keys, manifest and key ceremony");
    let mut rehearsal = Rehearsal::begin(folders, ORIGIN, question(figures.eligible), console)?;
    stages.end("key_ceremony");

    console.say("2  Credentials");
    // One member is on the roll only later, when the voting is open.
    let voters = vec![VOTER; usize::try_from(figures.eligible - LATE)?];
    let mut codes = rehearsal.issue_credentials(&voters)?;
    console.say("   two offices made a code each for every voter, who needs both to vote");
    stages.end("credentials");

    console.say("3  Voting");
    // Voters and choices are drawn at random, because the movement published only the sums.
    let rng = &mut system_rng();
    shuffle(&mut codes, rng);
    let mut choices: Vec<usize> = (0..figures.voted).map(|ballot| usize::from(ballot >= figures.yes)).collect();
    shuffle(&mut choices, rng);
    codes.truncate(usize::try_from(figures.voted - LATE)?);
    let vote = |number: usize| {
        let mut marks = Choices::new();
        marks.mark(CONTEST, Mark::Options(vec![ANSWERS[choices[number]].to_owned()]));
        (VOTER, marks)
    };
    let (before, after) = codes.split_at(codes.len() / 2);
    let (lost, others) = after.split_at(LOST);
    let mut voting = rehearsal.open(figures.voted)?;
    voting.cast(before, &vote)?;
    let replaced =
        lost.iter().map(|codes| NewCodes { reason: ChangeReason::LostCode, lost: Some(codes), entitlement: VOTER });
    let late = NewCodes { reason: ChangeReason::LateMember, lost: None, entitlement: VOTER };
    let new_codes = voting.change_roll(&replaced.chain([late]).collect::<Vec<_>>())?;
    console.say("   three voters lost their codes and got new ones, and a late member was added: both offices signed");
    voting.cast(&new_codes, &vote)?;
    voting.cut_off()?;
    console.say("   the organiser ended the changes of the roll");
    voting.cast(others, &vote)?;
    voting.close()?;
    stages.end("voting");

    console.say("4  Closing, tally and decryption");
    rehearsal.decrypt()?;
    stages.end("decryption");

    console.say("5  Verification of the record, from disk");
    let verification = rehearsal.verify();
    stages.end("verification");
    let root = rehearsal.folders.record.as_path();

    let Verification { report, context: Some(context), .. } = &verification else {
        anyhow::bail!("the record cannot be read back");
    };
    let result = report.result.as_ref().context("the record has no result")?;
    let total = |option: usize| result.contests.first()?.options.get(option)?.total;
    let (yes, no) = total(0).zip(total(1)).context("the result has no totals")?;
    let decrypted = Figures { eligible: result.eligible_voters, voted: result.counted_ballots, yes };
    let agrees = report.holds() && decrypted == figures && no == figures.voted - figures.yes;

    console.say("6  Minutes in Italian");
    let files = MinutesFiles { page: Some(&page), pdf: Some(&pdf) };
    rehearsal.write_minutes(&files, &verification, Language::It)?;
    stages.end("minutes");

    if console.is_json {
        console.json(&Summary {
            published: figures,
            eligible_voters: result.eligible_voters,
            counted_ballots: result.counted_ballots,
            yes,
            no,
            roll_changes: result.roll_changes,
            record: root,
            minutes: [&page, &pdf],
            fingerprint: &result.fingerprint,
            holds: report.holds(),
            seconds: stages.times,
        })?;
        return require_agreement(agrees);
    }
    print(format_args!("\n{}", chart::terminal(context.manifest(), result, 40)))?;
    print(comparison(figures, decrypted, no))?;
    let fingerprint = result.fingerprint.parse::<Fingerprint>().context("the fingerprint of the result")?;
    let (written, picture, record) = (fingerprint.written(), root.join("result/chart.svg").shown(), root.shown());
    print(format_args!("fingerprint  {written}\n             {fingerprint}"))?;
    print(format_args!("record       {record}\npicture      {picture}"))?;
    print(format_args!("minutes      {}\n             {}", page.shown(), pdf.shown()))?;
    let time = Duration::from_secs_f64(stages.times.values().sum());
    print(format_args!("time         {}\n", seconds(time)))?;
    print("To verify the record again, perhaps after you change a byte of it, run")?;
    print(format_args!("  cargo run --release -- verify {record}"))?;
    require_agreement(agrees)
}

/// Fails unless the decrypted figures are the published ones and the record holds.
fn require_agreement(agrees: bool) -> Result<()> {
    if agrees { Ok(()) } else { refusal("the figures differ from the published ones, or the record does not hold") }
}

/// A table of the published and the decrypted figures.
fn comparison(figures: Figures, decrypted: Figures, no: u64) -> String {
    let published = if figures.eligible == ELIGIBLE { "published" } else { "published, scaled" };
    let mut table = format!("  {:<12} {published:>18} {:>18}\n", "", "decrypted here");
    for (name, expected, decrypted) in [
        ("on the roll", figures.eligible, decrypted.eligible),
        ("ballots", figures.voted, decrypted.voted),
        ("yes", figures.yes, decrypted.yes),
        ("no", figures.voted - figures.yes, no),
    ] {
        let same = if expected == decrypted { "the same" } else { "DIFFERENT" };
        table.push_str(&format!("  {name:<12} {:>18} {:>18}   {same}\n", grouped(expected), grouped(decrypted)));
    }
    table
}

/// The ballot style and the weight of every voter of the demo.
const VOTER: Entitlement = Entitlement { style: 0, weight: 1 };

/// The question of the vote and the rules of its election, for this number of voters.
fn question(eligible: u64) -> Question {
    let text = |it: &str, en: &str| Text::from([("it", it), ("en", en)]);
    let option = |id: &str, it: &str, en: &str| ContestOption {
        id: id.to_owned(),
        title: text(it, en),
        description: None,
        attachments: Vec::new(),
    };
    let contest = Contest {
        id: CONTEST.to_owned(),
        title: text("Approvi il nuovo statuto?", "Do you approve the new statute?"),
        description: None,
        attachments: Vec::new(),
        rule: Rule::Choose(Choose { min: 1, max: 1, blank: false }),
        winners: None,
        passes: Some(Motion {
            in_favour: ANSWERS[0].to_owned(),
            against: ANSWERS[1].to_owned(),
            conditions: vec![Condition { of: MotionBase::Votes, rule: QuorumRule::MoreThan, fraction: [1, 2] }],
        }),
        order: None,
        options: vec![option(ANSWERS[0], "Sì", "Yes"), option(ANSWERS[1], "No", "No")],
    };
    Question {
        languages: vec!["it".to_owned(), "en".to_owned()],
        title: text(
            "Voto sul nuovo statuto del Movimento 5 Stelle",
            "Vote on the new statute of the Movimento 5 Stelle",
        ),
        schedule: Some(Schedule {
            opens: "2021-08-02T10:00+02:00".to_owned(),
            closes: "2021-08-03T22:00+02:00".to_owned(),
        }),
        contests: vec![contest],
        styles: vec![BallotStyle { id: "iscritti".to_owned(), contests: vec![CONTEST.to_owned()] }],
        weights: Weights { unit: text("voti", "votes"), max: 1, total: eligible },
        ties: Ties::Open,
        quorum: Some(Quorum {
            of: QuorumOf::Heads,
            base: QuorumBase::Roll,
            rule: QuorumRule::MoreThan,
            fraction: [1, 2],
        }),
        privacy: Privacy { minimum_counted_ballots: 10, minimum_ballots_per_weight: 1 },
        roll_changes: Some(RollChanges { number: MOST_CHANGES, weight: MOST_CHANGES }),
        authorities: AUTHORITIES,
    }
}

/// Shuffles items with the method of Fisher and Yates.
fn shuffle<T, R: CryptoRng>(items: &mut [T], rng: &mut R) {
    for last in (1..items.len()).rev() {
        // The small bias of the remainder does not matter here.
        let other = (rng.next_u64() % (last as u64 + 1)) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_the_published_ones() {
        assert_eq!(Figures::scaled(ELIGIBLE), Figures { eligible: 113_894, voted: 60_940, yes: 53_238 });
        assert_eq!(VOTED - YES, 7_702);
        assert_eq!(Figures::scaled(1000), Figures { eligible: 1000, voted: 535, yes: 467 });
    }

    #[test]
    fn there_may_be_more_voters_than_there_were() {
        assert_eq!(question(10 * ELIGIBLE).weights.total, 1_138_940);
    }
    #[test]
    fn a_demo_whose_figures_differ_fails() {
        assert!(require_agreement(true).is_ok());
        let failure = require_agreement(false).unwrap_err();
        assert_eq!(failure.to_string(), "the figures differ from the published ones, or the record does not hold");
    }
}
