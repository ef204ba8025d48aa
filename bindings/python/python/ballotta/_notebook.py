"""A report as a notebook shows it, in English or in Italian: the results in one line each, the checks, the failures."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from ._results import titles_of
from ._text import STATUS, failure_text, verdict
from ._types import ContestResult
from ._words import REHEARSAL, WITHHELD, Words

if TYPE_CHECKING:
    from ._report import Check, Report

#: Failures above this number are only counted.
_MAX_FAILURES = 100


def notebook_view(report: Report, words: Words) -> str:
    """Returns a report as HTML, without a page around it."""
    parts = [f"<p><b>{escape(verdict(report, words))}</b></p>"]
    manifest = report.manifest
    if manifest and manifest["kind"] == "rehearsal":
        parts.insert(0, f"<p>{escape(words(REHEARSAL))}</p>")
    if report.fingerprint is not None:
        parts.append(f"<p>{words.html('fingerprint {fingerprint}', fingerprint=f'{report.written_fingerprint} ({report.fingerprint})')}</p>")
    if report.result is not None and report.holds:
        parts.append(_table(words, ("contest", "ranking", "elected"), (_contest(contest, manifest, words) for contest in report.result["contests"])))
    parts.append(_table(words, ("check", "status", "items", "of", "failures"), (_check(check, words) for check in report.checks)))
    failures = [escape(failure_text(failure, words)) for failure in report.failures[:_MAX_FAILURES]]
    if len(report.failures) > _MAX_FAILURES:
        failures.append(words.html("And {count} more.", count=len(report.failures) - _MAX_FAILURES))
    return "".join([*parts, "<ul>", *(f"<li>{failure}</li>" for failure in failures), "</ul>"])


def _table(words: Words, names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(words(name))}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _contest(contest: ContestResult, manifest: dict[str, Any] | None, words: Words) -> tuple[str, str, str]:
    title, titles = titles_of(manifest, contest["id"], words.language)
    winners = [elected["id"] for elected in contest["winners"]["elected"]] if "winners" in contest else []
    return title, _ranked(contest, titles, words), ", ".join(titles.get(id, id) for id in winners)


def _check(check: Check, words: Words) -> tuple[str, str, str, str, str]:
    state = words(STATUS.get(check.status, "not checked" if check.status == "not_checked" else "not asked for"))
    return check.id, state, words.number(check.items), words.unit(check.unit_of_items), words.number(check.failures)


def _ranked(contest: ContestResult, titles: dict[str, str], words: Words) -> str:
    """Returns the ranking of a contest in one line, with the totals of options that have one."""
    if contest["withheld"]:
        return words(WITHHELD[contest["withheld"]])
    said = {}
    for option in contest["options"]:
        known = option.get("total", option.get("grade"))
        total = words.number(known) if isinstance(known, int) else known
        title = titles.get(option["id"], option["id"])
        said[option["id"]] = title if total is None else f"{title} ({total})"
    return " > ".join(" = ".join(said.get(id, titles.get(id, id)) for id in tied) for tied in contest["ranking"])
