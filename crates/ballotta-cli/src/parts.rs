//! Voting codes in parts: what the offices of several credential authorities do, each on its own machine.
//!
//! See `spec/command-line.md#codes-in-parts`. Each office makes codes of its own, and sees none of the others. The offices give
//! each other part lists, in which a random handle is the name of a voter. Either adds them up to the roll; each checks the sum
//! before it signs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::iter::zip;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::credential::{
    Credential, Entitlement, Handle, PartList, PartListLine, RollLine, RollReader, RollRules, RollSignature,
    VotingCode, combine_part_lists, write_parts_file,
};
use ballotta::hash::{FileHash, Fingerprint, RollHash};
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::JointKey;
use ballotta::limits::{MAX_ROLL_LINE_BYTES, MAX_VOTERS};
use ballotta::manifest::Manifest;
use ballotta::record;
use ballotta::signing::KeyPair;
use ballotta::voter::Election;
use ballotta::written::VoterNumber;
use ballotta_io::{StagedSecret, remove_part, write_new, write_secret};
use rayon::prelude::*;
use serde_json::json;
use zeroize::Zeroizing;

use crate::console::{Console, Shown as _, counted, escaped};
use crate::credentials::{List, MAX_LIST_BYTES, Voters, check_weights, line_bytes, read_list, write_roll};
use crate::failure::{ErrorContext as _, refusal};
use crate::message_file::{self, FileKind, MessageFile};
use crate::recognise::{CODES, PART_CODES, other_key};
use crate::record::{Record, exists, lock_record, read_at_most, read_election};
use crate::secrets::{read_signing_key, system_rng};

/// The number of digits of a handle.
const HANDLE_DIGITS: usize = 32;

/// What every office is told.
const ONE_OF_EACH: &str = "A voter needs one voting code of each credential authority: say so in every letter.";

/// New voting codes of one of several credential authorities, and the list of their public parts for the others.
#[derive(clap::Args, Debug)]
pub(crate) struct MakePart {
    /// The record; its key ceremony must be complete
    record: PathBuf,
    /// The secret key of the credential authority
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The number of voters, if all have weight 1 and there is only one ballot style
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_VOTERS), conflicts_with_all = ["list", "from"])]
    voters: Option<u64>,
    /// A file with a line `style,weight` for each voter; with --from, `style,weight,handle`. Further columns are copied into the
    /// file of the codes
    #[arg(long, value_name = "FILE.csv")]
    list: Option<PathBuf>,
    /// The part list of the office that began: its handles are used again
    #[arg(long, value_name = "PART")]
    from: Option<PathBuf>,
    /// The new file for the secret voting codes, with a line `number,code,handle,style,weight` for each voter, and the further
    /// columns of --list
    #[arg(long, value_name = "FILE")]
    codes: PathBuf,
    /// A new file with a line `style,weight,handle` for each voter, and the further columns of --list: another office gives it to
    /// its own call as --list. It has no codes, but says who is who
    #[arg(long, value_name = "FILE.csv")]
    members: Option<PathBuf>,
    /// The new file with the part list, for the other offices only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A voter for whom an office makes a code.
pub(crate) struct Member {
    handle: Handle,
    entitlement: Entitlement,
    /// The further columns of the office's list, each after a comma.
    further: String,
}

impl Member {
    /// A voter of the office that begins, which draws the handle.
    pub(crate) fn with_random_handle(entitlement: Entitlement, further: String) -> Self {
        Self { handle: Handle::random(&mut system_rng()), entitlement, further }
    }

    /// The line of a part list with this part.
    fn line(&self, part: [u8; 32]) -> PartListLine {
        let Entitlement { style, weight } = self.entitlement;
        PartListLine { handle: self.handle, part, style, weight }
    }

    /// The voters of another office's list.
    pub(crate) fn of_list(list: &PartList) -> Vec<Self> {
        let member = |&PartListLine { handle, style, weight, .. }: &PartListLine| Self {
            handle,
            entitlement: Entitlement { style, weight },
            further: String::new(),
        };
        list.lines().iter().map(member).collect()
    }
}

impl MakePart {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let record = Record::read(&self.record)?;
        let joint_key = record.joint_key()?;
        let manifest = &record.manifest;
        require_several(manifest)?;
        let key = read_signing_key(&self.key)?;
        let authority = authority_of(manifest, &key, &self.key)?;
        let out = self.out.shown();
        if exists(&self.out)? {
            remove_part(&self.out).with_context(|| format!("what is left beside {out} cannot be removed"))?;
            let list = read_part_list(&self.out, manifest)?;
            if self.finish(manifest, &joint_key, authority, &list)? {
                console.say("The codes were made before, and this call has finished what was interrupted.");
                return self.answer(list.lines().len(), authority, console);
            }
            return refusal(format!("{out} exists already: the parts of an election are made only once")).remedy(
                "use the codes that were made with it; if they are lost, all offices begin again with new files",
            );
        }
        if exists(&self.codes)? {
            return Err(anyhow!("the codes cannot be written to {}: it already exists", self.codes.shown()))
                .remedy("choose another file name: files are never overwritten");
        }
        let (columns, members) = self.members(manifest, authority)?;
        check_weights(manifest, members.iter().map(|member| member.entitlement.weight), console)?;

        let codes = PartCodes::generate(members, columns);
        let list = codes.derive_list(authority, manifest, &joint_key, console)?;
        let text =
            list.sign(manifest, &key, &mut system_rng()).context("a ballot style that the manifest does not have")?;
        let voters = list.lines().len();
        drop(list);
        let file = codes.text(manifest)?;
        drop(codes);
        // As for `credentials issue`: codes that have a name belong to a list that was written.
        let staged = StagedSecret::write(&self.codes, file.as_bytes());
        let staged = staged.with_context(|| format!("the codes cannot be written to {}", self.codes.shown()))?;
        write_new(&self.out, text.as_bytes()).with_context(|| format!("{out} cannot be written"))?;
        drop(text);
        self.publish(&staged, &file)?;
        self.answer(voters, authority, console)
    }

    /// The voters, with the names of further columns. Without another office's list, the handles are drawn here.
    fn members(&self, manifest: &Manifest, authority: AuthorityIndex) -> Result<(String, Vec<Member>)> {
        let styles: Vec<&str> = manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let heaviest = manifest.weights().max;
        let Some(from) = &self.from else {
            let voters = Voters { voters: self.voters, list: self.list.clone() };
            let List { voters, columns, further } = voters.read(&styles, heaviest)?;
            let draw = |(entitlement, further)| Member::with_random_handle(entitlement, further);
            return Ok((columns, zip(voters, further).map(draw).collect()));
        };
        let other = read_part_list(from, manifest)?;
        if other.authority() == authority {
            return refusal(format!("{} is the part list of this authority itself", from.shown()))
                .remedy("give the list that another office has sent");
        }
        let Some(path) = &self.list else { return Ok((String::new(), Member::of_list(&other))) };
        let List { voters, columns, further } = read_list(path, &styles, heaviest)?;
        let columns = columns.strip_prefix(",handle").with_context(|| {
            format!(
                "{} has no column `handle`: with --from, its first line begins with style,weight,handle",
                path.shown()
            )
        })?;
        // For each line of the other list, the line here with its handle.
        let mut lines = vec![0_u64; other.lines().len()];
        let mut read = |(number, (voter, further)): (u64, (Entitlement, String))| {
            // Without a third column there is no handle, and the next line says so.
            let cells = further.strip_prefix(',').unwrap_or(&further);
            let (handle, further) = cells.find(',').map_or((cells, ""), |comma| cells.split_at(comma));
            let handle: Handle = handle.trim().parse().with_context(|| escaped(handle).to_string())?;
            let place = other.lines().binary_search_by_key(&handle, |line| line.handle).ok();
            let line = place.and_then(|place| Some((other.lines().get(place)?, lines.get_mut(place)?)));
            let (line, first) = line.context("the other office's list does not have this handle")?;
            ensure!(
                Entitlement { style: line.style, weight: line.weight } == voter,
                "style or weight differ from the other office's list"
            );
            ensure!(*first == 0, "the handle is that of line {first} as well");
            *first = number;
            Ok(Member { handle, entitlement: voter, further: further.to_owned() })
        };
        let members: Vec<Member> = (2..)
            .zip(zip(voters, further))
            .map(|(number, voter)| read((number, voter)).with_context(|| format!("{}, line {number}", path.shown())))
            .collect::<Result<_>>()
            .remedy("ask the office that began which of the two lists is right")?;
        let (ours, theirs) = (members.len(), other.lines().len());
        if ours != theirs {
            return refusal(format!("{} has {ours} voters, but {} has {theirs}", path.shown(), from.shown()))
                .remedy("ask the office that began which of the two lists is right");
        }
        Ok((columns.to_owned(), members))
    }

    /// Gives the codes of an interrupted call their name. Returns false if there are none, or not those of the list.
    fn finish(
        &self,
        manifest: &Manifest,
        joint_key: &JointKey,
        authority: AuthorityIndex,
        list: &PartList,
    ) -> Result<bool> {
        let unreadable = |path: &Path| format!("{} cannot be read", path.shown());
        let staged = StagedSecret::find(&self.codes).with_context(|| unreadable(&self.codes))?;
        let Some(staged) = staged else { return Ok(false) };
        let text = fs::read_to_string(staged.part()).map(Zeroizing::new);
        let text = text.with_context(|| unreadable(staged.part()))?;
        let Some(codes) = PartCodes::parse(&text, manifest) else { return Ok(false) };
        let parts = derive_all(manifest, joint_key, &codes.codes, &|| ())?;
        if list.authority() != authority || !codes.belong_to(list, &parts) {
            return Ok(false);
        }
        self.publish(&staged, &text)?;
        Ok(true)
    }

    /// Gives the codes their name, and writes the list for other offices.
    fn publish(&self, staged: &StagedSecret, text: &str) -> Result<()> {
        let (codes, part) = (self.codes.shown(), staged.part().shown());
        if let Some(path) = &self.members
            && !exists(path)?
        {
            let members = members_of(text)?;
            write_secret(path, members.as_bytes()).with_context(|| format!("{} cannot be written", path.shown()))?;
        }
        let published =
            staged.publish().with_context(|| format!("the codes are in {part}, and cannot be renamed to {codes}"));
        published.remedy("mend the cause, and run the same command again: it gives the codes their name")
    }

    fn answer(&self, voters: usize, authority: AuthorityIndex, console: Console) -> Result<()> {
        let count = counted(voters as u64, "voting code is", "voting codes are");
        console.say(format!("{count} in {}, one for each voter. Keep this file secret.", self.codes.shown()));
        console.say(ONE_OF_EACH);
        if let Some(members) = &self.members {
            console.say(format!(
                "{} says which handle is whose: give it only to an office that sends letters as well.",
                members.shown()
            ));
        }
        console.say("Send this file to the other offices, and to nobody else:");
        let out = self.out.shown().to_string();
        console.answer(&out, &json!({ "voters": voters, "authority": authority.get(), "part": out }))
    }
}

/// The list of an office without its codes. The error names a line that is not one of a file of codes.
fn members_of(codes: &str) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(codes.len()));
    for (number, line) in (1..).zip(codes.lines()) {
        let mut fields = line.splitn(6, ',').skip(2);
        let (Some(handle), Some(style), Some(weight)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(anyhow!("line {number} of the codes has no handle, style or weight"));
        };
        write!(text, "{style},{weight},{handle}")?;
        if let Some(further) = fields.next() {
            text.push(',');
            text.push_str(further);
        }
        text.push('\n');
    }
    Ok(text)
}

fn require_several(manifest: &Manifest) -> Result<()> {
    if manifest.has_parts() {
        return Ok(());
    }
    refusal("the manifest names one credential authority, so that codes have no parts")
        .remedy("make the codes with `ballotta credentials issue`")
}

/// The authority whose key this is.
pub(crate) fn authority_of(manifest: &Manifest, key: &KeyPair, path: &Path) -> Result<AuthorityIndex> {
    let mut authorities = AuthorityIndex::enumerate(manifest.credential_authorities());
    let named = authorities.find(|(_, authority)| authority.key == *key.public());
    let Some((index, _)) = named else {
        let problem = format!("{} is not the key of a credential authority that the manifest names", path.shown());
        return refusal(problem).remedy(other_key(manifest, key.public().as_bytes(), "a credential authority"));
    };
    Ok(index)
}

fn derive_all(
    manifest: &Manifest,
    joint_key: &JointKey,
    codes: &[VotingCode],
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Credential>> {
    let derive = |code| {
        let part = Credential::derive(code, manifest.hash(), joint_key.hash())?;
        done();
        Ok(part)
    };
    codes.par_iter().map(derive).collect()
}

/// The most bytes of a part list of this election.
fn longest_list(manifest: &Manifest) -> usize {
    let voters = manifest.weights().total.min(MAX_VOTERS);
    // A limit: where memory is smaller, so is every file that can be read.
    usize::try_from((voters + 2).saturating_mul(MAX_ROLL_LINE_BYTES as u64)).unwrap_or(usize::MAX)
}

fn read_part_list(path: &Path, manifest: &Manifest) -> Result<PartList> {
    let bytes = read_at_most(path, longest_list(manifest), "a part list")?;
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{} is not text", path.shown()))?;
    let read = PartList::read(manifest, &text, &mut system_rng()).with_context(|| path.shown().to_string());
    read.refused().remedy("ask the office that made the list to send it again, as a file that nothing has changed")
}

/// The codes of an office, as `credentials part` writes them.
pub(crate) struct PartCodes {
    columns: String,
    codes: Vec<VotingCode>,
    members: Vec<Member>,
}

impl PartCodes {
    /// Makes a code for each member. `columns` are the names of the further columns, each after a comma.
    pub(crate) fn generate(members: Vec<Member>, columns: String) -> Self {
        let codes = members.iter().map(|_| VotingCode::generate(&mut system_rng())).collect();
        Self { columns, codes, members }
    }

    /// The parts of the credentials, in the order of the codes.
    pub(crate) fn derive(
        &self,
        manifest: &Manifest,
        joint_key: &JointKey,
        console: Console,
    ) -> Result<Vec<Credential>> {
        let bar = console.bar("issuing credentials", self.codes.len() as u64);
        let parts = derive_all(manifest, joint_key, &self.codes, &|| bar.inc(1))?;
        bar.finish();
        Ok(parts)
    }

    /// The list for the other offices. The secrets of a million parts are not kept: only the codes are.
    fn derive_list(
        &self,
        authority: AuthorityIndex,
        manifest: &Manifest,
        joint_key: &JointKey,
        console: Console,
    ) -> Result<PartList> {
        let bar = console.bar("issuing credentials", self.codes.len() as u64);
        let mut lines: Vec<PartListLine> = self.members.iter().map(|member| member.line([0; 32])).collect();
        lines.par_iter_mut().zip(&self.codes).try_for_each(|(line, code)| {
            line.part = *Credential::derive(code, manifest.hash(), joint_key.hash())?.public().as_bytes();
            bar.inc(1);
            Ok::<_, anyhow::Error>(())
        })?;
        bar.finish();
        Ok(PartList::new(authority, lines))
    }

    /// The list for the other offices, with the parts of these codes.
    pub(crate) fn list(&self, authority: AuthorityIndex, parts: &[Credential]) -> PartList {
        let lines = zip(&self.members, parts).map(|(member, part)| member.line(*part.public().as_bytes()));
        PartList::new(authority, lines.collect())
    }

    /// The text of the secret file, with a line for each code.
    pub(crate) fn text(&self, manifest: &Manifest) -> Result<Zeroizing<String>> {
        let Self { columns, codes, members } = self;
        // The text must not grow, because memory that it leaves is not wiped.
        let length: usize = members.iter().map(|member| member.further.len()).sum();
        let line = line_bytes(manifest, members.len()) + HANDLE_DIGITS;
        let capacity = length + columns.len() + PART_CODES.len() + 1 + line * members.len();
        let mut text = Zeroizing::new(String::with_capacity(capacity));
        writeln!(text, "{PART_CODES}{columns}")?;
        for (number, (code, member)) in (1..).zip(zip(codes, members)) {
            let Member { handle, entitlement: Entitlement { style, weight }, further } = member;
            let style = &manifest.styles()[*style].id;
            writeln!(text, "{number},{},{handle},{style},{weight}{further}", *code.expose_text())?;
        }
        ensure!(text.len() <= capacity, "the file of the codes is longer than it can be");
        Ok(text)
    }

    /// The code of each handle.
    pub(crate) fn into_codes(self) -> impl Iterator<Item = (Handle, VotingCode)> {
        zip(self.members.into_iter().map(|member| member.handle), self.codes)
    }

    fn parse(text: &str, manifest: &Manifest) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.lines();
        let columns = lines.next()?.strip_prefix(PART_CODES)?.to_owned();
        let member = |line: &str| {
            let mut fields = line.splitn(6, ',').skip(1);
            let [code, handle, style, weight] = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
            let style = manifest.styles().iter().position(|known| known.id == style)?;
            let entitlement = Entitlement { style, weight: weight.parse().ok()? };
            // There may be no further columns.
            let further = fields.next().map_or_else(String::new, |further| format!(",{further}"));
            Some((code.parse().ok()?, Member { handle: handle.parse().ok()?, entitlement, further }))
        };
        let (codes, members) = lines.map(member).collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some(Self { columns, codes, members })
    }

    fn read(path: &Path, manifest: &Manifest) -> Result<Self> {
        let bytes = read_at_most(path, MAX_LIST_BYTES, "a file of voting codes").map(Zeroizing::new)?;
        let text = str::from_utf8(&bytes).with_context(|| format!("{} is not text in UTF-8", path.shown()))?;
        let parsed = Self::parse(text, manifest);
        parsed
            .with_context(|| format!("{} is not a file of codes in parts", path.shown()))
            .remedy("give the file that `ballotta credentials part` wrote with --codes, as it was")
    }

    /// Whether the codes are those of this list. `parts` are derived from them, in their order.
    fn belong_to(&self, list: &PartList, parts: &[Credential]) -> bool {
        let is_of_list = |(member, part): (&Member, &Credential)| {
            let Member { handle, entitlement: Entitlement { style, weight }, .. } = member;
            let (handle, style, weight) = (*handle, *style, *weight);
            list.find(&handle) == Some(&PartListLine { handle, part: *part.public().as_bytes(), style, weight })
        };
        // Handles of a list differ, and so do those of codes with as many different parts.
        let mut handles: Vec<Handle> = self.members.iter().map(|member| member.handle).collect();
        handles.sort_unstable();
        handles.dedup();
        let are_all = handles.len() == list.lines().len() && self.members.len() == handles.len();
        are_all && zip(&self.members, parts).all(is_of_list)
    }
}

/// Adds up the parts of all offices to the roll.
#[derive(clap::Args, Debug)]
pub(crate) struct CombineParts {
    /// The record; its key ceremony must be complete
    record: PathBuf,
    /// The part lists of all offices
    #[arg(required = true)]
    parts: Vec<PathBuf>,
}

impl CombineParts {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        // Nobody else issues credentials, or opens the voting with a roll that is not finished.
        let _lock = lock_record(&self.record)?;
        let record = Record::read(&self.record)?;
        // Without the keys of the slots there is no fingerprint.
        record.joint_key()?;
        let manifest = &record.manifest;
        require_several(manifest)?;
        let lists = read_lists(&self.parts, manifest)?;
        let text = write_roll(manifest, add_up(manifest, &lists)?)?;
        drop(lists);
        let roll = self.record.join(record::ROLL);
        if exists(&roll)? {
            remove_part(&roll).with_context(|| format!("what is left beside {} cannot be removed", roll.shown()))?;
            let there = fs::read_to_string(&roll).with_context(|| format!("{} cannot be read", roll.shown()))?;
            if there != text {
                return refusal(format!("{} is another roll", roll.shown())).remedy(
                    "compare the part lists of all offices; a roll that an authority has signed is never replaced",
                );
            }
        } else {
            write_new(&roll, text.as_bytes()).with_context(|| format!("{} cannot be written", roll.shown()))?;
        }
        let election = read_election(&record.source)?;
        let voters = election.roll.totals().voters();
        console.say(format!("The roll is in the record: {}.", counted(voters, "voter", "voters")));
        let warnings = election.roll.totals().warnings(manifest);
        warnings.iter().for_each(|warning| console.say(format!("warning: {warning}")));
        console.say(
            "Each office now checks and signs it with `ballotta authority sign .. --codes .. --parts ..`, and compares the \
             fingerprint of the election with the other offices:",
        );
        let fingerprint = election.context.fingerprint();
        let written = fingerprint.written();
        let value = json!({ "voters": voters, "fingerprint": fingerprint.to_string(), "written": written });
        console.answer(&written, &value)
    }
}

fn read_lists(paths: &[PathBuf], manifest: &Manifest) -> Result<Vec<PartList>> {
    paths.iter().map(|path| read_part_list(path, manifest)).collect()
}

/// The voters of the roll, in the order of handles.
fn add_up(manifest: &Manifest, lists: &[PartList]) -> Result<Vec<RollLine>> {
    combine_part_lists(manifest, lists)
        .refused()
        .remedy("give the part list of every credential authority, each once, as its office has sent it")
}

/// The part lists of all offices, and the roll that is their sum.
pub(crate) struct Combined<'a> {
    lists: &'a [PartList],
    /// The lines of the roll, in the order of handles.
    voters: Vec<RollLine>,
    /// The text of the roll.
    pub(crate) roll: String,
}

impl<'a> Combined<'a> {
    pub(crate) fn new(manifest: &Manifest, lists: &'a [PartList]) -> Result<Self> {
        let voters = add_up(manifest, lists)?;
        let roll = write_roll(manifest, voters.clone())?;
        Ok(Self { lists, voters, roll })
    }
}

/// What one of several authorities needs to sign the roll.
pub(crate) struct SigningParts<'a> {
    pub(crate) codes: &'a Path,
    pub(crate) lists: &'a [PathBuf],
    pub(crate) letters: Option<&'a Path>,
    pub(crate) out: &'a Path,
}

impl SigningParts<'_> {
    /// The file with the parts of the authority, which goes with its signature.
    fn parts_path(&self) -> PathBuf {
        let mut name = self.out.as_os_str().to_owned();
        name.push(".parts");
        name.into()
    }

    /// Checks that the roll is the sum of the lists, and that the authority's own list is that of its codes; then signs roll and
    /// parts. Writes the letters, the parts and the signature.
    pub(crate) fn sign(
        &self,
        authority: AuthorityIndex,
        key: &KeyPair,
        joint_key: &JointKey,
        election: &Election,
        console: Console,
    ) -> Result<()> {
        let parts_path = self.parts_path();
        for path in [Some(self.out), Some(&parts_path), self.letters].into_iter().flatten() {
            ensure!(path != Path::new("-"), "give a file, not `-`: a second file is written beside it");
            if exists(path)? {
                return Err(anyhow!("{} already exists", path.shown()))
                    .remedy("choose other file names: files are never overwritten");
            }
        }
        let (context, manifest) = (&election.context, election.context.manifest());
        let lists = read_lists(self.lists, manifest)?;
        let codes = PartCodes::read(self.codes, manifest)?;
        let parts = derive_all(manifest, joint_key, &codes.codes, &|| ())?;
        let own = OwnCodes { codes: &codes, parts: &parts, file: self.codes };
        let combined = Combined::new(manifest, &lists)?;
        let SignedRoll { signature, file, voter_of } = own.sign(authority, key, &combined, election)?;
        if let Some(letters) = self.letters {
            let text = codes.letters(manifest, context.fingerprint(), &voter_of)?;
            write_secret(letters, text.as_bytes()).with_context(|| format!("{} cannot be written", letters.shown()))?;
        }
        write_new(&parts_path, &file).with_context(|| format!("{} cannot be written", parts_path.shown()))?;
        message_file::write(&MessageFile::new(FileKind::RollSignature, signature.encode()), self.out)?;
        if let Some(letters) = self.letters {
            console.say(format!(
                "{} has a line with code, voter number and fingerprint for each letter. Keep this file secret.",
                letters.shown()
            ));
            console.say(ONE_OF_EACH);
        }
        console.say(format!("Send {} and {} to the board, in one call.", self.out.shown(), parts_path.shown()));
        Ok(())
    }
}

/// The codes of an office that signs the roll.
pub(crate) struct OwnCodes<'a> {
    pub(crate) codes: &'a PartCodes,
    /// The parts of credentials, derived from the codes, in their order.
    pub(crate) parts: &'a [Credential],
    /// The file of the codes, for errors.
    pub(crate) file: &'a Path,
}

/// A roll that an office has checked and signed.
pub(crate) struct SignedRoll {
    pub(crate) signature: RollSignature,
    /// The file with the parts of the office, which goes with the signature.
    pub(crate) file: Vec<u8>,
    /// The line of each voter.
    voter_of: BTreeMap<Handle, RollLine>,
}

impl OwnCodes<'_> {
    /// Checks that the roll of the election is the sum of the lists of all offices, and that the list of this office is that of its
    /// codes; then signs the roll and the parts.
    pub(crate) fn sign(
        &self,
        authority: AuthorityIndex,
        key: &KeyPair,
        combined: &Combined<'_>,
        election: &Election,
    ) -> Result<SignedRoll> {
        let Self { codes, parts, file } = self;
        let (context, manifest) = (&election.context, election.context.manifest());
        let Combined { lists, voters, roll } = combined;
        if hash_of(manifest, roll)? != *election.roll.hash() {
            return refusal("the roll of the record is not the sum of these part lists")
                .remedy("do not sign: compare the part lists with the other offices");
        }
        let own = lists.iter().find(|list| list.authority() == authority).context("the own part list is missing")?;
        if !codes.belong_to(own, parts) {
            return refusal(format!("the part list of this office is not that of the codes in {}", file.shown()))
                .remedy("do not sign: give the codes and the part list that one call of `credentials part` wrote");
        }
        let by_handle: BTreeMap<Handle, &Credential> =
            zip(&codes.members, *parts).map(|(member, part)| (member.handle, part)).collect();
        let voter_of: BTreeMap<Handle, RollLine> =
            zip(own.lines(), voters).map(|(line, voter)| (line.handle, *voter)).collect();
        let mut in_order: Vec<(&[u8; 32], &Credential)> = Vec::with_capacity(voter_of.len());
        for (handle, voter) in &voter_of {
            in_order.push((&voter.credential, by_handle.get(handle).context("a voter without a code")?));
        }
        in_order.sort_unstable_by_key(|(credential, _)| *credential);
        let in_order: Vec<&Credential> = in_order.into_iter().map(|(_, part)| part).collect();
        let rng = &mut system_rng();
        let file = write_parts_file(manifest.hash(), authority, &in_order, rng)?;
        let signature =
            RollSignature::sign_with_parts(authority, context.fingerprint(), &FileHash::of(&file), key, rng);
        Ok(SignedRoll { signature, file, voter_of })
    }
}

impl PartCodes {
    /// What `credentials issue` writes for letters, with the codes of this office. It has no handles.
    fn letters(
        &self,
        manifest: &Manifest,
        fingerprint: &Fingerprint,
        voters: &BTreeMap<Handle, RollLine>,
    ) -> Result<Zeroizing<String>> {
        let length: usize = self.members.iter().map(|member| member.further.len()).sum();
        let length = length + self.columns.len() + 192 * (self.members.len() + 1);
        let mut text = Zeroizing::new(String::with_capacity(length));
        writeln!(text, "{CODES}{}", self.columns)?;
        let fingerprint = fingerprint.written();
        for (number, (code, member)) in (1..).zip(zip(&self.codes, &self.members)) {
            let Member { handle, entitlement: Entitlement { style, weight }, further } = member;
            let credential = voters.get(handle).context("a code without a voter")?.key()?;
            let (code, voter_number) = (code.expose_text(), VoterNumber::written(&credential));
            let style = &manifest.styles()[*style].id;
            writeln!(text, "{number},{},{voter_number},{style},{weight},{fingerprint}{further}", *code)?;
        }
        Ok(text)
    }
}

fn hash_of(manifest: &Manifest, roll: &str) -> Result<RollHash> {
    let mut reader = RollReader::new(RollRules::for_manifest(manifest));
    reader.feed(roll.as_bytes(), &mut |_| ());
    Ok(*reader.finish(&mut |_| ())?.hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_codes_has_every_field_or_is_refused() {
        let members = members_of("number,code,handle,style,weight,address\n1,C,h,s,2,a,b\n").unwrap();
        assert_eq!(*members, "style,weight,handle,address\ns,2,h,a,b\n");
        let error = members_of("number,code,handle,style,weight\n1,C,h,s\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2 of the codes has no handle, style or weight");
    }
}
