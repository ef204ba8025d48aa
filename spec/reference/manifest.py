"""What an election is: spec/manifest.md."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Callable

from contests import Choose, Form, compile_form
from encoding import (
    MAX_AUTHORITIES, MAX_CONTESTS, MAX_ENTRY_BYTES, MAX_KEY_NAME_BYTES, MAX_LANGUAGES, MAX_MANIFEST_BYTES,
    MAX_NAME_CHARS, MAX_OPTIONS, MAX_SLOTS, MAX_STYLES, MAX_TEXT_BYTES, MAX_TRUSTEES, MAX_VOTERS, MAX_WEIGHT,
    MAX_WITNESSES, Refused, is_hex, require,
)  # fmt: skip
from group import Element, Point, decode, decode_edwards, is_identity, is_prime_order
from strict_json import parse
from transcript import tagged

FORMAT = "ballotta/v1-draft.2/manifest"
PRIVACY = "minimum_counted_ballots minimum_ballots_per_weight"
SUITE_NAME = "ballotta/v1-draft.2/ristretto255"
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True)
class NoteKey:
    """An Ed25519 key with the name it signs under."""

    name: str
    key: bytes
    point: Point


@dataclass(frozen=True)
class Contest:
    id: str
    rule: Choose
    options: list[str]
    first_slot: int

    @property
    def slots(self) -> range:
        """Among the slots of the election."""
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
    rule: str
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Manifest:
    hash: bytes
    contests: list[Contest]
    styles: list[Style]
    max_weight: int
    revoting: bool
    quorum: Quorum | None
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
    slots: int


def read_manifest(data: bytes) -> Manifest:
    """Refuses with all problems that were found, each with its path, one a line."""
    require(len(data) <= MAX_MANIFEST_BYTES, "the manifest is too long")
    schema = Schema()
    manifest = schema.manifest(parse(data), tagged("manifest", data))
    if schema.problems or manifest is None:
        raise Refused("\n".join(schema.problems))
    return manifest


@dataclass
class Schema:
    """Walks through the document. What breaks a rule is noted, and None stands for it."""

    problems: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    # Types.

    def attempt(self, path: str, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except Refused as problem:
            self.problems.append(f"{path}: {problem}")
            return None

    def fields(self, path: str, value: Any, required: str, optional: str = "") -> dict[str, Any]:
        """Every field of an object; a field that is missing or too much is noted."""
        if not isinstance(value, dict):
            self.problems.append(f"{path}: not an object")
            return {name: MISSING for name in required.split()}
        for name in value.keys() - set(required.split()) - set(optional.split()):
            self.problems.append(f"{path}: the field {name!r} is not known")
        for name in set(required.split()) - value.keys():
            self.problems.append(f"{path}: the field {name!r} is missing")
        return {name: value.get(name, MISSING) for name in required.split() + optional.split()}

    def items(self, path: str, value: Any, least: int, most: int) -> list[tuple[str, Any]]:
        """Every item of a list, with its path."""
        if value is MISSING:
            return []
        if not isinstance(value, list) or not least <= len(value) <= most:
            self.problems.append(f"{path}: not a list of {least} to {most}")
            return []
        return [(f"{path}[{index}]", item) for index, item in enumerate(value)]

    def string(self, path: str, value: Any, read: Callable[[str], Any]) -> Any:
        if value is MISSING:
            return None
        if not isinstance(value, str):
            self.problems.append(f"{path}: not a string")
            return None
        return self.attempt(path, read, value)

    def word(self, path: str, value: Any, *words: str) -> Any:
        return self.string(path, value, lambda text: check(text in words, text, f"not one of {', '.join(words)}"))

    def integer(self, path: str, value: Any, least: int, most: int) -> Any:
        if value is MISSING:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.problems.append(f"{path}: not an integer from {least} to {most}")
            return None
        return value

    def text(self, path: str, value: Any) -> dict[str, str]:
        """One line for each language."""
        texts = self.fields(path, value, " ".join(self.languages)) if value is not MISSING else {}
        return {tag: self.string(f"{path}.{tag}", text, line) for tag, text in texts.items()}

    # The document.

    def manifest(self, value: Any, digest: bytes) -> Manifest | None:
        top = self.fields(
            "manifest",
            value,
            "format suite election_id kind languages title contests styles weights revoting privacy closing"
            " roll_changes_until organiser credential_authorities trustees board witnesses",
            "description schedule quorum client_software",
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
        if (schedule := top.get("schedule", MISSING)) is not MISSING:
            for name, item in self.fields("schedule", schedule, "opens closes").items():
                self.string(f"schedule.{name}", item, line)
        contests = self.contests(top["contests"])
        styles = self.styles(top["styles"], contests)
        weights = self.fields("weights", top["weights"], "unit max")
        self.text("weights.unit", weights["unit"])
        max_weight = self.integer("weights.max", weights["max"], 1, MAX_WEIGHT)
        revoting = self.word("revoting", top["revoting"], "last_counts", "not_allowed")
        quorum = self.quorum(top.get("quorum", MISSING))
        privacy = self.fields("privacy", top["privacy"], PRIVACY)
        counted, per_weight = [
            self.integer(f"privacy.{name}", privacy[name], 1, MAX_VOTERS) for name in PRIVACY.split()
        ]
        closing = self.word("closing", top["closing"], "statements", "witnesses")
        self.word("roll_changes_until", top["roll_changes_until"], "open")
        organiser = self.string("organiser.key", self.fields("organiser", top["organiser"], "key")["key"], key)
        authorities = self.members("credential_authorities", top["credential_authorities"], 1, MAX_AUTHORITIES)
        threshold, confirmed, trustees = self.trustees(top["trustees"])
        board = self.fields("board", top["board"], "origin key")
        board_key = self.note_key("board", board["origin"], board["key"])
        cosigners = self.fields("witnesses", top["witnesses"], "quorum members")
        witnesses = []
        for path, item in self.items("witnesses.members", cosigners["members"], 0, MAX_WITNESSES):
            member = self.fields(path, item, "name key")
            witnesses.append(self.note_key(path, member["name"], member["key"]))
        witness_quorum = self.integer("witnesses.quorum", cosigners["quorum"], 0, len(witnesses))
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
        slots = sum(contest.rule.slots for contest in contests)
        if slots > MAX_SLOTS:
            self.problems.append(f"contests: {slots} slots are too many")
        return Manifest(
            digest, contests, styles, max_weight, revoting == "last_counts", quorum, counted, per_weight, closing,
            organiser, authorities, threshold, confirmed, trustees, board_key, witness_quorum, witnesses, slots,
        )  # fmt: skip

    def contests(self, value: Any) -> list[Contest]:
        contests: list[Contest] = []
        for path, item in self.items("contests", value, 1, MAX_CONTESTS):
            found = self.fields(path, item, "id title rule options", "description")
            name = self.string(f"{path}.id", found["id"], identifier)
            self.text(f"{path}.title", found["title"])
            self.text(f"{path}.description", found.get("description", MISSING))
            options, titles = [], []
            for option_path, option in self.items(f"{path}.options", found["options"], 1, MAX_OPTIONS):
                fields = self.fields(option_path, option, "id title", "description")
                options.append(self.string(f"{option_path}.id", fields["id"], identifier))
                titles.append(self.text(f"{option_path}.title", fields["title"]))
                self.text(f"{option_path}.description", fields.get("description", MISSING))
            self.distinct(f"{path}.options", options)
            for tag in self.languages:
                shown = [title.get(tag) or "" for title in titles]
                self.distinct(f"{path}.options.title.{tag}", [folded(title) for title in shown if title])
            rule = self.choose(f"{path}.rule", found["rule"], len(options))
            if name and rule:
                first = contests[-1].slots.stop if contests else 0
                contests.append(Contest(name, rule, options, first))
        self.distinct("contests", [contest.id for contest in contests])
        return contests

    def choose(self, path: str, value: Any, options: int) -> Choose | None:
        rule = self.fields(path, value, "kind min max blank")
        self.word(f"{path}.kind", rule["kind"], "choose")
        most = self.integer(f"{path}.max", rule["max"], 1, options)
        least = self.integer(f"{path}.min", rule["min"], 0, most or 0)
        if not isinstance(rule["blank"], bool):
            self.problems.append(f"{path}.blank: neither true nor false")
        if most is None or least is None:
            return None
        if least >= 1 and rule["blank"] is False and options < 2:
            self.problems.append(f"{path}: there is nothing to choose")
        return Choose(options, least, most, rule["blank"] is True)

    def styles(self, value: Any, contests: list[Contest]) -> list[Style]:
        numbers = {contest.id: number for number, contest in enumerate(contests)}
        styles: list[Style] = []
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
                self.problems.append(f"{path}.contests: a contest stands twice, or not in the order of the manifest")
            form = compile_form([contests[number].rule for number in chosen])
            if 3 + 100 + 32 * (1 + form.slots) + 192 + 32 * form.bits + 64 > MAX_ENTRY_BYTES:
                self.problems.append(f"{path}: its ballots do not fit an entry of the board")
            styles.append(
                Style(name or "", chosen, form, [slot for number in chosen for slot in contests[number].slots])
            )
        self.distinct("styles", [style.id for style in styles])
        for number in set(numbers.values()) - {number for style in styles for number in style.contests}:
            self.problems.append(f"contests[{number}]: no style has it")
        return styles

    def quorum(self, value: Any) -> Quorum | None:
        if value is MISSING:
            return None
        quorum = self.fields("quorum", value, "of base rule fraction")
        of = self.word("quorum.of", quorum["of"], "heads", "weight")
        base = self.word("quorum.base", quorum["base"], "roll", "cast")
        rule = self.word("quorum.rule", quorum["rule"], "more_than", "at_least")
        parts = self.items("quorum.fraction", quorum["fraction"], 2, 2)
        numbers = [self.integer(path, item, 1, 2**32 - 1) for path, item in parts]
        if len(numbers) != 2 or None in numbers:
            return None
        if numbers[0] > numbers[1]:
            self.problems.append("quorum.fraction: more than the whole")
        return Quorum(of, base, rule, numbers[0], numbers[1])

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

    def note_key(self, path: str, name: Any, value: Any) -> Any:
        name = self.string(f"{path}: name", name, origin)
        point = self.string(f"{path}.key", value, ed25519_key)
        return NoteKey(name, bytes.fromhex(value), point) if name and point else None

    def distinct(self, path: str, values: list[Any]) -> None:
        if len(set(values)) != len(values):
            self.problems.append(f"{path}: something stands twice")


MISSING = object()


# Texts: spec/manifest.md#texts.


def check(condition: object, value: Any, problem: str) -> Any:
    require(condition, problem)
    return value


def line(text: str) -> str:
    require(text.strip(WHITE_SPACE), "nothing to see")
    require(len(text.encode()) <= MAX_TEXT_BYTES, "too long")
    require(not any(unicodedata.category(c) == "Cc" for c in text), "a control character")
    require(not any(c in DIRECTIONS for c in text), "a character that changes the direction of the text")
    return text


def folded(title: str) -> str:
    """What people compare of a title."""
    return "".join(c.lower() if c < "\u0530" else c for c in title.strip(WHITE_SPACE))


def origin(text: str) -> str:
    line(text)
    require(len(text.encode()) <= MAX_KEY_NAME_BYTES, "too long")
    require(not any(c in WHITE_SPACE or c == "+" for c in text), "white space, or a plus sign")
    return text


def identifier(text: str) -> str:
    return check(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", text), text, "not an identifier")


def language(text: str) -> str:
    fits = re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text) and len(text) <= MAX_NAME_CHARS
    return check(fits, text, "not the tag of a language")


def hexadecimal(text: str) -> bytes:
    require(is_hex(text, 64), "not 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def key(text: str) -> Element:
    element = decode(hexadecimal(text), "key")
    require(not is_identity(element.point), "the identity is no key")
    return element


def ed25519_key(text: str) -> Point:
    point = decode_edwards(hexadecimal(text))
    require(is_prime_order(point), "not in the subgroup of prime order")
    return point
