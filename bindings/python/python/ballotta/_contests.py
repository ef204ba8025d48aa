"""The results of contests of every kind, for the page of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from . import _pictures
from ._results import contest_of, named, share
from ._types import ContestResult, OptionResult, PairsResult
from ._words import WITHHELD, Html, Words

#: The names of methods, which need no translation, or are translated by ``Words``.
_SEATS = {"dhondt": "D'Hondt", "sainte_lague": "Sainte-Laguë", "largest_remainder": "largest remainders"}


def paragraph(text: str, kind: str = "") -> str:
    """Returns text as an HTML paragraph. It is escaped if it is not HTML."""
    shown = text if isinstance(text, Html) else escape(text)
    return f'<p class="{kind}">{shown}</p>' if kind else f"<p>{shown}</p>"


def code(text: str) -> Html:
    """Returns an identifier, a hash or the name of a file, which no program must translate."""
    return Html(f'<code translate="no">{escape(text)}</code>')


def title(texts: Any, words: Words) -> Html:
    """Returns a text of the manifest in the page's language, or in the first one that it has.

    Programs that translate pages must not change it, since it is what voters saw.
    """
    language = words.language
    if isinstance(texts, dict) and language not in texts:
        language = next(iter(texts), language)
    foreign = "" if language == words.language else f' lang="{escape(language, quote=True)}"'
    return Html(f'<span translate="no"{foreign}>{escape(named(texts, language))}</span>')


def contest(result: ContestResult, manifest: dict[str, Any] | None, words: Words) -> str:
    """Returns the HTML of a contest of a result. Without the manifest, options are shown by their identifiers."""
    return _Contest(result, contest_of(manifest, result["id"]), words).html()


class _Contest:
    def __init__(self, result: ContestResult, known: dict[str, Any], words: Words) -> None:
        self.result = result
        self.rule = known.get("rule", {})
        self.words = words
        self.title = title(known.get("title", result["id"]), words)
        self.names = {option["id"]: title(option["title"], words) for option in known.get("options", [])}
        self.grades = [(grade["id"], title(grade["title"], words)) for grade in self.rule.get("grades", [])]

    def html(self) -> str:
        parts = [f"<h3>{self.title}</h3>"]
        result, words = self.result, self.words
        if result["withheld"]:
            return "".join([*parts, paragraph(words(WITHHELD[result["withheld"]]))])
        if "pairs" in result:
            parts += self._pairs(result["pairs"])
        elif any("grades" in option for option in result["options"]):
            parts += self._grades()
        elif "lists" in self.rule:
            parts += self._lists()
        else:
            parts += self._bars(result["options"], with_blank=True)
        parts += self._winners()
        weight = words("Ballots: {ballots}, of weight {weight} together", ballots=result["ballots"], weight=result["weight"])
        parts.append(paragraph(weight, "soft"))
        return "".join(parts)

    def _name(self, id: str) -> Html:
        return self.names.get(id) or title(id, self.words)

    def _all(self, ids: Iterable[str], between: str = ", ") -> Html:
        return Html(between.join(self._name(id) for id in ids))

    def _total(self, total: int, average: list[int] | None = None) -> str:
        if average:
            mean = self.words.decimal(average[0] / average[1], 2)
            return self.words("{total} (average {average})", total=total, average=mean)
        part = share(self.result, self.rule.get("kind"), total)
        if part is None:
            return self.words.number(total)
        return self.words("{total} ({share})", total=total, share=self.words.percent(part))

    def _blank(self) -> list[str]:
        blank = self.result["blank"]
        return [] if blank is None else [paragraph(self.words("Blank votes: {total}", total=blank))]

    def _bars(self, options: Sequence[OptionResult], with_blank: bool) -> list[str]:
        rows = [
            _pictures.Bar(self._name(option["id"]), option["total"], self._total(option["total"], option.get("average")))
            for option in options
        ]
        blank = self.result["blank"]
        if not with_blank or blank is None:
            return [_pictures.bars(rows)]
        if share(self.result, self.rule.get("kind"), blank) is None:
            # Blank votes are not points.
            return [_pictures.bars(rows), *self._blank()]
        name = Html(escape(self.words("blank votes")))
        return [_pictures.bars([*rows, _pictures.Bar(name, blank, self._total(blank), "blank")])]

    def _lists(self) -> list[str]:
        words = self.words
        lists = [entry["list"] for entry in self.rule["lists"]]
        of_lists = [option for option in self.result["options"] if option["id"] in lists]
        candidates = [option for option in self.result["options"] if option["id"] not in lists]
        parts = self._bars(of_lists, with_blank=True)
        if candidates:
            parts += [paragraph(words("Preferences:")), *self._bars(candidates, with_blank=False)]
        seats = self.result.get("seats")
        if seats:
            rows = [[self._name(entry["id"]), words.number(entry["seats"])] for entry in seats["lists"]]
            parts.append(_table([words("list"), words("seats")], rows))
            method = _SEATS[self.rule["seats"]["method"]]
            method = words("largest remainders") if method == "largest remainders" else method
            parts.append(paragraph(words("Seats by {method}.", method=method), "soft"))
            if seats["open"]:
                open_ = words.html("Seats that stay open: {open}.", open=seats["open"])
                if seats["tied"]:
                    open_ = Html(open_ + " " + words.html("{names} tie for them.", names=self._all(seats["tied"])))
                parts.append(paragraph(open_))
        return parts

    def _grades(self) -> list[str]:
        words, options = self.words, self.result["options"]
        count = len(options[0]["grades"])
        numbered = [Html(escape(words("grade {number}", number=number))) for number in range(1, count + 1)]
        titles = [name for _, name in self.grades] or numbered
        of_id = dict(self.grades)

        def majority(option: OptionResult) -> Html:
            grade = option["grade"]
            return Html(escape(words("none"))) if grade is None else of_id.get(grade) or title(grade, words)

        rows = [(self._name(option["id"]), option["grades"], majority(option)) for option in options]
        cells = [[name, *(words.number(total) for total in totals), grade] for name, totals, grade in rows]
        return [
            _pictures.stacked(titles, rows),
            _table(["", *titles, words("majority grade")], cells),
            *self._blank(),
            self._order(words("Ranking"), self.result["ranking"]),
        ]

    def _pairs(self, pairs: PairsResult) -> list[str]:
        words = self.words
        ids = [option["id"] for option in self.result["options"]]
        matrix = pairs["matrix"]

        def cell(row: int, column: int) -> str:
            if row == column:
                return ""
            text = words.number(matrix[row][column])
            return Html(f"<b>{text}</b>") if matrix[row][column] > matrix[column][row] else text

        names = [self._name(id) for id in ids]
        rows = [[name, *(cell(row, column) for column in range(len(ids)))] for row, name in enumerate(names)]
        winner = pairs["condorcet_winner"]
        stated = (
            words.html("No option beats all others.")
            if winner is None
            else words.html("{name} beats all others.", name=self._name(winner))
        )
        what = "The weight of the ballots that rank the option of the row above that of the column:"
        return [
            paragraph(words(what), "soft"),
            _table(["", *names], rows),
            paragraph(Html(f"{stated} (Condorcet)")),
            self._order("Schulze", pairs["schulze"]),
            self._order(words("Ranked pairs"), pairs["ranked_pairs"]),
            self._order("Copeland", pairs["copeland"]),
            *self._blank(),
        ]

    def _order(self, title: str, ranking: Sequence[Sequence[str]]) -> str:
        places = []
        place = 1
        for tied in ranking:
            places.append(f"{place}. {self._all(tied, ' = ')}")
            place += len(tied)
        return paragraph(Html(f"{escape(title)}: {'; '.join(places)}"))

    def _winners(self) -> list[str]:
        winners = self.result.get("winners")
        if not winners:
            return []
        names = self._all(winners["elected"]) or self.words("nobody")
        counts = {"elected": len(winners["elected"]), "number": winners["number"]}
        parts = [paragraph(self.words.html("Elected: {names} ({elected} of {number})", names=names, **counts), "elected")]
        if winners["tied"]:
            tied = "These tie for the remaining places, and the tie is not broken here: {names}."
            parts.append(paragraph(self.words.html(tied, names=self._all(winners["tied"]))))
        return parts


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table whose first column is text and whose other columns are numbers. Cells are escaped if not HTML."""

    def shown(text: str) -> str:
        return text if isinstance(text, Html) else escape(text)

    columns = "".join(f"<th>{shown(text)}</th>" for text in head)
    lines = [
        f"<tr><td>{shown(first)}</td>{''.join(f'<td class=number>{shown(text)}</td>' for text in rest)}</tr>"
        for first, *rest in rows
    ]
    return f'<div class="wide"><table class="counts"><tr>{columns}</tr>{"".join(lines)}</table></div>'
