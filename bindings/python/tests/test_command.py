"""``python -m ballotta``, and the page that it writes."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import ballotta
from ballotta import _pictures
from ballotta.__main__ import main
from ballotta._html import report_page
from ballotta._words import Words

from .conftest import ByHand


def run(*arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "ballotta", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


def test_verify(demo: Path, broken: Path, tmp_path: Path) -> None:
    code, out, _ = run("verify", demo)
    assert code == 0 and out == f"{ballotta.verify(demo)}\n"
    # Its manifest is in Italian.
    assert out.endswith("Il verbale è valido.\n")
    code, out, _ = run("verify", demo, "--language", "en")
    assert code == 0 and out == f"{ballotta.verify(demo).to_text('en')}\n" and out.endswith("The record holds.\n")
    code, out, _ = run("verify", broken, "--json")
    assert code == 1 and json.loads(out)["verdict"] == "does_not_hold"
    code, out, error = run("verify", tmp_path / "nothing")
    assert code == 2 and out == "" and error.startswith("error: ")
    assert run("verify", demo, "--fingerprint", "x")[0] == 2
    assert run("verify")[0] == 2
    assert run("--version")[:2] == (0, f"{ballotta.__version__}\n")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(record: Path, out: Path, code: int, *options: str) -> tuple[str, Page]:
    assert main(["report", str(record), "--html", str(out), *options]) == code
    text = out.read_text(encoding="utf-8")
    read = Page()
    read.feed(text)
    assert not read.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert not read.attributes & {"src", "href", "onclick", "onload", "onerror"}
    assert not re.search(r"https?://|url\(|@import", text)
    return text, read


def test_a_page(by_hand: ByHand, tmp_path: Path) -> None:
    text, read = page(by_hand.record, tmp_path / "report.html", 0)
    shown = " ".join(read.texts)
    assert "The record holds" in shown and by_hand.fingerprint in shown
    assert "Chess <club> & friends" in shown and "<club>" not in text
    assert "Who chairs the <b>club</b>?" in shown
    assert "<b>club</b>" not in text and "2 (66.7 %)" in shown
    assert "A rehearsal, not an election." in shown and str(by_hand.record) in shown
    report = ballotta.verify(by_hand.record)
    assert report.root is not None and report.root in shown and f"Board of {report.size} entries" in shown
    assert "Nothing was compared with the fingerprint that voters were shown or a checkpoint" in shown
    assert '<html lang="en">' in text and '<h1><span translate="no">' in text
    for section in ["Result", "Turnout over the log", "Anonymity sets", "What was checked"]:
        assert section in read.texts
    assert "svg" in read.tags


def test_a_page_of_a_broken_record(broken: Path, tmp_path: Path) -> None:
    _, read = page(broken, tmp_path / "report.html", 1, "--language", "en")
    shown = " ".join(read.texts)
    assert "The record does NOT hold" in shown and "tile/entries/002" in shown and "Failures" in read.texts


def test_a_page_of_a_record_that_says_nothing(demo: Path, tmp_path: Path) -> None:
    record = tmp_path / "record"
    shutil.copytree(demo, record)
    (record / "manifest.json").write_text("{}")
    # Nobody knows the language of its manifest.
    _, read = page(record, tmp_path / "report.html", 1)
    assert "There is no result that could be computed from this record." in read.texts
    assert "None" not in " ".join(read.texts)


def test_the_verdict_of_a_page_has_its_language(broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, verdict in [([], "IL VERBALE NON È VALIDO.\n"), (["--language", "en"], "THE RECORD DOES NOT HOLD.\n")]:
        page(broken, tmp_path / "report.html", 1, *options)
        assert capsys.readouterr().out == verdict


def test_no_page_of_nothing(tmp_path: Path) -> None:
    assert main(["report", str(tmp_path), "--html", str(tmp_path / "report.html")]) == 2
    assert not (tmp_path / "report.html").exists()


def test_a_page_never_names_what_was_not_verified(by_hand: ByHand, demo: Path, tmp_path: Path) -> None:
    """A server may give another record to whoever asks again."""
    report = ballotta.verify(by_hand.record)
    text = report_page(report, str(by_hand.record))
    assert "another record was found" not in text and "Who chairs the" in text
    for other, noticed in ((demo, True), (swapped(by_hand.record, tmp_path / "swapped"), False)):
        text = report_page(report, str(other))
        # Files that do not belong together are not opened at all.
        assert ("another record was found than the one that was verified" in text) == noticed
        assert "Turnout over the log" not in text
        # The titles are those of the manifest that was verified.
        assert "Who chairs the" in text and text.index(">Ada</span>") < text.index(">Emmy</span>")


def swapped(record: Path, target: Path) -> Path:
    """The same record with the titles of its options exchanged."""
    shutil.copytree(record, target)
    manifest = (target / "manifest.json").read_text()
    exchanged = manifest.replace('"Ada"', '"?"').replace('"Emmy"', '"Ada"').replace('"?"', '"Emmy"')
    assert exchanged != manifest
    (target / "manifest.json").write_text(exchanged)
    return target


def test_the_quorum_is_on_the_page(demo: Path, tmp_path: Path) -> None:
    for language, reached in [("en", ": reached."), ("it", ": raggiunto.")]:
        _, read = page(demo, tmp_path / "report.html", 0, "--language", language)
        assert any(text.startswith("Quorum: ") and text.endswith(reached) for text in read.texts)


def test_ticks_are_what_they_say() -> None:
    for highest in (1, 2, 5, 9, 10**6):
        text = _pictures.curve("Turnout", "10 entries", Words("en"), [0, 10], [("ballots", [0, highest])], [])
        ticks = [int(tick.replace(",", "")) for tick in re.findall(r'text-anchor="end">([\d,]+)<', text)]
        assert ticks == list(range(0, highest + 1, -(-highest // 4)))


def test_the_notebook(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    path = Path(__file__).parent.parent / "notebooks" / "audit.ipynb"
    notebook = nbformat.read(path, as_version=4)
    monkeypatch.setenv("BALLOTTA_RECORD", str(demo))
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert sum("Il verbale è valido" in str(output) for output in outputs) >= 2
