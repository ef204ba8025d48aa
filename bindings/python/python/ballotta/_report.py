"""The report of a verification."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from . import _ballotta
from ._errors import BallottaError
from ._notebook import notebook_view
from ._results import Results, rows
from ._text import failure_text, place_text, report_text
from ._types import ContestResult, Effect, ResultDocument, Stage, Status, Verdict
from ._words import Words

if TYPE_CHECKING:
    import numpy
    import pandas

_CHECKS = {slug: (one, unit, description.strip()) for slug, one, unit, description in _ballotta.checks()}


@dataclass(frozen=True)
class Check:
    """One check: its stable name, its status, and the number of items that it examined."""

    id: str
    status: Status
    """``passed``, ``findings``, ``missing``, ``failed``, ``unreadable``, ``not_checked`` or ``not_asked``."""
    items: int
    failures: int

    @property
    def unit(self) -> str:
        """The unit that ``items`` counts, in the plural."""
        return _CHECKS[self.id][1]

    @property
    def unit_of_items(self) -> str:
        """The unit that ``items`` counts, in the singular if it is 1."""
        return _CHECKS[self.id][0 if self.items == 1 else 1]

    @property
    def description(self) -> str:
        """The description of the check, for people."""
        return _CHECKS[self.id][2]


@dataclass(frozen=True)
class Place:
    """The place of a failure. Fields that do not apply are ``None``."""

    kind: str
    """``file``, ``entry``, ``roll_line``, ``trustee`` or ``record``."""
    file: str | None = None
    """The file, relative to the record; for an entry, the file that contains it."""
    index: int | None = None
    """The position of an entry of the board, from 0."""
    number: int | None = None
    """The line of the roll or the trustee index, from 1."""

    def __str__(self) -> str:
        return place_text(self, Words("en"))

    @staticmethod
    def _read(value: Any) -> Place:
        if isinstance(value, str):
            return Place(value)
        ((kind, inside),) = value.items()
        match kind:
            case "file":
                return Place(kind, file=inside)
            case "entry":
                return Place(kind, file=inside["file"], index=inside["index"])
        return Place(kind, number=inside)


@dataclass(frozen=True, order=True)
class Role:
    """Somebody with a role in the election."""

    name: str
    """``organiser``, ``authority``, ``trustee``, ``witness`` or ``board``."""
    number: int = 0
    """The number of the authority, trustee or witness, from 1; 0 for the others."""

    def __str__(self) -> str:
        return Words("en").role(self.name, self.number)

    @staticmethod
    def _read(value: Any) -> Role:
        if isinstance(value, str):
            return Role(value)
        ((name, number),) = value.items()
        return Role(name, number)


@dataclass(frozen=True)
class Failure:
    """One failure of a check, with its place, its effect on the verdict, and a sentence."""

    check: str
    place: Place
    effect: Effect
    """``none`` for a finding, ``missing``, ``invalid`` or ``unreadable``."""
    who: tuple[Role, ...]
    """Who answers for the failure; who is awaited, if something is missing. Empty if nobody signed what is wrong."""
    problem: str

    def __str__(self) -> str:
        return failure_text(self, Words("en"))


@dataclass(frozen=True)
class Cancelled:
    """The organiser has cancelled the election, so that it has no result."""

    entry: int
    """The position of the cancellation on the board, from 0."""
    reason: str
    """Why, in the words of the organiser, who has signed them."""


@dataclass(frozen=True)
class Report:
    """The report of a verification. ``print(report)`` shows it as a table, in English or in Italian: see ``to_text``."""

    verdict: Verdict | None
    """``holds``, ``holds_with_findings``, ``not_complete`` or ``does_not_hold``; ``None`` if the record could not be read, or
    changed while it was read."""
    stage: Stage
    """How far the election had to come: ``voting``, ``closed`` or ``complete``."""
    fingerprint: str | None
    """The fingerprint of manifest, ceremony and roll. Compare it with the one that the voters were shown."""
    checks: tuple[Check, ...]
    failures: tuple[Failure, ...]
    not_checked: tuple[str, ...]
    """Sentences for people about what the verifier could not check."""
    warnings: tuple[str, ...]
    """Sentences about facts that are no failures, but that people should know."""
    cancelled: Cancelled | None
    """The cancellation of the election, if there is one. Then there is no result."""
    result: ResultDocument | None
    """The result that the verifier computed, as in ``result/result.json``; all numbers are ``int``. It means nothing if
    the record does not hold: then no other output shows it."""
    size: int | None
    """The number of entries of the verified board; ``None`` if it could not be read."""
    root: str | None
    """The Merkle root of the verified board."""
    _json: str = field(repr=False)
    _table: str = field(repr=False)
    _manifest: str | None = field(repr=False)
    _location: str = field(repr=False)

    @staticmethod
    def _read(texts: tuple[str, str, tuple[int, str] | None, str | None], location: str) -> Report:
        text, table, head, manifest = texts
        read = json.loads(text)
        checks = (
            Check(check["check"], check["status"], check["items"], check["failures"])
            for check in read["checks"]
        )
        failures = (
            Failure(
                failure["check"],
                Place._read(failure["place"]),
                failure["effect"],
                tuple(Role._read(role) for role in failure["who"]),
                failure["problem"],
            )
            for failure in read["failures"]
        )
        return Report(
            verdict=read["verdict"],
            stage=read["stage"],
            fingerprint=read["fingerprint"],
            checks=tuple(checks),
            failures=tuple(failures),
            not_checked=tuple(read["not_checked"]),
            warnings=tuple(read["warnings"]),
            cancelled=None if read["cancelled"] is None else Cancelled(**read["cancelled"]),
            result=read["result"],
            size=None if head is None else head[0],
            root=None if head is None else head[1],
            _json=text,
            _table=table,
            _manifest=manifest,
            _location=location,
        )

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: use report.holds or report.verdict")

    @property
    def holds(self) -> bool:
        """Whether the record holds, with or without findings: what it shows is right."""
        return self.verdict in ("holds", "holds_with_findings")

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The manifest that was verified, as a ``dict``, which is a new one each time.

        ``None`` if manifest, key ceremony and roll do not make an election.
        """
        manifest: dict[str, Any] | None = None if self._manifest is None else json.loads(self._manifest)
        return manifest

    @property
    def awaited(self) -> tuple[Role, ...]:
        """Everybody from whom something is missing, each once."""
        return tuple(sorted({role for failure in self.failures if failure.effect == "missing" for role in failure.who}))

    def __str__(self) -> str:
        return self.to_text()

    @property
    def quorum(self) -> str | None:
        """Whether the quorum was reached, as a sentence; ``None`` if there is no result, or no quorum."""
        quorum = self.result["quorum"] if self.result else None
        return None if quorum is None else Words("en").quorum(quorum)

    @property
    def written_fingerprint(self) -> str | None:
        """The fingerprint in the form that people compare, ``F-..``: that of their letters."""
        return None if self.fingerprint is None else _ballotta.written_fingerprint(self.fingerprint)

    def __repr__(self) -> str:
        verdict = (self.verdict or "could not be read").replace("_", " ")
        failures = "1 failure" if len(self.failures) == 1 else f"{len(self.failures)} failures"
        return f"<Report of {self.written_fingerprint}: {verdict}, {failures}>"

    def _repr_html_(self) -> str:
        return notebook_view(self, Words.of_report(self.manifest, None))

    def results(self, language: str | None = None) -> Results:
        """Returns the result as a table with a row for each option, with its title, total, share, place and election.

        ``language`` is that of the titles: one of the manifest, by default its first.

        Raises ``BallottaError`` with ``no-result`` if the record does not hold or has no result yet, and with
        ``no-language`` if the manifest does not have the language.
        """
        manifest = self.manifest
        if self.result is None or manifest is None or not self.holds:
            verdict = "the record does not hold" if self.verdict == "does_not_hold" else "there is none yet"
            raise BallottaError(f"no result: {verdict}", "no-result")
        words = Words.of([language or manifest["languages"][0]])
        return rows(self.result, manifest, language, words("blank votes"))

    def to_text(self, language: str | None = None) -> str:
        """Returns the report as text: whether the election is a rehearsal, the result, and the table of the command
        ``ballotta verify``.

        The text is in the first language of the manifest that is English or Italian, or in ``language``: ``"en"`` or
        ``"it"``. Contests and options have their titles and identifiers. What the library says of a failure stays in English.

        Raises ``BallottaError`` with ``no-language`` if there are no reports in the language.
        """
        return report_text(self, self._table, Words.of_report(self.manifest, language))

    def to_html(self, language: str | None = None) -> str:
        """Returns the report as an HTML page: the page that ``python -m ballotta report`` writes.

        The page is in the first language of the manifest that is English or Italian, or in ``language``: ``"en"`` or
        ``"it"``. The record is read again for the pictures. If that fails, or it has changed, the page has none.
        """
        from ._html import report_page

        return report_page(self, self._location, language)

    def to_json(self) -> str:
        """Returns the report for programs: the JSON object that the command prints with ``--json``."""
        return self._json

    def to_pandas(self) -> pandas.DataFrame:
        """Returns the checks as a table with one row each (extra ``pandas``)."""
        import pandas

        rows = [
            {
                "check": check.id,
                "status": check.status,
                "items": check.items,
                "unit": check.unit,
                "failures": check.failures,
                "description": check.description,
            }
            for check in self.checks
        ]
        return pandas.DataFrame(rows)

    def failures_to_pandas(self) -> pandas.DataFrame:
        """Returns the failures as a table with one row each (extra ``pandas``).

        Names of files are not escaped: a spreadsheet may take one for a formula.
        """
        import pandas

        columns = ["check", "kind", "file", "index", "number", "effect", "who", "problem"]
        rows = [
            [
                failure.check,
                failure.place.kind,
                failure.place.file,
                failure.place.index,
                failure.place.number,
                failure.effect,
                ", ".join(map(str, failure.who)),
                failure.problem,
            ]
            for failure in self.failures
        ]
        return pandas.DataFrame(rows, columns=columns).astype({"index": "Int64", "number": "Int64"})

    def counts(self) -> dict[str, list[int] | list[list[int]]]:
        """Returns the counted totals of each contest, in the order of the manifest.

        For most kinds this is a list with the totals of the options. For ``grades`` it is a list for each option, with
        the totals of its grades, the best first. For ``pairs`` it is a matrix: row ``i`` and column ``j`` have the
        weight of the ballots that rank option ``i`` above option ``j``. If the totals are withheld, the list is empty.
        """
        return {contest["id"]: _counted(contest) for contest in self._contests()}

    def totals(self) -> dict[str, numpy.ndarray[Any, numpy.dtype[numpy.int64]]]:
        """Returns what ``counts`` returns, as arrays; for ``grades`` and ``pairs`` with two dimensions (extra ``numpy``).

        If the totals of a contest are withheld, its array is empty. Without a result there are no contests.
        """
        import numpy

        return {contest: numpy.array(counted, numpy.int64) for contest, counted in self.counts().items()}

    def averages(self) -> dict[str, list[Fraction]]:
        """Returns the exact averages of the options of each contest of the kind ``score``."""
        return {
            contest["id"]: [Fraction(*option["average"]) for option in contest["options"]]
            for contest in self._contests()
            if any("average" in option for option in contest["options"])
        }

    def rankings(self) -> dict[str, list[list[str]]]:
        """Returns the ranking of each contest: its options (for ``lists``, its lists) by places, ties in one list."""
        return {contest["id"]: contest["ranking"] for contest in self._contests()}

    def _contests(self) -> list[ContestResult]:
        return self.result["contests"] if self.result else []


def _counted(contest: ContestResult) -> list[int] | list[list[int]]:
    if "pairs" in contest:
        return [list(row) for row in contest["pairs"]["matrix"]]
    if any("grades" in option for option in contest["options"]):
        return [list(option["grades"]) for option in contest["options"]]
    return [option["total"] for option in contest["options"]]
