"""A report as one HTML page without scripts, fonts or pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from html import escape
from typing import Any

from . import __version__, _svg
from ._contests import contest, named, paragraph
from ._errors import BallottaError
from ._record import Record
from ._report import Report

_STYLE = """
:root { --ink: #1d2733; --soft: #5b6776; --line: #dde3ea; --good: #1a7f4b; --bad: #b3261e; --bar: #2f6db5; --paper: #fff }
* { box-sizing: border-box }
body { margin: 0; background: #f3f5f8; color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 860px; margin: 0 auto; padding: 32px 20px 64px }
header h1 { margin: 0 0 4px; font-size: 30px; line-height: 1.2 }
h2 { margin: 0 0 12px; font-size: 20px } h3 { margin: 20px 0 8px; font-size: 16px }
section, .verdict { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 22px 26px; margin-top: 20px }
.verdict { color: #fff; border: 0 } .verdict b { font-size: 22px; display: block }
.good { background: var(--good) } .bad { background: var(--bad) } .open { background: #7a5200 }
.soft { color: var(--soft) } code { font-size: 13px; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, .counts th:not(:first-child) { text-align: right } .wide { overflow-x: auto }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums }
.passed { color: var(--good); font-weight: 600 } .failed { color: var(--bad); font-weight: 600 } .other { color: var(--soft) }
svg { width: 100%; height: auto; font: 14px system-ui, sans-serif } svg text { fill: var(--ink) }
svg .blank { font-style: italic; fill: var(--soft) } svg .axis { fill: var(--soft); font-size: 12px } svg .value { font-variant-numeric: tabular-nums }
svg .bar { fill: var(--bar) } svg .grid { stroke: var(--line) } svg .mark { stroke: var(--soft); stroke-dasharray: 3 3 }
svg polyline { fill: none; stroke-width: 2.5 } svg .line0 { stroke: var(--bar) } svg .line1 { stroke: #d98324; stroke-dasharray: 9 6 }
svg .middle { stroke: var(--ink); stroke-dasharray: 4 3 } svg .part { fill: #fff; font-size: 12px } svg .part.dark { fill: #1d2733 }
svg .key0 { fill: var(--bar) } svg .key1 { fill: #d98324 }
@media print { body { background: #fff } section, .verdict { break-inside: avoid } }
"""

_STATUS = {
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
_EFFECT = {"none": "none: a finding", "missing": "missing, awaited", "invalid": "INVALID", "unreadable": "not read"}

#: Failures above this number are only counted.
_MAX_FAILURES = 200


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _status(report: Report, name: str) -> str:
    return next((check.status for check in report.checks if check.id == name), "not_checked")


def _verdict(report: Report) -> str:
    if report.holds:
        text = "Every check that could be made passed: the published result is the sum of the ballots on the board."
        if report.stage != "complete":
            text = "Every check that can be made at this stage of the election passed."
        if report.failures:
            text += " Somebody broke rules in a way that changes nothing in the result: see the findings below."
        unpinned = [name for check, name in _PINS.items() if _status(report, check) == "not_asked"]
        if unpinned:
            text += f" Nothing was compared with {' or '.join(unpinned)}: see below."
        verdict = "The record holds, with findings" if report.failures else "The record holds"
        return f'<div class="verdict good"><b>{verdict}</b>{escape(text)}</div>'
    if report.verdict == "not_complete":
        awaited = ", ".join(map(str, report.awaited))
        text = "Nothing is wrong with what is there." + (f" Awaited: {awaited}." if awaited else "")
        return f'<div class="verdict open"><b>The record is NOT complete</b>{escape(text)}</div>'
    if report.verdict is None:
        text = "It could not be read, or changed while it was read: see below. Nobody knows yet whether it holds."
        return f'<div class="verdict bad"><b>There is NO verdict</b>{escape(text)}</div>'
    count = len(report.failures)
    what = "1 failure" if count == 1 else f"{count:,} failures"
    text = f"{what}: see below. Do not rely on this record before they are explained."
    return f'<div class="verdict bad"><b>The record does NOT hold</b>{escape(text)}</div>'


def _results(report: Report, manifest: dict[str, Any] | None, language: str) -> str:
    result = report.result
    if result is None:
        return _section("Result", paragraph("There is no result that could be computed from this record."))
    counted, eligible = result["counted_ballots"], result["eligible_voters"]
    share = f", {100 * counted / eligible:.1f} %" if eligible else ""
    parts = [paragraph(f"{counted:,} of {eligible:,} voters on the roll took part{share}.")]
    if report.quorum is not None:
        parts.append(paragraph(report.quorum))
    parts += [contest(of_contest, manifest, language) for of_contest in result["contests"]]
    return _section("Result", *parts)


def _turnout(record: Record) -> str:
    turnout = record.turnout()
    picture = _svg.curve(
        "Turnout over the log",
        turnout.entries,
        [("ballots on the board", turnout.ballots), ("credentials that voted", turnout.voters)],
        turnout.marks,
    )
    text = (
        "The board is a log to which entries are only ever added. It does not record the time; the marks are the opening"
        " and the close that the organiser signed, and the checkpoint that the board signed."
    )
    return _section("Turnout over the log", picture, f'<p class="soft">{escape(text)}</p>')


def _anonymity(record: Record, report: Report) -> str:
    sets = record.anonymity_sets(report)
    rows = [
        _svg.Bar(f"{style}, weight {weight:,}", count, f"{count:,} voters")
        for (style, weight), count in sets.items()
    ]
    rows.sort(key=lambda bar: bar.value)
    text = (
        "The totals do not distinguish voters with the same ballot style and weight. The smallest sets come first; check"
        " whether they are large enough."
    )
    more = [paragraph(f"And {len(rows) - 20} larger sets.")] if len(rows) > 20 else []
    return _section(
        "Anonymity sets",
        f'<p class="soft">{escape(text)}</p>',
        _svg.bars("Sizes of anonymity sets", rows[:20]),
        *more,
    )


def _checks(report: Report) -> str:
    rows = []
    for check in report.checks:
        kind, status = _STATUS[check.status]
        items = f"{check.items:,} {check.unit}" if check.items else ""
        rows.append(
            f'<tr><td class="{kind}">{status}</td><td>{escape(check.description)}<br><code>{escape(check.id)}</code></td>'
            f'<td class="number">{escape(items)}</td></tr>'
        )
    return _section("What was checked", "<table>", *rows, "</table>")


def _failures(report: Report) -> str:
    if not report.failures:
        return ""
    rows = [
        f"<tr><td><code>{escape(failure.check)}</code></td><td>{escape(str(failure.place))}</td>"
        f"<td>{escape(failure.problem)}</td><td>{_EFFECT[failure.effect]}</td>"
        f"<td>{escape(', '.join(map(str, failure.who)) or 'nobody')}</td></tr>"
        for failure in report.failures[:_MAX_FAILURES]
    ]
    more = len(report.failures) - _MAX_FAILURES
    note = [paragraph(f"And {more:,} more.")] if more > 0 else []
    head = "<tr><th>check</th><th>where</th><th>what is wrong</th><th>effect</th><th>who answers, or is awaited</th></tr>"
    title = "Findings" if report.holds else "Failures"
    return _section(title, '<div class="wide"><table>', head, *rows, "</table></div>", *note)


def page(report: Report, record: Record | None, source: str = "", note: str | None = None) -> str:
    """Returns the page for a report. If the verified record is given, the page also has texts and pictures from it."""
    manifest = record.manifest if record else None
    language = manifest["languages"][0] if manifest else "en"
    title = named(manifest["title"], language) if manifest else "Election record"
    notes = [*([note] if note else []), *report.warnings, *(f"Not checked: {text}" for text in report.not_checked)]
    parts = [
        f'<header><h1 lang="{escape(language, quote=True)}">{escape(title)}</h1>',
        _source(report, manifest, source),
        "</header>",
        _verdict(report),
        _failures(report),
        _results(report, manifest, language),
    ]
    if record:
        parts += [_turnout(record), _anonymity(record, report)]
    if notes:
        parts.append(_section("Further notes", _list(notes)))
    parts.append(_checks(report))
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    parts.append(f'<p class="soft">Made by ballotta {escape(__version__)} from the record alone, {when}.</p>')
    # The page would not load anything without this policy either.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: verification report</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _source(report: Report, manifest: dict[str, Any] | None, source: str) -> str:
    """Returns a description of what was verified, so that two pages can be compared."""
    lines = []
    if manifest and manifest["kind"] == "rehearsal":
        lines.append("<b>A rehearsal, not an election.</b>")
    if source:
        lines.append(f"Read from <code>{escape(source)}</code>")
    if report.size is not None:
        lines.append(f"Board of {report.size:,} entries, root <code>{escape(str(report.root))}</code>")
    if report.fingerprint is not None:
        pinned = _status(report, "election.pinned") == "passed"
        what = "it is the one that was pinned" if pinned else "it must be the one that the voters were shown"
        lines.append(f"Fingerprint <code>{escape(report.fingerprint)}</code>: {what}")
    return f'<p class="soft">{"<br>".join(lines)}</p>' if lines else ""


def report_page(report: Report, location: str) -> str:
    """Returns the page for the report of a record, which may be broken, and may have changed since."""
    try:
        record = Record(location)
        if (record.fingerprint, record.size, record.root) != (report.fingerprint, report.size, report.root):
            note = (
                "When this page was made, another record was found than the one that was verified, so titles and"
                " pictures are left out."
            )
            return page(report, None, location, note)
        return page(report, record, location)
    except BallottaError:
        # The record cannot be read again. The report says why, or a server failed.
        return page(report, None, location)
