//! Reads the bytes of a manifest and checks every rule. See `spec/manifest.md#rules`.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::Layout;
use super::contents::{
    BallotStyle, Closing, Contest, ElectionKind, FORMAT, LogKey, ManifestContents, OnDisqualification, Party, Privacy,
    Quorum, QuorumBase, QuorumOf, RollChanges, Schedule, ShownOrder, Software, Ties, Trustees, Weights, Witnesses,
    parse_hex, parse_key, parse_log_key,
};
use crate::SUITE;
use crate::contest::{Attachment, AttachmentType, ContestOption, People, Rule, RuleContext, Seats};
use crate::decision::{Motion, Share, Winners};
use crate::discrete_log::giant_steps;
use crate::form::{FormBuilder, Packing};
use crate::hash::FileHash;
use crate::json::{self, Distinct, JsonPath, Node, Object, ProblemLog};
use crate::limits::{
    MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_AUTHORITIES, MAX_BALLOTS_PER_CREDENTIAL, MAX_BOARD_NAME_BYTES,
    MAX_CONTESTS, MAX_ENTRY_BYTES, MAX_GIANT_STEPS, MAX_KEY_NAME_BYTES, MAX_LANGUAGES, MAX_MANIFEST_BYTES, MAX_OPTIONS,
    MAX_ROLL_CHANGES, MAX_SLOTS, MAX_STYLES, MAX_TERMS, MAX_TOTAL, MAX_TRUSTEES, MAX_VOTERS, MAX_WEIGHT,
    MAX_WITNESS_AGE, MAX_WITNESSES,
};
use crate::problem::{ManifestErrors, ManifestProblem};
use crate::text::{Text, read_distinct_id, read_distinct_title, read_key_name, read_language, read_line};
use crate::weaken::{self, Check};

/// The length of a ballot's entry without ciphertext and argument: version, fingerprint, style, weight, credential,
/// tracker of the previous entry; signature; version and kind of the entry.
const BALLOT_FRAME_BYTES: usize = (2 + 32 + 2 + 8 + 32 + 32) + 64 + (2 + 1);

/// Reads the bytes of a manifest and checks every rule.
pub(super) fn parse(bytes: &[u8]) -> Result<(ManifestContents, Layout), ManifestErrors> {
    read_document(bytes, |node, parser| parser.manifest(node))
}

/// Reads a JSON array of contests as it is written in a manifest, without the rest of the manifest.
///
/// The rules that depend on languages, weights and limits of the manifest are checked when the manifest is parsed.
///
/// # Errors
///
/// Every rule that is broken, each with the path of the value that breaks it, such as `[0].rule.max`.
pub fn parse_contests(bytes: &[u8]) -> Result<Vec<Contest>, ManifestErrors> {
    read_document(bytes, |node, parser| parser.contests(node, &mut BTreeMap::new()))
}

/// Reads the rule of a contest as it is written in a manifest, without the rest of the contest.
///
/// The conditions that depend on the contest's options and on the weights are checked when the manifest is parsed.
///
/// # Errors
///
/// Every rule that is broken, each with the path of the value that breaks it, such as `scores[0]`.
pub fn parse_rule(bytes: &[u8]) -> Result<Rule, ManifestErrors> {
    read_document(bytes, |node, parser| Rule::read(node, &parser.rule_context(None)))
}

/// Reads a JSON document with a new parser.
fn read_document<T>(
    bytes: &[u8],
    read: impl FnOnce(&Node<'_>, &mut ManifestParser) -> Option<T>,
) -> Result<T, ManifestErrors> {
    if bytes.len() > MAX_MANIFEST_BYTES {
        return Err(ManifestProblem::TooLong { found: bytes.len(), limit: MAX_MANIFEST_BYTES }.into());
    }
    let text = str::from_utf8(bytes).map_err(|error| ManifestProblem::NotUtf8 { at: error.valid_up_to() })?;
    if text.starts_with('\u{feff}') {
        return Err(ManifestProblem::ByteOrderMark.into());
    }
    let json = json::parse(text)?;
    let log = ProblemLog::default();
    let value = read(&Node::new(&json, JsonPath::root(&log)), &mut ManifestParser::default());
    // A value that cannot be read is always reported. Problems are also reported for values that can be read.
    match (value, log.into_errors()) {
        (Some(value), errors) if errors.errors().is_empty() => Ok(value),
        (_, errors) => Err(errors),
    }
}

/// The fields on which later fields of a manifest depend.
#[derive(Default)]
struct ManifestParser {
    /// The languages of all texts. `None` if they are not known.
    languages: Option<Vec<String>>,
    /// The largest weights. `None` if they are not known.
    weights: Option<Weights>,
    /// Every key that was read, of both kinds.
    keys: Distinct,
}

impl ManifestParser {
    fn manifest(&mut self, node: &Node<'_>) -> Option<(ManifestContents, Layout)> {
        let mut object = node.object()?;
        object.required("format", |node| read_constant(&node, FORMAT, ManifestProblem::UnsupportedFormat));
        object.required("suite", |node| read_constant(&node, SUITE, ManifestProblem::UnsupportedSuite));
        let election_id = object.required("election_id", |node| read_hex(&node));
        let kind = object.required("kind", |node| node.word(ElectionKind::WORDS));
        let languages = object.required("languages", |node| read_languages(&node));
        self.languages.clone_from(&languages);
        let title = object.required("title", |node| self.text(node));
        let description = object.optional("description", |node| self.text(node));
        let attachments = self.attachments(&mut object);
        let schedule = object.optional("schedule", |node| read_schedule(&node));
        let weights = object.required("weights", |node| self.weights(&node));
        self.weights.clone_from(&weights);
        let ties = object.required("ties", |node| node.word(Ties::WORDS));
        let mut ids = BTreeMap::new();
        let contests = object.required("contests", |node| {
            let contests = self.contests(&node, &mut ids)?;
            self.number_slots(node.path(), contests, ties)
        });
        let styles = object.required("styles", |node| self.styles(&node, &ids, contests.as_deref()));
        let ballots_per_credential = object.integer("ballots_per_credential", 1..=MAX_BALLOTS_PER_CREDENTIAL.into());
        let quorum = object.optional("quorum", |node| read_quorum(&node));
        let privacy = object.required("privacy", |node| read_privacy(&node));
        let closing = object.required("closing", |node| {
            let path = node.path().clone();
            node.word(Closing::WORDS).map(|closing| (closing, path))
        });
        let roll_changes = object.optional("roll_changes", |node| read_roll_changes(&node));
        let organiser = object.required("organiser", |node| {
            let mut object = node.object()?;
            let key = object.required("key", |node| self.distinct_key(&node, parse_key));
            object.finish();
            key
        });
        let credential_authorities =
            object.required("credential_authorities", |node| node.list(1..=MAX_AUTHORITIES, |node| self.party(&node)));
        let trustees = object.required("trustees", |node| self.trustees(&node));
        let board = object.required("board", |node| self.log_key(&node, MAX_BOARD_NAME_BYTES));
        let witnesses = object.required("witnesses", |node| self.witnesses(&node));
        let client_software = object.optional("client_software", |node| node.list(0..=usize::MAX, read_software));
        object.finish();

        for position in ids.values() {
            let has_contest = |(_, contests): &(BallotStyle, Vec<usize>)| contests.binary_search(position).is_ok();
            if styles.as_ref().is_some_and(|styles| !styles.iter().any(has_contest)) {
                node.path().field("contests").item(*position).report(ManifestProblem::ContestWithoutStyle);
            }
        }
        if let (Some((Closing::Witnesses, path)), Some(Witnesses { quorum: 0, .. })) = (&closing, &witnesses) {
            path.report(ManifestProblem::ClosingWithoutWitnesses);
        }
        let (contests, contest_slots) = contests?.into_iter().unzip();
        let (styles, style_contests) = styles?.into_iter().unzip();
        let layout = Layout { slots: contest_slots, styles: style_contests };
        let contents = ManifestContents {
            election_id: election_id?,
            kind: kind?,
            languages: languages?,
            title: title?,
            description: description?,
            attachments: attachments?,
            schedule: schedule?,
            contests,
            styles,
            weights: weights?,
            ballots_per_credential: ballots_per_credential?,
            ties: ties?,
            quorum: quorum?,
            privacy: privacy?,
            closing: closing?.0,
            roll_changes: roll_changes?,
            organiser: organiser?,
            credential_authorities: credential_authorities?,
            trustees: trustees?,
            board: board?,
            witnesses: witnesses?,
            client_software: client_software?.unwrap_or_default(),
        };
        Some((contents, layout))
    }

    fn text(&self, node: Node<'_>) -> Option<Text> {
        Text::read(&node, self.languages.as_deref())
    }

    /// Returns what is known about the manifest when a rule is read.
    fn rule_context<'a>(&'a self, options: Option<&'a [Option<&'a str>]>) -> RuleContext<'a> {
        RuleContext {
            options,
            max_weight: self.weights.as_ref().map(|weights| weights.max),
            total_weight: self.weights.as_ref().map(|weights| weights.total),
            languages: self.languages.as_deref(),
        }
    }

    /// Returns the packing of a contest. If the weights are not known, every weight is taken to be 1.
    fn packing(&self, contest: &Contest) -> Packing {
        match &self.weights {
            Some(weights) => contest.packing(weights),
            None => Packing::new(contest.rule.count_bound(), 1, 1),
        }
    }

    /// Reads the contests. `ids` receives the position of every contest that has an identifier, also if it is refused.
    fn contests<'a>(&self, node: &Node<'a>, ids: &mut BTreeMap<&'a str, usize>) -> Option<Vec<Contest>> {
        let mut names = Distinct::default();
        let mut position = 0;
        node.list(1..=MAX_CONTESTS, |node| {
            position += 1;
            self.contest(&node, &mut names, |id| _ = ids.entry(id).or_insert(position - 1))
        })
    }

    /// Gives each contest its slots among all slots of the election. The lot has a slot of its own, after them.
    fn number_slots(
        &self,
        path: &JsonPath<'_>,
        contests: Vec<Contest>,
        ties: Option<Ties>,
    ) -> Option<Vec<(Contest, Range<u32>)>> {
        let slots = |contest: &Contest| self.packing(contest).slots(contest.rule.counts(contest.options.len()));
        let found = contests.iter().map(slots).sum::<usize>() + usize::from(ties == Some(Ties::Lot));
        if found > MAX_SLOTS {
            return path.fail(ManifestProblem::TooManySlots { found, limit: MAX_SLOTS });
        }
        let total = self.weights.as_ref().map_or(1, |weights| weights.total);
        let alone = contests.iter().filter(|contest| self.packing(contest).per_slot() == 1);
        let steps = alone.map(|contest| {
            giant_steps(contest.rule.count_bound().saturating_mul(total)).saturating_mul(slots(contest) as u64)
        });
        let found = steps.fold(0, u64::saturating_add);
        if found > MAX_GIANT_STEPS {
            return path.fail(ManifestProblem::TotalsTooFar { found, limit: MAX_GIANT_STEPS });
        }
        let mut next = 0_u32;
        let numbered = contests.into_iter().map(|contest| {
            let first = next;
            next += slots(&contest) as u32;
            (contest, first..next)
        });
        Some(numbered.collect())
    }

    fn contest<'a>(&self, node: &Node<'a>, names: &mut Distinct, mut named: impl FnMut(&'a str)) -> Option<Contest> {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, names);
        if let Some(id) = id {
            named(id);
        }
        let title = object.required("title", |node| self.text(node));
        let description = object.optional("description", |node| self.text(node));
        let attachments = self.attachments(&mut object);
        let option_ids = object.names("options");
        let known = self.rule_context(option_ids.as_deref());
        let rule = object.required("rule", |node| {
            let rule = Rule::read(&node, &known)?;
            let total = self.weights.as_ref().map_or(1, |weights| weights.total);
            let found = u128::from(rule.count_bound()) * u128::from(total);
            if found > u128::from(MAX_TOTAL) {
                node.path().report(ManifestProblem::TotalTooLarge { found, limit: MAX_TOTAL });
            }
            Some(rule)
        });
        let winners = object.optional("winners", |node| {
            if let Some(Rule::Lists(_)) = rule {
                return node.path().fail(ManifestProblem::WinnersOfLists);
            }
            Winners::read(&node, known.options, known.languages)
        });
        let passes = object.optional("passes", |node| {
            match &rule {
                Some(Rule::Choose(choose)) if choose.max > 1 => return node.path().fail(ManifestProblem::NotAMotion),
                Some(Rule::Choose(_) | Rule::Split(_)) | None => {}
                Some(_) => return node.path().fail(ManifestProblem::NotAMotion),
            }
            if let Some(Some(_)) = winners {
                return node.path().fail(ManifestProblem::WinnersOfMotion);
            }
            Motion::read(&node, known.options)
        });
        let order = object.optional("order", |node| {
            // The order of a list says who takes its seats, so that voters must see it.
            let decides = |seats: Seats| seats.people != People::Preferences;
            match &rule {
                Some(Rule::Lists(lists)) if lists.seats.is_some_and(decides) => {
                    node.path().fail(ManifestProblem::OrderOfLists)
                }
                _ => node.word(ShownOrder::WORDS),
            }
        });
        let mut ids = Distinct::default();
        let mut titles = Distinct::default();
        let options = object
            .required("options", |node| node.list(1..=MAX_OPTIONS, |node| self.option(&node, &mut ids, &mut titles)));
        object.finish();
        Some(Contest {
            id: id?.into(),
            title: title?,
            description: description?,
            attachments: attachments?,
            rule: rule?,
            winners: winners?,
            passes: passes?,
            order: order?,
            options: options?,
        })
    }

    fn option<'a>(&self, node: &Node<'a>, ids: &mut Distinct, titles: &mut Distinct) -> Option<ContestOption> {
        let mut object = node.object()?;
        let id = read_distinct_id(&mut object, ids);
        let title = object.required("title", |node| read_distinct_title(&node, self.languages.as_deref(), titles));
        let description = object.optional("description", |node| self.text(node));
        let attachments = self.attachments(&mut object);
        object.finish();
        Some(ContestOption { id: id?.into(), title: title?, description: description?, attachments: attachments? })
    }

    /// Reads the attachments of the manifest, of a contest or of an option. No two have the same hash.
    fn attachments(&self, object: &mut Object<'_>) -> Option<Vec<Attachment>> {
        let mut hashes = Distinct::default();
        let attachments = object.optional("attachments", |node| {
            node.list(0..=MAX_ATTACHMENTS, |node| {
                let mut object = node.object()?;
                let title = object.required("title", |node| self.text(node));
                let kind = object.required("type", |node| node.word(AttachmentType::WORDS));
                let length = object.integer("length", 1..=MAX_ATTACHMENT_BYTES as u64);
                let sha256 = object.required("sha256", |node| {
                    let hash = read_hex(&node)?;
                    hashes.insert(node.string()?, node.path(), |first| ManifestProblem::RepeatedAttachment { first });
                    Some(FileHash::from_bytes(hash))
                });
                object.finish();
                Some(Attachment { title: title?, kind: kind?, length: length?, sha256: sha256? })
            })
        });
        Some(attachments?.unwrap_or_default())
    }

    /// Reads the styles, each with the positions of its contests. `ids` contains the positions of all contests.
    /// `contests` is `None` if one of them was refused.
    fn styles(
        &self,
        node: &Node<'_>,
        ids: &BTreeMap<&str, usize>,
        contests: Option<&[(Contest, Range<u32>)]>,
    ) -> Option<Vec<(BallotStyle, Vec<usize>)>> {
        let mut names = Distinct::default();
        let terms: Vec<usize> = contests.unwrap_or_default().iter().map(|contest| self.terms(contest)).collect();
        let mut found = 0_usize;
        let styles = node.list(1..=MAX_STYLES, |node| {
            let mut object = node.object()?;
            let id = read_distinct_id(&mut object, &mut names);
            let (contest_ids, positions) = object.required("contests", |node| read_style_contests(&node, ids)).unzip();
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
            Some((BallotStyle { id: id?.into(), contests: contest_ids? }, positions?))
        });
        if found > MAX_TERMS {
            node.path().report(ManifestProblem::TooManyTerms { found, limit: MAX_TERMS });
        }
        styles
    }

    /// Returns the number of terms of a contest in a form. Returns 0 for a contest that is too large for a ballot,
    /// because it is refused anyway.
    fn terms(&self, contest: &(Contest, Range<u32>)) -> usize {
        if ballot_bytes(core::iter::once(contest)) > MAX_ENTRY_BYTES {
            return 0;
        }
        let (contest, _) = contest;
        let mut builder = FormBuilder::new();
        builder.pack(self.packing(contest));
        contest.rule.compile(&contest.options, &mut builder);
        builder.terms()
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
        // Continuing without a dealer needs complaints, which this draft does not have.
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
        let max_age = object.optional("max_age", |node| {
            if quorum == Some(0) {
                node.path().report(ManifestProblem::AgeWithoutWitnesses);
            }
            node.integer(1..=MAX_WITNESS_AGE)
        });
        let members = object
            .required("members", |node| node.list(0..=MAX_WITNESSES, |node| self.log_key(&node, MAX_KEY_NAME_BYTES)));
        object.finish();
        Some(Witnesses { quorum: quorum?, max_age: max_age?, members: members? })
    }

    fn party(&mut self, node: &Node<'_>) -> Option<Party> {
        let mut object = node.object()?;
        let name = object.required("name", |node| read_line(&node));
        let key = object.required("key", |node| self.distinct_key(&node, parse_key));
        object.finish();
        Some(Party { name: name?.into(), key: key? })
    }

    fn log_key(&mut self, node: &Node<'_>, most_bytes: usize) -> Option<LogKey> {
        let mut object = node.object()?;
        let name = object.required("name", |node| read_key_name(&node, most_bytes));
        let key = object.required("key", |node| self.distinct_key(&node, parse_log_key));
        object.finish();
        Some(LogKey { name: name?.into(), key: key? })
    }

    /// Reads a key, and reports it if it appeared before in the manifest.
    fn distinct_key<T>(&mut self, node: &Node<'_>, parse: fn(&str) -> Result<T, ManifestProblem>) -> Option<T> {
        let text = node.string()?;
        let key = node.path().check(parse(text))?;
        // Comparing texts is enough, because a key has only one text.
        if weaken::is_on(Check::KeyReuse) {
            self.keys.insert(text, node.path(), |first| ManifestProblem::KeyReuse { first });
        }
        Some(key)
    }
}

/// Reads a field whose value is fixed.
fn read_constant(node: &Node<'_>, expected: &str, problem: ManifestProblem) -> Option<()> {
    if node.string()? == expected { Some(()) } else { node.path().fail(problem) }
}

fn read_hex(node: &Node<'_>) -> Option<[u8; 32]> {
    node.path().check(parse_hex(node.string()?))
}

/// Reads the tags of languages. They must differ in more than case (BCP 47).
fn read_languages(node: &Node<'_>) -> Option<Vec<String>> {
    let mut distinct = Distinct::default();
    node.list(1..=MAX_LANGUAGES, |node| {
        let language = read_language(&node)?;
        distinct
            .insert(&language.to_ascii_lowercase(), node.path(), |first| ManifestProblem::RepeatedLanguage { first });
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

/// Reads the contests of a style: their identifiers and their positions, ascending.
fn read_style_contests(node: &Node<'_>, ids: &BTreeMap<&str, usize>) -> Option<(Vec<String>, Vec<usize>)> {
    let mut last = None;
    let contests = node.list(1..=MAX_CONTESTS, |node| {
        let id = node.string()?;
        let Some(position) = ids.get(id).copied() else {
            return node.path().fail(ManifestProblem::UnknownContest);
        };
        if last.replace(position).is_some_and(|last| last >= position) {
            return node.path().fail(ManifestProblem::ContestOrder);
        }
        Some((String::from(id), position))
    });
    Some(contests?.into_iter().unzip())
}

/// Returns the length of the entry of a signed ballot of these contests, in bytes. If it is within the limit of an
/// entry, the form is within its limits, too.
fn ballot_bytes<'c>(contests: impl Iterator<Item = &'c (Contest, Range<u32>)>) -> usize {
    contests.fold(BALLOT_FRAME_BYTES + 32 + 192, |bytes, (contest, slots)| {
        bytes + 32 * (slots.len() + contest.rule.bits(contest.options.len()))
    })
}

fn read_quorum(node: &Node<'_>) -> Option<Quorum> {
    let mut object = node.object()?;
    let of = object.required("of", |node| node.word(QuorumOf::WORDS));
    let base = object.required("base", |node| node.word(QuorumBase::WORDS));
    let share = Share::read(&mut object);
    object.finish();
    let Share { rule, fraction } = share?;
    Some(Quorum { of: of?, base: base?, rule, fraction })
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

fn read_roll_changes(node: &Node<'_>) -> Option<RollChanges> {
    let mut object = node.object()?;
    let number = object.integer("number", 1..=MAX_ROLL_CHANGES);
    let weight = object.integer("weight", 1..=MAX_TOTAL);
    object.finish();
    Some(RollChanges { number: number?, weight: weight? })
}

fn read_software(node: Node<'_>) -> Option<Software> {
    let mut object = node.object()?;
    let name = object.required("name", |node| read_line(&node));
    let sha256 = object.required("sha256", |node| read_hex(&node));
    object.finish();
    Some(Software { name: name?.into(), sha256: FileHash::from_bytes(sha256?) })
}
