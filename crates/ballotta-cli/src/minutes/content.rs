//! What the minutes say of an election: only what the verifier established, and what the manifest says that it verified.

use ballotta::SUITE;
use ballotta::ballot::Window;
use ballotta::contest::ContestOption;
use ballotta::credential::{ChangeCounts, RollTotals};
use ballotta::decision::LotSeed;
use ballotta::manifest::{
    Closing, ElectionKind, Manifest, Quorum, QuorumBase, QuorumOf, QuorumRule, RollChanges, Text, Ties,
};
use ballotta::merkle::TreeHead;
use ballotta::record::ResultDocument;
use ballotta::verifier::{Cancelled, CheckId, CheckReport, Effect, Failure, Place, Report, Role, Status, Verdict};

use super::contests;
use super::model::{Block, Column, Line, Minutes, Section, Signatures, Span, Table, Tone};
use super::words::{self, Language, Words};

/// More failures than these are only counted.
const MOST_FAILURES: usize = 200;

/// How many digits of a key, of a root or of a lot are enough to compare it by eye.
const SHORT: usize = 16;

/// For how many members of a commission there is place.
const SIGNERS: usize = 5;

/// What a verification established.
pub(super) struct Facts<'a> {
    /// The manifest, if it could be read.
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) report: &'a Report,
    /// Where the board was opened and closed, if the entries were read that the verifier has read.
    pub(super) window: Option<Window>,
    /// Where changes of the roll were cut off, if the window is known and the organiser did so.
    pub(super) cut_off: Option<u64>,
    /// The totals of the roll at the opening, before its changes.
    pub(super) opening_roll: Option<&'a RollTotals>,
    /// The head of the whole board.
    pub(super) head: Option<TreeHead>,
    /// The head of the board at the close.
    pub(super) close: Option<TreeHead>,
    /// The trustees with a valid statement of the tally that the verifier computed.
    pub(super) statements: Vec<u16>,
    /// The witnesses who cosigned the head at the close, if the closing rule asks for them and is satisfied.
    pub(super) cosigners: Vec<u16>,
    /// The trustees with a valid partial decryption.
    pub(super) decryptions: Vec<u16>,
}

impl Facts<'_> {
    /// The result, if the record holds.
    fn result(&self) -> Option<&ResultDocument> {
        self.report.result.as_ref().filter(|_| self.report.holds())
    }

    fn is_rehearsal(&self) -> bool {
        self.manifest.is_some_and(|manifest| manifest.kind() == ElectionKind::Rehearsal)
    }
}

/// The minutes of an election.
pub(super) fn minutes(facts: &Facts<'_>, language: Language) -> Minutes {
    let writer = Writer::new(facts, language);
    let mut before = Vec::new();
    let mut after = Vec::new();
    // That there is no result is said before anything else.
    if facts.report.holds() { &mut after } else { &mut before }.push(writer.verdict());
    before.extend(writer.cancelled());
    if facts.is_rehearsal() {
        before.push(Block::Notice(Tone::Rehearsal, vec![writer.strong(words::REHEARSAL)]));
    }
    let title = match facts.manifest {
        Some(manifest) => writer.text(manifest.title()),
        None => Span::Text(language.word(words::AN_ELECTION)),
    };
    let mut sections = vec![writer.election()];
    if let Some(manifest) = facts.manifest {
        sections.push(writer.rules(manifest));
        sections.push(writer.keys(manifest));
    }
    if let (Some(manifest), Some(result)) = (facts.manifest, facts.result()) {
        sections.push(writer.turnout(manifest, result));
        sections.push(writer.result(manifest, result));
        sections.extend(writer.lot(manifest, result));
    }
    sections.push(writer.failures());
    sections.push(writer.checks());
    sections.push(writer.board());
    sections.push(writer.how());
    sections.push(writer.signatures());
    Minutes {
        language,
        before,
        title: language.say(words::MINUTES_OF, &[("title", &[title])]),
        after,
        sections,
        foot: writer.foot(),
    }
}

/// Writes the minutes in one language.
pub(super) struct Writer<'a> {
    facts: &'a Facts<'a>,
    pub(super) language: Language,
    /// The language of the texts of the manifest.
    texts: &'a str,
}

impl<'a> Writer<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, language: Language) -> Self {
        let languages = facts.manifest.map_or(&[] as &[String], |manifest| manifest.languages());
        let fitting = languages.iter().find(|tag| Language::of(tag) == Some(language));
        Self { facts, language, texts: fitting.or(languages.first()).map_or("", String::as_str) }
    }

    pub(super) fn word(&self, words: Words) -> Line {
        vec![Span::Text(self.language.word(words))]
    }

    pub(super) fn strong(&self, words: Words) -> Span {
        Span::Strong(self.language.word(words))
    }

    pub(super) fn say(&self, words: Words, values: &[(&str, &[Span])]) -> Line {
        self.language.say(words, values)
    }

    pub(super) fn tell(&self, words: Words, values: &[(&str, String)]) -> Line {
        self.language.tell(words, values)
    }

    pub(super) fn number(&self, number: impl Into<u64>) -> String {
        self.language.number(number.into())
    }

    /// A text of the manifest, in the language of the minutes if the manifest has it.
    pub(super) fn text(&self, text: &Text) -> Span {
        let foreign = Language::of(self.texts) != Some(self.language);
        // Every text of a manifest has all its languages.
        Span::name(text.get(self.texts).unwrap_or_default(), foreign.then_some(self.texts))
    }

    pub(super) fn column(&self, title: Words) -> Column {
        Column { title: self.word(title), is_number: false }
    }

    pub(super) fn numbers(&self, title: Words) -> Column {
        Column { title: self.word(title), is_number: true }
    }

    pub(super) fn section(&self, heading: Words, blocks: Vec<Block>) -> Section {
        Section { heading: self.language.word(heading), blocks }
    }

    pub(super) fn paragraph(&self, words: Words) -> Block {
        Block::Paragraph(self.word(words))
    }

    fn verdict(&self) -> Block {
        match self.facts.report.verdict {
            Some(verdict @ (Verdict::Holds | Verdict::HoldsWithFindings)) => {
                let words = match (verdict, &self.facts.report.cancelled) {
                    (Verdict::Holds, None) => words::HOLDS,
                    (_, None) => words::HOLDS_WITH_FINDINGS,
                    (Verdict::Holds, Some(_)) => words::HOLDS_CANCELLED,
                    (_, Some(_)) => words::HOLDS_CANCELLED_FINDINGS,
                };
                Block::Notice(Tone::Good, vec![self.strong(words)])
            }
            Some(Verdict::NotComplete) => {
                let is_cancelled = self.facts.report.cancelled.is_some();
                let words = if is_cancelled { words::NOT_COMPLETE_CANCELLED } else { words::NOT_COMPLETE };
                let mut line = vec![self.strong(words)];
                let awaited = self.facts.report.awaited();
                if !awaited.is_empty() {
                    line.push(Span::Text(" ".into()));
                    line.extend(self.say(words::AWAITED, &[("who", &self.roles(&awaited))]));
                }
                Block::Notice(Tone::Open, line)
            }
            Some(Verdict::DoesNotHold) | None => Block::Notice(Tone::Bad, vec![self.strong(words::DOES_NOT_HOLD)]),
        }
    }

    /// The cancellation of the election, unless the record is wrong. Nothing comes after it.
    fn cancellation(&self) -> Option<&Cancelled> {
        let is_wrong = matches!(self.facts.report.verdict, Some(Verdict::DoesNotHold) | None);
        self.facts.report.cancelled.as_ref().filter(|_| !is_wrong)
    }

    /// That the organiser has cancelled the election, and why.
    fn cancelled(&self) -> Option<Block> {
        let Cancelled { reason, .. } = self.cancellation()?;
        let mut line = vec![self.strong(words::CANCELLED), Span::Text(" ".into())];
        line.extend(self.say(words::CANCELLED_BECAUSE, &[("reason", &[Span::name(reason, None)])]));
        Some(Block::Notice(Tone::Open, line))
    }

    fn foot(&self) -> String {
        let verdict = match self.facts.report.verdict {
            Some(Verdict::Holds | Verdict::HoldsWithFindings) => {
                self.facts.report.cancelled.as_ref().map(|_| words::FOOT_CANCELLED)
            }
            Some(Verdict::NotComplete) => Some(words::FOOT_NOT_COMPLETE),
            Some(Verdict::DoesNotHold) | None => Some(words::FOOT_DOES_NOT_HOLD),
        };
        let rehearsal = self.facts.is_rehearsal().then_some(words::FOOT_REHEARSAL);
        let mut parts: Vec<String> =
            [rehearsal, verdict].into_iter().flatten().map(|words| self.language.word(words)).collect();
        if let Some(fingerprint) = &self.facts.report.fingerprint {
            let line = self.tell(words::FOOT_FINGERPRINT, &[("fingerprint", fingerprint.written())]);
            parts.push(super::model::plain(&line));
        }
        parts.join(" · ")
    }

    fn election(&self) -> Section {
        let Facts { manifest, report, window, cut_off, .. } = self.facts;
        let has_times = manifest.is_some_and(|manifest| manifest.contents().schedule.is_some());
        let may_change = manifest.is_some_and(|manifest| manifest.roll_changes().is_some());
        let mut facts: Vec<(Line, Line)> = Vec::new();
        if let Some(manifest) = manifest {
            facts.push((self.word(words::TITLE), vec![self.text(manifest.title())]));
            let kind = match manifest.kind() {
                ElectionKind::Real => words::KIND_REAL,
                ElectionKind::Rehearsal => words::KIND_REHEARSAL,
            };
            facts.push((self.word(words::KIND), self.word(kind)));
            facts.push((self.word(words::ELECTION_ID), vec![Span::code(hex::encode(manifest.contents().election_id))]));
        }
        let fingerprint = match &report.fingerprint {
            None => self.word(words::NO_FINGERPRINT),
            Some(fingerprint) => {
                let compared = match self.status(CheckId::PinnedFingerprint) {
                    Some(Status::Passed) => words::FINGERPRINT_PINNED,
                    _ => words::FINGERPRINT_COMPARE,
                };
                vec![
                    Span::Strong(fingerprint.written()),
                    Span::Text(" (".into()),
                    Span::code(fingerprint.to_string()),
                    Span::Text("). ".into()),
                    Span::Text(self.language.word(compared)),
                ]
            }
        };
        facts.push((self.word(words::FINGERPRINT), fingerprint));
        if let Some(manifest) = manifest {
            facts.push((self.word(words::MANIFEST_HASH), vec![Span::code(manifest.hash().to_string())]));
            if let Some(schedule) = &manifest.contents().schedule {
                facts.push((self.word(words::PLANNED_OPENING), vec![Span::name(&schedule.opens, None)]));
                facts.push((self.word(words::PLANNED_CLOSE), vec![Span::name(&schedule.closes, None)]));
            }
        }
        let (opened, closed) = window.map_or((None, None), |window| (window.opened, window.closed));
        let end = if report.cancelled.is_some() { words::CANCELLED_AT } else { words::CLOSED };
        for (name, index) in [(words::OPENED, opened), (words::CUT_OFF, *cut_off), (end, closed)] {
            if let Some(index) = index {
                facts.push((self.word(name), self.tell(words::AT_ENTRY, &[("index", self.number(index))])));
            } else if may_change && closed.is_some() && name == words::CUT_OFF && report.cancelled.is_none() {
                facts.push((self.word(name), self.word(words::NO_CUT_OFF)));
            }
        }
        let mut blocks = vec![Block::Facts(facts)];
        if has_times {
            blocks.push(self.paragraph(words::PLANNED_TIMES));
        }
        let is_cancelled = report.cancelled.is_some();
        blocks.push(self.paragraph(if is_cancelled { words::NO_CLOCK_CANCELLED } else { words::NO_CLOCK }));
        if let Some(description) = manifest.and_then(|manifest| manifest.contents().description.as_ref()) {
            blocks.insert(0, Block::Paragraph(vec![self.text(description)]));
        }
        self.section(words::ELECTION, blocks)
    }

    fn rules(&self, manifest: &Manifest) -> Section {
        let mut items = vec![match manifest.quorum() {
            Some(quorum) => self.quorum(quorum, words::RULE_QUORUM_MORE, words::RULE_QUORUM_LEAST),
            None => self.word(words::RULE_NO_QUORUM),
        }];
        let weights = manifest.weights();
        items.push(if weights.max == 1 {
            self.word(words::RULE_EQUAL)
        } else {
            let max = [Span::Text(self.number(weights.max))];
            self.say(words::RULE_WEIGHTS, &[("unit", &[self.text(&weights.unit)]), ("max", &max)])
        });
        items.push(match manifest.roll_changes() {
            None => self.word(words::RULE_ROLL_FIXED),
            // Every change has a weight of at least 1.
            Some(RollChanges { number, weight }) if weights.max == 1 => {
                self.tell(words::RULE_ROLL_CHANGES, &[("number", self.number(number.min(weight)))])
            }
            Some(RollChanges { number, weight }) => {
                let values = [("number", self.number(number)), ("weight", self.number(weight))];
                self.tell(words::RULE_ROLL_CHANGES_WEIGHT, &values)
            }
        });
        items.push(match manifest.ballots_per_credential() {
            1 => self.word(words::RULE_NO_REVOTE),
            most => self.tell(words::RULE_REVOTE, &[("most", most.to_string())]),
        });
        items.push(self.word(match manifest.contents().ties {
            Ties::Open => words::RULE_TIES_OPEN,
            Ties::Lot => words::RULE_TIES_LOT,
        }));
        let privacy = manifest.privacy();
        let (ballots, weight) =
            (self.number(privacy.minimum_counted_ballots), self.number(privacy.minimum_ballots_per_weight));
        items.push(self.tell(words::RULE_PRIVACY, &[("ballots", ballots), ("weight", weight)]));
        let mut blocks = vec![Block::Items(items)];
        for contest in manifest.contests() {
            blocks.extend(contests::rule(self, contest));
        }
        self.section(words::RULES, blocks)
    }

    /// A sentence about the quorum, of two that differ in how the share is compared.
    fn quorum(&self, quorum: &Quorum, more_than: Words, at_least: Words) -> Line {
        let base = match (quorum.of, quorum.base) {
            (QuorumOf::Heads, QuorumBase::Roll) => words::BASE_HEADS_ROLL,
            (QuorumOf::Heads, QuorumBase::Cast) => words::BASE_HEADS_CAST,
            (QuorumOf::Weight, QuorumBase::Roll) => words::BASE_WEIGHT_ROLL,
            (QuorumOf::Weight, QuorumBase::Cast) => words::BASE_WEIGHT_CAST,
        };
        let words = match quorum.rule {
            QuorumRule::MoreThan => more_than,
            QuorumRule::AtLeast => at_least,
        };
        self.tell(words, &[("fraction", fraction(quorum.fraction)), ("base", self.language.word(base))])
    }

    fn keys(&self, manifest: &Manifest) -> Section {
        let short = |key: &[u8]| vec![Span::code(first_digits(key))];
        let numbered = |words, number: usize| self.tell(words, &[("number", number.to_string())]);
        let mut rows = vec![vec![self.word(words::ORGANISER), Line::new(), short(manifest.organiser().as_bytes())]];
        for (number, party) in (1..).zip(manifest.credential_authorities()) {
            let name = vec![Span::name(&party.name, None)];
            rows.push(vec![numbered(words::AUTHORITY, number), name, short(party.key.as_bytes())]);
        }
        let trustees = manifest.trustees();
        for (number, party) in (1..).zip(&trustees.members) {
            let name = vec![Span::name(&party.name, None)];
            rows.push(vec![numbered(words::TRUSTEE, number), name, short(party.key.as_bytes())]);
        }
        let board = manifest.board();
        rows.push(vec![self.word(words::BOARD), vec![Span::name(&board.name, None)], short(board.key.as_bytes())]);
        let witnesses = manifest.witnesses();
        for (number, witness) in (1..).zip(&witnesses.members) {
            let name = vec![Span::name(&witness.name, None)];
            rows.push(vec![numbered(words::WITNESS, number), name, short(witness.key.as_bytes())]);
        }
        let head = vec![self.column(words::ROLE), self.column(words::NAME), self.column(words::KEY)];
        let all = trustees.members.len() as u64;
        let threshold = [("threshold", self.number(trustees.threshold)), ("number", self.number(all))];
        let closing = match manifest.closing() {
            Closing::Statements => {
                let needed = self.number(trustees.statements_needed() as u64);
                self.tell(words::CLOSING_STATEMENTS, &[("number", needed)])
            }
            Closing::Witnesses => {
                let (needed, all) = (witnesses.quorum as u64, witnesses.members.len() as u64);
                let values = [("number", self.number(needed)), ("all", self.number(all))];
                self.tell(words::CLOSING_WITNESSES, &values)
            }
        };
        let mut blocks = vec![Block::Table(Table { head, rows })];
        if manifest.has_parts() {
            let authorities = self.number(manifest.credential_authorities().len() as u64);
            blocks.push(Block::Paragraph(self.tell(words::PARTS, &[("number", authorities)])));
        }
        blocks.push(Block::Paragraph(self.tell(words::THRESHOLD, &threshold)));
        blocks.push(Block::Paragraph(closing));
        self.section(words::KEYS, blocks)
    }

    fn turnout(&self, manifest: &Manifest, result: &ResultDocument) -> Section {
        let language = self.language;
        let text = |text: String| vec![Span::Text(text)];
        let ballots = language.with_share(result.counted_ballots, result.eligible_voters);
        // Where the manifest allows changes of the roll, it has two sizes, also if they are equal.
        let opening = self.facts.opening_roll.filter(|_| manifest.roll_changes().is_some());
        let has_weights = manifest.weights().max != 1;
        let mut facts = Vec::new();
        if let Some(opening) = opening {
            facts.push((self.word(words::VOTERS_OPENING), text(self.number(opening.voters()))));
        }
        let voters = if opening.is_some() { words::VOTERS_CLOSE } else { words::VOTERS };
        facts.push((self.word(voters), text(self.number(result.eligible_voters))));
        facts.push((self.word(words::BALLOTS), text(ballots)));
        if has_weights {
            let ballots = language.with_share(result.counted_weight, result.eligible_weight);
            if let Some(opening) = opening {
                facts.push((self.word(words::WEIGHT_OPENING), text(self.number(opening.weight()))));
            }
            let weight = if opening.is_some() { words::WEIGHT_CLOSE } else { words::WEIGHT_ROLL };
            facts.push((self.word(weight), text(self.number(result.eligible_weight))));
            facts.push((self.word(words::WEIGHT_BALLOTS), text(ballots)));
        }
        if let (Some(quorum), Some(rule)) = (&result.quorum, manifest.quorum()) {
            let required = self.quorum(rule, words::MORE_THAN_OF, words::AT_LEAST_OF);
            let (counted, base) = ([Span::Text(self.number(quorum.counted))], [Span::Text(self.number(quorum.base))]);
            let words = if quorum.reached { words::QUORUM_REACHED } else { words::QUORUM_NOT_REACHED };
            let line = self.say(words, &[("rule", &required), ("counted", &counted), ("base", &base)]);
            facts.push((self.word(words::QUORUM), line));
        }
        let mut blocks = vec![Block::Facts(facts)];
        blocks.extend(result.roll_changes.iter().flat_map(|changes| self.roll_changes(changes)));
        self.section(words::TURNOUT, blocks)
    }

    /// How often the roll has changed, for each reason.
    pub(super) fn roll_changes(&self, changes: &ChangeCounts) -> [Block; 2] {
        let ChangeCounts { lost_code, late_member, error, left } = *changes;
        let rows = [
            (words::CHANGE_LOST_CODE, lost_code),
            (words::CHANGE_LATE_MEMBER, late_member),
            (words::CHANGE_ERROR, error),
            (words::CHANGE_LEFT, left),
        ];
        let row = |(reason, count)| vec![self.word(reason), vec![Span::Text(self.number(count))]];
        let head = vec![self.column(words::REASON), self.numbers(words::NUMBER)];
        let table = Table { head, rows: rows.into_iter().map(row).collect() };
        [self.paragraph(words::ROLL_CHANGES), Block::Table(table)]
    }

    fn result(&self, manifest: &Manifest, result: &ResultDocument) -> Section {
        let contests = manifest.contests().iter().zip(&result.contests);
        let blocks = contests.flat_map(|(contest, result)| contests::result(self, manifest, contest, result));
        self.section(words::RESULT, blocks.collect())
    }

    /// The seed of the lot, and how everybody draws it again.
    fn lot(&self, manifest: &Manifest, result: &ResultDocument) -> Option<Section> {
        let seed = result.lot.as_ref()?;
        let facts = vec![
            (self.word(words::LOT_SEED), vec![Span::code(seed)]),
            (self.word(words::SUITE), vec![Span::code(SUITE)]),
        ];
        let mut blocks = vec![self.paragraph(words::LOT_WHAT), Block::Facts(facts), self.paragraph(words::LOT_AGAIN)];
        let bytes: Option<[u8; 32]> = hex::decode(seed).ok().and_then(|bytes| bytes.try_into().ok());
        let drawn = LotSeed::from_bytes(bytes?);
        let contests = manifest.contests().iter().zip(&result.contests);
        let contests: Vec<_> = contests.filter(|(_, result)| contests::was_drawn(result)).collect();
        if contests.is_empty() {
            blocks.pop();
            blocks.push(self.paragraph(words::LOT_UNUSED));
        }
        for (contest, _) in contests {
            let lot = |option: &str| drawn.lot(&contest.id, option);
            let mut options: Vec<_> = contest.options.iter().map(|option| (lot(&option.id), option)).collect();
            options.sort_by_key(|(lot, _)| *lot);
            let row = |(lot, option): &([u8; 32], &ContestOption)| {
                let lot = Span::code(first_digits(lot));
                vec![vec![self.text(&option.title)], vec![Span::code(&option.id)], vec![lot]]
            };
            let head = vec![self.column(words::OPTION), self.column(words::IDENTIFIER), self.column(words::LOT_OF)];
            blocks.push(Block::Heading(vec![
                self.text(&contest.title),
                Span::Text(" (".into()),
                Span::code(&contest.id),
                Span::Text(")".into()),
            ]));
            blocks.push(Block::Table(Table { head, rows: options.iter().map(row).collect() }));
        }
        Some(self.section(words::LOT, blocks))
    }

    fn failures(&self) -> Section {
        let report = self.facts.report;
        let (heading, who) = match report.verdict {
            Some(Verdict::Holds | Verdict::HoldsWithFindings) => (words::FINDINGS, words::WHO_ANSWERS),
            Some(Verdict::NotComplete) => (words::MISSING_PARTS, words::WHO_EITHER),
            _ => (words::FAILURES, words::WHO_EITHER),
        };
        if report.failures.is_empty() {
            return self.section(heading, vec![self.paragraph(words::NO_FINDINGS)]);
        }
        let head =
            vec![self.column(words::CHECK), self.column(words::WHERE), self.column(words::WHAT), self.column(who)];
        let rows = report.failures.iter().take(MOST_FAILURES).map(|failure| self.failure(failure)).collect();
        let mut blocks = vec![Block::Table(Table { head, rows })];
        let all: u64 = report.checks.iter().map(|check| check.failures).sum();
        let left = all.max(report.failures.len() as u64).saturating_sub(MOST_FAILURES as u64);
        if left > 0 {
            blocks.push(Block::Paragraph(self.tell(words::MORE, &[("count", self.number(left))])));
        }
        self.section(heading, blocks)
    }

    fn failure(&self, failure: &Failure) -> Vec<Line> {
        let Failure { check, place, effect, who, problem } = failure;
        let place = match place {
            Place::File(path) => vec![Span::code(path)],
            Place::Entry { index, file } => {
                let (index, file) = ([Span::Text(index.to_string())], [Span::code(file)]);
                self.say(words::ENTRY, &[("index", &index), ("file", &file)])
            }
            Place::RollLine(line) => self.tell(words::ROLL_LINE, &[("number", line.to_string())]),
            Place::Trustee(index) => self.roles(&[Role::Trustee(*index)]),
            Place::Record => self.word(words::RECORD),
            other => vec![Span::code(other.to_string())],
        };
        let who = match (effect, who.as_slice()) {
            (Effect::Missing, []) => Line::new(),
            (_, []) => self.word(words::NOBODY),
            (_, who) => self.roles(who),
        };
        vec![vec![Span::code(check.slug())], place, vec![Span::English(crate::console::escaped(problem))], who]
    }

    /// People with a role, with their names in the manifest.
    fn roles(&self, roles: &[Role]) -> Line {
        let mut line = Line::new();
        for role in roles {
            if !line.is_empty() {
                line.push(Span::Text(", ".into()));
            }
            line.extend(self.role(*role));
        }
        line
    }

    fn role(&self, role: Role) -> Line {
        let manifest = self.facts.manifest;
        let seat = |number: u16| usize::from(number).checked_sub(1);
        let (words, number, name) = match role {
            Role::Organiser => return self.word(words::THE_ORGANISER),
            Role::Board => return self.word(words::THE_BOARD),
            Role::Authority(number) => {
                let party =
                    manifest.zip(seat(number)).and_then(|(manifest, seat)| manifest.credential_authorities().get(seat));
                (words::AUTHORITY, number, party.map(|party| party.name.as_str()))
            }
            Role::Trustee(number) => {
                let party =
                    manifest.zip(seat(number)).and_then(|(manifest, seat)| manifest.trustees().members.get(seat));
                (words::TRUSTEE, number, party.map(|party| party.name.as_str()))
            }
            Role::Witness(number) => {
                let witness =
                    manifest.zip(seat(number)).and_then(|(manifest, seat)| manifest.witnesses().members.get(seat));
                (words::WITNESS, number, witness.map(|witness| witness.name.as_str()))
            }
            other => return vec![Span::English(other.to_string())],
        };
        let mut line = self.tell(words, &[("number", number.to_string())]);
        if let Some(name) = name {
            line.extend([Span::Text(" (".into()), Span::name(name, None), Span::Text(")".into())]);
        }
        line
    }

    fn status(&self, id: CheckId) -> Option<Status> {
        self.facts.report.checks.iter().find(|check| check.check == id).map(|check| check.status)
    }

    fn checks(&self) -> Section {
        let row = |check: &CheckReport| {
            let CheckReport { check, status, items, failures } = check;
            let status = match status {
                Status::Passed => words::PASSED,
                Status::Findings => words::WITH_FINDINGS,
                Status::Missing => words::MISSING,
                Status::Failed => words::FAILED,
                Status::Unreadable => words::UNREAD,
                Status::NotChecked => words::NOT_CHECKED,
                Status::NotAsked => words::NOT_ASKED,
            };
            let status = match *failures {
                0 => self.word(status),
                failures => {
                    let status = self.language.word(status);
                    self.tell(words::WITH_FAILURES, &[("status", status), ("failures", self.number(failures))])
                }
            };
            let unit = words::unit(self.language, if *items == 1 { check.unit_of_one() } else { check.unit() });
            let counted = match items {
                0 => Line::new(),
                items => vec![Span::Text(format!("{} {unit}", self.number(*items)))],
            };
            let what = words::check(self.language, check.slug(), check.description());
            vec![vec![what, Span::Text(" ".into()), Span::code(check.slug())], status, counted]
        };
        let head = vec![self.column(words::CHECK), self.column(words::STATUS), self.numbers(words::COUNT)];
        let rows = self.facts.report.checks.iter().map(row).collect();
        self.section(words::CHECKS, vec![Block::Table(Table { head, rows })])
    }

    fn board(&self) -> Section {
        let Facts { head, close, statements, cosigners, decryptions, .. } = self.facts;
        let mut facts: Vec<(Line, Line)> = Vec::new();
        let trees = [(head, words::ENTRIES, words::ROOT), (close, words::CLOSING_ENTRIES, words::CLOSING_ROOT)];
        for (tree, entries, root) in trees {
            if let Some(TreeHead { size, root: hash }) = tree {
                facts.push((self.word(entries), vec![Span::Text(self.number(*size))]));
                facts.push((self.word(root), vec![Span::code(hash.to_string())]));
            }
        }
        let trustees = |numbers: &[u16]| match numbers {
            [] => self.word(words::WITHOUT),
            numbers => self.roles(&numbers.iter().map(|number| Role::Trustee(*number)).collect::<Vec<_>>()),
        };
        if self.cancellation().is_some() {
            // Nobody states or decrypts anything any more.
            return self.section(words::BOARD_ALONE, vec![Block::Facts(facts)]);
        }
        let by_witnesses = self.facts.manifest.is_some_and(|manifest| manifest.closing() == Closing::Witnesses);
        if !statements.is_empty() || !by_witnesses {
            facts.push((self.word(words::STATEMENTS), trustees(statements)));
        }
        if !cosigners.is_empty() {
            let witnesses: Vec<Role> = cosigners.iter().map(|number| Role::Witness(*number)).collect();
            facts.push((self.word(words::COSIGNERS), self.roles(&witnesses)));
        }
        facts.push((self.word(words::DECRYPTIONS), trustees(decryptions)));
        self.section(words::BOARD_AND_DECRYPTION, vec![Block::Facts(facts)])
    }

    fn how(&self) -> Section {
        let report = self.facts.report;
        let fingerprint = report.fingerprint.as_ref().map(|fingerprint| fingerprint.written());
        let pin = fingerprint.map_or(String::new(), |fingerprint| format!(" --fingerprint {fingerprint}"));
        let mut blocks = vec![
            self.paragraph(words::HOW_COMMAND),
            Block::Command(format!("ballotta verify RECORD{pin}")),
            self.paragraph(words::HOW_SECOND),
            Block::Command(format!("python3 -I -S spec/reference verify RECORD{pin}")),
        ];
        if !report.not_checked.is_empty() {
            let texts = report.not_checked.iter().map(|text| vec![words::not_checked(self.language, text)]);
            blocks.push(self.paragraph(words::HOW_NOT_CHECKED));
            blocks.push(Block::Items(texts.collect()));
        }
        blocks.push(self.paragraph(words::HOW_LIMIT_ROLL));
        blocks.push(self.paragraph(words::HOW_LIMIT_DEVICE));
        if report.holds() && !report.warnings.is_empty() {
            let texts = report.warnings.iter().map(|text| vec![Span::English(crate::console::escaped(text))]);
            blocks.push(self.paragraph(words::NOTES));
            blocks.push(Block::Items(texts.collect()));
        }
        let version = [("version", env!("CARGO_PKG_VERSION").to_owned())];
        blocks.push(Block::Paragraph(self.tell(words::WRITTEN_BY, &version)));
        self.section(words::HOW, blocks)
    }

    fn signatures(&self) -> Section {
        let holds = self.facts.result().is_some();
        let is_cancelled = self.facts.report.holds() && self.facts.report.cancelled.is_some();
        let alone = if is_cancelled {
            vec![words::PLACE_AND_DATE, words::OPENED_WHEN, words::CANCELLED_WHEN]
        } else if holds {
            vec![words::PLACE_AND_DATE, words::OPENED_WHEN, words::CLOSED_WHEN]
        } else {
            vec![words::PLACE_AND_DATE]
        };
        let signatures = Signatures {
            alone: alone.into_iter().map(|words| self.language.word(words)).collect(),
            each: [words::NAME, words::FUNCTION, words::SIGNATURE].map(|words| self.language.word(words)),
            number: SIGNERS,
        };
        let what = match (is_cancelled, holds) {
            (true, _) => words::SIGN_CANCELLED,
            (false, true) => words::SIGN_WHAT,
            (false, false) => words::SIGN_NOTHING,
        };
        self.section(words::SIGNATURES, vec![self.paragraph(what), Block::Signatures(signatures)])
    }
}

/// The first digits of a key or of a lot.
fn first_digits(bytes: &[u8]) -> String {
    let mut digits = hex::encode(bytes);
    digits.truncate(SHORT);
    digits
}

/// A fraction as people write it.
pub(super) fn fraction([numerator, denominator]: [u32; 2]) -> String {
    format!("{numerator}/{denominator}")
}
