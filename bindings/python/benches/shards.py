"""Measures the cost of verification in shards, and projects it to a large election.

    python benches/shards.py RECORD [--shards N] [--workers N] [--ballots N]

All times are processor time, so that other load on the machine matters little. The projection assumes that costs grow in
proportion to ballots, entries and lines of the roll.
"""

from __future__ import annotations

import argparse
import time

import ballotta
from ballotta import shards


class Clock:
    """A clock for the processor time of this process, with all its threads."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def lap(self) -> float:
        before, self.last = self.last, time.process_time()
        return self.last - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record")
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ballots", type=int, default=10**8)
    asked = parser.parse_args()

    clock = Clock()
    expected = ballotta.verify(asked.record)
    assert expected.holds and expected.result, "measure a record that holds with a result"
    ballots = expected.result["counted_ballots"]
    whole = clock.lap()
    selection = shards.select(asked.record)
    select = clock.lap()
    plan = selection.to_bytes()
    ranges = selection.ranges(asked.shards)
    clock.lap()
    shards.verify_shard(asked.record, plan, 0, 1, jobs=1)
    opening = clock.lap()
    parts, costs = [], []
    for start, stop in ranges:
        parts.append(shards.verify_shard(asked.record, plan, start, stop, jobs=1).to_bytes())
        costs.append(clock.lap())
    assert selection.finish(parts).to_json() == expected.to_json()
    finish = clock.lap()

    print(f"{ballots:,} ballots, {len(ranges)} shards; seconds of processor time")
    print(f"verify, one process        {whole:8.2f}")
    print(f"select                     {select:8.2f}")
    print(f"open the plan, each worker {opening:8.2f}")
    middle = sorted(costs)[len(costs) // 2]
    print(f"a shard, median (largest)  {middle:8.2f} ({max(costs):.2f})")
    print(f"all shards                 {sum(costs):8.2f}")
    print(f"merge, finish              {finish:8.2f}")
    print(f"plan {len(plan):,} bytes, a part {max(map(len, parts)):,} bytes")

    times = asked.ballots / ballots
    print(f"\nprojection to {asked.ballots:,} ballots, hours of processor time")
    print(f"select, one machine        {select * times / 3600:8.2f}")
    print(f"open the plan, each worker {opening * times / 3600:8.2f}")
    print(f"all shards                 {sum(costs) * times / 3600:8.2f}")
    print(f"merge, finish              {finish * times / 3600:8.2f}")
    print(f"plan {len(plan) * times / 1e6:,.0f} MB")

    try:
        from ballotta.dask import verify as verify_on
        from distributed import Client, LocalCluster
    except ImportError:
        print("\nno measurement on workers: ballotta[dask] is not installed")
        return
    with LocalCluster(n_workers=asked.workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(
        cluster
    ) as client:
        start = time.monotonic()
        report = verify_on(client, asked.record, number=asked.shards)
        took = time.monotonic() - start
    assert report.to_json() == expected.to_json()
    print(f"\n{asked.workers} Dask workers of one thread: {took:.2f} seconds by the clock, the same report")


if __name__ == "__main__":
    main()
