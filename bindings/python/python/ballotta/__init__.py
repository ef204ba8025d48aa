"""Verify elections: everything that an auditor checks of a Ballotta record.

>>> import ballotta
>>> report = ballotta.verify("demo-election/record")
>>> print(report)

The library that verifies is the one that the command and the trustees use; this package maps its types and errors. A
second verifier that shares no code with it is ``spec/reference`` in the repository: run both.
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
from ._report import Check, Failure, Place, Report

__version__: str = _ballotta.__version__

__all__ = [
    "Ballot",
    "BallottaError",
    "Check",
    "Entry",
    "Failure",
    "FollowedBallot",
    "Found",
    "OpenedBallot",
    "Place",
    "Record",
    "Report",
    "Turnout",
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
    stage: str = "complete",
    progress: Callable[[str, int, int], object] | None = None,
    jobs: SupportsIndex | None = None,
) -> Report:
    """Verifies a record: everything that can be checked.

    ``record`` is a folder, a zip archive, or the address of either on a web server (which cannot list its files: the
    report says so). ``fingerprint`` is what the voters were shown; ``checkpoint`` one that was kept before, as a path or
    as bytes; ``stage`` how far the election must have come: ``"voting"``, ``"closed"`` or ``"complete"``.

    ``progress(stage, done, total)`` is called now and then, with bytes of the ``"roll"`` and entries of the ``"board"``
    and the ``"ballots"``; an exception of it ends the verification, as Ctrl-C does. ``jobs`` is the number of threads,
    as many as there are cores if it is ``None``. Python's lock is not held meanwhile.

    A record that is not valid gives a report that says so. ``BallottaError`` is raised if there is no record to read: no
    ``manifest.json`` (``no-record``), or a web server that fails, however far the reading came (``unreadable-record``);
    and if what is pinned cannot be read. ``TypeError`` is raised for arguments of another kind.
    """
    question = asked(fingerprint, checkpoint, stage)
    return Report._read(_ballotta.verify(location(record), question, progress, _jobs(jobs)))
