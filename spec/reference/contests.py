"""Contests: spec/contests.md, and the forms of spec/ballot.md#form.

Lists and pairs, which have more to count, are in `lists.py` and `pairs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import gcd, isqrt
from typing import Any, Iterable

from encoding import (
    MAX_FORM_BITS, MAX_FORM_ROWS, MAX_FORM_SLOTS, MAX_FORM_TERMS, MAX_LIGHT_BALLOT, MAX_PACKED, MAX_TOTAL, MAX_WEIGHT, ROW_BOUND, le32,
    require,
)  # fmt: skip
from transcript import tagged

SLOT, CONSTANT, WEIGHT = 0, 1, 2
Terms = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Row:
    """row(b) = sum coefficient * b[bit], which is the value of a slot, the constant, or the weight of the ballot."""

    kind: int
    constant: int
    terms: tuple[tuple[int, int], ...]

    def value(self, bits: list[int]) -> int:
        return sum(coefficient * bits[bit] for bit, coefficient in self.terms)

    def target(self, weight: int) -> int:
        return weight if self.kind == WEIGHT else self.constant


@dataclass(frozen=True)
class Form:
    bits: int
    slots: int
    rows: tuple[Row, ...]

    @cached_property
    def encoding(self) -> bytes:
        data = le32(self.bits) + le32(self.slots) + le32(len(self.rows) - self.slots)
        for row in self.rows:
            data += bytes([row.kind]) + row.constant.to_bytes(8, "little", signed=True) + le32(len(row.terms))
            for bit, coefficient in row.terms:
                data += le32(bit) + coefficient.to_bytes(8, "little", signed=True)
        return data

    @cached_property
    def digest(self) -> bytes:
        return tagged("form", self.encoding)


@dataclass
class Builder:
    """Collects the bits, counts and rows of one contest after another."""

    bits: int = 0
    counts: list[Terms] = field(default_factory=list)  # of the contest, until they are packed
    slot_rows: list[Row] = field(default_factory=list)
    constant_rows: list[Row] = field(default_factory=list)

    def take(self, count: int) -> range:
        """Appends new bits and returns them."""
        self.bits += count
        require(self.bits <= MAX_FORM_BITS, "the form has too many bits")
        return range(self.bits - count, self.bits)

    def digits(self, maximum: int) -> list[tuple[int, int]]:
        """Appends bits for a number from 0 to `maximum`, and returns them as terms."""
        weights = range_digits(maximum)
        return list(zip(self.take(len(weights)), weights))

    def count(self, terms: Terms) -> None:
        self.counts.append(terms)

    def pack(self, rule: Rule) -> None:
        """Packs the counts of a contest into slots: spec/contests.md#packing."""
        for counts in rule.shared(self.counts):
            digits = [(bit, rule.radix**i * factor) for i, terms in enumerate(counts) for bit, factor in terms]
            self.slot_rows.append(Row(SLOT, 0, in_order(digits)))
        self.counts = []

    def constant(self, target: int, terms: Terms) -> None:
        self.constant_rows.append(Row(CONSTANT, target, in_order(terms)))

    def weight(self, terms: Terms) -> None:
        self.constant_rows.append(Row(WEIGHT, 0, in_order(terms)))

    def form(self) -> Form:
        """Returns all slot rows, then all constant rows, after the checks of spec/ballot.md#form."""
        rows = self.slot_rows + self.constant_rows
        terms = [term for row in rows for term in row.terms]
        require(len(self.slot_rows) <= MAX_FORM_SLOTS, "the form has too many slots")
        require(len(rows) <= MAX_FORM_ROWS and len(terms) <= MAX_FORM_TERMS, "the form has too many rows or terms")
        require({bit for bit, _ in terms} == set(range(self.bits)), "a bit is in no row")
        for row in rows:
            size = abs(row.target(MAX_WEIGHT)) + sum(abs(coefficient) for _, coefficient in row.terms)
            require(row.terms and size < ROW_BOUND, "a row has no term, or its numbers are too large")
        return Form(self.bits, len(self.slot_rows), tuple(rows))


def ones(bits: Iterable[int]) -> list[tuple[int, int]]:
    return [(bit, 1) for bit in bits]


def scaled(factor: int, bits: Iterable[int]) -> list[tuple[int, int]]:
    return [(bit, factor) for bit in bits]


def in_order(terms: Terms) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((bit, coefficient) for bit, coefficient in terms if coefficient))


def range_digits(maximum: int) -> list[int]:
    """spec/contests.md#range-digits"""
    digits: list[int] = []
    while maximum > sum(digits):
        digits.append(min(2 ** len(digits), maximum - sum(digits)))
    return digits


def compile_form(rules: Iterable[Rule]) -> Form:
    """Compiles the form of a style."""
    builder = Builder()
    for rule in rules:
        rule.append_to(builder)
        builder.pack(rule)
    return builder.form()


# What all kinds share: spec/contests.md#what-all-kinds-share.

Ranking = list[list[int]]


@dataclass(frozen=True)
class Outcome:
    """The result of a contest. Options are numbers; `counts` are all totals that have the bound of a count."""

    counts: list[int]
    ranking: Ranking
    blank: int | None = None
    options: list[dict[str, Any]] = field(default_factory=list)  # further fields of spec/record.md#result
    pairs: dict[str, Any] | None = None

    def has_vote(self, option: int) -> bool:
        """spec/contests.md#decisions"""
        if self.pairs:
            return any(self.pairs["matrix"][option])
        value = self.options[option]
        return value["total"] > 0 if "total" in value else value["grade"] is not None


@dataclass(frozen=True)
class Rule:
    options: int
    blank: bool
    weights_max: int = field(default=1, kw_only=True)  # these two come from the manifest, and decide how many counts share a slot
    weights_total: int = field(default=MAX_TOTAL, kw_only=True)

    ranked_by = "totals"
    multiplied = True  # whether ciphertexts are multiplied by the weight of the roll
    bound = 1  # the most that a unit of weight adds to a count; 1 for blank votes

    def append_to(self, builder: Builder) -> None:
        raise NotImplementedError

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        """The result from the totals of all counts except the blank votes. Refuses totals that no ballots give."""
        raise NotImplementedError

    @cached_property
    def form(self) -> Form:
        return compile_form([self])

    @property
    def slots(self) -> int:
        return self.form.slots

    @cached_property
    def terms(self) -> int:
        return sum(len(row.terms) for row in self.form.rows)

    @cached_property
    def counts(self) -> int:
        builder = Builder()
        self.append_to(builder)
        return len(builder.counts)

    @property
    def radix(self) -> int:
        """spec/contests.md#packing"""
        return self.bound * self.weights_total + 1

    @property
    def per_slot(self) -> int:
        """The number of counts that share a slot."""
        many = [k for k in range(2, MAX_PACKED.bit_length()) if self.radix**k <= MAX_PACKED]
        light = self.radix**2 <= MAX_TOTAL and self.bound * self.weights_max <= MAX_LIGHT_BALLOT
        return max(many, default=2 if light else 1)

    def shared(self, counts: list[Any]) -> list[list[Any]]:
        """Groups values, one for each count, by slots."""
        return [counts[first : first + self.per_slot] for first in range(0, len(counts), self.per_slot)]

    def bounds(self, weight: int) -> list[list[int]]:
        """The bounds of the totals of each slot."""
        return self.shared([self.bound * weight] * (self.counts - self.blank) + [weight] * self.blank)

    def count(self, totals: list[int], weight: int) -> Outcome:
        """The result of the contest from the totals of its counts."""
        blank = totals[-1] if self.blank else None
        require((blank or 0) <= weight, "the totals are impossible: more blank votes than ballots")
        outcome = self.outcome(totals[: len(totals) - self.blank], weight - (blank or 0))
        return Outcome(**vars(outcome) | {"blank": blank})

    def unanimous(self, outcome: Outcome, weight: int) -> bool:
        """spec/verification.md#report: whether some total is as large as the ballots can make it."""
        return weight > 0 and (self.bound * weight in outcome.counts or outcome.blank == weight)


def impossible(condition: object, problem: str) -> None:
    require(not condition, f"the totals are impossible: {problem}")


def ranked(keys: list[Any]) -> Ranking:
    """Ranks options, the largest value first; equal ones are together, in the order of the manifest."""
    return [[i for i, key in enumerate(keys) if key == best] for best in sorted(set(keys), reverse=True)]


def by_totals(totals: list[int], **more: Any) -> Outcome:
    return Outcome(totals, ranked(totals), options=[{"total": total} for total in totals], **more)


@dataclass(frozen=True)
class Choose(Rule):
    """spec/contests.md#choose"""

    min: int
    max: int

    def append_to(self, builder: Builder) -> None:
        options, beta = builder.take(self.options), builder.take(self.blank)
        slack = builder.digits(self.max - self.min)
        for bit in [*options[: self.options - (self.min == self.max)], *beta]:
            builder.count(ones([bit]))
        builder.constant(self.max, ones(options) + scaled(self.max, beta) + slack)

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        if self.min == self.max:
            totals = totals + [self.max * voted - sum(totals)]
        impossible(not all(0 <= total <= voted for total in totals), "the votes of an option")
        impossible(not self.min * voted <= sum(totals) <= self.max * voted, "the votes of all options")
        return by_totals(totals)


@dataclass(frozen=True)
class Points(Rule):
    """spec/contests.md#score and #cumulative: at most `max` points an option, `total` together."""

    max: int
    total: int | None
    exactly: bool
    averages: bool

    @property
    def bound(self) -> int:
        return self.max

    def append_to(self, builder: Builder) -> None:
        points = [builder.digits(self.max) for _ in range(self.options)]
        beta = builder.take(self.blank)
        for digits in points[: self.options - self.exactly]:
            builder.count(digits)
        for bit in beta:
            builder.count(ones([bit]))
        total = self.max * self.options if self.total is None and self.blank else self.total
        if total is not None:
            slack = [] if self.exactly else builder.digits(total)
            builder.constant(total, [term for digits in points for term in digits] + scaled(total, beta) + slack)

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        if self.exactly:
            totals = totals + [(self.total or 0) * voted - sum(totals)]
        impossible(not all(0 <= total <= self.max * voted for total in totals), "the points of an option")
        impossible(self.total is not None and sum(totals) > self.total * voted, "the points of all options")
        outcome = by_totals(totals)
        for option in outcome.options if self.averages else []:
            divisor = gcd(option["total"], voted) or 1
            option["average"] = [option["total"] // divisor, voted // divisor or 1]
        return outcome


@dataclass(frozen=True)
class Split(Rule):
    """spec/contests.md#split"""

    max: int

    multiplied = False

    def append_to(self, builder: Builder) -> None:
        points = [builder.digits(self.max) for _ in range(self.options)]
        for digits in points[:-1]:
            builder.count(digits)
        builder.weight(term for digits in points for term in digits)

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        impossible(sum(totals) > voted, "the weight of the last option")
        return by_totals(totals + [voted - sum(totals)])


@dataclass(frozen=True)
class Quadratic(Rule):
    """spec/contests.md#quadratic"""

    credits: int

    @property
    def bound(self) -> int:
        return isqrt(self.credits)

    def append_to(self, builder: Builder) -> None:
        units = [builder.take(self.bound) for _ in range(self.options)]
        beta, slack = builder.take(self.blank), builder.digits(self.credits)
        for bits in [*units, *([beta] if beta else [])]:
            builder.count(ones(bits))
        costs = [(bit, 2 * k - 1) for bits in units for k, bit in enumerate(bits, 1)]
        builder.constant(self.credits, costs + scaled(self.credits, beta) + slack)

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        impossible(max(totals) > self.bound * voted, "the votes of an option")
        return by_totals(totals)


@dataclass(frozen=True)
class Grades(Rule):
    """spec/contests.md#grades"""

    grades: tuple[str, ...]

    ranked_by = "majority_judgment"

    def append_to(self, builder: Builder) -> None:
        grades = [builder.take(len(self.grades)) for _ in range(self.options)]
        beta = builder.take(self.blank)
        for bit in [bit for of_option in grades for bit in of_option[:-1]] + list(beta):
            builder.count(ones([bit]))
        for of_option in grades:
            builder.constant(1, ones([*of_option, *beta]))

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        width = len(self.grades) - 1
        table = [totals[width * i : width * (i + 1)] for i in range(self.options)]
        table = [row + [voted - sum(row)] for row in table]
        impossible(min(row[-1] for row in table) < 0, "the grades of an option")
        options = [{"grades": row, "grade": self.grades[majority(row)] if voted else None} for row in table]
        counts = [count for row in table for count in row]
        return Outcome(counts, ranked([gauge(row) for row in table]), options=options)


def majority(row: list[int]) -> int:
    """The majority grade: the best grade whose weight, with all better ones, is above half; the first if nobody voted."""
    return next((a for a in range(len(row)) if 2 * sum(row[: a + 1]) > sum(row)), 0)


def gauge(row: list[int]) -> tuple[int, bool, int]:
    """The sort key of an option; a larger key is better."""
    a = majority(row)
    p, w = sum(row[:a]), sum(row[a + 1 :])
    return (-a, p > w, p if p > w else -w)


@dataclass(frozen=True)
class Positional(Rule):
    """spec/contests.md#positional"""

    scores: tuple[int, ...]
    truncated: bool

    @property
    def bound(self) -> int:
        return max(self.scores)

    def append_to(self, builder: Builder) -> None:
        k = len(self.scores)
        places = [builder.take(k) for _ in range(self.options)]
        u = builder.take(self.options if self.truncated or k < self.options else 0)
        n = builder.take(k + 1 if self.truncated else 0)
        beta = builder.take(self.blank)
        for bits in places:
            builder.count(zip(bits, self.scores))
        for bit in beta:
            builder.count(ones([bit]))
        for i, bits in enumerate(places):
            builder.constant(1, ones([*bits, *([u[i]] if u else beta)]))
        if self.truncated:
            builder.constant(1, ones([*n, *beta]))
        for place in range(k):
            column = ones(bits[place] for bits in places)
            if self.truncated:
                builder.constant(0, column + scaled(-1, n[place + 1 :]))
            else:
                builder.constant(1, column + ones(beta))

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        most = sum(self.scores) * voted
        impossible(max(totals) > self.bound * voted or sum(totals) > most, "the scores")
        impossible(not self.truncated and sum(totals) != most, "the scores of all options")
        return by_totals(totals)
