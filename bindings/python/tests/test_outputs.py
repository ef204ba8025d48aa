"""Every output of a report, for a record with every kind of contest, whole and damaged."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import ballotta
from ballotta import BallottaError, Report, ResultDocument, Verdict
from ballotta.__main__ import main
from ballotta._text import translated_table
from ballotta._words import Words, shown

from .every_kind import CONTESTS, DAMAGES, HOSTILE, KINDS, SECRET, VOTERS

#: Elements without an end.
VOID = {"meta", "br", "line", "rect", "polyline"}


class Page(HTMLParser):
    """A page: its texts, each with its language and whether programs may translate it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str, bool]] = [("", "", True)]
        self.texts: list[tuple[str, str, bool]] = []
        self.tags: set[str] = set()
        self.feed(html)
        assert len(self.open) == 1, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        _, language, translated = self.open[-1]
        given = dict(attrs)
        translated = translated and given.get("translate") != "no"
        if tag not in VOID:
            self.open.append((tag, given.get("lang") or language, translated))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            opened, _, _ = self.open.pop()
            assert opened == tag, f"</{tag}> ends <{opened}>"

    def handle_data(self, data: str) -> None:
        _, language, translated = self.open[-1]
        self.texts.append((data, language, translated))

    def shows(self, text: str, language: str, translated: bool) -> bool:
        """Whether a text is on the page, always with this language and permission."""
        found = {(language, translated) for data, language, translated in self.texts if data == text}
        return found == {(language, translated)}


def damaged(kinds: Path, folder: Path, damage: str) -> Path:
    record = folder / "record"
    shutil.copytree(kinds, record)
    DAMAGES[damage][0](record)
    return record


def every_output(report: Report, record: Path, out: Path) -> tuple[str, dict[str, str]]:
    """Makes every output of a report. Returns its text in English, and the page in each language."""
    ran = subprocess.run([sys.executable, "-m", "ballotta", "verify", record], capture_output=True, text=True, timeout=60)
    assert ran.stdout == f"{report}\n" and ran.stderr == ""
    text = texts(report)
    codes = {"does_not_hold": 1, "not_complete": 3, None: 2}
    assert ran.returncode == codes.get(report.verdict, 0)
    assert report.to_json() in (json.dumps(json.loads(report.to_json()), separators=(",", ":"), ensure_ascii=False),)
    assert json.loads(report.to_json())["verdict"] == report.verdict
    assert str(report.written_fingerprint) in repr(report) and len(repr(report)) < 200
    Page(report._repr_html_())
    for table in (report.counts, report.averages, report.rankings):
        assert isinstance(table(), dict)
    pages = {}
    for language in ("en", "it"):
        path = out / f"{language}.html"
        assert main(["report", str(record), "--html", str(path), "--language", language]) == ran.returncode
        pages[language] = path.read_text(encoding="utf-8")
        assert without_time(report.to_html(language)) == without_time(pages[language])
        page = Page(pages[language])
        assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "i"}
        assert "None" not in " ".join(data for data, _, _ in page.texts)
    return text, pages


def texts(report: Report) -> str:
    """Checks the text of a report in each language, and returns it in English."""
    english, italian = report.to_text("en"), report.to_text("it")
    # Where there is a manifest, its first language is Italian.
    assert str(report) == (italian if report.manifest else english)
    # The English table is that of the command, and the Italian one has the same lines.
    assert english.endswith(report._table) and translated_table(report, Words("en")) == report._table
    said, translated = english.split("\n"), italian.split("\n")
    assert len(said) == len(translated)
    columns = {line.index(check.id) for check in report.checks for line in translated if f" {check.id} " in line}
    assert len(columns) == 1
    # What the library says of a failure stays in English; everything else is translated.
    own = italian
    for text in [*report.not_checked, *report.warnings, *(shown(failure.problem) for failure in report.failures)]:
        assert text in italian
        own = own.replace(text, "")
    for word in ("took part", "not checked", "failure", "awaited", "answers", "\nfingerprint", "THE RECORD", "The record"):
        assert word not in own, word
    return english


def without_time(html: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", html)


def test_the_record_has_every_kind(kinds: Path) -> None:
    manifest = ballotta.open_record(kinds).manifest
    assert {contest["rule"]["kind"] for contest in manifest["contests"]} == KINDS
    # Every kind has a section in the specification.
    specification = Path(__file__).parents[3] / "spec" / "contests.md"
    sections = re.findall(r"^## (\w+)$", specification.read_text(encoding="utf-8"), re.MULTILINE)
    assert {section.lower() for section in sections} - {"packing", "decisions"} == KINDS


def test_a_valid_record(kinds: Path, tmp_path: Path) -> None:
    report = ballotta.verify(kinds)
    assert report.verdict == "holds", str(report)
    text, pages = every_output(report, kinds, tmp_path)
    lines = text.split("\n")
    assert f"{VOTERS + 1} of {VOTERS + 1} voters on the roll took part, 100.0 %." in lines
    secret = "  The totals stay encrypted, since they would give single votes away: too few ballots."
    assert lines[lines.index(f"Only for one ({SECRET})") + 1] == secret
    italian = report.to_text("it").split("\n")
    assert f"Hanno partecipato {VOTERS + 1} dei {VOTERS + 1} votanti nell’elenco, 100,0 %." in italian
    assert italian[-1] == "Il verbale è valido." and f"            {report.fingerprint}" in italian
    assert f"impronta {report.written_fingerprint}" in italian
    for id, titles, _, _, _ in CONTESTS:
        assert f"{titles['en']} ({id})" in lines
        for language, html in pages.items():
            assert Page(html).shows(titles[language], language, translated=False), (id, language)
    for language, html in pages.items():
        page = Page(html)
        assert f'<html lang="{language}">' in html
        # Names, and what voters compare, are never translated.
        for named in (HOSTILE, report.fingerprint, report.written_fingerprint, report.root, str(kinds), "ballot.argument"):
            assert named is not None and page.shows(named, language, translated=False), named
    english, translated = Page(pages["en"]), Page(pages["it"])
    assert english.shows("What was checked", "en", True) and translated.shows("Che cosa è stato controllato", "it", True)
    # The manifest's first language is the default.
    assert without_time(report.to_html()) == without_time(pages["it"])
    assert 'style="flex-grow:' in pages["en"] and "<svg " in pages["en"]
    for output in (report.to_html, report.to_text):
        with pytest.raises(BallottaError) as caught:
            output("de")
        assert caught.value.code == "no-language" and "there are en, it" in str(caught.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record(kinds: Path, tmp_path: Path, damage: str) -> None:
    record = damaged(kinds, tmp_path, damage)
    report = ballotta.verify(record)
    assert report.verdict == DAMAGES[damage][1], str(report)
    text, pages = every_output(report, record, tmp_path)
    assert report.failures
    holds = report.verdict == "holds_with_findings"
    assert ("took part" in text) == ("took part" in pages["en"]) == ("partecipato" in pages["it"]) == holds
    assert ("<th>graduatoria</th>" in report._repr_html_()) == holds
    italian = Page(pages["it"])
    for failure in report.failures[:20]:
        assert any(data == failure.problem and language == "en" for data, language, _ in italian.texts), failure
        assert italian.shows(failure.check, "it", translated=False)
    if holds:
        assert "a\\u{202e}&lt;i&gt;" in pages["en"] and "\u202e" not in pages["en"] + text
        assert len(report.results()) > 0
    else:
        with pytest.raises(BallottaError) as caught:
            report.results()
        assert caught.value.code == "no-result"


def test_rows(kinds: Path) -> None:
    report = ballotta.verify(kinds)
    assert report.result is not None
    english, italian = report.results("en"), report.results(language="it")
    assert report.results() == italian and report.results() != english
    rows = {(row.contest, row.option): row for row in italian}
    assert len(rows) == len(italian) == len(english)
    counts = report.counts()
    for contest in report.result["contests"]:
        of_contest = [row for row in italian if row.contest == contest["id"]]
        options = [row for row in of_contest if row.option is not None]
        blanks = [row for row in of_contest if row.option is None]
        assert [row.total for row in blanks] == ([] if contest["blank"] is None else [contest["blank"]])
        if contest["id"] not in ("judge", "order", SECRET):
            assert [row.total for row in options] == counts[contest["id"]]
        first = contest["ranking"][0] if contest["ranking"] else []
        assert {row.option for row in options if row.place == 1} == set(first)
        for row in options:
            assert row.elected is (row.option in [winner["id"] for winner in contest["winners"]["elected"]] if "winners" in contest else None)
    chair = rows["chair", "ada"]
    assert (chair.title, chair.total, chair.place, chair.elected) == ("Ada", 5, 1, True)
    assert chair.share is not None and abs(chair.share - 5 / 6) < 1e-9
    assert rows["rate", "path"].title == "Ciclabile" and rows["rate", "path"].share is None
    assert rows["judge", "ada"].total is None and rows["judge", "ada"].place == 1
    blank = rows["chair", None]
    assert (blank.title, blank.total, blank.place) == ("schede bianche", 1, None)
    assert {row.title for row in english if row.option is None} == {"blank votes"}
    # The totals of this contest stay encrypted, and it is in the table all the same.
    assert [row.total for row in italian if row.contest == SECRET] == [None, None]
    assert english[0] is list(english)[0] and english[:2] == english[0:2] and repr(english).startswith("<Results of 10 contests")
    Page(english._repr_html_())
    with pytest.raises(BallottaError) as caught:
        report.results("fr")
    assert caught.value.code == "no-language" and "it, en" in str(caught.value)


def test_rows_as_a_table(kinds: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: the table of results is not tested")
    table = ballotta.verify(kinds).results("en").to_pandas()
    assert list(table.columns) == ["contest", "option", "title", "total", "share", "place", "elected"]
    assert table["total"].dtype == "Int64" and table["elected"].dtype == "boolean" and table["share"].dtype == "Float64"
    chair = table[(table.contest == "chair") & table.option.notna()].set_index("option")
    assert chair.total.to_dict() == {"ada": 5, "bob": 2, "eve": 0} and chair.elected["ada"]
    assert table[table.contest == SECRET].total.isna().all()
    assert isinstance(table, pandas.DataFrame)


def test_pandas_is_only_needed_for_tables() -> None:
    program = "import sys\nsys.modules['pandas'] = None\nimport ballotta, ballotta.__main__, ballotta._html\n"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def conforms(value: Any, kind: Any) -> bool:
    """Whether a value of a result has the type that the package promises, without further fields."""
    match get_origin(kind):
        case None if hasattr(kind, "__required_keys__"):
            fields = get_type_hints(kind)
            known = set(kind.__required_keys__) <= set(value) <= set(fields)
            return known and all(conforms(inside, fields[name]) for name, inside in value.items())
        case None:
            return type(value) is kind
        case origin if origin is list:
            return type(value) is list and all(conforms(inside, get_args(kind)[0]) for inside in value)
        case origin if origin is Literal:
            return value in get_args(kind)
    if value is None:
        return type(None) in get_args(kind)
    return any(conforms(value, inside) for inside in get_args(kind) if inside is not type(None))


def test_the_types_are_those_of_the_library(kinds: Path, demo: Path, by_hand: Any) -> None:
    for record in (kinds, demo, by_hand.record):
        report = ballotta.verify(record)
        assert conforms(report.result, ResultDocument), report.result
        assert report.verdict in get_args(Verdict)
