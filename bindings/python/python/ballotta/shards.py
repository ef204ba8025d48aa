"""Verification in shards: ranges of the board, on other cores, other machines, or later.

>>> from ballotta import shards
>>> selection = shards.select(path)
>>> plan = selection.to_bytes()
>>> parts = [shards.verify_shard(path, plan, start, stop) for start, stop in selection.ranges(8)]
>>> report = selection.finish(parts)

The report is the one that ``ballotta.verify`` gives, whatever the ranges and the order in which they end. A part is
believed as it is: workers are the auditor's own. ``ballotta.dask`` and ``ballotta.spark`` do this on clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import SupportsIndex

from . import _ballotta
from ._arguments import MAX_ENTRIES, Buffer, Location, asked, copied, count, location
from ._arguments import jobs as _jobs
from ._ballotta import Partial
from ._report import Report

__all__ = ["Partial", "Selection", "merge", "select", "verify_shard"]

_Progress = Callable[[str, int, int], object]


class Selection:
    """The first reading of a record: what shards need, and what the report begins with."""

    def __init__(self, selection: _ballotta.Selection) -> None:
        self._selection = selection

    @property
    def has_plan(self) -> bool:
        """Whether there are ballots to verify: a record may be broken before that. Then ``finish([])`` says how."""
        return self._selection.has_plan()

    @property
    def entries(self) -> int:
        """How many entries the board has."""
        return self._selection.entries()

    def ranges(self, number: SupportsIndex) -> list[tuple[int, int]]:
        """At most ``number`` ranges of entries of nearly the same size that together are the board; none without a plan."""
        number = count("number", number, 1, MAX_ENTRIES)
        return self._selection.ranges(number) if self.has_plan else []

    def to_bytes(self) -> bytes:
        """The plan for workers: about 0.25 bytes for each entry of the board. Raises ``BallottaError`` if there is none."""
        return self._selection.to_bytes()

    def partial(self, part: Buffer) -> Partial:
        """Reads the bytes of a part. Raises ``BallottaError`` if they are of another plan, or not canonical."""
        return self._selection.partial(copied("part", part))

    def finish(
        self,
        parts: Iterable[Partial | bytes],
        *,
        progress: _Progress | None = None,
        jobs: SupportsIndex | None = None,
    ) -> Report:
        """Puts the parts together, in whatever order they came, and ends the verification. A selection ends once.

        Raises ``BallottaError`` if parts are missing (``incomplete``, ``not-adjacent``), there twice, or of another plan.
        """
        read = [part if isinstance(part, Partial) else self.partial(part) for part in parts]
        whole = merge(read) if read else None
        return Report._read(self._selection.finish(whole, progress, _jobs(jobs)))


def select(
    record: Location,
    *,
    fingerprint: str | None = None,
    checkpoint: Location | Buffer | None = None,
    stage: str = "complete",
    progress: _Progress | None = None,
    jobs: SupportsIndex | None = None,
) -> Selection:
    """Reads a record for the first time. Arguments and errors are those of ``ballotta.verify``."""
    question = asked(fingerprint, checkpoint, stage)
    return Selection(_ballotta.Selection(location(record), question, progress, _jobs(jobs)))


def verify_shard(
    record: Location,
    plan: Selection | Buffer,
    start: SupportsIndex,
    stop: SupportsIndex,
    *,
    progress: _Progress | None = None,
    jobs: SupportsIndex | None = None,
) -> Partial:
    """Verifies the ballots of the entries from ``start`` up to ``stop``, which is not part of them.

    ``record`` is the same record, wherever the worker finds it: what is not as in the plan is reported. A process keeps
    the plan that it used last. Raises ``BallottaError`` if the record is another one, or has no such entries.
    """
    bytes_ = plan.to_bytes() if isinstance(plan, Selection) else copied("plan", plan)
    first = count("start", start, 0, MAX_ENTRIES)
    last = count("stop", stop, 0, MAX_ENTRIES)
    return _ballotta.verify_shard(location(record), bytes_, first, last, progress, _jobs(jobs))


def merge(parts: Iterable[Partial]) -> Partial:
    """Puts parts together, in whatever order they came. Raises ``BallottaError`` for gaps and overlaps."""
    return _ballotta.merge(list(parts))
