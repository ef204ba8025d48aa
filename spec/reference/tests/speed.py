"""Measures how many ballots (one contest, one of five options) the verifier verifies in a second of processor time.

    python3 -B spec/reference/tests/speed.py [BALLOTS]
"""

import os
import sys
import tempfile
import time

import paths  # noqa: F401

from forge import bits_of, default_manifest, small_election
from record import Record
from verify import verify


def seconds(ballots: int) -> float:
    """The time to verify a record with this many ballots. The roll always has the same length."""
    manifest = default_manifest()
    manifest["contests"] = manifest["contests"][:1]
    rule = {"kind": "choose", "min": 1, "max": 1, "blank": False}
    options = [{"id": f"o{i}", "title": {"en": f"Option {i}"}} for i in range(5)]
    manifest["contests"][0] |= {"rule": rule, "options": options}
    manifest["styles"] = [{"id": "all", "contests": ["one"]}]
    forge = small_election(
        None,
        manifest,
        roll=lambda f: f.roll([("all", 1)] * 300),
        ballots=lambda f: [f.cast(v, bits_of(f, 0, [v % 5])) for v in range(ballots)],
    )
    with tempfile.TemporaryDirectory() as scratch:
        record = Record(forge.write(os.path.join(scratch, "record")))
        start = time.process_time()
        verify(record)
        return time.process_time() - start


if __name__ == "__main__":
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    few = min(10, most - 1)
    rate = (most - few) / (seconds(most) - seconds(few))
    print(f"{rate:.0f} ballots a second")
