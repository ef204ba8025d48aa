"""A report as text, in English or in Italian: the result, and the table of the command ``ballotta verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._results import titles_of
from ._types import ContestResult, Status, Verdict
from ._words import REHEARSAL, WITHHELD, Words, shown

if TYPE_CHECKING:
    from ._report import Check, Failure, Place, Report

#: What the command says of a cancelled election whose record holds.
CANCELLED = "The record holds, and the organiser has cancelled the election: it has no result."

#: The verdicts, as a sentence of the command.
VERDICTS: dict[Verdict | None, str] = {
    "holds": "The record holds.",
    "holds_with_findings": "The record holds, with findings. They change nothing in the result.",
    "not_complete": "THE RECORD IS NOT COMPLETE.",
    "does_not_hold": "THE RECORD DOES NOT HOLD.",
    None: "THE RECORD COULD NOT BE READ. There is no verdict.",
}

#: The states of checks that were made, as words of the command.
STATUS: dict[Status, str] = {
    "passed": "ok",
    "findings": "finding",
    "missing": "missing",
    "failed": "FAILED",
    "unreadable": "NOT READ",
}


def report_text(report: Report, table: str, words: Words) -> str:
    """Returns a report as text. ``table`` is what the command prints, in English."""
    table = table if words.language == "en" else translated_table(report, words)
    return "\n".join([*_rehearsal(report, words), *_result(report, words), table])


def _rehearsal(report: Report, words: Words) -> list[str]:
    manifest = report.manifest
    return [words(REHEARSAL), ""] if manifest and manifest["kind"] == "rehearsal" else []


def verdict(report: Report, words: Words) -> str:
    """Returns the verdict as a sentence, and who is awaited."""
    if report.holds and report.cancelled is not None:
        return words(CANCELLED)
    parts = [words(VERDICTS[report.verdict])]
    if report.verdict == "not_complete":
        parts += not_complete(report, words)
    return " ".join(parts)


def not_complete(report: Report, words: Words) -> list[str]:
    """Returns what is known of a record that is not complete, what could not be checked, and who is awaited."""
    parts = []
    if all(failure.effect == "missing" for failure in report.failures):
        parts.append(words("Nothing wrong was found."))
    not_made = sum(check.status == "not_checked" for check in report.checks)
    if not_made == 1:
        parts.append(words('1 check could not be made yet: it is marked "not checked".'))
    elif not_made:
        parts.append(words('{count} checks could not be made yet: they are marked "not checked".', count=not_made))
    if report.awaited:
        who = ", ".join(words.role(role.name, role.number) for role in report.awaited)
        parts.append(words("Awaited: {who}.", who=who))
    return parts


def translated_table(report: Report, words: Words) -> str:
    """Returns what the command prints of a report, in the language of the words."""
    states = [words(STATUS[check.status]) if check.status in STATUS else "-" for check in report.checks]
    width = max([8, *map(len, states)])
    lines = [f"{state:<{width}} {check.id:<22} {_counted(check, words)}" for state, check in zip(states, report.checks, strict=True)]
    for failure in report.failures:
        lines += ["", failure_text(failure, words)]
    for check in report.checks:
        further = check.failures - sum(failure.check == check.id for failure in report.failures)
        if further > 0:
            text = "{check}: 1 further failure" if further == 1 else "{check}: {count} further failures"
            lines += ["", words(text, check=check.id, count=str(further))]
    if report.not_checked:
        lines.append("")
    lines += [words("not checked: {text}", text=text) for text in report.not_checked]
    for warning in report.warnings:
        lines += ["", words("note: {text}", text=warning)]
    if report.cancelled is not None:
        text = "cancelled: entry {entry}, signed by the organiser: {reason}"
        lines += ["", words(text, entry=str(report.cancelled.entry), reason=shown(report.cancelled.reason))]
    lines.append("")
    if report.fingerprint is not None:
        lines.append(words("fingerprint {fingerprint}", fingerprint=str(report.written_fingerprint)))
        lines.append(" " * len("fingerprint ") + report.fingerprint)
    return "\n".join([*lines, verdict(report, words)])


def _counted(check: Check, words: Words) -> str:
    items = f"{check.items} {words.unit(check.unit_of_items)}"
    match check.status, check.failures:
        case "not_checked", _:
            return words("not checked")
        case "not_asked", _:
            return words("not asked for")
        case "passed", _:
            return items
        case _, 0:
            return words("nothing to check")
        case _, 1:
            return words("1 failure, {items}", items=items)
    return words("{count} failures, {items}", count=str(check.failures), items=items)


def failure_text(failure: Failure, words: Words) -> str:
    """Returns a failure as one line, with whoever answers for it or is awaited."""
    text = f"{failure.check}: {shown(place_text(failure.place, words))}: {shown(failure.problem)}"
    if not failure.who or failure.effect == "unreadable":
        return text
    who = ", ".join(words.role(role.name, role.number) for role in failure.who)
    said = "(awaited: {who})" if failure.effect == "missing" else "(who answers for it: {who})"
    return f"{text} {words(said, who=who)}"


def place_text(place: Place, words: Words) -> str:
    """Returns the place of a failure, with names as they are in the record."""
    match place.kind:
        case "file":
            return str(place.file)
        case "entry":
            return f"{words('entry {index}', index=str(place.index))} ({place.file})"
        case "roll_line":
            return words("roll, line {number}", number=str(place.number))
        case "trustee":
            return words("trustee {number}", number=str(place.number))
    return words("record")


def _result(report: Report, words: Words) -> list[str]:
    """Returns the result with the titles and the identifiers of the manifest, if the record holds."""
    result, manifest = report.result, report.manifest
    if result is None or not report.holds:
        return []
    lines = [words.took_part(result["counted_ballots"], result["eligible_voters"])]
    if "roll_changes" in result:
        lines.append(words.roll_changes(result["roll_changes"]))
    if result["quorum"] is not None:
        lines.append(words.quorum(result["quorum"]))
    for contest in result["contests"]:
        title, titles = titles_of(manifest, contest["id"], words.language)
        lines.append(_with_id(title, contest["id"]))
        if contest["withheld"]:
            lines.append(f"  {words(WITHHELD[contest['withheld']])}")
            continue
        lines += _totals(contest, titles, words)
        if contest["blank"] is not None:
            lines.append(f"  {words('Blank votes: {total}', total=contest['blank'])}")
    return [*lines, ""]


def _with_id(title: str, id: str) -> str:
    return id if title == id else f"{title} ({id})"


def _totals(contest: ContestResult, titles: dict[str, str], words: Words) -> list[str]:
    """Returns a line for each option of a contest: its total, its grades, or the options above which it is ranked."""

    def title(id: str) -> str:
        return titles.get(id, id)

    if "pairs" in contest:
        ids = [option["id"] for option in contest["options"]]
        rows = zip(ids, contest["pairs"]["matrix"], strict=True)
        above = "above {name} {total}"
        return [
            f"  {_with_id(title(id), id)}: "
            + ", ".join(words(above, name=title(other), total=weight) for other, weight in zip(ids, row, strict=True) if other != id)
            for id, row in rows
        ]
    lines = []
    for option in contest["options"]:
        totals = option["grades"] if "grades" in option else [option["total"]]
        id = option["id"]
        lines.append(f"  {_with_id(title(id), id)}: {' / '.join(map(words.number, totals))}")
    return lines
