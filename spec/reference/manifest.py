"""The manifest of an election: spec/manifest.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from contests import Form, Rule, compile_form
from decisions import Condition, Motion, Winners
from encoding import (
    MAX_AUTHORITIES, MAX_ROLL_CHANGES, MAX_BABY_STEPS, MAX_BOARD_NAME_BYTES, MAX_CONTESTS, MAX_ENTRY_BYTES, MAX_GIANT_STEPS, MAX_KEY_NAME_BYTES, MAX_LANGUAGES,
    MAX_MANIFEST_BYTES, MAX_OPTIONS, MAX_SLOTS, MAX_TERMS, MAX_STYLES, MAX_TOTAL, MAX_TRUSTEES, MAX_VOTERS, MAX_WEIGHT, MAX_WITNESS_AGE, MAX_WITNESSES, Refused, require,
)  # fmt: skip
from group import Element, Point
from lists import Lists
from rules import read_motion, read_rule, read_winners
from schema import MISSING, Schema, check, ed25519_key, hexadecimal, identifier, key, key_name, language, line
from strict_json import parse
from transcript import tagged

FORMAT = "ballotta/v1-draft.5/manifest"
PRIVACY = "minimum_counted_ballots minimum_ballots_per_weight"
SUITE_NAME = "ballotta/v1-draft.5/ristretto255"


@dataclass(frozen=True)
class NoteKey:
    """An Ed25519 key with the name under which it signs."""

    name: str
    key: bytes
    point: Point


@dataclass(frozen=True)
class Contest:
    id: str
    rule: Rule
    options: list[str]
    first_slot: int
    winners: Winners | None = None
    passes: Motion | None = None
    order: str | None = None

    def drawn_order(self, seed: bytes) -> list[int]:
        """The options as a page with this seed shows them, if the order is "random": spec/manifest.md#order-of-options."""
        places = [tagged("shown-order", seed, self.id.encode(), option.encode()) for option in self.options]
        return sorted(range(len(places)), key=places.__getitem__)

    @property
    def slots(self) -> range:
        """The contest's slots among the slots of the election."""
        return range(self.first_slot, self.first_slot + self.rule.slots)


@dataclass(frozen=True)
class Style:
    id: str
    contests: list[int]
    form: Form
    slots: list[int]


@dataclass(frozen=True)
class Quorum:
    of: str
    base: str
    share: Condition


@dataclass(frozen=True)
class Manifest:
    hash: bytes
    contests: list[Contest]
    styles: list[Style]
    max_weight: int
    total_weight: int  # the largest sum of all weights of the roll
    ballots_per_credential: int
    ties: str
    quorum: Quorum | None
    roll_changes: tuple[int, int] | None  # the largest number, and the largest weight
    minimum_counted_ballots: int
    minimum_ballots_per_weight: int
    closing: str
    organiser: Element
    authorities: list[Element]
    threshold: int
    minimum_confirmed: int
    trustees: list[Element]
    board: NoteKey
    witness_quorum: int
    witnesses: list[NoteKey]
    max_age: int | None  # of cosignatures while the voting is open, in seconds
    slots: int  # of all contests, and of the lot
    attachments: list[tuple[bytes, int]]  # hash and length

    @property
    def lot_slot(self) -> int | None:
        """spec/tally.md#lot"""
        return self.slots - 1 if self.ties == "lot" else None


def read_manifest(data: bytes) -> Manifest:
    """Reads a manifest. The error has all problems, each with its path, one on each line."""
    require(len(data) <= MAX_MANIFEST_BYTES, "the manifest is too long")
    schema = Document()
    manifest = schema.manifest(parse(data), tagged("manifest", data))
    if schema.problems or manifest is None:
        raise Refused("\n".join(schema.problems))
    return manifest


class Document(Schema):
    """Reads the fields of a manifest."""

    def manifest(self, value: Any, digest: bytes) -> Manifest | None:
        top = self.fields(
            "manifest",
            value,
            "format suite election_id kind languages title contests styles weights ballots_per_credential ties privacy closing"
            " organiser credential_authorities trustees board witnesses",
            "description attachments schedule quorum roll_changes client_software",
        )
        self.word("format", top["format"], FORMAT)
        self.word("suite", top["suite"], SUITE_NAME)
        self.string("election_id", top["election_id"], hexadecimal)
        self.word("kind", top["kind"], "real", "rehearsal")
        tags = self.items("languages", top["languages"], 1, MAX_LANGUAGES)
        self.languages = [tag for path, item in tags if (tag := self.string(path, item, language))]
        self.distinct("languages", [tag.lower() for tag in self.languages])
        self.text("title", top["title"])
        self.text("description", top.get("description", MISSING))
        self.attached("attachments", top)
        if (schedule := top.get("schedule", MISSING)) is not MISSING:
            for name, item in self.fields("schedule", schedule, "opens closes").items():
                self.string(f"schedule.{name}", item, line)
        weights = self.fields("weights", top["weights"], "unit max total")
        self.text("weights.unit", weights["unit"])
        max_weight = self.integer("weights.max", weights["max"], 1, MAX_WEIGHT)
        total_weight = self.integer("weights.total", weights["total"], max_weight or 1, MAX_TOTAL)
        contests = self.contests(top["contests"], max_weight or 1, total_weight or MAX_TOTAL)
        styles = self.styles(top["styles"], contests)
        ballots = self.integer("ballots_per_credential", top["ballots_per_credential"], 1, 255)
        ties = self.word("ties", top["ties"], "open", "lot")
        quorum = self.quorum(top.get("quorum", MISSING))
        privacy = self.fields("privacy", top["privacy"], PRIVACY)
        counted, per_weight = [
            self.integer(f"privacy.{name}", privacy[name], 1, MAX_VOTERS) for name in PRIVACY.split()
        ]
        closing = self.word("closing", top["closing"], "statements", "witnesses")
        roll_changes = None
        if (changes := top.get("roll_changes", MISSING)) is not MISSING:
            bounds = self.fields("roll_changes", changes, "number weight")
            number = self.integer("roll_changes.number", bounds["number"], 1, MAX_ROLL_CHANGES)
            most = self.integer("roll_changes.weight", bounds["weight"], 1, MAX_TOTAL)
            roll_changes = (number or 0, most or 0)
        organiser = self.string("organiser.key", self.fields("organiser", top["organiser"], "key")["key"], key)
        authorities = self.members("credential_authorities", top["credential_authorities"], 1, MAX_AUTHORITIES)
        threshold, confirmed, trustees = self.trustees(top["trustees"])
        board = self.fields("board", top["board"], "name key")
        board_key = self.note_key("board", board["name"], board["key"], MAX_BOARD_NAME_BYTES)
        # The log of an election has a name of its own: spec/board.md#checkpoints.
        if board_key is not None:
            board_key = replace(board_key, name=f"{board_key.name}/{str(top['election_id'])[:16]}")
        cosigners = self.fields("witnesses", top["witnesses"], "quorum members", "max_age")
        witnesses = []
        for path, item in self.items("witnesses.members", cosigners["members"], 0, MAX_WITNESSES):
            member = self.fields(path, item, "name key")
            witnesses.append(self.note_key(path, member["name"], member["key"]))
        witness_quorum = self.integer("witnesses.quorum", cosigners["quorum"], 0, len(witnesses))
        max_age = None
        if (age := cosigners.get("max_age", MISSING)) is not MISSING:
            max_age = self.integer("witnesses.max_age", age, 1, MAX_WITNESS_AGE)
            if witness_quorum == 0:
                self.problems.append("witnesses.max_age: a limit of the age needs a quorum of at least one")
        for path, item in self.items("client_software", top.get("client_software", MISSING), 0, MAX_MANIFEST_BYTES):
            program = self.fields(path, item, "name sha256")
            self.string(f"{path}.name", program["name"], line)
            self.string(f"{path}.sha256", program["sha256"], hexadecimal)
        if self.problems:
            return None
        if closing == "witnesses" and witness_quorum == 0:
            self.problems.append("witnesses.quorum: closing by witnesses needs at least one")
        keys = [
            organiser.encoding,
            board_key.key,
            *(k.encoding for k in authorities + trustees),
            *(w.key for w in witnesses),
        ]
        self.distinct("keys", keys)
        slots = sum(contest.rule.slots for contest in contests) + (ties == "lot")
        if slots > MAX_SLOTS:
            self.problems.append(f"contests: {slots} slots are too many")
        alone = [contest.rule for contest in contests if contest.rule.per_slot == 1]
        steps = sum(rule.slots * (rule.bound * total_weight // MAX_BABY_STEPS + 1) for rule in alone)
        if slots <= MAX_SLOTS and steps > MAX_GIANT_STEPS:
            self.problems.append(f"contests: it takes {steps} steps to find the largest totals")
        for number, contest in enumerate(contests):
            if contest.rule.bound * total_weight > MAX_TOTAL:
                self.problems.append(f"contests[{number}].rule: its totals can become too large")
        return Manifest(
            digest, contests, styles, max_weight, total_weight, ballots, ties, quorum,
            roll_changes, counted, per_weight,
            closing, organiser, authorities, threshold, confirmed, trustees, board_key, witness_quorum, witnesses, max_age,
            slots, self.attachments,
        )  # fmt: skip

    def contests(self, value: Any, max_weight: int, total_weight: int) -> list[Contest]:
        contests: list[Contest] = []
        for path, item in self.items("contests", value, 1, MAX_CONTESTS):
            found = self.fields(path, item, "id title rule options", "description attachments winners passes order")
            name = self.string(f"{path}.id", found["id"], identifier)
            self.text(f"{path}.title", found["title"])
            self.text(f"{path}.description", found.get("description", MISSING))
            self.attached(f"{path}.attachments", found)
            options = self.titled(f"{path}.options", found["options"], 1, MAX_OPTIONS, "description attachments")
            rule = read_rule(self, f"{path}.rule", found["rule"], options, max_weight, total_weight)
            slots = self.attempt(f"{path}.rule", lambda: rule.slots) if rule else None
            winners = passes = None
            if found.get("winners", MISSING) is not MISSING:
                winners = read_winners(self, f"{path}.winners", found["winners"], options)
                if isinstance(rule, Lists):
                    self.problems.append(f"{path}.winners: a contest of lists has none")
            if found.get("passes", MISSING) is not MISSING:
                passes = read_motion(self, f"{path}.passes", found["passes"], options, rule)
                if winners:
                    self.problems.append(f"{path}.passes: the contest has winners")
            order = None
            if found.get("order", MISSING) is not MISSING:
                order = self.word(f"{path}.order", found["order"], "alphabetical", "random")
                if isinstance(rule, Lists) and rule.seats and rule.seats.people != "preferences":
                    self.problems.append(f"{path}.order: the order of a list says who takes its seats")
            if name and slots is not None:
                first = contests[-1].slots.stop if contests else 0
                contests.append(Contest(name, rule, options, first, winners, passes, order))
        self.distinct("contests", [contest.id for contest in contests])
        return contests

    def styles(self, value: Any, contests: list[Contest]) -> list[Style]:
        numbers = {contest.id: number for number, contest in enumerate(contests)}
        styles: list[Style] = []
        terms = 0
        for path, item in self.items("styles", value, 1, MAX_STYLES):
            style = self.fields(path, item, "id contests")
            name = self.string(f"{path}.id", style["id"], identifier)
            chosen = []
            for contest_path, contest in self.items(f"{path}.contests", style["contests"], 1, MAX_CONTESTS):
                number = self.string(
                    contest_path, contest, lambda text: check(text in numbers, numbers.get(text), "no such contest")
                )
                if number is not None:
                    chosen.append(number)
            if any(a >= b for a, b in zip(chosen, chosen[1:])):
                self.problems.append(f"{path}.contests: a contest appears twice, or the contests are not in the order of the manifest")
            rules = [contests[number].rule for number in chosen]
            terms += sum(rule.terms for rule in rules)
            # After the limit is reached, no more forms are made.
            form = self.attempt(path, compile_form, rules) if terms <= MAX_TERMS else None
            form = form or Form(0, 0, ())
            if 3 + 108 + 32 * (1 + form.slots) + 192 + 32 * form.bits + 64 > MAX_ENTRY_BYTES:
                self.problems.append(f"{path}: its ballots do not fit an entry of the board")
            styles.append(
                Style(name or "", chosen, form, [slot for number in chosen for slot in contests[number].slots])
            )
        if terms > MAX_TERMS:
            self.problems.append(f"styles: the forms of all styles have {terms} terms together, which is too many")
        self.distinct("styles", [style.id for style in styles])
        for number in set(numbers.values()) - {number for style in styles for number in style.contests}:
            self.problems.append(f"contests[{number}]: the contest is in no style")
        return styles

    def quorum(self, value: Any) -> Quorum | None:
        if value is MISSING:
            return None
        quorum = self.fields("quorum", value, "of base rule fraction")
        of = self.word("quorum.of", quorum["of"], "heads", "weight")
        base = self.word("quorum.base", quorum["base"], "roll", "cast")
        return Quorum(of, base, Condition(base, *self.share("quorum", quorum)))

    def trustees(self, value: Any) -> tuple[int, int, list[Element]]:
        trustees = self.fields("trustees", value, "threshold minimum_confirmed on_disqualification members")
        members = self.members("trustees.members", trustees["members"], 1, MAX_TRUSTEES)
        threshold = self.integer("trustees.threshold", trustees["threshold"], 1, len(members))
        confirmed = self.integer(
            "trustees.minimum_confirmed", trustees["minimum_confirmed"], threshold or 1, len(members)
        )
        self.word("trustees.on_disqualification", trustees["on_disqualification"], "new_attempt")
        return threshold or 0, confirmed or 0, members

    def members(self, path: str, value: Any, least: int, most: int) -> list[Element]:
        keys = []
        for member_path, item in self.items(path, value, least, most):
            member = self.fields(member_path, item, "name key")
            self.string(f"{member_path}.name", member["name"], line)
            keys.append(self.string(f"{member_path}.key", member["key"], key))
        return keys

    def note_key(self, path: str, name: Any, value: Any, most: int = MAX_KEY_NAME_BYTES) -> Any:
        name = self.string(f"{path}: name", name, lambda text: key_name(text, most))
        point = self.string(f"{path}.key", value, ed25519_key)
        return NoteKey(name, bytes.fromhex(value), point) if name and point else None
