//! A whole election in one command: the vote of the Movimento 5 Stelle on its statute, 2-3 August 2021.
//!
//! The figures are those that the movement published. Everything else really happens: keys, credentials, encrypted and
//! signed ballots, admission, tally, decryption, and the verification of what was written, from disk, as a stranger would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use age::secrecy::SecretString;
use anyhow::{Context as _, Result, anyhow};
use ballotta::ballot::{BallotSeed, Entitlement, PlaintextBallot, PreparedBallot};
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::board::note::{Cosigner, NoteSigner};
use ballotta::contest::{Choose, Rule, Selection};
use ballotta::credential::{Credential, RollLine, RollRules, RollSignature, VotingCode};
use ballotta::election::ElectionContext;
use ballotta::group::SecretScalar;
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::manifest::{
    BoardDraft, Closing, ContestDraft, ContestOption, ElectionKind, KeyDraft, Manifest, ManifestDraft,
    OnDisqualification, PartyDraft, Privacy, Quorum, QuorumBase, QuorumOf, QuorumRule, Revoting, RollChanges, Schedule,
    StyleDraft, Text, TrusteesDraft, Weights, WitnessesDraft,
};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record;
use ballotta::verifier::{Verification, VerifyOptions, verify};
use ballotta_io::FolderRecord;
use rand_core::{CryptoRng, Rng as _};
use rayon::prelude::*;
use serde::Serialize;

use crate::ballot_box::BallotBox;
use crate::chart;
use crate::console::{Console, VerifierBars, grouped, print, seconds};
use crate::duties;
use crate::failure::Advice as _;
use crate::publish::publish;
use crate::secrets::{KeyFile, WorkFactor, read_trustee_seed, system_rng, write_trustee_seed};

/// On the roll, as published.
const ELIGIBLE: u64 = 113_894;
/// Who voted, as published.
const VOTED: u64 = 60_940;
/// Who voted yes, as published; the others voted no.
const YES: u64 = 53_238;

/// How many ballots are made and admitted together.
const BATCH: usize = 4096;
/// Trustees' passphrases in the demo are printed: nothing is lost by an easy work factor.
const WORK_FACTOR: WorkFactor = Some(12);

/// Options of the demo.
#[derive(clap::Args, Debug)]
pub(crate) struct DemoArgs {
    /// How many voters stand on the roll; turnout and result are scaled to it
    #[arg(long, default_value_t = ELIGIBLE, value_parser = clap::value_parser!(u64).range(40..=10_000_000))]
    voters: u64,
    /// The folder to write to: the public record in `record`, the secrets in `secrets`
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

/// What the demo says to programs.
#[derive(Serialize)]
struct Summary<'a> {
    published: Figures,
    counted_ballots: u64,
    yes: u64,
    no: u64,
    record: &'a Path,
    fingerprint: &'a str,
    valid: bool,
    seconds: BTreeMap<&'static str, f64>,
}

pub(crate) fn run(args: &DemoArgs, console: Console) -> Result<bool> {
    let DemoArgs { voters, out } = args;
    let started = Instant::now();
    let figures = Figures::scaled(*voters);
    let (root, secrets) = (out.join("record"), out.join("secrets"));
    for folder in [&root, &secrets] {
        let is_new = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        if !is_new {
            let problem = anyhow!("{} is there already, and secrets are never overwritten", folder.display());
            return Err(problem).remedy("remove it, or choose another folder with --out");
        }
    }
    let mut times = BTreeMap::new();
    let mut lap = Instant::now();
    let mut timed = |name: &'static str| {
        times.insert(name, lap.elapsed().as_secs_f64());
        lap = Instant::now();
    };

    console.say("The statute vote of the Movimento 5 Stelle, 2-3 August 2021, as a verifiable election.\n");
    console.say("1  Keys, manifest and key ceremony");
    let parties = Parties::generate(&secrets)?;
    let mut ballot_box = BallotBox::create(&root, &parties.manifest(), parties.board()?)?;
    key_ceremony(&mut ballot_box, &root, &parties)?;
    console.say("   three trustees made a joint key; any two of them can decrypt, one alone cannot");
    timed("key_ceremony");

    console.say("2  Credentials");
    let codes = issue_credentials(&root, &secrets, ballot_box.manifest(), figures, console)?;
    timed("credentials");

    console.say("3  Voting");
    vote(&mut ballot_box, &parties, codes, figures, console)?;
    timed("voting");

    console.say("4  Closing, tally and decryption");
    decrypt(&mut ballot_box, &root, &parties, console)?;
    timed("decryption");

    console.say("5  Verification of the record, from disk");
    let bars = VerifierBars::new(console);
    let source = FolderRecord::new(&root);
    let verification = verify(&source, &VerifyOptions::default(), &|progress| bars.show(progress), &mut system_rng());
    drop(bars);
    timed("verification");

    let Verification { report, context: Some(context), .. } = &verification else {
        anyhow::bail!("the record cannot be read back");
    };
    let result = report.result.as_ref().context("the record has no result")?;
    let totals =
        result.contests.first().map(|contest| contest.options.iter().filter_map(|option| option.total).collect());
    let totals: Vec<u64> = totals.unwrap_or_default();
    let (yes, no) = (totals.first().copied().unwrap_or(0), totals.get(1).copied().unwrap_or(0));
    let agrees =
        report.valid && (result.counted_ballots, yes, no) == (figures.voted, figures.yes, figures.voted - figures.yes);

    if console.is_json() {
        console.json(&Summary {
            published: figures,
            counted_ballots: result.counted_ballots,
            yes,
            no,
            record: &root,
            fingerprint: &result.fingerprint,
            valid: report.valid,
            seconds: times,
        })?;
        return Ok(agrees);
    }
    let passed = report.checks.iter().filter(|check| check.failures == 0 && check.items > 0).count();
    console.say(format!("   {passed} checks passed, {} failed", report.failures.len()));
    for failure in &report.failures {
        console.say(format!("   {}: {}: {}", failure.check, failure.place, failure.problem));
    }
    print(format_args!("\n{}", chart::terminal(context.manifest(), result, 40)))?;
    print(comparison(figures, result.counted_ballots, yes, no))?;
    print(format_args!(
        "fingerprint  {}\nrecord       {}\npicture      {}\ntime         {}\n",
        result.fingerprint,
        root.display(),
        root.join("result/chart.svg").display(),
        seconds(started.elapsed())
    ))?;
    print(format_args!(
        "Verify it again, or change a byte of it first:\n  cargo run --release -- verify {}",
        root.display()
    ))?;
    Ok(agrees)
}

/// The published figures beside those that came out of the decryption.
fn comparison(figures: Figures, counted: u64, yes: u64, no: u64) -> String {
    let published = if figures.eligible == ELIGIBLE { "published" } else { "published, scaled" };
    let mut table = format!("  {:<8} {published:>18} {:>18}\n", "", "decrypted here");
    for (name, expected, decrypted) in
        [("ballots", figures.voted, counted), ("yes", figures.yes, yes), ("no", figures.voted - figures.yes, no)]
    {
        let same = if expected == decrypted { "the same" } else { "DIFFERENT" };
        table.push_str(&format!("  {name:<8} {:>18} {:>18}   {same}\n", grouped(expected), grouped(decrypted)));
    }
    table
}

/// Everybody with a key. In a real election these are different people on different machines.
struct Parties {
    organiser: KeyPair,
    authority: KeyPair,
    trustees: [(&'static str, PathBuf, KeyPair); 3],
    board_seed: [u8; 32],
    witnesses: [(&'static str, [u8; 32]); 4],
}

const ORIGIN: &str = "board.example/statuto-2021";

impl Parties {
    /// Draws all keys and writes them to files, the trustees' under passphrases.
    fn generate(folder: &Path) -> Result<Self> {
        let signing = |name: &str| -> Result<KeyPair> {
            let key = KeyPair::new(SecretScalar::random(&mut system_rng()));
            KeyFile::Schnorr.write(&folder.join(name), &key.secret().expose_scalar().to_bytes())?;
            Ok(key)
        };
        let note = |name: &str| -> Result<[u8; 32]> {
            let mut seed = [0; 32];
            system_rng().fill_bytes(&mut seed);
            KeyFile::Note.write(&folder.join(name), &seed)?;
            Ok(seed)
        };
        let trustee = |name: &'static str| -> Result<(&'static str, PathBuf, KeyPair)> {
            let seed = TrusteeSeed::random(&mut system_rng());
            let path = folder.join(format!("trustee-{name}.age"));
            write_trustee_seed(&path, &seed, &passphrase(name), WORK_FACTOR)?;
            Ok((name, path, seed.signing_key()))
        };
        Ok(Self {
            organiser: signing("organiser.key")?,
            authority: signing("credential-authority.key")?,
            trustees: [trustee("anna")?, trustee("bruno")?, trustee("carla")?],
            board_seed: note("board.key")?,
            witnesses: [
                ("witness.example/university", note("witness-university.key")?),
                ("witness.example/newspaper", note("witness-newspaper.key")?),
                ("witness.example/association", note("witness-association.key")?),
                ("witness.example/opposition", note("witness-opposition.key")?),
            ],
        })
    }

    fn board(&self) -> Result<NoteSigner> {
        Ok(NoteSigner::from_seed(ORIGIN, &self.board_seed)?)
    }

    fn witness(&self, number: usize) -> Result<Cosigner> {
        let (name, seed) = self.witnesses.get(number).context("there is no such witness")?;
        Ok(Cosigner::from_seed(name, seed)?)
    }

    /// The manifest of the vote.
    fn manifest(&self) -> Vec<u8> {
        let key = |key: &KeyPair| hex::encode(key.public().as_bytes());
        let note_key =
            |seed: &[u8; 32]| NoteSigner::from_seed(ORIGIN, seed).map(|signer| hex::encode(signer.key().as_bytes()));
        let text = |it: &str, en: &str| Text::from([("it", it), ("en", en)]);
        let mut election_id = [0; 32];
        system_rng().fill_bytes(&mut election_id);
        let option =
            |id: &str, it: &str, en: &str| ContestOption { id: id.to_owned(), title: text(it, en), description: None };
        let contest = ContestDraft {
            id: "statuto".to_owned(),
            title: text("Approvi il nuovo statuto?", "Do you approve the new statute?"),
            description: None,
            rule: Rule::Choose(Choose { min: 1, max: 1, blank: false, winners: None }),
            options: vec![option("si", "Sì", "Yes"), option("no", "No", "No")],
        };
        let party = |name: &str, key: String| PartyDraft { name: name.to_owned(), key };
        ManifestDraft {
            format: ballotta::manifest::FORMAT.to_owned(),
            suite: ballotta::SUITE.to_owned(),
            election_id: hex::encode(election_id),
            kind: ElectionKind::Rehearsal,
            languages: vec!["it".to_owned(), "en".to_owned()],
            title: text(
                "Voto sul nuovo statuto del Movimento 5 Stelle",
                "Vote on the new statute of the Movimento 5 Stelle",
            ),
            description: None,
            schedule: Some(Schedule {
                opens: "2021-08-02T10:00+02:00".to_owned(),
                closes: "2021-08-03T22:00+02:00".to_owned(),
            }),
            contests: vec![contest],
            styles: vec![StyleDraft { id: "iscritti".to_owned(), contests: vec!["statuto".to_owned()] }],
            weights: Weights { unit: text("voti", "votes"), max: 1 },
            revoting: Revoting::LastCounts,
            quorum: Some(Quorum {
                of: QuorumOf::Heads,
                base: QuorumBase::Roll,
                rule: QuorumRule::MoreThan,
                fraction: [1, 2],
            }),
            privacy: Privacy { minimum_counted_ballots: 10, minimum_ballots_per_weight: 1 },
            closing: Closing::Witnesses,
            roll_changes_until: RollChanges::Open,
            organiser: KeyDraft { key: key(&self.organiser) },
            credential_authorities: vec![party("credential authority", key(&self.authority))],
            trustees: TrusteesDraft {
                threshold: 2,
                minimum_confirmed: 3,
                on_disqualification: OnDisqualification::NewAttempt,
                members: self.trustees.iter().map(|(name, _, pair)| party(name, key(pair))).collect(),
            },
            board: BoardDraft { origin: ORIGIN.to_owned(), key: note_key(&self.board_seed).unwrap_or_default() },
            witnesses: WitnessesDraft {
                quorum: 3,
                members: self
                    .witnesses
                    .iter()
                    .map(|(name, seed)| party(name, note_key(seed).unwrap_or_default()))
                    .collect(),
            },
            client_software: None,
        }
        .to_bytes()
    }
}

/// The demo's passphrases are no secret.
fn passphrase(trustee: &str) -> SecretString {
    SecretString::from(format!("the passphrase of {trustee} in the demo"))
}

/// Every trustee makes the message that is due, until there is none: register, commit, deal, confirm.
fn key_ceremony(ballot_box: &mut BallotBox, root: &Path, parties: &Parties) -> Result<()> {
    let source = FolderRecord::new(root);
    loop {
        let mut messages = Vec::new();
        for (name, path, _) in &parties.trustees {
            let seed = read_trustee_seed(path, &passphrase(name))?;
            messages.extend(duties::due_message(&source, seed)?);
        }
        if messages.is_empty() {
            return Ok(());
        }
        for message in messages {
            ballot_box.add_ceremony_message(&message)?;
        }
        ballot_box.commit()?;
    }
}

/// Draws the voting codes and writes the roll and, for the envelopes, the codes.
fn issue_credentials(
    root: &Path,
    secrets: &Path,
    manifest: &Manifest,
    figures: Figures,
    console: Console,
) -> Result<Vec<VotingCode>> {
    let joint_key = duties::joint_key(&FolderRecord::new(root))?;
    let bar = console.bar("issuing credentials", figures.eligible);
    let issued: Vec<(VotingCode, RollLine)> = (0..figures.eligible)
        .into_par_iter()
        .map(|number| {
            let code = VotingCode::generate(&mut system_rng());
            let credential = Credential::derive(&code, manifest.hash(), joint_key.root())?;
            bar.inc(1);
            Ok((code, RollLine { number, credential: *credential.public().as_bytes(), style: 0, weight: 1 }))
        })
        .collect::<Result<_>>()?;
    bar.finish();
    let (codes, lines): (Vec<_>, Vec<_>) = issued.into_iter().unzip();
    let rules = RollRules::new(*manifest.hash(), &["iscritti"], 1);
    let roll = rules.write(lines);
    let roll: String = roll.map_err(|errors| anyhow::anyhow!("the roll breaks its rules: {errors:?}"))?.collect();
    ballotta_io::write_new(&root.join(record::ROLL), roll.as_bytes())?;
    let mut text = zeroize::Zeroizing::new(String::new());
    for code in &codes {
        text.push_str(&code.expose_text());
        text.push('\n');
    }
    ballotta_io::write_secret(&secrets.join("voting-codes"), text.as_bytes())?;
    Ok(codes)
}

/// Opens the voting; the voters vote, in batches of which each is made and then admitted.
fn vote(
    ballot_box: &mut BallotBox,
    parties: &Parties,
    mut codes: Vec<VotingCode>,
    figures: Figures,
    console: Console,
) -> Result<()> {
    let rng = &mut system_rng();
    let roll = fs::read(ballot_box.root().join(record::ROLL))?;
    let roll_hash = ballotta::hash::RollHash::from_bytes(*ballotta::hash::FileHash::of(&roll).as_bytes());
    let joint_key = duties::joint_key(&FolderRecord::new(ballot_box.root()))?;
    let context = ElectionContext::new(ballot_box.manifest().clone(), joint_key, &roll_hash)?;
    let signature = RollSignature::sign(1, context.fingerprint(), &parties.authority, rng);
    ballot_box.add_roll_signature(&signature.encode())?;
    let opening = OrganiserEntry::sign(Action::Open, context.fingerprint(), &parties.organiser, rng);
    ballot_box.add_opening(&opening.encode())?;

    // Who votes, and what, is drawn: the movement published only the sums.
    shuffle(&mut codes, rng);
    let mut choices: Vec<usize> = (0..figures.voted).map(|ballot| usize::from(ballot >= figures.yes)).collect();
    shuffle(&mut choices, rng);

    let making = console.bar("encrypting, proving, signing", figures.voted);
    let mut admitting = std::time::Duration::ZERO;
    let voters: Vec<(&VotingCode, usize)> = codes.iter().zip(choices).collect();
    for batch in voters.chunks(BATCH) {
        let ballots: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|(code, choice)| {
                making.inc(1);
                ballot(&context, code, *choice)
            })
            .collect::<Result<_>>()?;
        let start = Instant::now();
        for outcome in ballot_box.add_ballots(&ballots)? {
            outcome.context("a ballot of the demo was refused")?;
        }
        ballot_box.commit()?;
        admitting += start.elapsed();
    }
    making.finish();
    let rate = figures.voted as f64 / admitting.as_secs_f64();
    console.say(format!(
        "  {:<36} {:>9} {:>10} {rate:>12.0} /s",
        "  of it, admitting to the board",
        grouped(figures.voted),
        seconds(admitting)
    ));

    let closing = OrganiserEntry::sign(Action::Close, context.fingerprint(), &parties.organiser, rng);
    ballot_box.add_closing(&closing.encode())?;
    Ok(())
}

/// What one voter's device does.
fn ballot(context: &ElectionContext, code: &VotingCode, choice: usize) -> Result<Vec<u8>> {
    let rng = &mut system_rng();
    let credential = Credential::derive(code, context.manifest().hash(), context.joint_key().root())?;
    let plaintext = PlaintextBallot::new(
        context,
        Entitlement { style: 0, weight: 1 },
        vec![(0, Selection::Options(vec![choice]))],
    )?;
    let seed = BallotSeed::derive(credential.key_pair(), 0, rng);
    let prepared = PreparedBallot::prepare(context, credential.public(), None, plaintext, seed)?;
    Ok(prepared.cast(context, credential.key_pair(), rng).to_bytes())
}

/// Three of four witnesses cosign the close; two of three trustees verify the record, state what they decrypt, and
/// decrypt.
fn decrypt(ballot_box: &mut BallotBox, root: &Path, parties: &Parties, console: Console) -> Result<()> {
    let source = FolderRecord::new(root);
    for number in 0..3 {
        let line = duties::cosign(&source, &parties.witness(number)?)?;
        ballot_box.add_cosignature(&line)?;
    }
    let mut verified = Vec::new();
    let mut result = None;
    for (name, path, _) in parties.trustees.iter().take(2) {
        let bars = VerifierBars::new(console);
        let seed = read_trustee_seed(path, &passphrase(name))?;
        let trustee = duties::TrusteeDay::begin(&source, seed, &|progress| bars.show(progress))?;
        drop(bars);
        let state = duties::state_path(path);
        ballot_box.add_statement(&trustee.state(&state)?)?;
        let decryption = trustee.decrypt(&source, &state)?;
        verified.push(ballot_box.add_partial_decryption(&decryption, trustee.verification())?);
        console.say(format!("   {name} verified the record and decrypted the sums, nothing else"));
        if verified.len() == 2 {
            result = Some(trustee.verification().result(&verified)?);
        }
    }
    console.say("   carla is away: two of three suffice");
    ballot_box.commit()?;
    publish(ballot_box, &result.context("two trustees decrypt")?)
}

/// Fisher and Yates.
fn shuffle<T, R: CryptoRng>(items: &mut [T], rng: &mut R) {
    for last in (1..items.len()).rev() {
        // The bias of a remainder of 64 bits is of no account here.
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
}
