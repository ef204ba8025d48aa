//! Voting codes for voters, and the roll with the credentials that belong to them.
//!
//! See `spec/command-line.md#credentials`. Codes have the numbers of the voters in the list. The roll is in the order
//! of its credentials, which says nothing about people. Whoever made the codes destroys the file after they are handed
//! out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::iter::zip;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use ballotta::credential::{Credential, Entitlement, RollLine, RollReader, RollRules, RollSignature, VotingCode};
use ballotta::election::ElectionContext;
use ballotta::key_ceremony::JointKey;
use ballotta::limits::MAX_VOTERS;
use ballotta::manifest::Manifest;
use ballotta::record;
use ballotta::voter::Election;
use ballotta::written::{VoterNumber, WrittenFingerprint};
use ballotta_io::{StagedSecret, remove_part, write_new};
use rayon::prelude::*;
use serde_json::json;
use zeroize::Zeroizing;

use crate::console::{Console, Shown as _, counted, escaped, grouped};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{self, FileKind, MessageFile};
use crate::parts::{SigningParts, authority_of};
use crate::recognise::CODES;
use crate::record::{Record, exists, lock_record, read_at_most, read_election};
use crate::secrets::{read_signing_key, system_rng, without_mark};
use crate::signing::{BoardPin, Summary, answer_fingerprint, check_fingerprint};

/// New voting codes, and their roll.
#[derive(clap::Args, Debug)]
pub(crate) struct IssueCredentials {
    /// The record; its key ceremony must be complete
    record: PathBuf,
    #[command(flatten)]
    voters: Voters,
    /// The new file for the secret voting codes, with a line `number,code,voter_number,style,weight,fingerprint` for each voter, and
    /// the further columns of --list
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Voters {
    /// The number of voters, if all have weight 1 and there is only one ballot style
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_VOTERS))]
    pub(crate) voters: Option<u64>,
    /// A file with a line `style,weight` for each voter. Further columns, such as an address, are copied into the file
    /// of the codes, and nowhere else
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) list: Option<PathBuf>,
}

impl IssueCredentials {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        // Nobody else issues credentials, or opens the voting with a roll that is not finished.
        let _lock = lock_record(&self.record)?;
        let record = Record::read(&self.record)?;
        let joint_key = record.joint_key()?;
        let manifest = &record.manifest;
        if manifest.has_parts() {
            let authorities = manifest.credential_authorities().len();
            return refusal(format!(
                "the manifest names {authorities} credential authorities, but this command makes the codes of only one"
            ))
            .remedy("each of them makes its codes with `ballotta credentials part`");
        }
        let roll = self.record.join(record::ROLL);
        if exists(&roll)? {
            remove_part(&roll).with_context(|| format!("what is left beside {} cannot be removed", roll.shown()))?;
            if self.finish(manifest, &joint_key, &roll)? {
                console
                    .say("The codes and the roll were made before, and this call has finished what was interrupted.");
                return self.answer(&record, console);
            }
            return refusal(format!("{} exists already: credentials are issued only once", roll.shown()))
                .remedy("hand out the codes that were made with it; if they are lost, begin the election again");
        }
        if exists(&self.codes)? {
            return Err(anyhow!("the codes cannot be written to {}: it already exists", self.codes.shown()))
                .remedy("choose another file name: files are never overwritten");
        }
        let styles: Vec<&str> = manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let List { voters, columns, further } = self.voters.read(&styles, manifest.weights().max)?;
        check_weights(manifest, voters.iter().map(|voter| voter.weight), console)?;

        let Issued { codes, numbers, roll: text } = issue(manifest, &joint_key, &voters, console)?;
        let mut reader = RollReader::new(RollRules::for_manifest(manifest));
        reader.feed(text.as_bytes(), &mut |_| ());
        let index = reader.finish(&mut |_| ())?;
        let context = ElectionContext::new(manifest.clone(), &joint_key, index.hash())?;
        let fingerprint = context.fingerprint().written();
        // The text must not grow, because memory that it leaves is not wiped.
        let length: usize = further.iter().map(String::len).sum();
        let line = line_bytes(manifest, voters.len()) + NUMBER_BYTES + fingerprint.len();
        let capacity = length + columns.len() + CODES.len() + 1 + line * voters.len();
        let mut list = Zeroizing::new(String::with_capacity(capacity));
        writeln!(list, "{CODES}{columns}")?;
        let of_voters = zip(zip(&codes, &numbers), zip(&voters, &further));
        for (number, ((code, voter_number), (Entitlement { style, weight }, further))) in (1..).zip(of_voters) {
            let (code, voter_number) = (code.expose_text(), str::from_utf8(voter_number)?);
            writeln!(list, "{number},{},{voter_number},{},{weight},{fingerprint}{further}", *code, styles[*style])?;
        }
        ensure!(list.len() <= capacity, "the file of the codes is longer than it can be");
        // The codes get their name after the roll is in the record: codes that have a name belong to a roll, and a roll has
        // its codes on the disk. After a crash between the two, `finish` gives them their name.
        let staged = StagedSecret::write(&self.codes, list.as_bytes());
        let staged = staged.with_context(|| format!("the codes cannot be written to {}", self.codes.shown()))?;
        write_new(&roll, text.as_bytes()).with_context(|| format!("{} cannot be written", roll.shown()))?;
        self.publish(&staged)?;
        self.answer(&record, console)
    }

    /// Gives the codes of an interrupted call their name. Returns false if there are none, or not those of the roll.
    fn finish(&self, manifest: &Manifest, joint_key: &JointKey, roll: &Path) -> Result<bool> {
        let unreadable = |path: &Path| format!("{} cannot be read", path.shown());
        let staged = StagedSecret::find(&self.codes).with_context(|| unreadable(&self.codes))?;
        let Some(staged) = staged else { return Ok(false) };
        let text = fs::read_to_string(staged.part()).map(Zeroizing::new);
        let text = text.with_context(|| unreadable(staged.part()))?;
        let Some((codes, voters)) = parse_codes(&text, manifest) else { return Ok(false) };
        let published = fs::read_to_string(roll).with_context(|| unreadable(roll))?;
        if roll_of(manifest, joint_key, &codes, &voters, &|| ())?.0 != published {
            return Ok(false);
        }
        self.publish(&staged)?;
        Ok(true)
    }

    /// Gives the codes their name.
    fn publish(&self, staged: &StagedSecret) -> Result<()> {
        let (codes, part) = (self.codes.shown(), staged.part().shown());
        let published =
            staged.publish().with_context(|| format!("the codes are in {part}, and cannot be renamed to {codes}"));
        published.remedy("mend the cause, and run the same command again: it gives the codes their name")
    }

    fn answer(&self, record: &Record, console: Console) -> Result<()> {
        let election = read_election(&record.source)?;
        let voters = election.roll.totals().voters();
        let count = counted(voters, "voting code is", "voting codes are");
        let file = self.codes.shown();
        console
            .say(format!("{count} in {file}, one for each voter. Keep this file secret. The roll is in the record."));
        let warnings = election.roll.totals().warnings(&record.manifest);
        warnings.iter().for_each(|warning| console.say(format!("warning: {warning}")));
        let fingerprint = election.context.fingerprint();
        let written = fingerprint.written();
        console.say("Print the fingerprint of the election beside the code of every voter, who compares it:");
        let value = json!({ "voters": voters, "fingerprint": fingerprint.to_string(), "written": written });
        console.answer(&written, &value)
    }
}

/// The bytes of a voting code and of a voter number, as they are written.
const CODE_BYTES: usize = "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXX".len();
const NUMBER_BYTES: usize = "N-XXXXX-XXXXX-XXXXX".len();

/// The most bytes of a line with a number, a code, a style, a weight and five commas, without further columns.
pub(crate) fn line_bytes(manifest: &Manifest, voters: usize) -> usize {
    let style = manifest.styles().iter().map(|style| style.id.len()).max().unwrap_or(0);
    let digits = |number: u64| number.to_string().len();
    let (number, weight) = (digits(voters as u64), digits(manifest.weights().max));
    number + CODE_BYTES + style + weight + ",,,,,\n".len()
}

/// The codes of a file that this command has written, and the rights of their voters; `None` if it is not such a file.
fn parse_codes(text: &str, manifest: &Manifest) -> Option<(Vec<VotingCode>, Vec<Entitlement>)> {
    let mut lines = text.strip_suffix('\n')?.lines();
    lines.next().filter(|header| header.starts_with(CODES))?;
    let voter = |line: &str| {
        let mut fields = line.split(',').skip(1);
        let [code, style, weight] = [fields.next()?, fields.nth(1)?, fields.next()?];
        let style = manifest.styles().iter().position(|known| known.id == style)?;
        Some((code.parse().ok()?, Entitlement { style, weight: weight.parse().ok()? }))
    };
    lines.map(voter).collect::<Option<Vec<_>>>().map(|voters| voters.into_iter().unzip())
}

/// Fails if the weights are more than the manifest allows, and warns of a weight that only one voter has.
pub(crate) fn check_weights(
    manifest: &Manifest,
    weights: impl Iterator<Item = u64> + Clone,
    console: Console,
) -> Result<()> {
    let weight = weights.clone().fold(0, u64::saturating_add);
    let most = manifest.weights().total;
    if weight > most {
        let (weight, most) = (grouped(weight), grouped(most));
        return refusal(format!(
            "the sum of all weights is {weight}, but the manifest allows only {most} (`weights.total`)"
        ))
        .remedy("make a new manifest with a larger `--total-weight`, and then a new record and key ceremony");
    }
    let mut of_weight: BTreeMap<u64, u64> = BTreeMap::new();
    weights.for_each(|weight| *of_weight.entry(weight).or_default() += 1);
    let alone = of_weight.values().filter(|count| **count == 1).count() as u64;
    if alone > 0 && of_weight.len() > 1 && manifest.privacy().minimum_ballots_per_weight < 2 {
        let weights = counted(alone, "weight has", "weights have");
        console.say(format!(
            "warning: {weights} only one voter, so the totals can reveal how this voter voted; \
             `--minimum-per-weight 2` in a new manifest prevents this"
        ));
    }
    Ok(())
}

/// The number of voters whom an error names.
const SHOWN: usize = 10;

/// New voting codes with their voter numbers, and the roll with the credentials that belong to them.
pub(crate) struct Issued {
    pub(crate) codes: Vec<VotingCode>,
    numbers: Vec<WrittenNumber>,
    pub(crate) roll: String,
}

/// A voter number as it is written. A million of them need less memory than as many strings.
type WrittenNumber = [u8; NUMBER_BYTES];

/// Makes a voting code for each voter, and the roll with the credentials that belong to them.
pub(crate) fn issue(
    manifest: &Manifest,
    joint_key: &JointKey,
    voters: &[Entitlement],
    console: Console,
) -> Result<Issued> {
    let bar = console.bar("issuing credentials", voters.len() as u64);
    let codes: Vec<_> = voters.iter().map(|_| VotingCode::generate(&mut system_rng())).collect();
    let (roll, numbers) = roll_of(manifest, joint_key, &codes, voters, &|| bar.inc(1))?;
    bar.finish();
    Ok(Issued { codes, numbers, roll })
}

/// The roll with the credentials that belong to these codes, and the voter numbers in the order of the codes. `done` is called
/// after each of them.
fn roll_of(
    manifest: &Manifest,
    joint_key: &JointKey,
    codes: &[VotingCode],
    voters: &[Entitlement],
    done: &(dyn Fn() + Sync),
) -> Result<(String, Vec<WrittenNumber>)> {
    let (lines, numbers): (Vec<_>, Vec<_>) = codes
        .par_iter()
        .zip(voters)
        .enumerate()
        .map(|(position, (code, &Entitlement { style, weight }))| {
            let credential = Credential::derive(code, manifest.hash(), joint_key.hash())?;
            done();
            let voter_number = VoterNumber::written(credential.public());
            let voter_number = WrittenNumber::try_from(voter_number.as_bytes()).context("the voter number")?;
            let credential = *credential.public().as_bytes();
            Ok((RollLine { number: position as u64 + 1, credential, style, weight }, voter_number))
        })
        .collect::<Result<_>>()?;
    Ok((write_roll(manifest, lines)?, numbers))
}

/// The roll of these voters, whom errors name by their numbers.
pub(crate) fn write_roll(manifest: &Manifest, lines: Vec<RollLine>) -> Result<String> {
    match RollRules::for_manifest(manifest).write(lines) {
        Ok(lines) => Ok(lines.collect()),
        Err(errors) => {
            let errors: Vec<String> =
                errors.iter().take(SHOWN).map(|error| format!("voter {}: {}", error.line, error.problem)).collect();
            refusal(errors.join("\n"))
        }
    }
}

/// A credential authority's signature of a roll.
#[derive(clap::Args, Debug)]
pub(crate) struct SignRoll {
    /// The record, with the roll
    record: PathBuf,
    /// The secret key of the credential authority
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The fingerprint that `credentials issue` printed; an election with another one is not signed
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: WrittenFingerprint,
    /// If there are several credential authorities: the codes of this office, which `credentials part` wrote
    #[arg(long, value_name = "FILE", requires = "parts")]
    codes: Option<PathBuf>,
    /// If there are several credential authorities: the part lists of all offices, that of this office included
    #[arg(long, value_name = "PART", num_args = 1.., requires = "codes")]
    parts: Vec<PathBuf>,
    /// With --codes: a new file for letters, with a line `number,code,voter_number,style,weight,fingerprint` for each voter, and
    /// the further columns of --codes
    #[arg(long, value_name = "FILE", requires = "codes")]
    letters: Option<PathBuf>,
    /// The new file, which you then send to the board; if there are several authorities, together with the file `OUT.parts`
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    board: BoardPin,
}

impl SignRoll {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let record = Record::read_pinned(&self.record, &self.board)?;
        let key = read_signing_key(&self.key)?;
        let index = authority_of(&record.manifest, &key, &self.key)?;
        let has_parts = record.manifest.has_parts();
        if has_parts != self.codes.is_some() {
            let authorities =
                counted(record.manifest.credential_authorities().len() as u64, "authority", "authorities");
            return refusal(format!("the manifest names {authorities} that issue codes")).remedy(if has_parts {
                "give the codes of this office with --codes, and the part lists of all offices with --parts"
            } else {
                "leave --codes and --parts out: they are for several authorities"
            });
        }
        let joint_key = record.joint_key()?;
        let (_, election) = record.into_election()?;
        let Election { context, roll, .. } = &election;
        let fingerprint = context.fingerprint();
        check_fingerprint(&self.fingerprint, fingerprint)?;
        let summary = Summary::new("the roll, as the one that was issued", context.manifest());
        summary.fingerprint(fingerprint).roll(roll.totals()).show(console);
        if let Some(codes) = &self.codes {
            let (lists, letters) = (&self.parts[..], self.letters.as_deref());
            let parts = SigningParts { codes, lists, letters, out: &self.out };
            parts.sign(index, &key, &joint_key, &election, console)?;
            console.say("It signs the roll of the election with this fingerprint:");
            return answer_fingerprint(fingerprint, console);
        }
        let signature = RollSignature::sign(index, fingerprint, &key, &mut system_rng());
        message_file::write(&MessageFile::new(FileKind::RollSignature, signature.encode()), &self.out)?;
        let out = self.out.shown();
        console.say(format!("Send {out} to the board.\nIt signs the roll of the election with this fingerprint:"));
        answer_fingerprint(fingerprint, console)
    }
}

impl Voters {
    pub(crate) fn read(&self, styles: &[&str], heaviest: u64) -> Result<List> {
        match (self.voters, &self.list) {
            (Some(count), _) if styles.len() == 1 => {
                let count = usize::try_from(count)?;
                let voters = vec![Entitlement { style: 0, weight: 1 }; count];
                Ok(List { voters, columns: String::new(), further: vec![String::new(); count] })
            }
            (Some(_), _) => {
                bail!("the manifest has {} ballot styles: give a list of voters with --list", styles.len())
            }
            (None, Some(path)) => read_list(path, styles, heaviest),
            (None, None) => bail!("give --voters or --list"),
        }
    }
}

/// The voters of a list.
pub(crate) struct List {
    pub(crate) voters: Vec<Entitlement>,
    /// The names of the further columns, each after a comma.
    pub(crate) columns: String,
    /// For each voter, the further columns, each after a comma.
    pub(crate) further: Vec<String>,
}

/// Longer than any list of voters.
pub(crate) const MAX_LIST_BYTES: usize = 1 << 30;

pub(crate) fn read_list(path: &Path, styles: &[&str], heaviest: u64) -> Result<List> {
    let bytes = read_at_most(path, MAX_LIST_BYTES, "a list of voters")?;
    let text = str::from_utf8(&bytes).with_context(|| format!("{} is not text in UTF-8", path.shown()))?;
    let voter = |line: &str| {
        let (style, rest) = line.split_once(',').context("expected style,weight")?;
        let (weight, further) = rest.find(',').map_or((rest, ""), |comma| rest.split_at(comma));
        let position = styles.iter().position(|known| *known == style.trim());
        let known = || format!("the manifest has no ballot style \"{}\", only {}", escaped(style), styles.join(", "));
        let style = position.with_context(known)?;
        let weight: u64 = weight.trim().parse().ok().context("the weight is not a whole number")?;
        ensure!((1..=heaviest).contains(&weight), "the weight is {weight}, but the manifest allows 1 to {heaviest}");
        Ok((Entitlement { style, weight }, further.to_owned()))
    };
    let text = without_mark(text).trim_end();
    let first = text.lines().next().and_then(|line| line.strip_prefix("style,weight"));
    let header = first.filter(|columns| columns.is_empty() || columns.starts_with(','));
    let lines = text.lines().enumerate().skip(usize::from(header.is_some()));
    let (voters, further): (Vec<Entitlement>, Vec<String>) = lines
        .map(|(number, line)| voter(line).with_context(|| format!("{}, line {}", path.shown(), number + 1)))
        .collect::<Result<Vec<_>>>()
        .remedy("write a line for each voter: the ballot style, a comma, the weight; further columns may follow")?
        .into_iter()
        .unzip();
    ensure!(!voters.is_empty(), "{} has no voters", path.shown());
    if header.is_none() && further.iter().any(|further| !further.is_empty()) {
        return Err(anyhow!("{} has further columns without names", path.shown()))
            .remedy("begin the list with a line that names them, such as `style,weight,name,address`");
    }
    Ok(List { voters, columns: header.unwrap_or_default().to_owned(), further })
}
