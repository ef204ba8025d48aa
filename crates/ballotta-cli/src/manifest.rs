//! Manifests: writing the manifest of a simple election from options, and checking any manifest.
//!
//! See `spec/command-line.md#manifest`. Settings without an option are written into the file by hand; `manifest check`
//! then finds every broken rule.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use ballotta::limits::{MAX_MANIFEST_BYTES, MAX_ROLL_CHANGES, MAX_TOTAL, MAX_WITNESS_AGE};
use ballotta::manifest::{
    BallotStyle, Closing, ElectionKind, LogKey, Manifest, ManifestContents, ManifestErrors, OnDisqualification, Party,
    Privacy, Quorum, QuorumBase, QuorumOf, QuorumRule, RollChanges, Schedule, Text, Ties, Trustees, Weights, Witnesses,
    parse_key, parse_log_key,
};
use ballotta::signing::PublicElement;
use serde_json::{Value, json};

use crate::attachments::{self, NewAttachment};
use crate::console::{Console, Shown as _, counted, escaped, grouped, print};
use crate::contests::{ContestArguments, Named};
use crate::failure::{ErrorContext as _, refusal};
use crate::record::read_at_most;
use crate::secrets::random_bytes;

/// The quorum as people write it: `more_than 1/2 of heads on roll`.
fn quorum(text: &str) -> Result<Quorum> {
    const FORM: &str = "expected `more_than|at_least N/M of heads|weight on roll|cast`";
    let words: Vec<&str> = text.split_whitespace().collect();
    let [rule, fraction, "of", of, "on", base] = words.as_slice() else { bail!(FORM) };
    let fraction = fraction
        .split_once('/')
        .and_then(|(numerator, denominator)| Some([numerator.parse().ok()?, denominator.parse().ok()?]));
    Ok(Quorum {
        of: QuorumOf::from_word(of).context(FORM)?,
        base: QuorumBase::from_word(base).context(FORM)?,
        rule: QuorumRule::from_word(rule).context(FORM)?,
        fraction: fraction.context(FORM)?,
    })
}

/// A credential authority or a trustee: `NAME=KEY`.
fn party(text: &str) -> Result<Party> {
    let Named { name, value } = text.parse()?;
    Ok(Party { name, key: parse_key(&value)? })
}

/// A board or a witness: `NAME=KEY`.
fn log_key(text: &str) -> Result<LogKey> {
    let Named { name, value } = text.parse()?;
    Ok(LogKey { name, key: parse_log_key(&value)? })
}

/// A time as RFC 3339 writes it; the seconds may be left out. The manifest keeps the text as it is.
fn time(text: &str) -> Result<String> {
    const FORM: &str =
        "expected a date, a time and an offset from UTC, such as 2027-03-01T08:00:00+01:00 or 2027-03-01T07:00Z";
    let fields = read_time(text).context(FORM)?;
    let [year, month, day, hour, minute, second, offset_hour, offset_minute] = fields;
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_time = hour < 24 && minute < 60 && second < 60 && offset_hour < 24 && offset_minute < 60;
    ensure!((1..=12).contains(&month) && (1..=days).contains(&day) && is_time, "there is no such date or time");
    Ok(text.to_owned())
}

/// Year, month, day, hour, minute, second, and the hours and minutes of the offset.
fn read_time(text: &str) -> Option<[u32; 8]> {
    let (date, rest) = text.split_once('T')?;
    let (clock, offset) = match rest.strip_suffix('Z') {
        Some(clock) => (clock, "00:00"),
        None => rest
            .split_at_checked(rest.rfind(['+', '-'])?)
            .and_then(|(clock, offset)| Some((clock, offset.get(1..)?)))?,
    };
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_number)
    };
    let [year, month, day] = date.split('-').collect::<Vec<_>>().try_into().ok()?;
    let [hour, minute, second] = clock.split(':').collect::<Vec<_>>().try_into().ok()?;
    let (offset_hour, offset_minute) = offset.split_once(':')?;
    let two = |part| number(part, 2);
    Some([
        number(year, 4)?,
        two(month)?,
        two(day)?,
        two(hour)?,
        two(minute)?,
        two(second)?,
        two(offset_hour)?,
        two(offset_minute)?,
    ])
}

/// What trustees wait for before they decrypt.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ClosingRule {
    /// Equal statements of half of (trustees + threshold) trustees, rounded up
    Statements,
    /// The cosignatures of enough witnesses on the closing checkpoint
    Witnesses,
}

/// What happens if options tie for fewer places than they are.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TieRule {
    /// What depends on the tie stays open
    Open,
    /// The lot of the trustees decides
    Lot,
}

/// The manifest of an election of one ballot style, in one language. Other settings, such as several ballot styles, are
/// written into the file by hand, and checked with `ballotta manifest check`.
#[derive(clap::Args, Debug)]
pub(crate) struct NewManifest {
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The title of the election
    #[arg(long)]
    title: String,
    /// The language of all texts, such as `it` or `pt-BR`
    #[arg(long, default_value = "en")]
    language: String,
    #[command(flatten)]
    contests: ContestArguments,
    /// A file about the election (`/`), a contest or an option, such as `chair/ada=Photo=ada.jpg`: JPEG, PNG, WebP, PDF or text.
    /// It is copied to `attachments`, beside the manifest; repeat this for more files
    #[arg(long, value_name = "PLACE=TITLE=FILE")]
    attachment: Vec<NewAttachment>,
    /// The organiser's public key
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    organiser: PublicElement,
    /// A credential authority and its public key; repeat this for more authorities
    #[arg(long, value_name = "NAME=KEY", required = true, value_parser = party)]
    authority: Vec<Party>,
    /// A trustee and its public key; repeat this for more trustees
    #[arg(long, value_name = "NAME=KEY", required = true, value_parser = party)]
    trustee: Vec<Party>,
    /// The number of trustees that are needed to decrypt
    #[arg(long)]
    threshold: u16,
    /// The number of trustees that must confirm their part of the key before voting opens [default: all]
    #[arg(long, value_name = "N")]
    confirmed: Option<u16>,
    /// The board's name and public key
    #[arg(long, value_name = "NAME=KEY", value_parser = log_key)]
    board: LogKey,
    /// A witness of the board and its public key; repeat this for more witnesses
    #[arg(long, value_name = "NAME=KEY", value_parser = log_key)]
    witness: Vec<LogKey>,
    /// The number of witnesses that must cosign [default: more than half of them]
    #[arg(long, value_name = "N")]
    witnesses_needed: Option<usize>,
    /// How old the cosignatures of the board may be while the voting is open, in seconds, before voters are told that their copy
    /// may be old [default: any age]. The board must publish cosignatures during the voting
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_WITNESS_AGE))]
    witness_age: Option<u64>,
    /// What trustees wait for before they decrypt [default: witnesses, if there are any]
    #[arg(long, value_enum)]
    closing: Option<ClosingRule>,
    /// The most ballots of one voter: the last valid ballot counts. With 1, nobody votes again
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..))]
    ballots_per_credential: u8,
    /// What decides if options tie: a lot that the trustees draw together, or nothing, so that places stay open
    #[arg(long, value_enum, default_value_t = TieRule::Open)]
    ties: TieRule,
    /// The most changes of the roll while the voting is open: lost codes, late members, errors, members who left [default: none]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_ROLL_CHANGES))]
    roll_changes: Option<u64>,
    /// The largest sum of the weights of all these changes [default: as many times the largest weight of a voter]
    #[arg(long, value_name = "WEIGHT", requires = "roll_changes")]
    roll_changes_weight: Option<u64>,
    /// The participation that is required, such as `more_than 1/2 of heads on roll`
    #[arg(long, value_parser = quorum)]
    quorum: Option<Quorum>,
    /// A contest with fewer counted ballots is not decrypted
    #[arg(long, value_name = "N", default_value_t = 2)]
    minimum_ballots: u64,
    /// A contest is not decrypted if a weight occurs in it on fewer counted ballots. With 1, totals
    /// can reveal the choices of a voter if nobody else has the same weight
    #[arg(long, value_name = "N", default_value_t = 1)]
    minimum_per_weight: u64,
    /// The unit of weights in reports, such as `share`
    #[arg(long, default_value = "voter")]
    weight_unit: String,
    /// The largest weight of a voter
    #[arg(long, value_name = "N", default_value_t = 1)]
    max_weight: u64,
    /// The largest sum of all weights: if every voter has weight 1, the largest number of voters. A smaller number
    /// makes ballots smaller; a roll with a larger sum is refused [default: a million times the largest weight]
    #[arg(long, value_name = "N")]
    total_weight: Option<u64>,
    /// The planned time of the opening, for information, such as 2027-03-01T08:00:00+01:00
    #[arg(long, value_name = "TIME", requires = "closes", value_parser = time)]
    opens: Option<String>,
    /// The planned time of the close, for information, such as 2027-03-02T20:00:00+01:00
    #[arg(long, value_name = "TIME", requires = "opens", value_parser = time)]
    closes: Option<String>,
    /// This is a rehearsal: the result does not count, and every report says so
    #[arg(long)]
    rehearsal: bool,
}

impl NewManifest {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let mut contents = self.contents()?;
        let mut files = Vec::new();
        for attachment in &self.attachment {
            files.push(attachment.add(&self.language, &mut contents.attachments, &mut contents.contests)?);
        }
        let bytes = contents.to_bytes()?;
        let manifest = parse(&bytes).context("the options do not make a valid manifest")?;
        let folder = self.out.parent().unwrap_or_else(|| Path::new(""));
        for (path, bytes) in files {
            attachments::write(&folder.join(path), &bytes)?;
        }
        ballotta_io::write_new(&self.out, &bytes).with_context(|| format!("{} cannot be written", self.out.shown()))?;
        warn(&manifest, console);
        let total = manifest.weights().total;
        console.say(match manifest.weights().max {
            1 => format!("The roll can have at most {} (--total-weight).", counted(total, "voter", "voters")),
            _ => format!("The sum of the weights of all voters can be at most {} (--total-weight).", grouped(total)),
        });
        console.say(format!("The manifest is in {}. Its hash:", self.out.shown()));
        answer(console, &manifest)
    }

    fn contents(&self) -> Result<ManifestContents> {
        let text = |text: &str| Text::from_iter([(self.language.as_str(), text)]);
        let contests = self.contests.read(&self.language, self.max_weight)?;
        // The default of `weights.total` must not make a total too large.
        let bound = contests.iter().map(|contest| contest.rule.count_bound()).max().unwrap_or(1).max(1);
        let most = self.max_weight.saturating_mul(1_000_000).min(MAX_TOTAL / bound).max(self.max_weight);
        let total = self.total_weight.unwrap_or(most);
        let closing = match self.closing {
            Some(ClosingRule::Statements) => Closing::Statements,
            None if self.witness.is_empty() => Closing::Statements,
            Some(ClosingRule::Witnesses) | None => Closing::Witnesses,
        };
        let schedule = self.opens.clone().zip(self.closes.clone()).map(|(opens, closes)| Schedule { opens, closes });
        let majority = if self.witness.is_empty() { 0 } else { self.witness.len() / 2 + 1 };
        let trustees = u16::try_from(self.trustee.len()).context("there are too many trustees")?;
        Ok(ManifestContents {
            election_id: *random_bytes(),
            kind: if self.rehearsal { ElectionKind::Rehearsal } else { ElectionKind::Real },
            languages: vec![self.language.clone()],
            title: text(&self.title),
            description: None,
            attachments: Vec::new(),
            schedule,
            styles: vec![BallotStyle {
                id: "all".to_owned(),
                contests: contests.iter().map(|contest| contest.id.clone()).collect(),
            }],
            contests,
            weights: Weights { unit: text(&self.weight_unit), max: self.max_weight, total },
            ballots_per_credential: self.ballots_per_credential,
            ties: match self.ties {
                TieRule::Open => Ties::Open,
                TieRule::Lot => Ties::Lot,
            },
            quorum: self.quorum.clone(),
            privacy: Privacy {
                minimum_counted_ballots: self.minimum_ballots,
                minimum_ballots_per_weight: self.minimum_per_weight,
            },
            closing,
            roll_changes: self.roll_changes.map(|number| RollChanges {
                number,
                weight: self
                    .roll_changes_weight
                    .unwrap_or_else(|| number.saturating_mul(self.max_weight).min(MAX_TOTAL)),
            }),
            organiser: self.organiser,
            credential_authorities: self.authority.clone(),
            trustees: Trustees {
                threshold: self.threshold,
                minimum_confirmed: self.confirmed.unwrap_or(trustees),
                on_disqualification: OnDisqualification::NewAttempt,
                members: self.trustee.clone(),
            },
            board: self.board.clone(),
            witnesses: Witnesses {
                quorum: self.witnesses_needed.unwrap_or(majority),
                max_age: self.witness_age,
                members: self.witness.clone(),
            },
            client_software: Vec::new(),
        })
    }
}

/// The check of a manifest.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckManifest {
    /// The manifest
    file: PathBuf,
}

impl CheckManifest {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let bytes = read(&self.file)?;
        match Manifest::parse(&bytes) {
            Ok(manifest) => {
                warn(&manifest, console);
                console.say("The manifest is valid. Its hash:");
                answer(console, &manifest)
            }
            Err(errors) => {
                let lines = lines(&bytes, &errors);
                if console.is_json {
                    console.json(&json!({ "valid": false, "errors": lines }))?;
                } else {
                    lines.iter().try_for_each(print)?;
                }
                let rules = if lines.len() == 1 { "a rule" } else { &format!("{} rules", lines.len()) };
                refusal(format!("{} breaks {rules}", self.file.shown()))
            }
        }
    }
}

/// Prints what the organiser should know before the key ceremony.
fn warn(manifest: &Manifest, console: Console) {
    manifest.warnings().iter().for_each(|warning| console.say(format!("warning: {warning}")));
}

fn answer(console: Console, manifest: &Manifest) -> Result<()> {
    let hash = manifest.hash().to_string();
    console.answer(&hash, &json!({ "valid": true, "hash": hash }))
}

/// Reads the bytes of a manifest.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_at_most(path, MAX_MANIFEST_BYTES, "a manifest")
}

/// Reads a valid manifest. The error has a line for each broken rule.
pub(crate) fn parse(bytes: &[u8]) -> Result<Manifest> {
    let parsed = Manifest::parse(bytes).or_else(|errors| refusal(lines(bytes, &errors).join("\n")));
    let parsed = parsed.context("the manifest breaks these rules");
    parsed.remedy("correct these fields; `spec/manifest.md` describes every rule")
}

/// Returns a line for each broken rule, with the identifier of the contest: `contests[0] (chair).rule.max: ..`
fn lines(bytes: &[u8], errors: &ManifestErrors) -> Vec<String> {
    let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let named = |line: String| {
        let number = line.strip_prefix("contests[")?.split_once(']')?.0;
        let id = document.get("contests")?.get(number.parse::<usize>().ok()?)?.get("id")?.as_str()?;
        let place = format!("contests[{number}]");
        Some(line.replacen(&place, &format!("{place} ({})", id), 1))
    };
    errors.errors().iter().map(ToString::to_string).map(|line| escaped(&named(line.clone()).unwrap_or(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u11_a_date_that_is_none_is_refused() {
        for right in
            ["2027-03-01T08:00:00+01:00", "2028-02-29T08:00Z", "2021-08-02T10:00+02:00", "2027-12-31T23:59-03:30"]
        {
            assert_eq!(time(right).unwrap(), right);
        }
        for wrong in
            ["2027-02-31T08:00Z", "2027-02-29T08:00Z", "2027-13-01T08:00Z", "2027-03-01T24:00Z", "2027-00-01T08:00Z"]
        {
            assert_eq!(time(wrong).unwrap_err().to_string(), "there is no such date or time", "{wrong}");
        }
        for wrong in
            ["31 febbraio", "", "2027-03-01", "2027-03-01T08:00", "27-03-01T08:00Z", "2027-03-01T8:00Z", "T+", "TZ"]
        {
            assert!(time(wrong).unwrap_err().to_string().starts_with("expected a date"), "{wrong}");
        }
    }

    #[test]
    fn a_quorum_reads_as_people_write_it() {
        assert_eq!(
            quorum("more_than 1/2 of heads on roll").unwrap(),
            Quorum { of: QuorumOf::Heads, base: QuorumBase::Roll, rule: QuorumRule::MoreThan, fraction: [1, 2] }
        );
        assert_eq!(
            quorum("at_least 2/3 of weight on cast").unwrap(),
            Quorum { of: QuorumOf::Weight, base: QuorumBase::Cast, rule: QuorumRule::AtLeast, fraction: [2, 3] }
        );
        for text in ["", "half", "more_than 1/2 of people on roll", "more_than 1 of heads on roll"] {
            let error = quorum(text).unwrap_err().to_string();
            assert_eq!(error, "expected `more_than|at_least N/M of heads|weight on roll|cast`", "{text}");
        }
    }
}
