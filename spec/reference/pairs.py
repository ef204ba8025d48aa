"""Rankings counted by pairs: spec/contests.md#pairs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from contests import Builder, Outcome, Ranking, Rule, impossible, ones, ranked, scaled

Matrix = list[list[int]]


@dataclass(frozen=True)
class Pairs(Rule):
    ties: bool
    method: str

    @property
    def ranked_by(self) -> str:
        return self.method

    def append_to(self, builder: Builder) -> None:
        if self.ties:
            self.append_with_ties(builder)
        else:
            self.append_without_ties(builder)

    def append_without_ties(self, builder: Builder) -> None:
        q = self.options
        b = [builder.take(q) for _ in range(q)]
        p = {(i, j): builder.take(1)[0] for i in range(q) for j in range(i + 1, q)}
        beta = builder.take(self.blank)
        for bit in [*p.values(), *beta]:
            builder.count(ones([bit]))
        for i in range(q):
            builder.constant(1, ones([*b[i], *beta]))
        for k in range(q):
            builder.constant(1, ones([*(b[i][k] for i in range(q)), *beta]))
        for i in range(q):
            terms = [(b[i][k], -(q - 1 - k)) for k in range(q)]
            terms += ones(p[i, j] for j in range(i + 1, q)) + scaled(-1, (p[j, i] for j in range(i)))
            builder.constant(-i, terms + scaled(-i, beta))

    def append_with_ties(self, builder: Builder) -> None:
        q = self.options
        places = range(q)
        p = {(i, j): builder.take(1)[0] for i in places for j in places if i != j}
        a = [builder.take(q) for _ in places]
        e = [builder.take(q) for _ in places]
        h = {(s, k): builder.take(1)[0] for s in places for k in range(s, q)}
        beta = builder.take(self.blank)
        for bit in [*p.values(), *beta]:
            builder.count(ones([bit]))
        for of_option in a + e:
            builder.constant(1, ones([*of_option, *beta]))
        for i in places:
            above = ones(p[j, i] for j in places if j != i)
            builder.constant(0, above + [(a[i][s], -s) for s in places])
        for i in places:
            below = ones(p[i, j] for j in places if j != i)
            builder.constant(0, below + [(e[i][k], -(q - 1 - k)) for k in places])
        builder.constant(1, ones([*(h[0, k] for k in places), *beta]))
        for s in places[1:]:
            begun = ones(h[s, k] for k in range(s, q))
            builder.constant(0, scaled(-1, (h[r, s - 1] for r in range(s))) + begun)
        for s in places:
            builder.constant(0, ones(a[i][s] for i in places) + [(h[s, k], -(k - s + 1)) for k in range(s, q)])
        for k in places:
            builder.constant(0, ones(e[i][k] for i in places) + [(h[s, k], -(k - s + 1)) for s in range(k + 1)])

    def outcome(self, totals: list[int], voted: int) -> Outcome:
        q, values = self.options, iter(totals)
        matrix = [[0] * q for _ in range(q)]
        for i in range(q):
            for j in range(q):
                if self.ties and i != j:
                    matrix[i][j] = next(values)
                elif i < j:
                    matrix[i][j] = next(values)
                    matrix[j][i] = voted - matrix[i][j]
        for i, j in permutations(range(q), 2):
            impossible(matrix[i][j] < 0 or matrix[i][j] + matrix[j][i] > voted, "the ballots of a pair")
        winner = [i for i in range(q) if all(matrix[i][j] > matrix[j][i] for j in range(q) if j != i)]
        rankings = {"schulze": schulze(matrix), "ranked_pairs": ranked_pairs(matrix), "copeland": copeland(matrix)}
        pairs = {"matrix": matrix, "condorcet_winner": winner[0] if winner else None} | rankings
        counts = [matrix[i][j] for i, j in permutations(range(q), 2)]
        return Outcome(counts, rankings[self.method], options=[{} for _ in range(q)], pairs=pairs)


def layers(before: list[list[bool]]) -> Ranking:
    """Ranks in layers: first the options that no other option is before, together, then the same among the rest."""
    left, ranking = list(range(len(before))), []
    while left:
        first = [i for i in left if not any(before[j][i] for j in left)]
        ranking.append(first)
        left = [i for i in left if i not in first]
    return ranking


def schulze(matrix: Matrix) -> Ranking:
    """The strengths of the strongest paths, by Floyd and Warshall."""
    q = range(len(matrix))
    strength = [[matrix[i][j] if matrix[i][j] > matrix[j][i] else 0 for j in q] for i in q]
    for k in q:
        for i, j in permutations(q, 2):
            strength[i][j] = max(strength[i][j], min(strength[i][k], strength[k][j]))
    return layers([[strength[i][j] > strength[j][i] for j in q] for i in q])


def ranked_pairs(matrix: Matrix) -> Ranking:
    q = range(len(matrix))
    defeats = [(i, j) for i, j in permutations(q, 2) if matrix[i][j] > matrix[j][i]]
    locked: list[tuple[int, int]] = []
    for size in sorted({(-matrix[i][j], matrix[j][i]) for i, j in defeats}):
        equal = [(i, j) for i, j in defeats if (-matrix[i][j], matrix[j][i]) == size]
        equal = [(i, j) for i, j in equal if not leads(locked, j, i)]
        locked += [(i, j) for i, j in equal if not leads(locked + equal, j, i)]
    return layers([[(i, j) in locked for j in q] for i in q])


def leads(defeats: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether defeats lead from one option to another, one after the other."""
    reached = {start}
    while further := {j for i, j in defeats if i in reached} - reached:
        reached |= further
    return end in reached


def copeland(matrix: Matrix) -> Ranking:
    """Two points for every option that is beaten, and one for every equal one. This includes the option itself, which
    adds the same to all."""
    q = range(len(matrix))
    beaten = [sum(matrix[i][j] > matrix[j][i] for j in q) for i in q]
    equal = [sum(matrix[i][j] == matrix[j][i] for j in q) for i in q]
    return ranked([2 * beaten[i] + equal[i] for i in q])
