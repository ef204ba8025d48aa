"""The types of a report's values, so that a type checker finds a field or a word that does not exist."""

from __future__ import annotations

from typing import Literal, TypedDict

Stage = Literal["voting", "closed", "complete"]
Verdict = Literal["holds", "holds_with_findings", "not_complete", "does_not_hold"]
Status = Literal["passed", "findings", "missing", "failed", "unreadable", "not_checked", "not_asked"]
Effect = Literal["none", "missing", "invalid", "unreadable"]


class QuorumResult(TypedDict):
    """Whether the quorum is reached."""

    counted: int
    """The ballots or the weight that took part, as the manifest says."""
    base: int
    """The number with which ``counted`` is compared."""
    fraction: list[int]
    """The fraction of the base: numerator and denominator."""
    rule: Literal["more_than", "at_least"]
    reached: bool


OpenBecause = Literal["no_quorum", "tie", "groups", "no_votes"]


class Elected(TypedDict):
    """An elected option, and the part of the rule that elected it."""

    id: str
    by: Literal["ranking", "moved_up", "lot"]


class PassedOver(TypedDict):
    """An option that the limit of a group kept from a place."""

    id: str
    group: str


class WinnersResult(TypedDict):
    """Who is elected in a contest."""

    number: int
    """The number of options to elect."""
    elected: list[Elected]
    passed_over: list[PassedOver]
    tied: list[str]
    """The options that tie for the places that stay open."""
    open: int
    """The number of places that stay open."""
    because: OpenBecause | None
    reserves: list[list[str]]
    """The other options with a vote, from the one that moves up first."""


class ConditionResult(TypedDict):
    """Whether a condition of a motion is satisfied."""

    of: Literal["votes", "ballots", "roll"]
    base: int
    fraction: list[int]
    rule: Literal["more_than", "at_least"]
    reached: bool


_Sides = TypedDict("_Sides", {"for": int, "against": int})


class MotionResult(_Sides):
    """Whether a motion passes."""

    conditions: list[ConditionResult]
    passed: bool
    because: Literal["no_quorum", "no_votes", "condition"] | None
    """Why the motion does not pass; ``None`` if it passes."""


class PairsResult(TypedDict):
    """The comparisons of a contest of the kind ``pairs``."""

    matrix: list[list[int]]
    """Row ``i``, column ``j``: the weight of the ballots that rank option ``i`` above option ``j``."""
    condorcet_winner: str | None
    schulze: list[list[str]]
    ranked_pairs: list[list[str]]
    copeland: list[list[str]]


class ListSeats(TypedDict):
    """The seats of a list."""

    id: str
    seats: int
    by_lot: int
    """How many of the seats the list has by lot."""
    elected: list[Seated]
    tied: list[str]
    """The candidates who tie for the seats of the list that stay open."""
    open: int
    because: Literal["tie", "no_candidates"] | None
    reserves: list[list[str]]
    """The other candidates, from the one that moves up first."""


class Seated(TypedDict):
    """A candidate who takes a seat, and the part of the rule that decided it."""

    id: str
    by: Literal["preferences", "order", "lot"]


class SeatsResult(TypedDict):
    """The seats of a contest of the kind ``lists``."""

    number: int
    method: Literal["dhondt", "sainte_lague", "largest_remainder"]
    people: Literal["preferences", "preferences_then_order", "order"]
    lists: list[ListSeats]
    tied: list[str]
    """The lists that tie for the seats that no list gets."""
    open: int
    """The number of seats that no list gets."""
    because: OpenBecause | None


class _Option(TypedDict):
    id: str


class OptionResult(_Option, total=False):
    """The counts of an option. Which fields it has depends on the kind of the contest; ``pairs`` gives none."""

    total: int
    average: list[int]
    """The average as a fraction: numerator and denominator (kind ``score``)."""
    grades: list[int]
    """The total of each grade, the best first (kind ``grades``)."""
    grade: str | None
    """The majority grade; ``None`` if nobody gave a grade (kind ``grades``)."""


class _Contest(TypedDict):
    id: str
    ballots: int
    weight: int
    withheld: Literal["too_few_ballots", "rare_weight"] | None
    options: list[OptionResult]
    blank: int | None
    ranked_by: Literal["totals", "majority_judgment", "schulze", "ranked_pairs", "copeland"]
    ranking: list[list[str]]


class ContestResult(_Contest, total=False):
    """The result of a contest. If ``withheld`` is not ``None``, its totals stay encrypted."""

    winners: WinnersResult
    passes: MotionResult
    pairs: PairsResult
    seats: SeatsResult


class RollChangeCounts(TypedDict):
    """How often the roll was changed during the voting, for each reason."""

    lost_code: int
    late_member: int
    error: int
    left: int


class _Result(TypedDict, total=False):
    roll_changes: RollChangeCounts


class ResultDocument(_Result):
    """The result of an election, as in ``result/result.json``. ``roll_changes`` is there if the manifest allows changes."""

    format: str
    fingerprint: str
    eligible_voters: int
    eligible_weight: int
    counted_ballots: int
    counted_weight: int
    quorum: QuorumResult | None
    lot: str | None
    """The seed of the lot that decides ties, hexadecimal; ``None`` if ties stay open."""
    contests: list[ContestResult]
