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
    early_checkpoint: Path


@pytest.fixture(scope="session")
def by_hand(command: Path, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    folder = tmp_path_factory.mktemp("by-hand")

    def run(*arguments: str) -> str:
        made = subprocess.run(
            [command, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        assert made.returncode == 0, f"ballotta {arguments}\n{made.stdout}\n{made.stderr}"
        return made.stdout.strip()

    def add(*files: str) -> None:
        run("board", "add", "record", "--board-key", "board.key", *files)

    (folder / "passphrase").write_text("a correct horse battery\n")
    organiser = run("organiser", "new", "--out", "organiser.key")
    office = run("authority", "new", "--out", "office.key")
    board = run("board", "new", "--origin", "board.example/club", "--out", "board.key")
    secret = ["--passphrase-file", "passphrase"]
    anna = run("trustee", "new", "--out", "anna.age", *secret, "--work-factor", "4")
    run(
        *("manifest", "new", "--title", "Chess <club> & friends", "--language", "en", "--rehearsal"),
        *("--contest", "chair=Who chairs the <b>club</b>?", "--option", "chair/ada=Ada", "--option", "chair/emmy=Emmy"),
        *("--organiser", organiser, "--authority", f"Office={office}", "--trustee", f"Anna={anna}"),
        *("--threshold", "1", "--board", f"board.example/club={board}", "--closing", "statements"),
        *("--minimum-ballots", "2", "--revoting", "--out", "manifest.json"),
    )
    run("record", "new", "--manifest", "manifest.json", "--board-key", "board.key", "record")
    for step in range(4):
        run("trustee", "ceremony", "record", "--key", "anna.age", "--out", f"anna.{step}", *secret)
        add(f"anna.{step}")
    fingerprint = run("credentials", "issue", "record", "--voters", "4", "--codes", "codes.csv")
    codes = [line.split(",")[1] for line in (folder / "codes.csv").read_text().splitlines()[1:]]
    for number, code in enumerate(codes):
        (folder / f"code{number}").write_text(code)
    run("authority", "sign", "record", "--key", "office.key", "--fingerprint", fingerprint, "--out", "signature")
    add("signature")
    run("organiser", "open", "record", "--key", "organiser.key", "--out", "opening")
    add("opening")
    shutil.copy(folder / "record" / "checkpoint", folder / "early")

    def prepare(voter: int, choice: str, name: str) -> str:
        code = f"code{voter}"
        run("voter", "prepare", "record", "--choose", f"chair={choice}", "--code-file", code, "--out", name)
        return run("--json", "inspect", name)

    trackers = []
    for number, (voter, choice) in enumerate([(0, "ada"), (1, "ada"), (2, "emmy"), (1, "emmy")]):
        trackers.append(json.loads(prepare(voter, choice, f"ballot{number}"))["tracker"])
        code = f"code{voter}"
        run("voter", "cast", f"ballot{number}", "--code-file", code, "--out", f"cast-this{number}")
        add(f"cast-this{number}")
    opened_tracker = json.loads(prepare(3, "emmy", "test"))["tracker"]
    run("voter", "open", "test", "--out", "test.opening")
    run("organiser", "close", "record", "--key", "organiser.key", "--out", "closing")
    add("closing")
    run("trustee", "state", "record", "--key", "anna.age", "--out", "statement", *secret)
    add("statement")
    run("trustee", "decrypt", "record", "--key", "anna.age", "--out", "decryption", *secret)
    add("decryption")
    run("result", "publish", "record", "--board-key", "board.key")
    opening = (folder / "test.opening").read_bytes()
    return ByHand(folder / "record", fingerprint, trackers, opening, opened_tracker, folder / "early")


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
