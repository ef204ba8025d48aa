"""Verification on a Dask cluster (extra ``dask``).

>>> from distributed import Client
>>> with Client() as client:
...     report = ballotta.dask.verify(client, "/shared/record")

Dask retries the shard of a worker that died.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from . import shards
from ._arguments import MAX_ENTRIES, Location, count, location
from ._report import Report

__all__ = ["verify"]

#: The number of shards for each thread of the cluster, so that all threads end at about the same time.
SHARDS_PER_THREAD = 4


def _shard(record: str, plan: bytes, start: int, stop: int) -> bytes:
    return shards.verify_shard(record, plan, start, stop, jobs=1).to_bytes()


def verify(
    client: Any,
    record: Location,
    *,
    number: SupportsIndex | None = None,
    retries: SupportsIndex = 3,
    **options: Any,
) -> Report:
    """Verifies a record on the workers of ``client`` (a ``distributed.Client``).

    Every worker must find the record under the same path or address. ``number`` is the number of shards; the default is
    a few for each thread. ``options`` are those of ``shards.select``. The report is the same as from
    ``ballotta.verify``.
    """
    where = location(record)
    selection = shards.select(where, **options)
    if number is None:
        number = SHARDS_PER_THREAD * max(1, sum(client.nthreads().values()))
    ranges = selection.ranges(count("number", number, 1, MAX_ENTRIES))
    if not ranges:
        return selection.finish([])
    plan = client.scatter(selection.to_bytes(), broadcast=True)
    futures = [
        client.submit(
            _shard, where, plan, start, stop, retries=count("retries", retries, 0, 1000), pure=False
        )
        for start, stop in ranges
    ]
    return selection.finish(client.gather(futures))
