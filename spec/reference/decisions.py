"""Who is elected, whether a motion passes, and who takes the seats of lists: spec/contests.md#decisions. At the end, the
same in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Callable

from contests import Outcome
from transcript import tagged

Ties = list[list[int]]


@dataclass(frozen=True)
class Group:
    id: str
    options: frozenset[int]
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True)
class Winners:
    number: int
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Condition:
    of: str
    rule: str
    numerator: int
    denominator: int

    def reached(self, counted: int, base: int) -> bool:
        left, right = counted * self.denominator, base * self.numerator
        return left > right if self.rule == "more_than" else left >= right


@dataclass(frozen=True)
class Motion:
    in_favour: int
    against: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Circumstances:
    """What decisions depend on besides the outcome. `seed` is None if ties stay open."""

    has_quorum: bool
    weight: int
    eligible_weight: int
    seed: bytes | None = None


@dataclass(frozen=True)
class Lots:
    """The order of options that tie, if the lot decides it."""

    seed: bytes | None
    contest: str
    options: list[str]

    def drawn(self, tie: list[int]) -> list[int] | None:
        if self.seed is None:
            return None
        seed = self.seed
        return sorted(tie, key=lambda i: tagged("lot", seed, self.contest.encode(), self.options[i].encode()))

    def apart(self, tie: list[int]) -> Ties:
        """The options one by one if the lot decides, and together otherwise."""
        drawn = self.drawn(tie)
        return [[i] for i in drawn] if drawn is not None else [tie] if tie else []


# Winners: spec/contests.md#winners.


@dataclass
class Places:
    rule: Winners
    elected: list[tuple[int, str]] = field(default_factory=list)
    passed_over: list[tuple[int, str]] = field(default_factory=list)
    tied: list[int] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.rule.number - len(self.elected)

    def of(self, group: Group, further: list[int] = []) -> int:
        """How many options of a group are elected, if these are elected as well."""
        return len(group.options & {*(i for i, _ in self.elected), *further})

    def needs(self, group: Group, further: list[int] = []) -> int:
        return max(0, group.at_least - self.of(group, further))

    def passing(self, option: int) -> str | None:
        """Rule 2: the group for which an option is passed over."""
        for group in self.rule.groups:
            if option in group.options and group.at_most is not None and self.of(group) >= group.at_most:
                return group.id
        needing = [group for group in self.rule.groups if self.needs(group)]
        kept = sum(self.needs(group) for group in needing) >= self.left
        return needing[0].id if needing and kept and not any(option in group.options for group in needing) else None

    def all_fit(self, options: list[int]) -> bool:
        """Rule 3."""
        for group in self.rule.groups:
            if group.at_most is not None and self.of(group, options) > group.at_most:
                return False
        needed = sum(self.needs(group, options) for group in self.rule.groups)
        return len(options) <= self.left and needed <= self.left - len(options)

    def fill(self, tie: list[int], lots: Lots) -> None:
        if not self.left or self.tied:
            return
        by = "moved_up" if self.passed_over else "ranking"
        obstacles = [(i, self.passing(i)) for i in tie]
        self.passed_over += [(i, group) for i, group in obstacles if group is not None]
        others = [i for i, group in obstacles if group is None]
        drawn = lots.drawn(others)
        if self.all_fit(others):
            self.elected += [(i, by) for i in others]
        elif drawn is None:
            self.tied = others
        else:
            for i in drawn:
                if not self.left:
                    break
                if group := self.passing(i):
                    self.passed_over.append((i, group))
                else:
                    self.elected.append((i, "lot"))


def winners_value(rule: Winners, outcome: Outcome, lots: Lots, circumstances: Circumstances) -> dict[str, Any]:
    places = Places(rule)
    ranking = [[i for i in tie if outcome.has_vote(i)] for tie in outcome.ranking] if circumstances.has_quorum else []
    for tie in ranking:
        places.fill(tie, lots)
    done = {i for i, _ in places.elected} | {*places.tied}
    because = None
    if places.left:
        because = "groups" if places.passed_over else "no_votes"
        because = "tie" if places.tied else because
        because = because if circumstances.has_quorum else "no_quorum"
    names = lots.options
    return {
        "number": rule.number,
        "elected": [{"id": names[i], "by": by} for i, by in places.elected],
        "passed_over": [{"id": names[i], "group": group} for i, group in places.passed_over],
        "tied": [names[i] for i in places.tied],
        "open": places.left,
        "because": because,
        "reserves": [
            [names[i] for i in some] for tie in ranking for some in lots.apart([i for i in tie if i not in done])
        ],
    }


# Motions: spec/contests.md#motions.


def motion_value(motion: Motion, outcome: Outcome, circumstances: Circumstances) -> dict[str, Any]:
    in_favour, against = (outcome.options[i]["total"] for i in (motion.in_favour, motion.against))
    bases = {
        "votes": in_favour + against,
        "ballots": circumstances.weight,
        "roll": circumstances.eligible_weight,
    }
    conditions = [
        {
            "of": it.of,
            "base": bases[it.of],
            "fraction": [it.numerator, it.denominator],
            "rule": it.rule,
            "reached": it.reached(in_favour, bases[it.of]),
        }
        for it in motion.conditions
    ]
    reasons = [
        (not circumstances.has_quorum, "no_quorum"),
        (in_favour == 0, "no_votes"),
        (not all(condition["reached"] for condition in conditions), "condition"),
    ]
    because = next((reason for applies, reason in reasons if applies), None)
    value = {"for": in_favour, "against": against, "conditions": conditions}
    return value | {"passed": because is None, "because": because}


# Seats: spec/contests.md#seats.


@dataclass(frozen=True)
class Seats:
    number: int
    method: str
    people: str


@dataclass
class Allocation:
    """The seats of each list, how many of them it has by lot, and the lists that tie for the others."""

    seats: dict[int, int]
    by_lot: dict[int, int]
    tied: list[int] = field(default_factory=list)


def allocate(votes: dict[int, int], number: int, method: str, lots: Lots | None = None) -> Allocation:
    found = Allocation({name: 0 for name in votes}, {name: 0 for name in votes})
    seats, voted = found.seats, sum(votes.values())
    left = [name for name in votes if votes[name]]
    if not left:
        return found
    if method == "largest_remainder":
        for name in left:
            seats[name] = votes[name] * number // voted
        claim: Callable[[int], Fraction] = lambda name: Fraction(votes[name] * number % voted)
    else:
        step = 1 if method == "dhondt" else 2
        claim = lambda name: Fraction(votes[name], step * seats[name] + 1)
    while (free := number - sum(seats.values())) > 0:
        best = max(map(claim, left))
        equal = [name for name in left if claim(name) == best]
        taking = equal
        if len(equal) > free:
            drawn = lots.drawn(equal) if lots else None
            if drawn is None:
                found.tied = equal
                break
            taking = drawn[:free]
            for name in taking:
                found.by_lot[name] += 1
        for name in taking:
            seats[name] += 1
        left = [name for name in left if not (method == "largest_remainder" and name in equal)]
    return found


def list_value(
    name: int, candidates: tuple[int, ...], seats: int, by_lot: int, people: str, totals: list[int], lots: Lots
) -> dict[str, Any]:
    """Who takes the seats of a list."""
    names = lots.options
    if people == "order":
        ties = [[i] for i in candidates]
    else:
        ties = [[i for i in candidates if totals[i] == most] for most in sorted({totals[i] for i in candidates}, reverse=True)]
    by_order = people in ("order", "preferences_then_order")
    elected, reserves, tied = [], [], []
    for tie in ties:
        apart = [[i] for i in tie] if by_order else lots.apart(tie)
        left = 0 if tied else seats - len(elected)
        if len(tie) <= left:
            elected += [{"id": names[i], "by": "order" if people == "order" else "preferences"} for i in tie]
        elif left and len(apart) < len(tie):
            tied = [names[i] for i in tie]
        else:
            reason = "order" if by_order else "lot"
            elected += [{"id": names[i], "by": reason} for (i, *_) in apart[:left]]
            reserves += [[names[i] for i in some] for some in apart[left:]]
    left = seats - len(elected)
    because = ("tie" if tied else "no_candidates") if left else None
    return {
        "id": names[name],
        "seats": seats,
        "by_lot": by_lot,
        "elected": elected,
        "tied": tied,
        "open": left,
        "because": because,
        "reserves": reserves,
    }


def seats_value(
    rule: Seats, lists: tuple[tuple[int, tuple[int, ...]], ...], outcome: Outcome, lots: Lots, circumstances: Circumstances
) -> dict[str, Any]:
    totals = [option["total"] for option in outcome.options]
    votes = {name: totals[name] if circumstances.has_quorum else 0 for name, _ in lists}
    found = allocate(votes, rule.number, rule.method, lots)
    left = rule.number - sum(found.seats.values())
    because = None
    if left:
        because = "tie" if found.tied else "no_votes"
        because = because if circumstances.has_quorum else "no_quorum"
    return {
        "number": rule.number,
        "method": rule.method,
        "people": rule.people,
        "lists": [
            list_value(name, candidates, found.seats[name], found.by_lot[name], rule.people, totals, lots)
            for name, candidates in lists
        ],
        "tied": [lots.options[name] for name in found.tied],
        "open": left,
        "because": because,
    }


# Decisions in words, for the report as text.

BY = {
    "ranking": "by the ranking",
    "moved_up": "moved up, because others were passed over",
    "lot": "by lot",
    "preferences": "by preferences",
    "order": "by the order of the list",
}
BECAUSE = {
    "no_quorum": "there is no quorum",
    "no_votes": "nobody else has votes",
    "tie": "of a tie",
    "groups": "the limits of groups keep everybody else from them",
    "no_candidates": "the list has no more candidates",
}
FAILS = {
    "no_quorum": "there is no quorum",
    "no_votes": "nobody voted for it",
    "condition": "a condition is not reached",
}
BASES = {
    "votes": "the votes for and against",
    "ballots": "the weight of all ballots in the contest",
    "roll": "the weight of all voters who have the contest",
}
METHODS = {"largest_remainder": "largest remainders", "dhondt": "D'Hondt", "sainte_lague": "Sainte-Laguë"}


def share_text(share: dict[str, Any]) -> str:
    numerator, denominator = share["fraction"]
    return f"{share['rule'].replace('_', ' ')} {numerator}/{denominator}"


def elected_text(elected: list[dict[str, str]]) -> str:
    return ", ".join(f"{it['id']} ({BY[it['by']]})" for it in elected) or "nobody"


def open_lines(decided: dict[str, Any], what: str) -> list[str]:
    """What is not decided: those that tie, and what stays open for which reason."""
    lines = [f"a tie that nothing decides: {' = '.join(decided['tied'])}"] if decided["tied"] else []
    if decided["open"]:
        lines.append(f"{what} that stay open: {decided['open']}, because {BECAUSE[decided['because']]}")
    return lines


def reserve_lines(decided: dict[str, Any]) -> list[str]:
    return [f"next in order: {' > '.join(map(' = '.join, decided['reserves']))}"] if decided["reserves"] else []


def decision_lines(contest: dict[str, Any]) -> list[str]:
    """What was decided in a contest of the result, and by which rule."""
    lines = []
    if winners := contest.get("winners"):
        places = f"{len(winners['elected'])} of {winners['number']}"
        lines.append(f"elected, {places}: {elected_text(winners['elected'])}")
        lines += [f"passed over, because of the group {it['group']}: {it['id']}" for it in winners["passed_over"]]
        lines += open_lines(winners, "places") + reserve_lines(winners)
    if motion := contest.get("passes"):
        verdict = "passes" if motion["passed"] else f"DOES NOT PASS, because {FAILS[motion['because']]}"
        lines.append(f"the motion {verdict}: {motion['for']} for, {motion['against']} against")
        for condition in motion["conditions"]:
            reached = "reached" if condition["reached"] else "NOT REACHED"
            base = f"{BASES[condition['of']]} ({condition['base']})"
            lines.append(f"  votes for it, {share_text(condition)} of {base}: {reached}")
    if seats := contest.get("seats"):
        lines.append(f"seats: {seats['number']}, by {METHODS[seats['method']]}")
        for it in seats["lists"]:
            by_lot = f", of them by lot: {it['by_lot']}" if it["by_lot"] else ""
            lines.append(f"  list {it['id']}: {it['seats']}{by_lot}; elected: {elected_text(it['elected'])}")
            lines += [f"    {line}" for line in open_lines(it, "seats") + reserve_lines(it)]
        lines += [f"  {line}" for line in open_lines(seats, "seats")]
    return lines
