"""``verify`` and its report."""

import functools
import http.server
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ballotta
import ballotta.shards
from ballotta import BallottaError

from .conftest import ByHand


def test_a_valid_record(demo: Path, command_report: Callable[[Path], Any]) -> None:
    report = ballotta.verify(demo)
    assert report.holds and report.verdict == "holds" and report.failures == () and report.stage == "complete"
    assert json.loads(report.to_json()) == command_report(demo)
    # The manifest's first language is Italian.
    text = report.to_text("en")
    assert text.endswith("The record holds.") and str(report).endswith("Il verbale è valido.")
    assert report.result is not None and report.quorum is not None
    (contest,) = report.result["contests"]
    for option in contest["options"]:
        assert f" ({option['id']}): {option['total']:,}\n" in text
    assert report.quorum in text and report.quorum.endswith(": reached.")
    record = ballotta.open_record(demo)
    assert (report.size, report.root) == (record.size, record.root)
    assert len(report.checks) == 30 and {check.status for check in report.checks} == {"passed", "not_asked"}
    ballots = next(check for check in report.checks if check.id == "ballot.argument")
    assert ballots.unit == "ballots" and ballots.items == report.result["counted_ballots"]
    assert "what the rules allow" in ballots.description
    assert len(report.not_checked) == 3 and report.warnings == ()


def test_a_broken_record(broken: Path, command_report: Callable[[Path], Any]) -> None:
    report = ballotta.verify(broken)
    assert not report.holds and report.verdict == "does_not_hold"
    assert json.loads(report.to_json()) == command_report(broken)
    assert "board.root" in {failure.check for failure in report.failures}
    assert report.result is None or "took part" not in report.to_text("en")
    void = next(failure for failure in report.failures if failure.place.kind == "entry")
    assert void.place.file == "tile/entries/002" and void.place.index is not None
    assert 512 <= void.place.index < 768 and str(void.place) in report.to_text("en")


def test_what_is_pinned(by_hand: ByHand) -> None:
    def status(name: str, **pinned: Any) -> str:
        report = ballotta.verify(by_hand.record, **pinned)
        return next(check.status for check in report.checks if check.id == name)

    assert status("election.pinned") == "not_asked"
    assert status("election.pinned", fingerprint=by_hand.fingerprint) == "passed"
    assert status("election.pinned", fingerprint="0" * 64) == "failed"
    assert status("board.pinned", checkpoint=by_hand.early_checkpoint) == "passed"
    assert status("board.pinned", checkpoint=bytearray(by_hand.early_checkpoint.read_bytes())) == "passed"
    assert ballotta.verify(by_hand.record, stage="voting").holds


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("typing-slip", {"fingerprint": "no digits"}),
        ("bad-checkpoint", {"checkpoint": b"no checkpoint"}),
        ("no-checkpoint", {"checkpoint": "/no/such/file"}),
        ("no-checkpoint", {"checkpoint": "a\0b"}),
        ("bad-stage", {"stage": "soon"}),
        ("bad-stage", {"stage": "\ud800"}),
    ],
)
def test_what_cannot_be_asked(by_hand: ByHand, code: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(BallottaError) as caught:
        ballotta.verify(by_hand.record, **arguments)
    assert caught.value.code == code and str(caught.value)


@pytest.mark.parametrize("jobs", [True, False, 1.0, "1", 0, -1, 10**30, 2000])
def test_counts_are_whole_numbers(by_hand: ByHand, jobs: Any) -> None:
    with pytest.raises(TypeError, match="jobs: expected a whole number from 1 to 1024"):
        ballotta.verify(by_hand.record, jobs=jobs)


@pytest.mark.parametrize("arguments", [{"fingerprint": 5}, {"stage": b"voting"}, {"checkpoint": 5}, {"record": b"x"}])
def test_arguments_of_another_kind(by_hand: ByHand, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        ballotta.verify(**{"record": by_hand.record, **arguments})


def test_no_record(tmp_path: Path) -> None:
    with pytest.raises(BallottaError) as caught:
        ballotta.verify(tmp_path / "nothing")
    assert caught.value.code == "no-record"


def test_a_wrong_place_is_no_broken_election(demo: Path, tmp_path: Path) -> None:
    def refused(place: str | Path, code: str, text: str) -> None:
        with pytest.raises(BallottaError) as caught:
            ballotta.verify(place)
        assert caught.value.code == code and text in str(caught.value)

    refused(demo.parent, "no-record", f'the record is in "{demo.name}", one level too deep')
    refused(tmp_path, "no-record", "there is no manifest.json here: name the folder of the record")
    archive = tmp_path / "deep.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for path in sorted(demo.rglob("*")):
            written.write(path, Path("rec") / path.relative_to(demo))
    refused(archive, "no-record", 'the record is in "rec", one level too deep')
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "no-record", "neither a folder nor an archive")
    refused("", "no-record", '"": No such file')
    addresses: list[str | Path] = ["HTTP://127.0.0.1/record", "file:///record", Path("http://127.0.0.1/record")]
    for address in addresses:
        refused(address, "no-record", "an address begins with http:// or https://")
    refused(str(tmp_path / "a\udcff"), "no-record", "not a name in UTF-8")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    refused(f"http://127.0.0.1:{port}/record", "unreadable-record", "manifest.json: ")


class Failing(http.server.SimpleHTTPRequestHandler):
    """Serves a record until it is asked for the files of the board."""

    def do_GET(self) -> None:
        if "/tile/" in self.path:
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


def test_a_server_that_fails_gives_no_verdict(demo: Path) -> None:
    handler = functools.partial(Failing, directory=demo)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            place = f"http://127.0.0.1:{server.server_address[1]}"
            for act in (ballotta.verify, ballotta.shards.select):
                with pytest.raises(BallottaError) as caught:
                    act(place)
                assert caught.value.code == "unreadable-record" and "503" in str(caught.value)
        finally:
            server.shutdown()


def test_ctrl_c_while_a_server_dribbles() -> None:
    program = (
        "import ballotta, sys\n"
        "print('begins', flush=True)\n"
        "try:\n"
        "    ballotta.verify(sys.argv[1])\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble() -> None:
            stream, _ = listener.accept()
            with stream:
                stream.recv(4096)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not stop.wait(0.2):
                    stream.sendall(b" ")

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen([sys.executable, "-c", program, address], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "begins\n"
            time.sleep(1)
            start = time.monotonic()
            os.kill(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=20)
            assert rest == "interrupted\n" and time.monotonic() - start < 5
        finally:
            process.kill()
            process.wait()
            stop.set()


def test_progress_and_jobs(demo: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    here = threading.get_ident()

    def progress(stage: str, done: int, total: int) -> None:
        assert threading.get_ident() == here
        seen.append((stage, done, total))

    reports = [ballotta.verify(demo, progress=progress, jobs=jobs).to_json() for jobs in (1, 2, 5)]
    assert len(set(reports)) == 1
    assert {stage for stage, _, _ in seen} <= {"roll", "parts", "board", "ballots"} and seen
    assert all(0 < done <= total for _, done, total in seen)


def test_an_exception_of_the_progress(demo: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        ballotta.verify(demo, progress=progress)


def test_other_threads_run_meanwhile(demo: Path) -> None:
    ticks = 0
    stop = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    ballotta.verify(demo, jobs=1)
    stop.set()
    thread.join()
    assert ticks > 20


def test_ctrl_c(demo: Path) -> None:
    """A real signal to a real process, which would go on verifying for minutes."""
    program = (
        "import ballotta, sys\n"
        "def progress(stage, done, total):\n"
        "    if stage == 'ballots': print('ballots', flush=True)\n"
        "try:\n"
        "    while True: ballotta.verify(sys.argv[1], jobs=1, progress=progress)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(demo)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ballots\n"
        start = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert rest.endswith("interrupted\n") and process.returncode == 0
        assert time.monotonic() - start < 5
    finally:
        process.kill()
        process.wait()


def test_archives(demo: Path, broken: Path, tmp_path: Path) -> None:
    archive = tmp_path / "record.zip"
    ballotta.pack(demo, archive)
    with zipfile.ZipFile(archive) as read:
        assert read.testzip() is None
        assert len(read.namelist()) == sum(
            path.is_file() and "/tile/entries/" in path.as_posix()
            or path.is_file() and "/tile/" not in path.as_posix()
            for path in demo.rglob("*")
        )
    expected = ballotta.verify(demo).to_json()
    assert ballotta.verify(archive).to_json() == expected
    deflated = tmp_path / "deflated.zip"
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as written:
        for path in sorted(demo.rglob("*")):
            written.write(path, path.relative_to(demo))
    assert ballotta.verify(deflated).to_json() == expected
    ballotta.pack(broken, tmp_path / "broken.zip")
    assert ballotta.verify(tmp_path / "broken.zip").to_json() == ballotta.verify(broken).to_json()
    with pytest.raises(BallottaError) as caught:
        ballotta.pack(demo, archive)
    assert caught.value.code == "not-packed"
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as written:
        written.writestr("../manifest.json", "{}")
    with pytest.raises(BallottaError) as caught:
        ballotta.verify(tmp_path / "out.zip")
    assert caught.value.code == "bad-archive" and "../manifest.json" in str(caught.value)


def test_a_web_server(served: str, demo: Path) -> None:
    local, remote = ballotta.verify(demo), ballotta.verify(f"{served}/record")
    assert remote.holds and remote.result == local.result
    assert [text for text in remote.not_checked if "cannot list" in text]
    assert ballotta.open_record(f"{served}/record/").fingerprint == local.fingerprint
    ballotta.pack(demo, demo.parent / "served.zip")
    assert ballotta.verify(f"{served}/served.zip").to_json() == local.to_json()
    with pytest.raises(BallottaError) as caught:
        ballotta.verify(f"{served}/nothing.zip")
    assert caught.value.code == "unreadable-record"
    with pytest.raises(BallottaError) as caught:
        ballotta.verify(f"{served}/nothing")
    assert caught.value.code == "no-record"


def test_reports_for_people_and_programs(broken: Path) -> None:
    pandas = pytest.importorskip("pandas")
    report = ballotta.verify(broken)
    table = report.to_pandas()
    assert isinstance(table, pandas.DataFrame) and len(table) == 30
    assert table["items"].dtype == "int64" and table["failures"].sum() == len(report.failures)
    assert len(report.failures_to_pandas()) == len(report.failures)
    html = report._repr_html_()
    assert "IL VERBALE NON È VALIDO." in html and "board.root" in html
    assert repr(report).startswith("<Report of ")
    with pytest.raises(TypeError, match="report.holds"):
        bool(report)
    assert pickle.loads(pickle.dumps(report)) == report


def test_totals_are_exact(demo: Path) -> None:
    numpy = pytest.importorskip("numpy")
    report = ballotta.verify(demo)
    assert report.result is not None
    (contest,) = report.result["contests"]
    assert all(type(option["total"]) is int for option in contest["options"])
    totals = report.totals()[contest["id"]]
    assert totals.dtype == numpy.int64
    assert totals.tolist() == [option["total"] for option in contest["options"]]


def test_a_fault_of_the_library_is_an_exception() -> None:
    with pytest.raises(BallottaError) as caught:
        ballotta._ballotta._panic()
    assert caught.value.code == "panic" and "on purpose" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).code == "panic"
