"""Reads the rule of a contest, with the restrictions of every kind: spec/contests.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from contests import Choose, Grades, Points, Positional, Quadratic, Rule, Split
from decisions import Condition, Group, Motion, Seats, Winners
from encoding import MAX_OPTIONS, MAX_WEIGHT, MAX_WINNER_GROUPS
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
OPTIONAL = {"score": "total", "lists": "groups seats"}


def read_rule(
    schema: Schema, path: str, value: Any, options: list[str], max_weight: int, total_weight: int
) -> Rule | None:
    """Reads a rule. If it is broken, notes the problems and returns None."""
    before = len(schema.problems)
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in FIELDS:
        schema.problems.append(f"{path}.kind: not one of {', '.join(FIELDS)}")
        return None
    found = schema.fields(path, value, "kind " + FIELDS[kind], OPTIONAL.get(kind, ""))
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

    def at_least_two(self) -> None:
        self.require(len(self.options) >= 2, "", "fewer than two options")

    # Kinds.

    def choose(self) -> Rule:
        q = len(self.options)
        most = self.integer("max", 1, q)
        least, blank = self.integer("min", 0, most), self.flag("blank")
        self.require(least == 0 or blank or q >= 2, "", "there is nothing to choose")
        return Choose(q, blank, least, most)

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
        return Points(len(self.options), self.flag("blank"), most, total, exactly, averages)

    def split(self) -> Rule:
        self.at_least_two()
        most = min(self.total_weight, MAX_WEIGHT)
        return Split(len(self.options), False, self.integer("max", self.max_weight, most))

    def quadratic(self) -> Rule:
        credits = self.integer("credits", 1, MAX_CREDITS)
        return Quadratic(len(self.options), self.flag("blank"), credits)

    def grades(self) -> Rule:
        grades = self.schema.titled(f"{self.path}.grades", self.found["grades"], 2, 16)
        return Grades(len(self.options), self.flag("blank"), tuple(grades))

    def positional(self) -> Rule:
        self.at_least_two()
        items = self.schema.items(f"{self.path}.scores", self.found["scores"], 1, len(self.options))
        scores = [self.schema.integer(path, score, 0, MAX_POINTS) or 0 for path, score in items]
        self.require(any(scores), ".scores", "no score is above 0")
        truncated, blank = self.flag("truncated"), self.flag("blank")
        return Positional(len(self.options), blank, tuple(scores), truncated)

    def pairs(self) -> Rule:
        q = len(self.options)
        self.require(2 <= q <= MAX_PAIRS_OPTIONS, "", f"not 2 to {MAX_PAIRS_OPTIONS} options")
        method = self.word("method", "schulze", "ranked_pairs", "copeland")
        return Pairs(q, self.flag("blank"), self.flag("ties"), method)

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
            fields = schema.fields(f"{self.path}.seats", self.found["seats"], "number method people")
            number = schema.integer(f"{self.path}.seats.number", fields["number"], 1, MAX_SEATS) or 1
            methods = ("dhondt", "sainte_lague", "largest_remainder")
            method = schema.word(f"{self.path}.seats.method", fields["method"], *methods)
            people = ("preferences", "preferences_then_order", "order")
            people = schema.word(f"{self.path}.seats.people", fields["people"], *people)
            seats = Seats(number, method, people)
            self.require(all(some for _, some in lists), ".seats", "a list has no candidate")
            self.require(number <= len(candidates), ".seats", "more seats than candidates")
            self.require(people == "order" or preferences, ".seats.people", "there are no preferences")
        return Lists(q, blank, tuple(lists), preferences, self.flag("across"), tuple(groups), seats)


# What is decided: spec/contests.md#decisions.


def option_of(schema: Schema, path: str, value: Any, options: list[str]) -> str | None:
    return schema.string(path, value, lambda text: check(text in options, text, "no such option"))


def read_winners(schema: Schema, path: str, value: Any, options: list[str]) -> Winners:
    fields = schema.fields(path, value, "number", "groups")
    number = schema.integer(f"{path}.number", fields["number"], 1, len(options)) or 1
    items = schema.items(f"{path}.groups", fields.get("groups", MISSING), 1, MAX_WINNER_GROUPS)
    if fields.get("groups", MISSING) is not MISSING:
        schema.titled(f"{path}.groups", fields["groups"], 1, MAX_WINNER_GROUPS, "options at_least at_most")
    groups: list[Group] = []
    for group, item in items:
        found = schema.fields(group, item, "id title options", "at_least at_most")
        named = [option_of(schema, *it, options) for it in schema.items(f"{group}.options", found["options"], 1, MAX_OPTIONS)]
        schema.distinct(f"{group}.options", named)
        members = frozenset(options.index(name) for name in named if name is not None)
        least, most = found.get("at_least", MISSING), found.get("at_most", MISSING)
        if least is MISSING and most is MISSING:
            schema.problems.append(f"{group}: neither at_least nor at_most")
        at_least = 0 if least is MISSING else schema.integer(f"{group}.at_least", least, 1, min(number, len(named))) or 1
        at_most = None if most is MISSING else schema.integer(f"{group}.at_most", most, max(at_least, 1), number)
        if at_least and any(members & other.options for other in groups if other.at_least):
            schema.problems.append(f"{group}.options: places are kept for an option in two groups")
        groups.append(Group(found["id"], members, at_least, at_most))
    if sum(group.at_least for group in groups) > number:
        schema.problems.append(f"{path}.groups: the groups keep more places than there are")
    return Winners(number, tuple(groups))


def read_motion(schema: Schema, path: str, value: Any, options: list[str], rule: Rule | None) -> Motion | None:
    if not (isinstance(rule, Choose) and rule.max == 1 or isinstance(rule, Split) or rule is None):
        schema.problems.append(f"{path}: such a contest cannot be a motion")
    fields = schema.fields(path, value, "for against conditions")
    in_favour, against = (option_of(schema, f"{path}.{name}", fields[name], options) for name in ("for", "against"))
    if in_favour == against:
        schema.problems.append(f"{path}.against: the option is the one for the motion")
    conditions = []
    for condition, item in schema.items(f"{path}.conditions", fields["conditions"], 1, 3):
        found = schema.fields(condition, item, "of rule fraction")
        of = schema.word(f"{condition}.of", found["of"], "votes", "ballots", "roll")
        conditions.append(Condition(of, *schema.share(condition, found)))
    schema.distinct(f"{path}.conditions", [condition.of for condition in conditions])
    if in_favour is None or against is None:
        return None
    return Motion(options.index(in_favour), options.index(against), tuple(conditions))
