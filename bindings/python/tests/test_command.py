"""``python -m ballotta``, and the page that it writes."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import ballotta
from ballotta.__main__ import main

from .conftest import ByHand


def run(*arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "ballotta", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


def test_verify(demo: Path, broken: Path, tmp_path: Path) -> None:
    code, out, _ = run("verify", demo)
    assert code == 0 and out == f"{ballotta.verify(demo)}\n"
    code, out, _ = run("verify", broken, "--json")
    assert code == 1 and json.loads(out)["valid"] is False
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


def page(record: Path, out: Path, code: int) -> tuple[str, Page]:
    assert main(["report", str(record), "--html", str(out)]) == code
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
    assert "The record is valid" in shown and by_hand.fingerprint in shown
    assert "Chess <club> & friends" in shown and "<club>" not in text
    assert "Who chairs the <b>club</b>?" in shown
    assert "<b>club</b>" not in text and "2 (66.7 %)" in shown
    for section in ["Result", "Turnout over the log", "Among how many each voter hides", "What was checked"]:
        assert section in read.texts
    assert "svg" in read.tags


def test_a_page_of_a_broken_record(broken: Path, tmp_path: Path) -> None:
    _, read = page(broken, tmp_path / "report.html", 1)
    shown = " ".join(read.texts)
    assert "The record is NOT valid" in shown and "tile/entries/002" in shown and "Failures" in read.texts


def test_a_page_of_nothing(tmp_path: Path) -> None:
    _, read = page(tmp_path, tmp_path / "report.html", 1)
    assert "There is no result that could be computed from this record." in read.texts


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
    assert any("The record is valid" in str(output) for output in outputs)
