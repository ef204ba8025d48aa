"""Lists with preferences and seats: spec/contests.md#lists."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Callable

from contests import Builder, Outcome, Rule, impossible, ones, ranked, scaled


@dataclass(frozen=True)
class Lists(Rule):
    """The rule of a contest of lists. Options are numbers."""

    lists: tuple[tuple[int, tuple[int, ...]], ...]  # each list with its candidates
    preferences: int
    across: bool
    groups: tuple[tuple[tuple[int, ...], int], ...] = ()  # candidates, max
    seats: tuple[int, str] | None = None  # number, method

    @property
    def candidates(self) -> list[int]:
        return [candidate for _, candidates in self.lists for candidate in candidates]

    def most(self, candidates: tuple[int, ...]) -> int:
        """P_j of spec/contests.md#lists."""
        return min(self.preferences, len(candidates))

    def append_to(self, builder: Builder) -> None:
        options, beta = builder.take(self.options), builder.take(self.blank)
        for bit in [*options, *beta]:
            builder.count(ones([bit]))
        builder.constant(1, ones([*(options[name] for name, _ in self.lists), *beta]))
        if not self.across:
            for name, candidates in self.lists:
                if candidates:
                    most = self.most(candidates)
                    digits = builder.digits(most)
                    builder.constant(0, ones(options[i] for i in candidates) + digits + [(options[name], -most)])
        elif self.preferences:
            slack = builder.digits(self.preferences)
            terms = ones(options[i] for i in self.candidates) + slack + scaled(self.preferences, beta)
            builder.constant(self.preferences, terms)
        for candidates, most in self.groups:
            builder.constant(most, ones(options[i] for i in candidates) + builder.digits(most))

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        impossible(sum(totals[name] for name, _ in self.lists) != voted, "the votes of the lists")
        for name, candidates in self.lists if not self.across else []:
            votes = [totals[i] for i in candidates]
            impossible(max(votes, default=0) > totals[name], "the votes of a candidate")
            impossible(sum(votes) > self.most(candidates) * totals[name], "the votes of the candidates of a list")
        if self.across:
            votes = [totals[i] for i in self.candidates]
            impossible(max(votes, default=0) > voted, "the votes of a candidate")
            impossible(sum(votes) > self.preferences * voted, "the votes of the candidates")
        names = [name for name, _ in self.lists]
        of_lists = {name: totals[name] for name in names}
        # Options are in the order of the manifest.
        ranking = ranked([of_lists.get(i, -1) for i in range(self.options)])
        ranking = [tie for tie in ranking if tie[0] in of_lists]
        seats = seats_of(of_lists, *self.seats) if self.seats else None
        return Outcome(totals, ranking, options=[{"total": total} for total in totals], seats=seats)


def seats_of(votes: dict[int, int], number: int, method: str) -> tuple[dict[int, int], list[int], int]:
    """The seats of each list, the lists that tie, and the seats that stay open."""
    seats, voted = {name: 0 for name in votes}, sum(votes.values())
    left = [name for name in votes if votes[name]]
    if not left:
        return seats, [], number
    if method == "largest_remainder":
        for name in left:
            seats[name] = votes[name] * number // voted
        return give(seats, left, number, lambda name: Fraction(votes[name] * number % voted), once=True)
    step = 1 if method == "dhondt" else 2
    return give(seats, left, number, lambda name: Fraction(votes[name], step * seats[name] + 1), once=False)


def give(
    seats: dict[int, int], left: list[int], number: int, claim: Callable[[int], Fraction], once: bool
) -> tuple[dict[int, int], list[int], int]:
    """Gives the seats that are left in rounds, to the lists with the largest claim."""
    while (free := number - sum(seats.values())) > 0:
        best = max(map(claim, left))
        equal = [name for name in left if claim(name) == best]
        if len(equal) > free:
            return seats, equal, free
        for name in equal:
            seats[name] += 1
        left = [name for name in left if not (once and name in equal)]
    return seats, [], 0
