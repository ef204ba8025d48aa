"""Verification on a Spark cluster (extra ``spark``).

>>> report = ballotta.spark.verify(spark.sparkContext, "/shared/record")

Spark retries the shard of an executor that died.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from . import shards
from ._arguments import MAX_ENTRIES, Location, count, location
from ._report import Report

__all__ = ["verify"]

#: The number of shards for each core of the cluster.
SHARDS_PER_CORE = 4


def verify(
    context: Any, record: Location, *, number: SupportsIndex | None = None, **options: Any
) -> Report:
    """Verifies a record on the executors of ``context`` (a ``pyspark.SparkContext``).

    Every executor must find the record under the same path or address, and have this package. ``number`` is the number
    of shards; the default is a few for each core. ``options`` are those of ``shards.select``.
    """
    where = location(record)
    selection = shards.select(where, **options)
    if number is None:
        number = SHARDS_PER_CORE * max(1, context.defaultParallelism)
    ranges = selection.ranges(count("number", number, 1, MAX_ENTRIES))
    if not ranges:
        return selection.finish([])
    plan = context.broadcast(selection.to_bytes())

    def shard(bounds: tuple[int, int]) -> bytes:
        return shards.verify_shard(where, plan.value, *bounds, jobs=1).to_bytes()

    return selection.finish(context.parallelize(ranges, len(ranges)).map(shard).collect())
