"""The results of contests of every kind, for the page of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from . import _pictures
from ._results import contest_of, named, share
from ._types import ContestResult, ListSeats, OptionResult, PairsResult
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
        self.known = known
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
        parts += self._motion()
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
            parts += [paragraph(self._people(entry)) for entry in seats["lists"] if entry["seats"]]
            method = _SEATS[seats["method"]]
            method = words("largest remainders") if method == "largest remainders" else method
            parts.append(paragraph(words("Seats by {method}.", method=method), "soft"))
            if seats["because"]:
                parts.append(paragraph(self._open(seats["open"], seats["because"], seats["tied"])))
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
        words = self.words
        how = {"ranking": "", "moved_up": words("moved up"), "lot": words("by lot")}
        elected = [self._with(entry["id"], how[entry["by"]]) for entry in winners["elected"]]
        names = Html(", ".join(elected)) or words("nobody")
        counts = {"elected": len(elected), "number": winners["number"]}
        parts = [paragraph(words.html("Elected: {names} ({elected} of {number})", names=names, **counts), "elected")]
        if winners["passed_over"]:
            passed = [self._with(entry["id"], self._group(entry["group"])) for entry in winners["passed_over"]]
            parts.append(paragraph(words.html("Passed over because of a group: {names}", names=Html(", ".join(passed)))))
        if winners["because"]:
            parts.append(paragraph(self._open(winners["open"], winners["because"], winners["tied"])))
        return parts

    def _motion(self) -> list[str]:
        motion = self.result.get("passes")
        if not motion:
            return []
        words = self.words
        reasons = {
            None: "The motion passes.",
            "no_quorum": "The motion does not pass: there is no quorum.",
            "no_votes": "The motion does not pass: nobody voted for it.",
            "condition": "The motion does not pass.",
        }
        parts = [paragraph(words.html(reasons[motion["because"]]), "elected")]
        bases = {"votes": "votes for and against", "ballots": "all ballots", "roll": "the whole roll"}
        for condition in motion["conditions"]:
            text = "More than {fraction} of {base} ({of})" if condition["rule"] == "more_than" else "At least {fraction} of {base} ({of})"
            numerator, denominator = condition["fraction"]
            base, of = words.number(condition["base"]), words(bases[condition["of"]])
            line = words.html(text, fraction=f"{numerator}/{denominator}", base=base, of=of)
            reached = words("reached") if condition["reached"] else words("NOT REACHED")
            parts.append(paragraph(Html(f"{line}: {words.number(motion['for'])}, {escape(reached)}")))
        return parts

    def _with(self, id: str, remark: str) -> Html:
        """The name of an option with a remark in parentheses, if there is one."""
        return Html(f"{self._name(id)} ({escape(remark)})") if remark else self._name(id)

    def _group(self, id: str) -> str:
        groups = self.known.get("winners", {}).get("groups", [])
        return next((named(group["title"], self.words.language) for group in groups if group["id"] == id), id)

    def _people(self, entry: ListSeats) -> Html:
        """Who takes the seats of a list."""
        words = self.words
        people = self.result["seats"]["people"]
        by_order = words("by the order of the list") if people == "preferences_then_order" else ""
        how = {"preferences": "", "order": by_order, "lot": words("by lot")}
        elected = ", ".join(self._with(seated["id"], how[seated["by"]]) for seated in entry["elected"])
        text = f"{self._name(entry['id'])}: {elected or escape(words('nobody'))}"
        if entry["by_lot"]:
            text += "; " + words.html("seats by lot among the lists: {count}", count=entry["by_lot"])
        if entry["because"] == "tie":
            tied = self._all(entry["tied"])
            text += "; " + words.html("seats that stay open: {open}, because {names} tie", open=entry["open"], names=tied)
        elif entry["because"]:
            text += "; " + words.html("seats that stay open: {open}, because the list has no more candidates", open=entry["open"])
        return Html(text)

    def _open(self, count: int, because: str, tied: Sequence[str]) -> Html:
        """A sentence about places or seats that stay open."""
        reasons = {
            "no_quorum": "Places that stay open: {open}, because there is no quorum.",
            "tie": "Places that stay open: {open}, because {names} tie.",
            "groups": "Places that stay open: {open}, because of the limits of groups.",
            "no_votes": "Places that stay open: {open}, because nobody else has a vote.",
        }
        names = {"names": self._all(tied)} if because == "tie" else {}
        return self.words.html(reasons[because], open=count, **names)


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
