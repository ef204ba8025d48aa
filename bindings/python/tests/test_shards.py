"""Verification in shards, on this process and on clusters of local ones."""

import os
import pickle
import random
import sys
from pathlib import Path
from typing import Any

import pytest

import ballotta
from ballotta import BallottaError, shards


def in_shards(record: Path, number: int) -> ballotta.Report:
    selection = shards.select(record)
    plan = selection.to_bytes()
    ranges = selection.ranges(number)
    random.Random(number).shuffle(ranges)
    parts = [shards.verify_shard(record, bytearray(plan), *bounds).to_bytes() for bounds in ranges]
    return selection.finish(parts)


@pytest.mark.parametrize("number", [1, 2, 5, 40])
def test_any_number_of_shards(demo: Path, broken: Path, number: int) -> None:
    # Reports are the same with everything of which tables and pages are made.
    assert in_shards(demo, number) == ballotta.verify(demo)
    assert in_shards(broken, number) == ballotta.verify(broken)


def test_parts_that_do_not_belong_together(demo: Path, broken: Path) -> None:
    selection = shards.select(demo)
    (one, two, three) = (shards.verify_shard(demo, selection, *bounds) for bounds in selection.ranges(3))
    other = shards.select(broken)
    size = selection.entries

    def code(call: Any) -> str:
        with pytest.raises(BallottaError) as caught:
            call()
        return caught.value.code

    assert code(lambda: one.merge(three)) == "not-adjacent"
    assert code(lambda: shards.merge([one, two, two, three])) == "not-adjacent"
    assert code(lambda: shards.merge([])) == "incomplete"
    assert code(lambda: other.partial(one.to_bytes())) == "other-plan"
    assert code(lambda: selection.partial(one.to_bytes()[:-1])) == "bad-encoding"
    assert code(lambda: shards.verify_shard(demo, b"nonsense", 0, 1)) == "bad-encoding"
    assert code(lambda: shards.verify_shard(demo, selection, 5, 4)) == "no-such-range"
    assert code(lambda: shards.verify_shard(demo, selection, 0, size + 1)) == "no-such-range"
    merged = one.merge(two)
    assert (merged.start, merged.stop, merged.failures) == (0, three.start, 0)
    # Who forgets a part has not lost the first reading.
    assert code(lambda: selection.finish([merged])) == "incomplete"
    assert code(lambda: selection.finish([two, three])) == "not-adjacent"
    assert code(lambda: selection.finish([])) == "incomplete"
    assert selection.finish([three, merged]).holds
    assert code(lambda: selection.ranges(3)) == "ended"
    assert code(lambda: selection.finish([three, merged])) == "ended"


@pytest.mark.parametrize("wrong", [True, 1.0, "1", -1, 1 << 40])
def test_ranges_are_whole_numbers(demo: Path, wrong: Any) -> None:
    selection = shards.select(demo)
    with pytest.raises(TypeError, match="number: expected a whole number"):
        selection.ranges(wrong)
    with pytest.raises(TypeError, match="start: expected a whole number"):
        shards.verify_shard(demo, selection, wrong, 5)


def test_a_record_without_ballots_to_verify(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    selection = shards.select(tmp_path)
    assert not selection.has_plan and selection.ranges(5) == []
    assert selection.finish([]).to_json() == ballotta.verify(tmp_path).to_json()


def test_nothing_is_pickled(demo: Path) -> None:
    selection = shards.select(demo)
    part = shards.verify_shard(demo, selection, 0, 10)
    for value in [selection, part]:
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(value)


def dies_once(record: str, plan: bytes, start: int, stop: int, mark: str) -> bytes:
    """A worker that is killed at its first shard."""
    if start == 0 and not os.path.exists(mark):
        Path(mark).touch()
        os._exit(1)
    return shards.verify_shard(record, plan, start, stop, jobs=1).to_bytes()


def test_dask(demo: Path, broken: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    import ballotta.dask

    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        assert ballotta.dask.verify(client, demo, number=5).to_json() == ballotta.verify(demo).to_json()
        assert ballotta.dask.verify(client, broken).to_json() == ballotta.verify(broken).to_json()
        # A killed worker: Dask starts another, and gives it the shard again.
        selection = shards.select(demo)
        plan = selection.to_bytes()
        mark = str(tmp_path / "died")
        futures = [
            client.submit(dies_once, str(demo), plan, start, stop, mark, pure=False, retries=3)
            for start, stop in selection.ranges(4)
        ]
        parts = client.gather(futures)
        assert Path(mark).exists()
        assert selection.finish(parts).to_json() == ballotta.verify(demo).to_json()


@pytest.mark.full
def test_spark(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyspark = pytest.importorskip("pyspark")
    import ballotta.spark

    # Executors take the first Python that they find otherwise, which lacks the package.
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)

    context = pyspark.SparkContext("local[2]", "ballotta")
    try:
        assert ballotta.spark.verify(context, demo).to_json() == ballotta.verify(demo).to_json()
    finally:
        context.stop()
