"""A report as one HTML page without scripts, fonts or pictures from elsewhere, in English or in Italian."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape
from typing import TYPE_CHECKING, Any

from . import __version__, _pictures
from ._contests import code, contest, paragraph, title
from ._errors import BallottaError
from ._record import Record
from ._results import named as titled
from ._text import not_complete
from ._types import Effect, Status
from ._words import REHEARSAL, Html, Words, shown

if TYPE_CHECKING:
    from ._report import Failure, Place, Report, Role

_STYLE = """
:root { --ink: #1d2733; --soft: #5b6776; --line: #dde3ea; --good: #1a7f4b; --bad: #b3261e; --bar: #2f6db5; --paper: #fff }
* { box-sizing: border-box }
body { margin: 0; background: #f3f5f8; color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word }
main { max-width: 860px; margin: 0 auto; padding: 32px 20px 64px }
header h1 { margin: 0 0 4px; font-size: 30px; line-height: 1.2 }
h2 { margin: 0 0 12px; font-size: 20px } h3 { margin: 24px 0 8px; font-size: 16px }
section, .verdict { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 26px; margin-top: 20px }
.verdict { color: #fff; border: 0 } .verdict b { font-size: 22px; display: block }
.good { background: var(--good) } .bad { background: var(--bad) } .open { background: #7a5200 }
.soft { color: var(--soft) } .elected { font-weight: 600 } code { font-size: 13px; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, .counts th:not(:first-child) { text-align: right } .wide { overflow-x: auto }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums }
.passed { color: var(--good); font-weight: 600 } .failed { color: var(--bad); font-weight: 600 } .other { color: var(--soft) }
ul.bars { list-style: none; margin: 0; padding: 0 } ul.bars li { margin: 0 0 12px; display: flex; flex-wrap: wrap; align-items: center; gap: 2px 10px }
.bars .label { flex: 1 1 0; min-width: 50% } .bars .value { font-variant-numeric: tabular-nums }
.bars .track { order: 1; flex: 0 0 100%; height: 18px; position: relative }
.bars .bar { display: block; height: 100%; min-width: 1px; background: var(--bar); border-radius: 3px }
.bars .blank .label { font-style: italic; color: var(--soft) }
.bars .parts { display: flex; background: var(--line) } .parts span { flex-basis: 0 }
.parts::after { content: ""; position: absolute; left: 50%; top: -3px; bottom: -3px; border-left: 2px dashed var(--ink) }
.keys { margin: 8px 0 12px; font-size: 14px; display: flex; flex-wrap: wrap; gap: 4px 16px } .key > span:first-child { display: inline-block; width: 14px; height: 14px; border-radius: 2px; margin-right: 6px; vertical-align: -2px }
svg { display: block; width: 100%; max-width: 560px; height: auto; font: 11px system-ui, sans-serif } svg text { fill: var(--soft) }
svg .grid { stroke: var(--line) } svg .mark { stroke: var(--soft); stroke-dasharray: 3 3 }
svg polyline { fill: none; stroke-width: 2 } svg .line0 { stroke: var(--bar) } svg .line1 { stroke: #d98324; stroke-dasharray: 6 4 }
.key0 { background: var(--bar) } .key1 { background: #d98324 }
@media (max-width: 640px) {
  main { padding: 16px 10px 40px } section, .verdict { padding: 16px 14px } header h1 { font-size: 24px }
  .rows, .rows tbody, .rows tr, .rows td { display: block } .rows tr { border-bottom: 1px solid var(--line); padding: 8px 0 }
  .rows .head { display: none } .rows td, .rows td.number { border: 0; padding: 1px 0; text-align: left; white-space: normal }
  .rows td[data-name]::before { content: attr(data-name) ": "; color: var(--soft) }
}
@media print { body { background: #fff } section, .verdict { break-inside: avoid } }
"""

#: The CSS class and the word of a status.
_STATUS: dict[Status, tuple[str, str]] = {
    "passed": ("passed", "passed"),
    "findings": ("passed", "findings"),
    "missing": ("other", "missing"),
    "failed": ("failed", "FAILED"),
    "unreadable": ("failed", "NOT READ"),
    "not_checked": ("other", "not checked"),
    "not_asked": ("other", "not asked for"),
}

#: The values that an auditor compares a record with.
_PINS = {
    "election.pinned": "the fingerprint that voters were shown",
    "board.pinned": "a checkpoint that somebody kept earlier",
}

#: The effects of failures on the verdict.
_EFFECT: dict[Effect, str] = {
    "none": "none: a finding",
    "missing": "missing, awaited",
    "invalid": "INVALID",
    "unreadable": "not read",
}

#: Failures above this number are only counted.
_MAX_FAILURES = 200


def _status(report: Report, name: str) -> Status:
    return next((check.status for check in report.checks if check.id == name), "not_checked")


class _Page:
    """The page of a report."""

    def __init__(self, report: Report, words: Words) -> None:
        self.report = report
        self.words = words

    def section(self, title: str, *parts: str) -> str:
        return f"<section><h2>{escape(self.words(title))}</h2>{''.join(parts)}</section>"

    def foreign(self, text: str) -> str:
        """Returns a sentence of the library, which is in English."""
        text = escape(shown(text))
        return text if self.words.language == "en" else f'<span lang="en">{text}</span>'

    def role(self, role: Role) -> str:
        return self.words.role(role.name, role.number)

    def roles(self, roles: Sequence[Role]) -> str:
        return ", ".join(map(self.role, roles))

    def place(self, place: Place) -> Html:
        words = self.words
        match place.kind:
            case "file":
                return code(shown(str(place.file)))
            case "entry":
                return Html(f"{words.html('entry {index}', index=str(place.index))} ({code(shown(str(place.file)))})")
            case "roll_line":
                return words.html("roll, line {number}", number=str(place.number))
            case "trustee":
                return words.html("trustee {number}", number=str(place.number))
        return words.html("record")

    def verdict(self) -> str:
        report, words = self.report, self.words
        if report.holds:
            parts = ["Every check that could be made passed: the published result is the sum of the ballots on the board."]
            if report.stage != "complete":
                parts = ["Every check that can be made at this stage of the election passed."]
            if report.failures:
                parts.append("Somebody broke rules in a way that changes nothing in the result: see the findings below.")
            texts = [words(part) for part in parts]
            unpinned = [words(name) for check, name in _PINS.items() if _status(report, check) == "not_asked"]
            if unpinned:
                what = words(" or ").join(unpinned)
                texts.append(words("Nothing was compared with {what}: see below.", what=what))
            heading = "The record holds, with findings" if report.failures else "The record holds"
            kind = "good"
        elif report.verdict == "not_complete":
            texts = not_complete(report, words)
            heading, kind = "The record is NOT complete", "open"
        elif report.verdict is None:
            unread = "It could not be read, or changed while it was read: see below. Nobody knows yet whether it holds."
            texts = [words(unread)]
            heading, kind = "There is NO verdict", "bad"
        else:
            count = len(report.failures)
            failures = words("1 failure: see below." if count == 1 else "{count} failures: see below.", count=count)
            texts = [failures, words("Do not rely on this record before they are explained.")]
            heading, kind = "The record does NOT hold", "bad"
        return f'<div class="verdict {kind}"><b>{escape(words(heading))}</b>{escape(" ".join(texts))}</div>'

    def failures(self) -> str:
        report, words = self.report, self.words
        if not report.failures:
            return ""
        names = ["check", "where", "what is wrong", "effect", "who answers, or is awaited"]
        head = "".join(f"<th>{escape(words(name))}</th>" for name in names)
        rows = [self.failure(failure, names) for failure in report.failures[:_MAX_FAILURES]]
        more = len(report.failures) - _MAX_FAILURES
        note = [paragraph(words("And {count} more.", count=more))] if more > 0 else []
        title = "Findings" if report.holds else "Failures"
        table = f'<table class="rows"><tr class="head">{head}</tr>{"".join(rows)}</table>'
        return self.section(title, table, *note)

    def failure(self, failure: Failure, names: Sequence[str]) -> str:
        cells = [
            code(failure.check),
            self.place(failure.place),
            self.foreign(failure.problem),
            escape(self.words(_EFFECT[failure.effect])),
            escape(self.roles(failure.who) or self.words("nobody")),
        ]
        named = zip(names, cells, strict=True)
        return "<tr>" + "".join(f'<td data-name="{escape(self.words(name))}">{cell}</td>' for name, cell in named) + "</tr>"

    def results(self, manifest: dict[str, Any] | None) -> str:
        result, words = self.report.result, self.words
        if result is None:
            return self.section("Result", paragraph(words("There is no result that could be computed from this record.")))
        if not self.report.holds:
            return self.section("Result", paragraph(words("The result of a record that does not hold is not shown.")))
        parts = [paragraph(words.took_part(result["counted_ballots"], result["eligible_voters"]))]
        if "roll_changes" in result:
            parts.append(paragraph(words.roll_changes(result["roll_changes"])))
        if result["quorum"] is not None:
            parts.append(paragraph(words.quorum(result["quorum"])))
        parts += [contest(of_contest, manifest, words) for of_contest in result["contests"]]
        return self.section("Result", *parts)

    def turnout(self, record: Record) -> str:
        words, turnout = self.words, record.turnout()
        last = turnout.entries[-1] if turnout.entries else 0
        picture = _pictures.curve(
            words("Turnout over the log"),
            words("{count} entries of the board", count=last),
            words,
            turnout.entries,
            [(words("ballots on the board"), turnout.ballots), (words("credentials that voted"), turnout.voters)],
            [(words(name), index) for name, index in turnout.marks],
        )
        text = (
            "The board is a log to which entries are only ever added. It does not record the time; the marks are the opening"
            " and the close that the organiser signed, and the checkpoint that the board signed."
        )
        return self.section("Turnout over the log", picture, paragraph(words(text), "soft"))

    def anonymity(self, record: Record) -> str:
        words = self.words
        rows = [
            _pictures.Bar(
                words.html("{style}, weight {weight}", style=Html(f'<span translate="no">{escape(style)}</span>'), weight=weight),
                count,
                words("1 voter" if count == 1 else "{count} voters", count=count),
            )
            for (style, weight), count in record.anonymity_sets(self.report).items()
        ]
        rows.sort(key=lambda bar: bar.value)
        text = (
            "The totals do not distinguish voters with the same ballot style and weight. The smallest sets come first; check"
            " whether they are large enough."
        )
        left = len(rows) - 20
        larger = words("And 1 larger set." if left == 1 else "And {count} larger sets.", count=left)
        more = [paragraph(larger)] if left > 0 else []
        return self.section("Anonymity sets", paragraph(words(text), "soft"), _pictures.bars(rows[:20]), *more)

    def checks(self) -> str:
        rows = []
        for check in self.report.checks:
            kind, status = _STATUS[check.status]
            items = f"{self.words.number(check.items)} {self.words.unit(check.unit_of_items)}" if check.items else ""
            rows.append(
                f'<tr><td class="{kind}">{escape(self.words(status))}</td>'
                f"<td>{escape(self.words.check(check.id, check.description))}<br>{code(check.id)}</td>"
                f'<td class="number">{escape(items)}</td></tr>'
            )
        return self.section("What was checked", '<table class="rows">', *rows, "</table>")

    def source(self, manifest: dict[str, Any] | None, source: str) -> str:
        """Returns a description of what was verified, so that two pages can be compared."""
        report, words = self.report, self.words
        lines = []
        if manifest and manifest["kind"] == "rehearsal":
            lines.append(f"<b>{escape(words(REHEARSAL))}</b>")
        if source:
            lines.append(words.html("Read from {source}", source=code(source)))
        if report.size is not None:
            root = code(str(report.root))
            text = "Board of 1 entry, root {root}" if report.size == 1 else "Board of {count} entries, root {root}"
            lines.append(words.html(text, count=report.size, root=root))
        if report.fingerprint is not None:
            pinned = _status(report, "election.pinned") == "passed"
            text = "Fingerprint {fingerprint}: it must be the one that the voters were shown"
            text = "Fingerprint {fingerprint}: it is the one that was pinned" if pinned else text
            both = Html(f"{code(str(report.written_fingerprint))} ({code(report.fingerprint)})")
            lines.append(words.html(text, fingerprint=both))
        return f'<p class="soft">{"<br>".join(lines)}</p>' if lines else ""

    def notes(self, note: str | None) -> str:
        said = [escape(self.words(note))] if note else []
        cancelled = self.report.cancelled
        if cancelled is not None:
            text = "cancelled: entry {entry}, signed by the organiser: {reason}"
            said.append(self.words.html(text, entry=cancelled.entry, reason=Html(self.foreign(cancelled.reason))))
        said += map(self.foreign, self.report.warnings)
        said += (self.words.html("Not checked: {text}", text=Html(self.foreign(text))) for text in self.report.not_checked)
        items = "".join(f"<li>{text}</li>" for text in said)
        return self.section("Further notes", f"<ul>{items}</ul>") if said else ""


def page(report: Report, record: Record | None, source: str = "", note: str | None = None, language: str | None = None) -> str:
    """Returns the page for a report. If the verified record is given, the page also has pictures from it.

    Titles are those of the manifest that was verified.
    """
    manifest = report.manifest
    words = Words.of_report(manifest, language)
    made = _Page(report, words)
    heading = title(manifest["title"], words) if manifest else words.html("Election record")
    plain = titled(manifest["title"], words.language) if manifest else words("Election record")
    parts = [
        f"<header><h1>{heading}</h1>{made.source(manifest, source)}</header>",
        made.verdict(),
        made.failures(),
        made.results(manifest),
    ]
    if record:
        parts += [made.turnout(record), made.anonymity(record)]
    parts += [made.notes(note), made.checks()]
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    text = words("Made by ballotta {version} from the record alone, {when}.", version=__version__, when=when)
    parts.append(paragraph(text, "soft"))
    # The page would not load anything without this policy either.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words.html('{title}: verification report', title=plain)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def report_page(report: Report, location: str, language: str | None = None) -> str:
    """Returns the page for the report of a record, which may be broken, and may have changed since.

    Raises ``BallottaError`` with ``no-language`` if there are no reports in the language.
    """
    Words.of_report(report.manifest, language)
    try:
        record = Record(location)
        if (record.fingerprint, record.size, record.root) != (report.fingerprint, report.size, report.root):
            note = (
                "When this page was made, another record was found than the one that was verified, so pictures are left out."
            )
            return page(report, None, location, note, language)
        return page(report, record, location, None, language)
    except BallottaError:
        # The record cannot be read again. The report says why, or a server failed.
        return page(report, None, location, None, language)
