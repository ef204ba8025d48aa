"""Reads a voter's choices as a voter's device must read them, and makes their bits: spec/ballot.md#choices."""

from __future__ import annotations

import json
from typing import Any

import paths  # noqa: F401
from contests import Choose, Grades, Points, Positional, Quadratic, Rule, Split, range_digits
from encoding import MAX_CHOICES_BYTES, MAX_CONTESTS, require
from lists import Lists
from manifest import Contest, Manifest, Style
from pairs import Pairs
from strict_json import parse

FIELDS = {
    Choose: ["options"], Points: ["points"], Split: ["points"], Quadratic: ["points"],
    Lists: ["list", "preferences"], Grades: ["grades"], Positional: ["ranking"], Pairs: ["ranking"],
}  # fmt: skip


def read_choices(text: bytes, manifest: Manifest, style: Style, weight: int) -> list[int]:
    """The bits of the ballot."""
    require(len(text) <= MAX_CHOICES_BYTES, "the choices are too long")
    require(b"\\" not in text, "an escape")
    choices = parse(text)
    require(isinstance(choices, dict) and len(choices) <= MAX_CONTESTS, "not an object of contests")
    contests = [manifest.contests[number] for number in style.contests]
    require(set(choices) == {contest.id for contest in contests}, "not the contests of the style")
    return [bit for contest in contests for bit in bits_of_mark(contest, choices[contest.id], weight)]


def written(choices: Any) -> bytes:
    """The canonical text of choices whose ties are lists."""
    return json.dumps(choices, separators=(",", ":")).encode()


def bits_of_mark(contest: Contest, mark: Any, weight: int = 1) -> list[int]:
    rule, marks = contest.rule, Marks(contest.options)
    if mark == "blank":
        require(rule.blank, "there is no blank vote")
        return blank_bits(rule)
    require(isinstance(mark, dict) and list(mark) == FIELDS[type(rule)], "the mark is not of the contest's kind")
    more = [weight] if isinstance(rule, Split) else []
    return getattr(marks, type(rule).__name__.lower())(rule, *mark.values(), *more)


def digits(number: int, maximum: int) -> list[int]:
    """spec/contests.md#range-digits: from the last digit to the first, takes each that is not above what is left."""
    bits = []
    for digit in reversed(range_digits(maximum)):
        bits.append(int(number >= digit))
        number -= digit * bits[-1]
    assert number == 0
    return bits[::-1]


def one_of(place: int, places: int) -> list[int]:
    return [int(k == place) for k in range(places)]


def blank_bits(rule: Rule) -> list[int]:
    """The bits of a blank vote: beta, and what the rows then require."""
    q = rule.options
    if isinstance(rule, Choose):
        return [0] * q + [1] + digits(0, rule.max - rule.min)
    if isinstance(rule, Points):
        total = rule.max * q if rule.total is None else rule.total
        return digits(0, rule.max) * q + [1] + ([] if rule.exactly else digits(0, total))
    if isinstance(rule, Lists):
        own = [0 for _, some in rule.lists if some for _ in range_digits(rule.most(some))]
        rest = digits(0, rule.preferences) if rule.across else own
        return [0] * q + [1] + rest + [1 for _, most in rule.groups for _ in range_digits(most)]
    if isinstance(rule, Positional):
        none = [1] * q if rule.truncated or len(rule.scores) < q else []
        return [0] * q * len(rule.scores) + none + [0] * (len(rule.scores) + 1) * rule.truncated + [1]
    if isinstance(rule, Quadratic):
        return [0] * q * rule.bound + [1] + digits(0, rule.credits)
    return [0] * (rule.form.bits - 1) + [1]  # grades and pairs


class Marks:
    """Has one method for each kind of rule. Marks that the rule does not allow are refused."""

    def __init__(self, options: list[str]):
        self.options = options

    def numbers(self, names: Any) -> list[int]:
        require(isinstance(names, list), "not a list of options")
        for name in names:
            require(isinstance(name, str) and name in self.options, "no such option")
        require(len(set(names)) == len(names), "an option appears twice")
        return [self.options.index(name) for name in names]

    def amounts(self, points: Any) -> list[int]:
        require(isinstance(points, dict), "not an object of points")
        self.numbers(list(points))
        for value in points.values():
            require(isinstance(value, int) and not isinstance(value, bool) and value < 2**53, "not an integer")
        return [points.get(name, 0) for name in self.options]

    def ranking(self, ranking: Any) -> list[list[int]]:
        require(isinstance(ranking, list), "not a list of options")
        ties = [tie if isinstance(tie, list) else [tie] for tie in ranking]
        require(all(ties), "an empty tie")
        self.numbers([name for tie in ties for name in tie])
        return [self.numbers(tie) for tie in ties]

    def choose(self, rule: Choose, options: Any) -> list[int]:
        chosen = self.numbers(options)
        require(rule.min <= len(chosen) <= rule.max, "too many options, or too few")
        marks = [int(i in chosen) for i in range(rule.options)]
        return marks + [0] * rule.blank + digits(rule.max - len(chosen), rule.max - rule.min)

    def points(self, rule: Points, points: Any) -> list[int]:
        given = self.amounts(points)
        require(max(given) <= rule.max, "too many points for an option")
        total = rule.max * rule.options if rule.total is None and rule.blank else rule.total
        require(total is None or sum(given) <= total, "too many points")
        require(not rule.exactly or sum(given) == total, "too few points")
        bits = [bit for value in given for bit in digits(value, rule.max)] + [0] * rule.blank
        return bits + (digits(total - sum(given), total) if total is not None and not rule.exactly else [])

    def split(self, rule: Split, points: Any, weight: int) -> list[int]:
        given = self.amounts(points)
        require(sum(given) == weight, "not the voter's weight together")
        return [bit for value in given for bit in digits(value, rule.max)]

    def quadratic(self, rule: Quadratic, points: Any) -> list[int]:
        votes = self.amounts(points)
        left = rule.credits - sum(v * v for v in votes)
        require(left >= 0, "more than the credits")
        units = [int(k < v) for v in votes for k in range(rule.bound)]
        return units + [0] * rule.blank + digits(left, rule.credits)

    def lists(self, rule: Lists, name: Any, preferences: Any) -> list[int]:
        [chosen], preferred = self.numbers([name]), self.numbers(preferences)
        own = dict(rule.lists).get(chosen)
        require(own is not None, "no list")
        require(set(preferred) <= set(rule.candidates if rule.across else own), "no candidate of the list")
        require(len(preferred) <= rule.preferences, "too many preferences")
        bits = [int(i == chosen or i in preferred) for i in range(rule.options)] + [0] * rule.blank
        if rule.across and rule.preferences:
            bits += digits(rule.preferences - len(preferred), rule.preferences)
        for of_list, some in rule.lists if not rule.across else []:
            bits += digits(rule.most(some) - len(preferred) if of_list == chosen else 0, rule.most(some))
        for members, most in rule.groups:
            rest = most - len(set(members) & set(preferred))
            require(rest >= 0, "too many preferences for a group")
            bits += digits(rest, most)
        return bits

    def grades(self, rule: Grades, grades: Any) -> list[int]:
        require(isinstance(grades, dict), "not an object of grades")
        require(len(self.numbers(list(grades))) == rule.options, "an option has no grade")
        for grade in grades.values():
            require(isinstance(grade, str) and grade in rule.grades, "no such grade")
        bits = [one_of(rule.grades.index(grades[name]), len(rule.grades)) for name in self.options]
        return sum(bits, []) + [0] * rule.blank

    def positional(self, rule: Positional, ranking: Any) -> list[int]:
        ties, k = self.ranking(ranking), len(rule.scores)
        require(all(len(tie) == 1 for tie in ties), "options share a place")
        require(len(ties) <= k and (rule.truncated or len(ties) == k), "too many options, or too few")
        place = {tie[0]: at for at, tie in enumerate(ties)}
        bits = [int(place.get(i) == at) for i in range(rule.options) for at in range(k)]
        if rule.truncated or k < rule.options:
            bits += [int(i not in place) for i in range(rule.options)]
        return bits + (one_of(len(ties), k + 1) if rule.truncated else []) + [0] * rule.blank

    def pairs(self, rule: Pairs, ranking: Any) -> list[int]:
        ties, q = self.ranking(ranking), range(rule.options)
        rest = [i for i in q if not any(i in tie for tie in ties)]
        if not rule.ties:
            require(not rest and all(len(tie) == 1 for tie in ties), "options tie, or are left out")
            place = {tie[0]: at for at, tie in enumerate(ties)}
            bits = [bit for i in q for bit in one_of(place[i], len(q))]
            return bits + [int(place[i] < place[j]) for i in q for j in q if i < j] + [0] * rule.blank
        spans, first, last = set(), {}, {}
        for tie in ties + ([rest] if rest else []):
            start = len(first)
            for i in tie:
                first[i], last[i] = start, start + len(tie) - 1
            spans.add((start, start + len(tie) - 1))
        bits = [int(first[i] < first[j]) for i in q for j in q if i != j]
        bits += [bit for places in (first, last) for i in q for bit in one_of(places[i], len(q))]
        return bits + [int((s, k) in spans) for s in q for k in q if s <= k] + [0] * rule.blank
