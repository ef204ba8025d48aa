"""Records that the command makes: an election by hand, and the demo. ``BALLOTTA_COMMAND`` is the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import every_kind
from .election import Election

FULL = "BALLOTTA_FULL" in os.environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not FULL and item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: set BALLOTTA_FULL"))


@pytest.fixture(scope="session")
def command() -> Path:
    path = os.environ.get("BALLOTTA_COMMAND")
    if path is None:
        pytest.skip("BALLOTTA_COMMAND does not say where the command `ballotta` is")
    return Path(path)


@dataclass(frozen=True)
class ByHand:
    """An election of four voters, the second of whom votes twice, and an opened ballot."""

    record: Path
    fingerprint: str
    trackers: list[str]
    opening: bytes
    opened_tracker: str
    voter_numbers: list[str]
    early_checkpoint: Path


@pytest.fixture(scope="session")
def by_hand(command: Path, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    chair = ("--contest", "chair=Who chairs the <b>club</b>?", "--option", "chair/ada=Ada", "--option", "chair/emmy=Emmy")
    election = Election(command, tmp_path_factory.mktemp("by-hand"), [("all", 1)] * 4, "Chess <club> & friends", chair)
    shutil.copy(election.record / "checkpoint", election.folder / "early")
    trackers = [
        election.vote(voter, {"chair": {"options": [choice]}}, f"ballot{number}")
        for number, (voter, choice) in enumerate([(0, "ada"), (1, "ada"), (2, "emmy"), (1, "emmy")])
    ]
    opened_tracker = election.prepare(3, {"chair": {"options": ["emmy"]}}, "test")
    election.run("voter", "open", "test", "--out", "test.opening")
    election.finish()
    opening = (election.folder / "test.opening").read_bytes()
    numbers, early = election.voter_numbers, election.folder / "early"
    return ByHand(election.record, election.fingerprint, trackers, opening, opened_tracker, numbers, early)


@pytest.fixture(scope="session")
def kinds(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of an election with every kind of contest, and one contest whose totals stay encrypted."""
    return every_kind.hold(command, tmp_path_factory.mktemp("kinds"))


def hold_demo(command: Path, folder: Path, voters: int) -> Path:
    arguments = [str(command), "demo", "--voters", str(voters), "--out", str(folder)]
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    return folder / "record"


@pytest.fixture(scope="session")
def demo(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of some thousand ballots."""
    return hold_demo(command, tmp_path_factory.mktemp("demo") / "election", 4000)


@pytest.fixture
def broken(demo: Path, tmp_path: Path) -> Path:
    """The demo's record with a bit of a ballot changed: root and ballot are no longer valid."""
    record = tmp_path / "record"
    shutil.copytree(demo, record)
    tile = record / "tile" / "entries" / "002"
    bytes_ = bytearray(tile.read_bytes())
    bytes_[2000] ^= 1
    tile.write_bytes(bytes_)
    return record


@pytest.fixture
def command_report(command: Path) -> Callable[[Path], Any]:
    """What the command says of a record."""

    def verify(record: Path) -> Any:
        made = subprocess.run([command, "--json", "verify", record], capture_output=True, text=True, timeout=120)
        report = json.loads(made.stdout)
        # This is not a part of the report: the command adds it.
        del report["rehearsal"]
        return report

    return verify


@pytest.fixture
def served(demo: Path) -> Iterator[str]:
    """The demo's record on a web server."""
    import functools
    import http.server
    import threading

    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(demo.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
