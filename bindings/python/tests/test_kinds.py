"""The results of every kind of contest: as numbers, and on the page."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from ballotta import Report, ResultDocument
from ballotta._contests import contest as shown
from ballotta._html import page
from ballotta._text import translated_table
from ballotta._words import Words

PEOPLE = [{"id": id, "title": {"en": title, "it": title}} for id, title in [("ada", "Ada"), ("bob", "Bob <b>"), ("eve", "Eve")]]
LISTS = [{"id": id, "title": {"en": id.title(), "it": id}} for id in ["north", "south"]]


def made(id: str, rule: dict[str, Any], options: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": id, "title": {"en": f"Contest {id}", "it": id}, "rule": rule, "options": options, **more}


def counted(id: str, options: list[dict[str, Any]], ranking: list[list[str]], **more: Any) -> Any:
    fields = {"id": id, "ballots": 4, "weight": 10, "withheld": None, "options": options, "blank": None, "ranked_by": "totals", "ranking": ranking}
    return {**fields, **more}


LIST: dict[str, Any] = {"by_lot": 0, "elected": [], "tied": [], "open": 0, "because": None, "reserves": []}


def winners(number: int, elected: list[str], **more: Any) -> dict[str, Any]:
    fields = {"number": number, "elected": [{"id": id, "by": by} for id, by in zip(elected, ["ranking", "moved_up"], strict=False)]}
    return {**fields, "passed_over": [], "tied": [], "open": 0, "because": None, "reserves": [], **more}


def totals(*values: int) -> list[dict[str, Any]]:
    return [{"id": option["id"], "total": value} for option, value in zip(PEOPLE, values, strict=True)]


BLANK = {"blank": True}
GROUPS = [{"id": "men", "title": {"en": "Men", "it": "Uomini"}, "options": ["bob"], "at_most": 1}]
GRADES = [{"id": id, "title": {"en": id.title(), "it": id}} for id in ["good", "fair", "poor"]]
MANIFEST = {
    "kind": "election",
    "title": {"en": "Every kind", "it": "Tutto"},
    "languages": ["en", "it"],
    "contests": [
        made("chair", {"kind": "choose", "min": 0, "max": 2, **BLANK}, PEOPLE, winners={"number": 1}),
        made("rate", {"kind": "score", "max": 5, **BLANK}, PEOPLE),
        made("budget", {"kind": "quadratic", "credits": 9, **BLANK}, PEOPLE),
        made("mandate", {"kind": "split", "max": 9}, PEOPLE),
        made(
            "council",
            {
                "kind": "lists",
                "lists": [{"list": "south", "candidates": ["eve"]}, {"list": "north", "candidates": ["ada"]}],
                "preferences": 1,
                "across": False,
                "seats": {"number": 2, "method": "sainte_lague", "people": "preferences"},
                **BLANK,
            },
            [*LISTS, PEOPLE[0], PEOPLE[2]],
        ),
        made("judge", {"kind": "grades", "grades": GRADES, **BLANK}, PEOPLE, winners={"number": 2, "groups": GROUPS}),
        made("order", {"kind": "pairs", "ties": True, "method": "schulze", **BLANK}, PEOPLE),
        made("secret", {"kind": "choose", "min": 1, "max": 1, "blank": False}, PEOPLE),
        made("statute", {"kind": "choose", "min": 1, "max": 1, "blank": False}, PEOPLE),
    ],
}
SCHULZE = [["ada"], ["bob", "eve"]]
RESULT: ResultDocument = {
    "format": "ballotta/v1-draft.5/result",
    "fingerprint": "0" * 64,
    "eligible_voters": 5,
    "eligible_weight": 12,
    "counted_ballots": 4,
    "counted_weight": 10,
    "quorum": None,
    "lot": "1f" * 32,
    "contests": [
        counted(
            "chair", totals(6, 6, 2), [["ada", "bob"], ["eve"]], blank=1, winners=winners(1, [], tied=["ada", "bob"], open=1, because="tie")
        ),
        counted(
            "rate",
            [{**option, "average": average} for option, average in zip(totals(20, 5, 0), [[20, 9], [5, 9], [0, 1]], strict=True)],
            [["ada"], ["bob"], ["eve"]],
            blank=1,
        ),
        counted("budget", totals(3, 2**43, 1), [["bob"], ["ada"], ["eve"]], blank=2),
        counted("mandate", totals(5, 3, 2), [["ada"], ["bob"], ["eve"]]),
        counted(
            "council",
            [{"id": "north", "total": 4}, {"id": "south", "total": 5}, {"id": "ada", "total": 3}, {"id": "eve", "total": 1}],
            [["south"], ["north"]],
            blank=1,
            seats={
                "number": 5,
                "method": "sainte_lague",
                "people": "preferences",
                "lists": [
                    {**LIST, "id": "south", "seats": 2, "by_lot": 1, "elected": [{"id": "eve", "by": "lot"}], "open": 1, "because": "no_candidates"},
                    {**LIST, "id": "north", "seats": 1, "tied": ["ada", "eve"], "open": 1, "because": "tie"},
                ],
                "tied": ["south", "north"],
                "open": 2,
                "because": "tie",
            },
        ),
        counted(
            "judge",
            [
                {"id": "ada", "grades": [7, 2, 0], "grade": "good"},
                {"id": "bob", "grades": [1, 2, 6], "grade": "poor"},
                {"id": "eve", "grades": [0, 9, 0], "grade": "fair"},
            ],
            [["ada"], ["eve"], ["bob"]],
            blank=1,
            winners=winners(2, ["ada", "eve"], passed_over=[{"id": "bob", "group": "men"}]),
        ),
        counted(
            "order",
            [{"id": option["id"]} for option in PEOPLE],
            SCHULZE,
            blank=0,
            pairs={
                "matrix": [[0, 6, 7], [3, 0, 4], [1, 4, 0]],
                "condorcet_winner": "ada",
                "schulze": SCHULZE,
                "ranked_pairs": SCHULZE,
                "copeland": [["ada"], ["bob"], ["eve"]],
            },
        ),
        counted("secret", [], [], withheld="rare_weight"),
        counted(
            "statute",
            totals(6, 3, 1),
            [["ada"], ["bob"], ["eve"]],
            passes={
                "for": 6,
                "against": 3,
                "conditions": [
                    {"of": "votes", "base": 9, "fraction": [1, 2], "rule": "more_than", "reached": True},
                    {"of": "roll", "base": 12, "fraction": [2, 3], "rule": "at_least", "reached": False},
                ],
                "passed": False,
                "because": "condition",
            },
        ),
    ],
}


@pytest.fixture
def report() -> Report:
    empty: list[str] = []
    fields = {"verdict": "holds", "stage": "complete", "fingerprint": "0" * 64, "checks": empty, "failures": empty}
    texts = json.dumps({**fields, "not_checked": empty, "warnings": empty, "cancelled": None, "result": RESULT})
    return Report._read((texts, "", None, json.dumps(MANIFEST)), "")


def test_numbers(report: Report) -> None:
    counts = report.counts()
    assert counts["chair"] == [6, 6, 2] and counts["budget"] == [3, 2**43, 1] and counts["council"] == [4, 5, 3, 1]
    assert counts["judge"] == [[7, 2, 0], [1, 2, 6], [0, 9, 0]]
    assert counts["order"] == [[0, 6, 7], [3, 0, 4], [1, 4, 0]]
    assert counts["secret"] == []
    assert report.averages() == {"rate": [Fraction(20, 9), Fraction(5, 9), Fraction(0)]}
    assert report.rankings()["order"] == SCHULZE and report.rankings()["secret"] == []
    # What is handed out is a copy where it could be the report's own.
    report.counts()["order"][0][0] = 5  # type: ignore[index]
    assert report.counts()["order"] == counts["order"]


def test_arrays(report: Report) -> None:
    numpy = pytest.importorskip("numpy")
    arrays = report.totals()
    assert {array.dtype for array in arrays.values()} == {numpy.dtype("int64")}
    assert arrays["judge"].shape == (3, 3) and arrays["judge"].sum(axis=1).tolist() == [9, 9, 9]
    matrix = arrays["order"]
    assert (matrix > matrix.T).sum(axis=1).tolist() == [2, 0, 0]
    assert arrays["secret"].shape == (0,) and arrays["budget"].tolist() == [3, 2**43, 1]


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Names are in elements within a sentence.
        if tag != "span" or "class" in dict(attrs):
            self.words += " "

    def handle_data(self, data: str) -> None:
        self.words += data


def text(contest: str, manifest: dict[str, Any] | None = MANIFEST, language: str = "en") -> str:
    found = next(found for found in RESULT["contests"] if found["id"] == contest)
    html = shown(found, manifest, Words(language))
    assert "<b>" not in html.replace("<b>6</b>", "").replace("<b>7</b>", "")
    return " ".join(Text(html).words.split())


@pytest.mark.parametrize(
    ("contest", "says"),
    [
        ("chair", ["Bob <b>", "6 (60.0 %)", "blank", "1 (10.0 %)", "Elected: nobody (0 of 1)", "Places that stay open: 1, because Ada, Bob <b> tie."]),
        ("rate", ["20 (average 2.22)", "0 (average 0.00)", "Blank votes: 1"]),
        ("budget", [f"{2**43:,}", "Blank votes: 2"]),
        ("mandate", ["5 (50.0 %)"]),
        ("council", ["4 (40.0 %)", "Preferences:", "South 2 North 1", "Seats by Sainte-Laguë.", "Places that stay open: 2, because South, North tie.", "South: Eve (by lot); seats by lot among the lists: 1; seats that stay open: 1, because the list has no more candidates", "North: nobody; seats that stay open: 1, because Ada, Eve tie"]),
        ("judge", ["Good Fair Poor", "Ada 7 2 0 Good", "Blank votes: 1", "Ranking: 1. Ada; 2. Eve; 3. Bob <b>", "Elected: Ada, Eve (moved up) (2 of 2)", "Passed over because of a group: Bob <b> (Men)"]),
        ("order", ["Ada 6 7", "Ada beats all others. (Condorcet)", "Schulze: 1. Ada; 2. Bob <b> = Eve", "Copeland: 1. Ada; 2. Bob <b>; 3. Eve"]),
        ("statute", ["The motion does not pass.", "More than 1/2 of 9 (votes for and against): 6, reached", "At least 2/3 of 12 (the whole roll): 6, NOT REACHED"]),
        ("secret", ["would give single votes away: rare weight."]),
    ],
)
def test_the_page_of_a_kind(contest: str, says: list[str]) -> None:
    for words in says:
        assert words in text(contest)
    # A record whose manifest cannot be read: identifiers in place of titles.
    bare = text(contest, None)
    assert contest in bare and "Contest" not in bare


def test_the_whole_page_and_the_notebook(report: Report) -> None:
    whole = page(report, None)
    assert whole.count("<h3>") == len(MANIFEST["contests"]) and "<script" not in whole
    notebook = report._repr_html_()
    assert "8.796" not in whole and f"{2**43:,}" in whole
    assert "8.796" in page(report, None, language="it")
    assert "A rehearsal" not in notebook and "A rehearsal" not in report.to_text()
    assert "Ada (6) = Bob &lt;b&gt; (6) &gt; Eve (2)" in notebook and "single votes away: rare weight." in notebook and "<th>ranking</th>" in notebook
    assert "Ada (good) &gt; Eve (fair) &gt; Bob &lt;b&gt; (poor)" in notebook and "<td>Ada, Eve</td>" in notebook


def test_the_text_of_a_report(report: Report) -> None:
    report = dataclasses.replace(report, _manifest=json.dumps({**MANIFEST, "kind": "rehearsal"}))
    assert "<p>A rehearsal, not an election.</p>" in report._repr_html_()
    lines = report.to_text("en").split("\n")
    assert "4 of 5 voters on the roll took part, 80.0 %." in lines
    secret = "  The totals stay encrypted, since they would give single votes away: rare weight."
    assert lines[:2] == ["A rehearsal, not an election.", ""]
    ada = ["  Ada (ada): 6", "  Ada (ada): 7 / 2 / 0", "  Ada (ada): above Bob <b> 6, above Eve 7"]
    for line in [*ada, "Contest chair (chair)", f"  Bob <b> (bob): {2**43:,}", "  Blank votes: 1", secret]:
        assert line in lines, line
    translated = report.to_text("it").split("\n")
    bob = f"  Bob <b> (bob): {2**43:,}".replace(",", ".")
    ada = ["  Ada (ada): 6", "  Ada (ada): 7 / 2 / 0", "  Ada (ada): prima di Bob <b> 6, prima di Eve 7"]
    # A title that is the identifier appears once.
    for line in ["Una prova, non un’elezione.", *ada, "chair", bob, "  north: 4", "  Schede bianche: 1"]:
        assert line in translated, line
    assert not set(lines) & set(translated) & {secret}


def test_the_text_of_failures(report: Report) -> None:
    """Every state, place and role, and more failures than the report lists, in both languages."""
    checks = [
        {"check": "manifest.valid", "status": "passed", "items": 1, "failures": 0},
        {"check": "roll.lines", "status": "findings", "items": 3000, "failures": 2},
        {"check": "ballot.argument", "status": "failed", "items": 7, "failures": 5},
        {"check": "ballot.signature", "status": "passed", "items": 1, "failures": 0},
        {"check": "tally.sums", "status": "missing", "items": 0, "failures": 1},
        {"check": "record.files", "status": "unreadable", "items": 2, "failures": 1},
        {"check": "closing.rule", "status": "missing", "items": 0, "failures": 0},
        {"check": "election.pinned", "status": "not_asked", "items": 0, "failures": 0},
        {"check": "result.totals", "status": "not_checked", "items": 0, "failures": 0},
    ]
    failures = [
        {"check": "roll.lines", "place": {"roll_line": 3}, "effect": "none", "who": [{"authority": 1}], "problem": "why"},
        {"check": "ballot.argument", "place": {"entry": {"index": 1234, "file": "f"}}, "effect": "invalid", "who": [], "problem": "{why}"},
        {"check": "tally.sums", "place": {"trustee": 2}, "effect": "missing", "who": [{"trustee": 2}, "board"], "problem": "why"},
        {"check": "record.files", "place": "record", "effect": "unreadable", "who": ["organiser"], "problem": "why"},
    ]
    value = json.loads(report.to_json())
    value = {**value, "verdict": "does_not_hold", "checks": checks, "failures": failures, "not_checked": ["this"], "warnings": ["that"]}
    made = Report._read((json.dumps(value), "the table of the command", None, None), "")
    assert made.to_text("en") == str(made) == "the table of the command"
    assert translated_table(made, Words("en")) == """\
ok       manifest.valid         1 manifest
finding  roll.lines             2 failures, 3000 lines
FAILED   ballot.argument        5 failures, 7 ballots
ok       ballot.signature       1 ballot
missing  tally.sums             1 failure, 0 statements
NOT READ record.files           1 failure, 2 files
missing  closing.rule           nothing to check
-        election.pinned        not asked for
-        result.totals          not checked

roll.lines: roll, line 3: why (who answers for it: credential authority 1)

ballot.argument: entry 1234 (f): {why}

tally.sums: trustee 2: why (awaited: trustee 2, the board)

record.files: record: why

roll.lines: 1 further failure

ballot.argument: 4 further failures

not checked: this

note: that

fingerprint F-00000-00000-00000-00000-00000-01E
            %s
THE RECORD DOES NOT HOLD.""" % ("0" * 64)
    assert made.to_text("it") == """\
ok           manifest.valid         1 manifesto
irregolarità roll.lines             2 errori, 3000 righe
FALLITO      ballot.argument        5 errori, 7 schede
ok           ballot.signature       1 scheda
manca        tally.sums             1 errore, 0 dichiarazioni
NON LETTO    record.files           1 errore, 2 file
manca        closing.rule           nulla da controllare
-            election.pinned        non richiesto
-            result.totals          non controllato

roll.lines: elenco, riga 3: why (ne risponde: autorità delle credenziali 1)

ballot.argument: voce 1234 (f): {why}

tally.sums: custode 2: why (si attende: custode 2, la bacheca)

record.files: verbale: why

roll.lines: un altro errore

ballot.argument: altri 4 errori

non controllato: this

nota: that

impronta F-00000-00000-00000-00000-00000-01E
            %s
IL VERBALE NON È VALIDO.""" % ("0" * 64)


def test_what_is_not_complete(report: Report) -> None:
    """What was not checked is not called right: in the text, on the page and in a notebook."""
    missing = {"check": "tally.sums", "place": "record", "effect": "missing", "who": ["board"], "problem": "why"}
    finding = {**missing, "effect": "none"}
    one = '1 check could not be made yet: it is marked "not checked".'
    two = '2 checks could not be made yet: they are marked "not checked".'
    for failures, left_out, says in [
        ([missing], 0, "Nothing wrong was found. Awaited: the board."),
        ([missing], 1, f"Nothing wrong was found. {one} Awaited: the board."),
        ([missing, finding], 2, f"{two} Awaited: the board."),
    ]:
        checks = [{"check": id, "status": "not_checked", "items": 0, "failures": 0} for id in ["closing.rule", "result.totals"][:left_out]]
        value = {**json.loads(report.to_json()), "verdict": "not_complete", "checks": checks, "failures": failures}
        made = Report._read((json.dumps(value), "", None, json.dumps(MANIFEST)), "")
        assert translated_table(made, Words("en")).endswith(f"\nTHE RECORD IS NOT COMPLETE. {says}")
        assert f"<b>The record is NOT complete</b>{escape(says)}</div>" in page(made, None)
        assert escape(says) in made._repr_html_()


def test_verdicts_on_the_page(report: Report) -> None:
    failure = {"check": "board.entries", "place": "record", "problem": "why"}
    awaited = [{"trustee": 2}, "board", {"authority": 1}]
    for verdict, effect, who, heading, says in [
        ("holds", None, [], "The record holds", "Every check that could be made passed"),
        ("holds_with_findings", "none", ["board"], "The record holds, with findings", "changes nothing in the result"),
        ("not_complete", "missing", awaited, "The record is NOT complete", "Awaited: credential authority 1, the board, trustee 2."),
        ("does_not_hold", "invalid", [], "The record does NOT hold", "1 failure"),
        (None, "unreadable", [], "There is NO verdict", "could not be read"),
    ]:
        failures = [{**failure, "effect": effect, "who": who}] if effect else []
        value = json.loads(report.to_json())
        texts = json.dumps({**value, "verdict": verdict, "failures": failures})
        made = Report._read((texts, "", None, json.dumps(MANIFEST)), "")
        whole = page(made, None)
        assert f"<b>{heading}</b>" in whole and says in whole, verdict
        assert made.holds == (heading.startswith("The record holds"))
        assert [str(role) for role in made.awaited] == (["credential authority 1", "the board", "trustee 2"] if who == awaited else [])
        assert ("took part" in str(made)) == made.holds
        # The result of a record that does not hold is shown nowhere.
        assert ("took part" in whole) == ("Ada (6)" in made._repr_html_()) == made.holds
