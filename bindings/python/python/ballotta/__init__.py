"""Verify elections: everything that an auditor checks of a Ballotta record.

>>> import ballotta
>>> report = ballotta.verify("demo-election/record")
>>> print(report)

This package uses the same Rust library as the command and the trustees, and maps its types and errors. The repository
has a second verifier in ``spec/reference`` that shares no code with it: run both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import SupportsIndex

from . import _ballotta
from ._arguments import Buffer, Location, asked, location
from ._arguments import jobs as _jobs
from ._errors import BallottaError
from ._record import (
    Ballot,
    Entry,
    FollowedBallot,
    Found,
    OpenedBallot,
    Record,
    Turnout,
    open_record,
    pack,
    tracker_of,
)
from ._report import Cancelled, Check, Failure, Place, Report, Role
from ._results import ResultRow, Results
from ._types import (
    ContestResult,
    Effect,
    ListSeats,
    OptionResult,
    PairsResult,
    QuorumResult,
    ResultDocument,
    SeatsResult,
    Stage,
    Status,
    Verdict,
    WinnersResult,
)

__version__: str = _ballotta.__version__

__all__ = [
    "Ballot",
    "BallottaError",
    "Cancelled",
    "Check",
    "ContestResult",
    "Effect",
    "Entry",
    "Failure",
    "FollowedBallot",
    "Found",
    "ListSeats",
    "OpenedBallot",
    "OptionResult",
    "PairsResult",
    "Place",
    "QuorumResult",
    "Record",
    "Report",
    "ResultDocument",
    "ResultRow",
    "Results",
    "Role",
    "SeatsResult",
    "Stage",
    "Status",
    "Turnout",
    "Verdict",
    "WinnersResult",
    "open_record",
    "pack",
    "tracker_of",
    "verify",
]


def verify(
    record: Location,
    *,
    fingerprint: str | None = None,
    checkpoint: Location | Buffer | None = None,
    stage: Stage = "complete",
    progress: Callable[[str, int, int], object] | None = None,
    jobs: SupportsIndex | None = None,
) -> Report:
    """Verifies everything in a record that can be checked.

    ``record`` is a folder, a zip archive, or the address of either on a web server (which cannot list its files; the
    report says so). ``fingerprint`` is the one that the voters were shown. ``checkpoint`` is one that somebody kept
    earlier, as a path or as bytes. ``stage`` says how far the election must have come: ``"voting"``, ``"closed"`` or
    ``"complete"``.

    ``progress(stage, done, total)`` is called from time to time, with bytes of the ``"roll"``, entries of the ``"board"``
    and the ``"ballots"``, and lines of the ``"parts"`` of several credential authorities. If it raises an exception, the verification ends, as with Ctrl-C. ``jobs`` is the
    number of threads; ``None`` means one for each core. The global interpreter lock is released during the verification.

    If the record does not hold or is not complete, the report says so. ``BallottaError`` is raised if there is no record to read: without
    ``manifest.json`` (``no-record``), or if a web server fails at any time (``unreadable-record``). It is also raised if
    a pinned value cannot be read. ``TypeError`` is raised for arguments of another type.
    """
    question = asked(fingerprint, checkpoint, stage)
    where = location(record)
    return Report._read(_ballotta.verify(where, question, progress, _jobs(jobs)), where)
