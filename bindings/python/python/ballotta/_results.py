"""The results of all contests as one table: a row for each option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, overload

from ._errors import BallottaError
from ._types import ContestResult, ResultDocument

if TYPE_CHECKING:
    import pandas

#: In these kinds a total is a part of the weight that voted; in the others it is a sum of points.
_SHARES = {"choose", "lists", "split"}


def named(texts: Any, language: str) -> str:
    """Returns a text of the manifest in a language, or in the first one that it has."""
    return str(texts.get(language, next(iter(texts.values()), ""))) if isinstance(texts, dict) else str(texts)


def contest_of(manifest: dict[str, Any] | None, id: str) -> dict[str, Any]:
    """Returns a contest of the manifest; an empty ``dict`` without the manifest."""
    contests = manifest["contests"] if manifest else []
    return next((contest for contest in contests if contest["id"] == id), {})


def titles_of(manifest: dict[str, Any] | None, id: str, language: str) -> tuple[str, dict[str, str]]:
    """Returns the title of a contest, and those of its options by their identifiers; without the manifest, its identifier."""
    known = contest_of(manifest, id)
    options = {option["id"]: named(option["title"], language) for option in known.get("options", [])}
    return named(known.get("title", id), language), options


def share(contest: ContestResult, kind: str | None, total: int) -> float | None:
    """Returns the part of the weight of all ballots that a total is; ``None`` if it is no such part."""
    return total / contest["weight"] if kind in _SHARES and contest["weight"] else None


@dataclass(frozen=True)
class ResultRow:
    """An option in a contest, and what it received. Fields that the kind of the contest does not give are ``None``."""

    contest: str
    """The identifier of the contest."""
    option: str | None
    """The identifier of the option; ``None`` for the blank votes of the contest."""
    title: str
    """The title of the option, in the language that was asked for."""
    total: int | None
    """The votes, points or weight of the option; ``None`` for ``grades``, ``pairs``, and totals that stay encrypted."""
    share: float | None
    """The part of the weight of all ballots, from 0 to 1, in contests where the total is such a part."""
    place: int | None
    """The place in the ranking of the contest, from 1. Options that tie have the same place."""
    elected: bool | None
    """Whether the option is elected; ``None`` if the contest elects nobody by itself."""


class Results(Sequence[ResultRow]):
    """The rows of all contests, in the order of the manifest. ``to_pandas`` returns them as a table."""

    def __init__(self, rows: Sequence[ResultRow]) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, index: int) -> ResultRow: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> ResultRow | Results:
        return Results(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[ResultRow]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == other._rows if isinstance(other, Results) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rows)

    def __repr__(self) -> str:
        contests = len({row.contest for row in self})
        rows = "1 row" if len(self) == 1 else f"{len(self)} rows"
        return f"<Results of {'1 contest' if contests == 1 else f'{contests} contests'}, {rows}>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in asdict(row).values()) + "</tr>"
            for row in self
        )
        return f"<table><tr>{head}</tr>{rows}</table>"

    def to_pandas(self) -> pandas.DataFrame:
        """Returns the rows as a table (extra ``pandas``). Missing values are ``<NA>``."""
        import pandas

        table = pandas.DataFrame([asdict(row) for row in self], columns=_COLUMNS)
        types = {"total": "Int64", "share": "Float64", "place": "Int64", "elected": "boolean"}
        return table.astype(types)


_COLUMNS = [field.name for field in fields(ResultRow)]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{100 * value:.1f} %"
        case int():
            return f"{value:,}"
    return str(value)


def rows(result: ResultDocument, manifest: dict[str, Any], language: str | None, blank: str) -> Results:
    """Returns the rows of a result. ``blank`` is the title of blank votes.

    Raises ``BallottaError`` with ``no-language`` if the manifest does not have the language.
    """
    languages = manifest["languages"]
    if language is not None and language not in languages:
        raise BallottaError(f"the manifest has no language {language!r}: it has {', '.join(languages)}", "no-language")
    chosen = language or languages[0]
    found = [
        row
        for contest in result["contests"]
        for row in _rows_of(contest, contest_of(manifest, contest["id"]), chosen, blank)
    ]
    return Results(found)


def _rows_of(contest: ContestResult, known: dict[str, Any], language: str, blank: str) -> Iterator[ResultRow]:
    counted = {option["id"]: option for option in contest["options"]}
    places: dict[str, int] = {}
    place = 1
    for tied in contest["ranking"]:
        places |= dict.fromkeys(tied, place)
        place += len(tied)
    kind = known["rule"]["kind"]
    winners = contest.get("winners")

    def part(total: int | None) -> float | None:
        return None if total is None else share(contest, kind, total)

    for option in known["options"]:
        id = option["id"]
        total = counted[id].get("total") if id in counted else None
        elected = None if winners is None else any(winner["id"] == id for winner in winners["elected"])
        yield ResultRow(contest["id"], id, named(option["title"], language), total, part(total), places.get(id), elected)
    if contest["blank"] is not None:
        voted = contest["weight"]
        of_weight = contest["blank"] / voted if voted else None
        yield ResultRow(contest["id"], None, blank, contest["blank"], of_weight, None, None)
