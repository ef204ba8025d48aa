//! From bytes to a manifest whose rules all hold. See `spec/manifest.md#rules`.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;

use super::{
    Closing, Contents, Contest, ElectionKind, FORMAT, LogKey, OnDisqualification, Party, Privacy, Quorum, QuorumBase,
    QuorumOf, QuorumRule, Revoting, RollChanges, Schedule, Software, Style, Trustees, Weights, Witnesses,
};
use crate::SUITE;
use crate::contest::{ContestOption, Rule, Surroundings};
use crate::form::{FormBuilder, Packing};
use crate::group::PublicElement;
use crate::hash::{FileHash, parse_hex32};
use crate::json::{Distinct, Json, JsonPath, Node, ProblemLog, parse};
use crate::limits::{
    MAX_AUTHORITIES, MAX_CONTESTS, MAX_ENTRY_BYTES, MAX_LANGUAGES, MAX_MANIFEST_BYTES, MAX_OPTIONS, MAX_SLOTS,
    MAX_STYLES, MAX_TERMS, MAX_TOTAL, MAX_TRUSTEES, MAX_VOTERS, MAX_WEIGHT, MAX_WITNESSES,
};
use crate::problem::{ManifestErrors, ManifestProblem};
use crate::text::{Text, read_distinct_id, read_distinct_title, read_language, read_line, read_origin};
use crate::weaken::{self, Check};

/// The bytes of an entry of a signed ballot besides ciphertext and argument: version, fingerprint, style, weight,
/// credential, tracker of the previous entry; signature; version and kind of the entry.
const BALLOT_FRAME_BYTES: usize = (2 + 32 + 2 + 8 + 32 + 32) + 64 + (2 + 1);

pub(super) fn read(bytes: &[u8]) -> Result<Contents, ManifestErrors> {
    let json = read_document(bytes)?;
    let log = ProblemLog::default();
    let contents = ManifestParser { languages: None, weights: None, keys: Distinct::default() }
        .manifest(&Node::new(&json, JsonPath::root(&log)));
    // A fault never comes without a report; a report may come without anything that cannot be read.
    match (contents, log.into_errors()) {
        (Some(contents), errors) if errors.errors().is_empty() => Ok(contents),
        (_, errors) => Err(errors),
    }
}

fn read_document(bytes: &[u8]) -> Result<Json, ManifestProblem> {
    if bytes.len() > MAX_MANIFEST_BYTES {
        return Err(ManifestProblem::TooLong { found: bytes.len(), limit: MAX_MANIFEST_BYTES });
    }
    let text = str::from_utf8(bytes).map_err(|error| ManifestProblem::NotUtf8 { at: error.valid_up_to() })?;
    if text.starts_with('\u{feff}') {
        return Err(ManifestProblem::ByteOrderMark);
    }
    parse(text)
}

/// What later fields need to know of earlier ones.
struct ManifestParser {
    /// `None`, if they are broken.
    languages: Option<Vec<String>>,
    /// The largest weights, of a voter and of all; `None`, if they are broken.
    weights: Option<(u64, u64)>,
    /// Every key that the manifest trusts, of either kind.
    keys: Distinct,
}

impl ManifestParser {
    fn manifest(&mut self, node: &Node<'_>) -> Option<Contents> {
        let mut object = node.object()?;
        object.required("format", |node| read_constant(&node, FORMAT, ManifestProblem::UnsupportedFormat));
        object.required("suite", |node| read_constant(&node, SUITE, ManifestProblem::UnsupportedSuite));
        let election_id = object.required("election_id", |node| read_hex(&node));
        let kind = object.required("kind", |node| node.word(ElectionKind::WORDS));
        let languages = object.required("languages", |node| read_languages(&node));
        self.languages.clone_from(&languages);
        let title = object.required("title", |node| self.text(node));
        let description = object.optional("description", |node| self.text(node));
        let schedule = object.optional("schedule", |node| read_schedule(&node));
        let weights = object.required("weights", |node| self.weights(&node));
        self.weights = weights.as_ref().map(|weights| (weights.max, weights.total));
        let mut ids = BTreeMap::new();
        let contests = object.required("contests", |node| self.contests(&node, &mut ids));
        let styles = object.required("styles", |node| read_styles(&node, &ids, contests.as_deref()));
        let revoting = object.required("revoting", |node| node.word(Revoting::WORDS));
        let quorum = object.optional("quorum", |node| read_quorum(&node));
        let privacy = object.required("privacy", |node| read_privacy(&node));
        let closing = object.required("closing", |node| {
            let path = node.path().clone();
            node.word(Closing::WORDS).map(|closing| (closing, path))
        });
        let roll_changes_until = object.required("roll_changes_until", |node| match node.word(RollChanges::WORDS)? {
            RollChanges::Open => Some(RollChanges::Open),
            RollChanges::Close => node.path().fail(ManifestProblem::Unsupported),
        });
        let organiser = object.required("organiser", |node| {
            let mut object = node.object()?;
            let key = object.required("key", |node| self.key(&node));
            object.finish();
            key
        });
        let credential_authorities =
            object.required("credential_authorities", |node| node.list(1..=MAX_AUTHORITIES, |node| self.party(&node)));
        let trustees = object.required("trustees", |node| self.trustees(&node));
        let board = object.required("board", |node| self.log_key(&node, "origin"));
        let witnesses = object.required("witnesses", |node| self.witnesses(&node));
        let client_software = object.optional("client_software", |node| node.list(0..=usize::MAX, read_software));
        object.finish();

        for position in ids.values() {
            let holds = |style: &Style| style.contests.binary_search(position).is_ok();
            if styles.as_ref().is_some_and(|styles| !styles.iter().any(holds)) {
                node.path().field("contests").item(*position).report(ManifestProblem::ContestWithoutStyle);
            }
        }
        if let (Some((Closing::Witnesses, path)), Some(Witnesses { quorum: 0, .. })) = (&closing, &witnesses) {
            path.report(ManifestProblem::ClosingWithoutWitnesses);
        }
        Some(Contents {
            election_id: election_id?,
            kind: kind?,
            languages: languages?,
            title: title?,
            description: description?,
            schedule: schedule?,
            contests: contests?,
            styles: styles?,
            weights: weights?,
            revoting: revoting?,
            quorum: quorum?,
            privacy: privacy?,
            closing: closing?.0,
            roll_changes_until: roll_changes_until?,
            organiser: organiser?,
            credential_authorities: credential_authorities?,
            trustees: trustees?,
            board: board?,
            witnesses: witnesses?,
            client_software: client_software?.unwrap_or_default(),
        })
    }

    fn text(&self, node: Node<'_>) -> Option<Text> {
        Text::read(&node, self.languages.as_deref())
    }

    /// Reads the contests and numbers their slots. `ids` receives the position of every contest that has a name, broken
    /// or not.
    fn contests<'a>(&self, node: &Node<'a>, ids: &mut BTreeMap<&'a str, usize>) -> Option<Vec<Contest>> {
        let mut names = Distinct::default();
        let mut position = 0;
        let mut contests = node.list(1..=MAX_CONTESTS, |node| {
            position += 1;
            self.contest(&node, &mut names, |id| _ = ids.entry(id).or_insert(position - 1))
        })?;
        let mut slots = 0_usize;
        for contest in &mut contests {
            let first = slots;
            slots += contest.packing.slots(contest.rule.counts(contest.options.len()));
            contest.slots = u32::try_from(first).ok()?..u32::try_from(slots).ok()?;
        }
        if slots > MAX_SLOTS {
            return node.path().fail(ManifestProblem::TooManySlots { found: slots, limit: MAX_SLOTS });
        }
        Some(contests)
    }

    fn contest<'a>(&self, node: &Node<'a>, names: &mut Distinct, mut named: impl FnMut(&'a str)) -> Option<Contest> {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, names);
        if let Some(id) = id {
            named(id);
        }
        let title = object.required("title", |node| self.text(node));
        let description = object.optional("description", |node| self.text(node));
        let option_ids = object.names("options");
        let known = Surroundings {
            options: option_ids.as_deref(),
            max_weight: self.weights.map(|(max, _)| max),
            total_weight: self.weights.map(|(_, total)| total),
            languages: self.languages.as_deref(),
        };
        let rule = object.required("rule", |node| Rule::read(&node, &known));
        let (max, total) = self.weights.unwrap_or((1, 1));
        if let Some(rule) = &rule {
            let found = u128::from(rule.count_bound()) * u128::from(total);
            if found > u128::from(MAX_TOTAL) {
                object.path().field("rule").report(ManifestProblem::TotalTooLarge { found, limit: MAX_TOTAL });
            }
        }
        let mut ids = Distinct::default();
        let mut titles = Distinct::default();
        let options = object
            .required("options", |node| node.list(1..=MAX_OPTIONS, |node| self.option(&node, &mut ids, &mut titles)));
        object.finish();
        let packing = rule.as_ref().map(|rule| Packing::new(rule.count_bound(), max, total));
        Some(Contest {
            id: id?.into(),
            title: title?,
            description: description?,
            rule: rule?,
            options: options?,
            packing: packing?,
            slots: 0..0,
        })
    }

    fn option<'a>(&self, node: &Node<'a>, ids: &mut Distinct, titles: &mut Distinct) -> Option<ContestOption> {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, ids);
        let title = object.required("title", |node| read_distinct_title(&node, self.languages.as_deref(), titles));
        let description = object.optional("description", |node| self.text(node));
        object.finish();
        Some(ContestOption { id: id?.into(), title: title?, description: description? })
    }

    fn weights(&self, node: &Node<'_>) -> Option<Weights> {
        let mut object = node.object()?;
        let unit = object.required("unit", |node| self.text(node));
        let max = object.integer("max", 1..=MAX_WEIGHT);
        let total = object.integer("total", max.unwrap_or(1)..=MAX_TOTAL);
        object.finish();
        Some(Weights { unit: unit?, max: max?, total: total? })
    }

    fn trustees(&mut self, node: &Node<'_>) -> Option<Trustees> {
        let mut object = node.object()?;
        let count = object.length("members").unwrap_or(MAX_TRUSTEES).clamp(1, MAX_TRUSTEES) as u64;
        let threshold = object.integer("threshold", 1..=count);
        let fewest = threshold.map_or(1, u64::from);
        let minimum_confirmed = object.integer("minimum_confirmed", fewest..=count);
        // To go on without a dealer is for the complaints that this draft does not have.
        let on_disqualification =
            object.required("on_disqualification", |node| match node.word(OnDisqualification::WORDS)? {
                OnDisqualification::NewAttempt => Some(OnDisqualification::NewAttempt),
                OnDisqualification::Continue => node.path().fail(ManifestProblem::Unsupported),
            });
        let members = object.required("members", |node| node.list(1..=MAX_TRUSTEES, |node| self.party(&node)));
        object.finish();
        Some(Trustees {
            threshold: threshold?,
            minimum_confirmed: minimum_confirmed?,
            on_disqualification: on_disqualification?,
            members: members?,
        })
    }

    fn witnesses(&mut self, node: &Node<'_>) -> Option<Witnesses> {
        let mut object = node.object()?;
        let count = object.length("members").unwrap_or(MAX_WITNESSES) as u64;
        let quorum = object.integer("quorum", 0..=count);
        let members =
            object.required("members", |node| node.list(0..=MAX_WITNESSES, |node| self.log_key(&node, "name")));
        object.finish();
        Some(Witnesses { quorum: quorum?, members: members? })
    }

    fn party(&mut self, node: &Node<'_>) -> Option<Party> {
        let mut object = node.object()?;
        let name = object.required("name", |node| read_line(&node));
        let key = object.required("key", |node| self.key(&node));
        object.finish();
        Some(Party { name: name?.into(), key: key? })
    }

    fn log_key(&mut self, node: &Node<'_>, name: &str) -> Option<LogKey> {
        let mut object = node.object()?;
        let name = object.required(name, |node| read_origin(&node));
        let key = object.required("key", |node| self.ed25519_key(&node));
        object.finish();
        Some(LogKey { name: name?.into(), key: key? })
    }

    fn key(&mut self, node: &Node<'_>) -> Option<PublicElement> {
        let bytes = read_hex(node)?;
        let Some(key) = PublicElement::from_canonical(&bytes) else {
            return node.path().fail(ManifestProblem::InvalidElement);
        };
        if key.is_identity() && weaken::is_on(Check::RefuseIdentity) {
            return node.path().fail(ManifestProblem::IdentityElement);
        }
        self.distinct_key(node);
        Some(key)
    }

    fn ed25519_key(&mut self, node: &Node<'_>) -> Option<VerifyingKey> {
        let bytes = read_hex(node)?;
        // Decompression forgives bytes that are not canonical: one key, two encodings, two witnesses.
        let canonical = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == bytes;
        let Some(key) = VerifyingKey::from_bytes(&bytes).ok().filter(canonical) else {
            return node.path().fail(ManifestProblem::InvalidEd25519Key);
        };
        if key.is_weak() {
            return node.path().fail(ManifestProblem::WeakEd25519Key);
        }
        // Notes refuse such a key, so that a board which has it could never sign a checkpoint.
        if !key.to_edwards().is_torsion_free() {
            return node.path().fail(ManifestProblem::InvalidEd25519Key);
        }
        self.distinct_key(node);
        Some(key)
    }

    /// No key serves two purposes or two parties.
    fn distinct_key(&mut self, node: &Node<'_>) {
        // A key is written in one way only.
        let key = node.string().unwrap_or_default();
        self.keys.take(key, node.path(), |first| ManifestProblem::KeyReuse { first });
    }
}

/// Reads a field that has one value.
fn read_constant(node: &Node<'_>, expected: &str, problem: ManifestProblem) -> Option<()> {
    if node.string()? == expected { Some(()) } else { node.path().fail(problem) }
}

fn read_hex(node: &Node<'_>) -> Option<[u8; 32]> {
    match parse_hex32(node.string()?) {
        Ok(bytes) => Some(bytes),
        Err(_) => node.path().fail(ManifestProblem::BadHex),
    }
}

/// Tags of languages are alike whatever their case (BCP 47).
fn read_languages(node: &Node<'_>) -> Option<Vec<String>> {
    let mut distinct = Distinct::default();
    node.list(1..=MAX_LANGUAGES, |node| {
        let language = read_language(&node)?;
        distinct.take(&language.to_ascii_lowercase(), node.path(), |first| ManifestProblem::RepeatedLanguage { first });
        Some(language.into())
    })
}

fn read_schedule(node: &Node<'_>) -> Option<Schedule> {
    let mut object = node.object()?;
    let opens = object.required("opens", |node| read_line(&node));
    let closes = object.required("closes", |node| read_line(&node));
    object.finish();
    Some(Schedule { opens: opens?.into(), closes: closes?.into() })
}

/// Reads the styles. `ids` are the positions of the contests; `contests` are `None`, if one of them is broken.
fn read_styles(node: &Node<'_>, ids: &BTreeMap<&str, usize>, contests: Option<&[Contest]>) -> Option<Vec<Style>> {
    let mut names = Distinct::default();
    let terms: Vec<usize> = contests.unwrap_or_default().iter().map(terms).collect();
    let mut found = 0_usize;
    let styles = node.list(1..=MAX_STYLES, |node| {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, &mut names);
        let positions = object.required("contests", |node| read_style_contests(&node, ids));
        object.finish();
        if let (Some(positions), Some(contests)) = (&positions, contests) {
            let found = ballot_bytes(positions.iter().filter_map(|position| contests.get(*position)));
            if found > MAX_ENTRY_BYTES {
                node.path().report(ManifestProblem::BallotTooLarge { found, limit: MAX_ENTRY_BYTES });
            }
        }
        for terms in positions.iter().flatten().filter_map(|position| terms.get(*position)) {
            found = found.saturating_add(*terms);
        }
        Some(Style { id: id?.into(), contests: positions? })
    });
    if found > MAX_TERMS {
        node.path().report(ManifestProblem::TooManyTerms { found, limit: MAX_TERMS });
    }
    styles
}

/// How many terms a contest has in the form of each style. A contest that fits no ballot is refused anyway.
fn terms(contest: &Contest) -> usize {
    if ballot_bytes(core::iter::once(contest)) > MAX_ENTRY_BYTES {
        return 0;
    }
    let mut builder = FormBuilder::new();
    builder.pack(contest.packing);
    contest.rule.compile(&contest.options, &mut builder);
    builder.terms()
}

/// The positions of the contests of a style, ascending.
fn read_style_contests(node: &Node<'_>, ids: &BTreeMap<&str, usize>) -> Option<Vec<usize>> {
    let mut last = None;
    node.list(1..=MAX_CONTESTS, |node| {
        let Some(position) = ids.get(node.string()?).copied() else {
            return node.path().fail(ManifestProblem::UnknownContest);
        };
        if last.replace(position).is_some_and(|last| last >= position) {
            return node.path().fail(ManifestProblem::ContestOrder);
        }
        Some(position)
    })
}

/// How long a signed ballot of these contests is. That it fits an entry of the board keeps the form within its limits, too.
fn ballot_bytes<'c>(contests: impl Iterator<Item = &'c Contest>) -> usize {
    contests.fold(BALLOT_FRAME_BYTES + 32 + 192, |bytes, contest| {
        bytes + 32 * (contest.slots.len() + contest.rule.bits(contest.options.len()))
    })
}

fn read_quorum(node: &Node<'_>) -> Option<Quorum> {
    let mut object = node.object()?;
    let of = object.required("of", |node| node.word(QuorumOf::WORDS));
    let base = object.required("base", |node| node.word(QuorumBase::WORDS));
    let rule = object.required("rule", |node| node.word(QuorumRule::WORDS));
    let fraction = object.required("fraction", |node| {
        let parts: Vec<u32> = node.list(2..=2, |node| node.integer(1..=u32::MAX.into()))?;
        let [numerator, denominator] = parts.try_into().ok()?;
        if numerator > denominator {
            return node.path().fail(ManifestProblem::FractionAboveOne { numerator, denominator });
        }
        Some([numerator, denominator])
    });
    object.finish();
    Some(Quorum { of: of?, base: base?, rule: rule?, fraction: fraction? })
}

fn read_privacy(node: &Node<'_>) -> Option<Privacy> {
    let mut object = node.object()?;
    let minimum_counted_ballots = object.integer("minimum_counted_ballots", 1..=MAX_VOTERS);
    let minimum_ballots_per_weight = object.integer("minimum_ballots_per_weight", 1..=MAX_VOTERS);
    object.finish();
    Some(Privacy {
        minimum_counted_ballots: minimum_counted_ballots?,
        minimum_ballots_per_weight: minimum_ballots_per_weight?,
    })
}

fn read_software(node: Node<'_>) -> Option<Software> {
    let mut object = node.object()?;
    let name = object.required("name", |node| read_line(&node));
    let sha256 = object.required("sha256", |node| read_hex(&node));
    object.finish();
    Some(Software { name: name?.into(), sha256: FileHash::from_bytes(sha256?) })
}
