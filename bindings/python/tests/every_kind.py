"""An election with every kind of contest of the library, in two languages, and ways to damage its record."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .election import Election

#: The name of an option that a page must escape, and that a program must not translate.
HOSTILE = "Bob <b>&'\""


def text(en: str, it: str) -> dict[str, str]:
    """Returns a text in both languages."""
    return {"en": en, "it": it}


def titled(*entries: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Returns options, or grades, with an identifier and a title in both languages."""
    return [{"id": id, "title": text(en, it)} for id, en, it in entries]


PEOPLE = titled(("ada", "Ada", "Ada"), ("bob", HOSTILE, HOSTILE), ("eve", "Eve", "Eva"))
PROJECTS = titled(("park", "Park", "Parco"), ("path", "Cycle path", "Ciclabile"))
LISTS = titled(("north", "North", "Nord"), ("south", "South", "Sud"))
GRADES = titled(("good", "Good", "Buono"), ("fair", "Fair", "Discreto"), ("poor", "Poor", "Scarso"))
COUNCIL = {
    "lists": [{"list": "north", "candidates": ["ada"]}, {"list": "south", "candidates": ["eve"]}],
    "preferences": 1,
    "across": False,
    "seats": {"number": 2, "method": "dhondt", "people": "preferences"},
}
#: The contests that elect an option.
WINNERS = {"chair", "rate", "judge", "order"}
#: Identifier, titles, rule, options, and the marks of the voters, who mark in turn.
CONTESTS: list[tuple[str, dict[str, str], dict[str, Any], list[dict[str, Any]], list[Any]]] = [
    (
        "chair",
        text("Who chairs the club?", "Chi presiede il circolo?"),
        {"kind": "choose", "min": 1, "max": 2, "blank": True},
        PEOPLE,
        [{"options": ["ada"]}, {"options": ["ada", "bob"]}, "blank"],
    ),
    (
        "rate",
        text("Rate the projects", "Valuta i progetti"),
        {"kind": "score", "max": 5, "total": {"at_most": 9}, "blank": True},
        PROJECTS,
        [{"points": {"park": 5, "path": 4}}, {"points": {"park": 0, "path": 1}}, "blank"],
    ),
    (
        "ten",
        text("Distribute ten points", "Distribuisci dieci punti"),
        {"kind": "cumulative", "points": 10, "max": 6, "exact": True, "blank": False},
        PROJECTS,
        [{"points": {"park": 6, "path": 4}}, {"points": {"park": 5, "path": 5}}],
    ),
    (
        "mandate",
        text("How does your section vote?", "Come vota la tua sezione?"),
        {"kind": "split", "max": 1},
        PROJECTS,
        [{"points": {"park": 1, "path": 0}}, {"points": {"park": 0, "path": 1}}],
    ),
    (
        "budget",
        text("Buy votes", "Compra voti"),
        {"kind": "quadratic", "credits": 25, "blank": True},
        PROJECTS,
        [{"points": {"park": 4, "path": 3}}, "blank"],
    ),
    (
        "council",
        text("Elect the council", "Eleggi il consiglio"),
        {"kind": "lists", **COUNCIL, "blank": True},
        [*LISTS, PEOPLE[0], PEOPLE[2]],
        [{"list": "north", "preferences": ["ada"]}, {"list": "south", "preferences": []}, "blank"],
    ),
    (
        "judge",
        text("Judge the candidates", "Giudica i candidati"),
        {"kind": "grades", "grades": GRADES, "blank": True},
        PEOPLE,
        [{"grades": {"ada": "good", "bob": "poor", "eve": "fair"}}, {"grades": {"ada": "fair", "bob": "good", "eve": "poor"}}, "blank"],
    ),
    (
        "prizes",
        text("Award the prizes", "Assegna i premi"),
        {"kind": "positional", "scores": [5, 3, 1], "truncated": True, "blank": False},
        PEOPLE,
        [{"ranking": [["ada"], ["eve"], ["bob"]]}, {"ranking": [["bob"]]}],
    ),
    (
        "order",
        text("Rank all", "Ordina tutti"),
        {"kind": "pairs", "ties": True, "method": "schulze", "blank": True},
        PEOPLE,
        [{"ranking": [["ada"], ["bob", "eve"]]}, {"ranking": [["eve"], ["ada"], ["bob"]]}, "blank"],
    ),
]
#: A contest that nobody but one voter has on the ballot, so that its totals stay encrypted.
SECRET = "secret"
KINDS = {rule["kind"] for _, _, rule, _, _ in CONTESTS}
#: The voters with every contest but the secret one. One more voter has all.
VOTERS = 5


def flip(path: Path, place: int) -> None:
    """Changes a bit of a file."""
    bytes_ = bytearray(path.read_bytes())
    bytes_[place] ^= 1
    path.write_bytes(bytes_)


def write(path: Path, text: str) -> None:
    """Writes a file."""
    path.write_text(text, encoding="utf-8")


def replaced(path: Path, old: str, new: str) -> None:
    """Replaces a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def _entries(record: Path) -> Path:
    return next(path for path in (record / "tile" / "entries").rglob("*") if path.is_file())


#: Ways to damage a record, with the verdict that follows.
DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a ballot": (lambda record: flip(_entries(record), 8000), "does_not_hold"),
    "the manifest": (lambda record: write(record / "manifest.json", "{}"), "does_not_hold"),
    "a title": (lambda record: replaced(record / "manifest.json", "Cycle path", "Cycle lane"), "does_not_hold"),
    "the roll": (lambda record: flip(record / "roll", 40), "does_not_hold"),
    "the result": (
        lambda record: replaced(record / "result" / "result.json", '"counted_ballots": 6', '"counted_ballots": 7'),
        "does_not_hold",
    ),
    "a decryption": (lambda record: shutil.rmtree(record / "decryption"), "not_complete"),
    "the board": (lambda record: shutil.rmtree(record / "tile"), "not_complete"),
    "the ceremony": (lambda record: shutil.rmtree(record / "ceremony"), "not_complete"),
    "a strange file": (lambda record: write(record / "a\u202e<i>\n", ""), "holds_with_findings"),
}


def manifest_fields(manifest: dict[str, Any]) -> None:
    """Puts every kind of contest into a manifest. Its first language is Italian."""
    manifest["languages"] = ["it", "en"]
    manifest["title"] = text("Every kind", "Tutti i tipi")
    if "description" in manifest and manifest["description"] is not None:
        manifest["description"] = text("Every kind", "Tutti i tipi")
    unit = manifest["weights"].get("unit")
    if unit is not None:
        manifest["weights"]["unit"] = text("votes", "voti")
    manifest["contests"] = [
        {"id": id, "title": title, "rule": rule, "options": options} for id, title, rule, options, _ in CONTESTS
    ]
    for contest in manifest["contests"]:
        if contest["id"] in WINNERS:
            contest["winners"] = {"number": 1}
    secret = {"kind": "choose", "min": 1, "max": 1, "blank": False}
    title = text("Only for one", "Per uno solo")
    manifest["contests"].append({"id": SECRET, "title": title, "rule": secret, "options": PROJECTS})
    ids = [id for id, *_ in CONTESTS]
    manifest["styles"] = [{"id": "all", "contests": ids}, {"id": "juniors", "contests": [*ids, SECRET]}]


def hold(command: Path, folder: Path) -> Path:
    """Holds the election and returns its record."""
    drawn = ["--contest", "x=X", "--option", "x/a=A", "--option", "x/b=B"]
    voters = [*[("all", 1)] * VOTERS, ("juniors", 1)]
    election = Election(command, folder, voters, "Every kind", drawn, manifest_fields)
    for voter in range(VOTERS):
        choices = {id: marks[voter % len(marks)] for id, _, _, _, marks in CONTESTS}
        election.vote(voter, choices, f"ballot{voter}")
    first = {id: marks[0] for id, _, _, _, marks in CONTESTS}
    election.vote(VOTERS, {**first, SECRET: {"options": ["park"]}}, "junior")
    election.finish()
    return election.record
