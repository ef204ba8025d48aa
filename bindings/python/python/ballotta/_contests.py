"""The results of contests of every kind, for the page of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from . import _svg

#: In these kinds a total is a part of the weight that voted; in the others it is a sum of points.
_SHARES = {"choose", "lists", "split", None}

_SEATS = {"dhondt": "D'Hondt", "sainte_lague": "Sainte-Laguë", "largest_remainder": "largest remainders"}

_METHODS = [("schulze", "Schulze"), ("ranked_pairs", "Ranked pairs"), ("copeland", "Copeland")]


def named(texts: Any, language: str) -> str:
    """Returns a text of the manifest in a language, or in the first one that it has."""
    return str(texts.get(language, next(iter(texts.values()), ""))) if isinstance(texts, dict) else str(texts)


def paragraph(text: str, kind: str = "") -> str:
    """Returns text as an HTML paragraph."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def contest(result: dict[str, Any], manifest: dict[str, Any] | None, language: str) -> str:
    """Returns the HTML of a contest of a result. Without the manifest, options are shown by their identifiers."""
    contests = manifest["contests"] if manifest else []
    known: dict[str, Any] = next((contest for contest in contests if contest["id"] == result["id"]), {})
    return _Contest(result, known, language).html()


class _Contest:
    def __init__(self, result: dict[str, Any], known: dict[str, Any], language: str) -> None:
        self.result = result
        self.rule = known.get("rule", {})
        self.title = named(known.get("title", result["id"]), language)
        options = known.get("options", [])
        self.names = {option["id"]: named(option["title"], language) for option in options}
        self.grades = [(grade["id"], named(grade["title"], language)) for grade in self.rule.get("grades", [])]
        self.weight: int = result["weight"]

    def html(self) -> str:
        parts = [f"<h3>{escape(self.title)}</h3>"]
        if self.result["withheld"]:
            reason = self.result["withheld"].replace("_", " ")
            text = f"The totals stay encrypted, since they would give single votes away: {reason}."
            return "".join([*parts, paragraph(text)])
        if "pairs" in self.result:
            parts += self._pairs(self.result["pairs"])
        elif self._has("grades"):
            parts += self._grades()
        elif "lists" in self.rule:
            parts += self._lists()
        else:
            parts.append(self._bars(self.title, self.result["options"], self._blank()))
        parts += self._winners()
        parts.append(paragraph(f"{self.result['ballots']:,} ballots of weight {self.weight:,}", "soft"))
        return "".join(parts)

    def _has(self, field: str) -> bool:
        return any(field in option for option in self.result["options"])

    def _name(self, id: str) -> str:
        return self.names.get(id, id)

    def _all(self, ids: Iterable[str]) -> str:
        return ", ".join(self._name(id) for id in ids)

    def _blank(self) -> list[tuple[str, int]]:
        blank = self.result["blank"]
        return [] if blank is None else [("blank votes", blank)]

    def _share(self, total: int) -> str:
        shares = self.rule.get("kind") in _SHARES and not self._has("average")
        return f" ({100 * total / self.weight:.1f} %)" if shares and self.weight else ""

    def _bars(self, title: str, options: Sequence[dict[str, Any]], more: Sequence[tuple[str, int]] = ()) -> str:
        rows = []
        for option in options:
            total = option["total"]
            average = option.get("average")
            note = f" (average {average[0] / average[1]:.2f})" if average else self._share(total)
            rows.append(_svg.Bar(self._name(option["id"]), total, f"{total:,}{note}"))
        parts = []
        if self._share(1):
            rows += [_svg.Bar(name, total, f"{total:,}{self._share(total)}", "blank") for name, total in more]
        else:
            # Blank votes are not points.
            parts = [paragraph(f"Blank votes: {total:,}") for _, total in more]
        cut = [bar.name for bar in rows if len(bar.name) > _svg.LINE]
        if cut:
            parts += [paragraph("In full:"), "<ul>", *(f"<li>{escape(name)}</li>" for name in cut), "</ul>"]
        return "".join([_svg.bars(title, rows), *parts])

    def _lists(self) -> list[str]:
        lists = [entry["list"] for entry in self.rule["lists"]]
        of_lists = [option for option in self.result["options"] if option["id"] in lists]
        candidates = [option for option in self.result["options"] if option["id"] not in lists]
        parts = [self._bars(self.title, of_lists, self._blank())]
        if candidates:
            parts += [paragraph("Preferences:"), self._bars(f"{self.title}: preferences", candidates)]
        seats = self.result.get("seats")
        if seats:
            method = self.rule.get("seats", {}).get("method", "")
            rows = [[self._name(entry["id"]), f"{entry['seats']:,}"] for entry in seats["lists"]]
            parts.append(_table(["list", "seats"], rows))
            if method:
                parts.append(paragraph(f"Seats by {_SEATS.get(method, method)}.", "soft"))
            if seats["open"]:
                tied = f" {self._all(seats['tied'])} tie for them." if seats["tied"] else ""
                parts.append(paragraph(f"Seats that stay open: {seats['open']:,}.{tied}"))
        return parts

    def _grades(self) -> list[str]:
        options = self.result["options"]
        count = len(options[0]["grades"])
        titles = [title for _, title in self.grades] or [f"grade {number}" for number in range(1, count + 1)]
        of_id = dict(self.grades)
        majority = [of_id.get(option["grade"], option["grade"] or "none") for option in options]
        rows = [
            (self._name(option["id"]), option["grades"], grade)
            for option, grade in zip(options, majority, strict=True)
        ]
        cells = [
            [self._name(option["id"]), *(f"{total:,}" for total in option["grades"]), grade]
            for option, grade in zip(options, majority, strict=True)
        ]
        return [
            _svg.stacked(self.title, titles, rows),
            _table(["", *titles, "majority grade"], cells),
            *(paragraph(f"Blank votes: {total:,}") for _, total in self._blank()),
            self._order("Ranking", self.result["ranking"]),
        ]

    def _pairs(self, pairs: dict[str, Any]) -> list[str]:
        ids = [option["id"] for option in self.result["options"]]
        matrix = pairs["matrix"]

        def cell(row: int, column: int) -> str:
            if row == column:
                return ""
            wins = matrix[row][column] > matrix[column][row]
            return f"{'<b>' if wins else ''}{matrix[row][column]:,}{'</b>' if wins else ''}"

        names = [self._name(id) for id in ids]
        rows = [[escape(name), *(cell(row, column) for column in range(len(ids)))] for row, name in enumerate(names)]
        winner = pairs["condorcet_winner"]
        stated = "No option beats all others." if winner is None else f"{self._name(winner)} beats all others."
        return [
            paragraph("The weight of the ballots that rank the option of the row above that of the column:", "soft"),
            _table(["", *names], rows, lambda text: text),
            paragraph(f"{stated} (Condorcet)"),
            *(self._order(title, pairs[method]) for method, title in _METHODS),
            *(paragraph(f"Blank votes: {total:,}") for _, total in self._blank()),
        ]

    def _order(self, title: str, ranking: Sequence[Sequence[str]]) -> str:
        places = []
        place = 1
        for tied in ranking:
            places.append(f"{place}. {' = '.join(self._name(id) for id in tied)}")
            place += len(tied)
        return paragraph(f"{title}: {'; '.join(places)}")

    def _winners(self) -> list[str]:
        winners = self.result.get("winners")
        if not winners:
            return []
        elected = self._all(winners["elected"]) or "nobody"
        parts = [f"<p><b>Elected:</b> {escape(elected)} ({len(winners['elected'])} of {winners['number']:,})</p>"]
        if winners["tied"]:
            parts.append(paragraph(f"These tie for the remaining places, and the tie is not broken here: {self._all(winners['tied'])}."))
        return parts


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], shown: Callable[[str], str] = escape) -> str:
    """Returns a table whose first column is text and whose other columns are numbers. ``shown`` returns a cell as HTML."""
    columns = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = [
        f"<tr><td>{shown(first)}</td>{''.join(f'<td class=number>{shown(text)}</td>' for text in rest)}</tr>"
        for first, *rest in rows
    ]
    return f'<div class="wide"><table class="counts"><tr>{columns}</tr>{"".join(lines)}</table></div>'
