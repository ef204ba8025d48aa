"""What a contest means: spec/contests.md, and the forms of spec/ballot.md#form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from encoding import le32, require
from transcript import tagged


@dataclass(frozen=True)
class Row:
    """row(b) = sum coefficient * b[bit], for a constant row equal to `target`; target 0 for a slot row."""

    target: int
    terms: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Form:
    bits: int
    slots: int
    rows: tuple[Row, ...]

    @cached_property
    def encoding(self) -> bytes:
        data = le32(self.bits) + le32(self.slots) + le32(len(self.rows) - self.slots)
        for row in self.rows:
            data += row.target.to_bytes(8, "little", signed=True) + le32(len(row.terms))
            for bit, coefficient in row.terms:
                data += le32(bit) + coefficient.to_bytes(8, "little", signed=True)
        return data

    @cached_property
    def digest(self) -> bytes:
        return tagged("form", self.encoding)


def range_digits(maximum: int) -> list[int]:
    """spec/contests.md#range-digits"""
    digits: list[int] = []
    while maximum > sum(digits):
        digits.append(min(2 ** len(digits), maximum - sum(digits)))
    return digits


@dataclass(frozen=True)
class Choose:
    """spec/contests.md#choose"""

    options: int
    min: int
    max: int
    blank: bool

    @property
    def last_has_no_slot(self) -> bool:
        return self.min == self.max

    @property
    def slots(self) -> int:
        return self.options - self.last_has_no_slot + self.blank

    @property
    def bits(self) -> int:
        return self.options + self.blank + len(range_digits(self.max - self.min))

    def rows(self, first: int) -> tuple[list[Row], Row]:
        """The slot rows and the constant row, where the contest's bits begin at `first`."""
        options = range(first, first + self.options)
        terms = [(bit, 1) for bit in options]
        slot_bits = list(options)[: self.options - self.last_has_no_slot]
        if self.blank:
            terms.append((first + self.options, self.max))
            slot_bits.append(first + self.options)
        for digit in range_digits(self.max - self.min):
            terms.append((first + len(terms), digit))
        return [Row(0, ((bit, 1),)) for bit in slot_bits], Row(self.max, tuple(terms))

    def totals(self, slots: list[int], weight: int) -> tuple[list[int], int | None]:
        """What each option received, and the blank votes, from the totals of the slots."""
        totals = slots[: len(slots) - self.blank]
        blank = slots[-1] if self.blank else None
        rest = weight - (blank or 0)
        require(rest >= 0, "the totals are impossible: more blank votes than ballots")
        if self.last_has_no_slot:
            last = self.max * rest - sum(totals)
            require(0 <= last <= rest, "the totals are impossible: they leave no votes for the last option")
            totals = totals + [last]
        return totals, blank


def compile_form(rules: list[Choose]) -> Form:
    """The form of a style: all slot rows, then all constant rows."""
    bits, slot_rows, constant_rows = 0, [], []
    for rule in rules:
        slots, constant = rule.rows(bits)
        slot_rows += slots
        constant_rows.append(constant)
        bits += rule.bits
    return Form(bits, len(slot_rows), tuple(slot_rows + constant_rows))
