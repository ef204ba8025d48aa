"""Lists with preferences: spec/contests.md#lists."""

from __future__ import annotations

from dataclasses import dataclass

from contests import Builder, Outcome, Rule, impossible, ones, ranked, scaled
from decisions import Seats


@dataclass(frozen=True)
class Lists(Rule):
    """The rule of a contest of lists. Options are numbers."""

    lists: tuple[tuple[int, tuple[int, ...]], ...]  # each list with its candidates
    preferences: int
    across: bool
    groups: tuple[tuple[tuple[int, ...], int], ...] = ()  # candidates, max
    seats: Seats | None = None

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
        return Outcome(totals, ranking, options=[{"total": total} for total in totals])
