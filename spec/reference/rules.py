"""Reads the rule of a contest, with the restrictions of every kind: spec/contests.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from contests import Choose, Grades, Points, Positional, Quadratic, Rule, Split
from encoding import MAX_OPTIONS, MAX_WEIGHT
from lists import Lists
from pairs import Pairs
from schema import MISSING, Schema, check

MAX_POINTS = 1_000_000
MAX_CREDITS = 10_000
MAX_SEATS = 10_000
MAX_OF_GROUP = 1024
MAX_PAIRS_OPTIONS = 12
FIELDS = {
    "choose": "min max blank",
    "score": "max blank",
    "cumulative": "points max exact blank",
    "split": "max",
    "quadratic": "credits blank",
    "lists": "lists preferences across blank",
    "grades": "grades blank",
    "positional": "scores truncated blank",
    "pairs": "ties method blank",
}
OPTIONAL = {"score": "total winners", "lists": "groups seats"}  # all other kinds: winners


def read_rule(
    schema: Schema, path: str, value: Any, options: list[str], max_weight: int, total_weight: int
) -> Rule | None:
    """Reads a rule. If it is broken, notes the problems and returns None."""
    before = len(schema.problems)
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in FIELDS:
        schema.problems.append(f"{path}.kind: not one of {', '.join(FIELDS)}")
        return None
    found = schema.fields(path, value, "kind " + FIELDS[kind], OPTIONAL.get(kind, "winners"))
    reader = RuleReader(schema, path, found, options, max_weight, total_weight)
    rule = replace(getattr(reader, kind)(), weights_max=max_weight, weights_total=total_weight)
    return rule if len(schema.problems) == before else None


@dataclass
class RuleReader:
    """Has one method for each kind. Its return value is used only if no problem was noted."""

    schema: Schema
    path: str
    found: dict[str, Any]
    options: list[str]
    max_weight: int
    total_weight: int

    # Fields.

    def require(self, condition: object, name: str, problem: str) -> None:
        if not condition:
            self.schema.problems.append(f"{self.path}{name}: {problem}")

    def integer(self, name: str, least: int, most: int) -> int:
        """Reads an integer. A value that breaks a rule is replaced by the smallest allowed one."""
        value = self.schema.integer(f"{self.path}.{name}", self.found[name], least, most)
        return least if value is None else value

    def flag(self, name: str) -> bool:
        self.require(isinstance(self.found[name], bool), f".{name}", "neither true nor false")
        return self.found[name] is True

    def word(self, name: str, *words: str) -> str:
        return self.schema.word(f"{self.path}.{name}", self.found[name], *words)

    def winners(self) -> int | None:
        return None if self.found["winners"] is MISSING else self.integer("winners", 1, len(self.options))

    def at_least_two(self) -> None:
        self.require(len(self.options) >= 2, "", "fewer than two options")

    # Kinds.

    def choose(self) -> Rule:
        q = len(self.options)
        most = self.integer("max", 1, q)
        least, blank = self.integer("min", 0, most), self.flag("blank")
        self.require(least == 0 or blank or q >= 2, "", "there is nothing to choose")
        return Choose(q, blank, least, most, winners=self.winners())

    def score(self) -> Rule:
        q, most = len(self.options), self.integer("max", 1, MAX_POINTS)
        word, total = None, None
        if self.found["total"] is not MISSING:
            limits = self.schema.fields(f"{self.path}.total", self.found["total"], "", "at_most exactly")
            given = [name for name in limits if limits[name] is not MISSING]
            self.require(len(given) == 1, ".total", "neither at_most nor exactly, or both")
            for word in given:
                total = self.schema.integer(f"{self.path}.total.{word}", limits[word], 1, q * most)
        return self.points(most, total, word == "exactly", True)

    def cumulative(self) -> Rule:
        most = self.integer("max", 1, MAX_POINTS)
        total = self.integer("points", 1, len(self.options) * most)
        return self.points(most, total, self.flag("exact"), False)

    def points(self, most: int, total: int | None, exactly: bool, averages: bool) -> Rule:
        if exactly:
            self.at_least_two()
        return Points(len(self.options), self.flag("blank"), most, total, exactly, averages, winners=self.winners())

    def split(self) -> Rule:
        self.at_least_two()
        most = min(self.total_weight, MAX_WEIGHT)
        return Split(len(self.options), False, self.integer("max", self.max_weight, most), winners=self.winners())

    def quadratic(self) -> Rule:
        credits = self.integer("credits", 1, MAX_CREDITS)
        return Quadratic(len(self.options), self.flag("blank"), credits, winners=self.winners())

    def grades(self) -> Rule:
        grades = self.schema.titled(f"{self.path}.grades", self.found["grades"], 2, 16)
        return Grades(len(self.options), self.flag("blank"), tuple(grades), winners=self.winners())

    def positional(self) -> Rule:
        self.at_least_two()
        items = self.schema.items(f"{self.path}.scores", self.found["scores"], 1, len(self.options))
        scores = [self.schema.integer(path, score, 0, MAX_POINTS) or 0 for path, score in items]
        self.require(any(scores), ".scores", "no score is above 0")
        truncated, blank = self.flag("truncated"), self.flag("blank")
        return Positional(len(self.options), blank, tuple(scores), truncated, winners=self.winners())

    def pairs(self) -> Rule:
        q = len(self.options)
        self.require(2 <= q <= MAX_PAIRS_OPTIONS, "", f"not 2 to {MAX_PAIRS_OPTIONS} options")
        method = self.word("method", "schulze", "ranked_pairs", "copeland")
        return Pairs(q, self.flag("blank"), self.flag("ties"), method, winners=self.winners())

    # Lists.

    def option(self, path: str, value: Any) -> int:
        """The number of an option, or -1 if there is no such option."""
        options = self.options
        found = self.schema.string(path, value, lambda text: check(text in options, text, "no such option"))
        return -1 if found is None else options.index(found)

    def option_list(self, path: str, value: Any, least: int) -> tuple[int, ...]:
        return tuple(self.option(*item) for item in self.schema.items(path, value, least, MAX_OPTIONS))

    def lists(self) -> Rule:
        schema, q, blank = self.schema, len(self.options), self.flag("blank")
        lists = []
        for path, item in schema.items(f"{self.path}.lists", self.found["lists"], 1 if blank else 2, MAX_OPTIONS):
            fields = schema.fields(path, item, "list candidates")
            name = self.option(f"{path}.list", fields["list"])
            lists.append((name, self.option_list(f"{path}.candidates", fields["candidates"], 0)))
        candidates = [candidate for _, some in lists for candidate in some]
        once = sorted([name for name, _ in lists] + candidates) == list(range(q))
        self.require(once, ".lists", "an option is neither exactly one list nor a candidate of exactly one list")
        preferences = self.integer("preferences", min(1, len(candidates)), len(candidates))
        groups = []
        if self.found["groups"] is not MISSING:
            for path, item in schema.items(f"{self.path}.groups", self.found["groups"], 1, MAX_OPTIONS):
                fields = schema.fields(path, item, "candidates max")
                members = self.option_list(f"{path}.candidates", fields["candidates"], 1)
                if len(set(members)) != len(members) or not set(members) <= set(candidates):
                    schema.problems.append(f"{path}.candidates: a candidate appears twice, or an option is not a candidate")
                groups.append((members, schema.integer(f"{path}.max", fields["max"], 1, MAX_OF_GROUP) or 1))
        seats = None
        if self.found["seats"] is not MISSING:
            fields = schema.fields(f"{self.path}.seats", self.found["seats"], "number method")
            number = schema.integer(f"{self.path}.seats.number", fields["number"], 1, MAX_SEATS)
            methods = ("dhondt", "sainte_lague", "largest_remainder")
            seats = (number or 1, schema.word(f"{self.path}.seats.method", fields["method"], *methods))
        return Lists(q, blank, tuple(lists), preferences, self.flag("across"), tuple(groups), seats)
