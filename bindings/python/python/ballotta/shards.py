"""Verification in shards: ranges of the board, on other cores, other machines, or later.

>>> from ballotta import shards
>>> selection = shards.select(path)
>>> plan = selection.to_bytes()
>>> parts = [shards.verify_shard(path, plan, start, stop) for start, stop in selection.ranges(8)]
>>> report = selection.finish(parts)

The report is the same as from ``ballotta.verify``, for all ranges and in any order. Parts are not verified again: the
auditor must trust the workers. ``ballotta.dask`` and ``ballotta.spark`` do this on clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import SupportsIndex

from . import _ballotta
from ._arguments import MAX_ENTRIES, Buffer, Location, asked, copied, count, location
from ._arguments import jobs as _jobs
from ._ballotta import Partial
from ._report import Report
from ._types import Stage

__all__ = ["Partial", "Selection", "merge", "select", "verify_shard"]

_Progress = Callable[[str, int, int], object]


class Selection:
    """The first reading of a record: the plan for the shards, and the beginning of the report."""

    def __init__(self, selection: _ballotta.Selection, record: str) -> None:
        self._selection = selection
        self._record = record

    @property
    def has_plan(self) -> bool:
        """Whether there are ballots to verify. If not, the record is broken, and ``finish([])`` returns the report."""
        return self._selection.has_plan()

    @property
    def entries(self) -> int:
        """The number of entries of the board."""
        return self._selection.entries()

    def ranges(self, number: SupportsIndex) -> list[tuple[int, int]]:
        """Divides the board into at most ``number`` ranges of nearly the same size; without a plan there are none."""
        number = count("number", number, 1, MAX_ENTRIES)
        return self._selection.ranges(number) if self.has_plan else []

    def to_bytes(self) -> bytes:
        """Returns the plan for workers, about 0.25 bytes for each entry. Raises ``BallottaError`` without a plan."""
        return self._selection.to_bytes()

    def partial(self, part: Buffer) -> Partial:
        """Reads the bytes of a part. Raises ``BallottaError`` if they belong to another plan, or are not canonical."""
        return self._selection.partial(copied("part", part))

    def finish(
        self,
        parts: Iterable[Partial | bytes],
        *,
        progress: _Progress | None = None,
        jobs: SupportsIndex | None = None,
    ) -> Report:
        """Puts the parts together, in any order, and ends the verification. This can be done only once.

        Raises ``BallottaError`` if parts are missing (``incomplete``, ``not-adjacent``), overlap, or belong to another plan.
        """
        read = [part if isinstance(part, Partial) else self.partial(part) for part in parts]
        whole = merge(read) if read else None
        return Report._read(self._selection.finish(whole, progress, _jobs(jobs)), self._record)


def select(
    record: Location,
    *,
    fingerprint: str | None = None,
    checkpoint: Location | Buffer | None = None,
    stage: Stage = "complete",
    progress: _Progress | None = None,
    jobs: SupportsIndex | None = None,
) -> Selection:
    """Reads a record and makes the plan for the shards. Arguments and errors are those of ``ballotta.verify``."""
    question = asked(fingerprint, checkpoint, stage)
    where = location(record)
    return Selection(_ballotta.Selection(where, question, progress, _jobs(jobs)), where)


def verify_shard(
    record: Location,
    plan: Selection | Buffer,
    start: SupportsIndex,
    stop: SupportsIndex,
    *,
    progress: _Progress | None = None,
    jobs: SupportsIndex | None = None,
) -> Partial:
    """Verifies the ballots of the entries from ``start`` up to, and not including, ``stop``.

    ``record`` is the same record, under the worker's path or address. Differences from the plan are reported. A process
    keeps the plan that it used last. Raises ``BallottaError`` if it is another record, or has no such entries.
    """
    bytes_ = plan.to_bytes() if isinstance(plan, Selection) else copied("plan", plan)
    first = count("start", start, 0, MAX_ENTRIES)
    last = count("stop", stop, 0, MAX_ENTRIES)
    return _ballotta.verify_shard(location(record), bytes_, first, last, progress, _jobs(jobs))


def merge(parts: Iterable[Partial]) -> Partial:
    """Puts parts together, in any order. Raises ``BallottaError`` for gaps and overlaps."""
    return _ballotta.merge(list(parts))
