"""Reads a JSON document by its schema, and notes every broken rule with its path: spec/manifest.md."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Callable

from encoding import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_NAME_CHARS, MAX_TEXT_BYTES, Refused, is_hex, require
from group import Element, Point, decode, decode_edwards, is_identity, is_prime_order

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013440\U00016fe4\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
MISSING = object()
ATTACHMENT_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf", "text/plain")


@dataclass
class Schema:
    """Walks through the document. A value that breaks a rule is noted, and replaced by None."""

    problems: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    attachments: list[tuple[bytes, int]] = field(default_factory=list)  # hash and length

    # Types.

    def attempt(self, path: str, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read(*arguments)
        except Refused as problem:
            self.problems.append(f"{path}: {problem}")
            return None

    def fields(self, path: str, value: Any, required: str, optional: str = "") -> dict[str, Any]:
        """Reads every field of an object, and notes missing and unknown fields."""
        if not isinstance(value, dict):
            self.problems.append(f"{path}: not an object")
            return {name: MISSING for name in required.split()}
        for name in value.keys() - set(required.split()) - set(optional.split()):
            self.problems.append(f"{path}: the field {name!r} is not known")
        for name in set(required.split()) - value.keys():
            self.problems.append(f"{path}: the field {name!r} is missing")
        return {name: value.get(name, MISSING) for name in required.split() + optional.split()}

    def items(self, path: str, value: Any, least: int, most: int) -> list[tuple[str, Any]]:
        """Reads every item of a list, with its path."""
        if value is MISSING:
            return []
        if not isinstance(value, list) or not least <= len(value) <= most:
            self.problems.append(f"{path}: not a list of {least} to {most}")
            return []
        return [(f"{path}[{index}]", item) for index, item in enumerate(value)]

    def string(self, path: str, value: Any, read: Callable[[str], Any]) -> Any:
        if value is MISSING:
            return None
        if not isinstance(value, str):
            self.problems.append(f"{path}: not a string")
            return None
        return self.attempt(path, read, value)

    def word(self, path: str, value: Any, *words: str) -> Any:
        return self.string(path, value, lambda text: check(text in words, text, f"not one of {', '.join(words)}"))

    def integer(self, path: str, value: Any, least: int, most: int) -> Any:
        if value is MISSING:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.problems.append(f"{path}: not an integer from {least} to {most}")
            return None
        return value

    def text(self, path: str, value: Any) -> dict[str, str]:
        """Reads a text, with one line for each language."""
        texts = self.fields(path, value, " ".join(self.languages)) if value is not MISSING else {}
        return {tag: self.string(f"{path}.{tag}", text, line) for tag, text in texts.items()}

    def titled(self, path: str, value: Any, least: int, most: int, optional: str = "") -> list[str]:
        """Reads the identifiers of options or grades. They must be distinct, and so must the titles."""
        names, titles = [], []
        for item_path, item in self.items(path, value, least, most):
            fields = self.fields(item_path, item, "id title", optional)
            names.append(self.string(f"{item_path}.id", fields["id"], identifier))
            titles.append(self.text(f"{item_path}.title", fields["title"]))
            self.text(f"{item_path}.description", fields.get("description", MISSING))
            self.attached(f"{item_path}.attachments", fields)
        self.distinct(path, names)
        for tag in self.languages:
            shown = [title.get(tag) or "" for title in titles]
            self.distinct(f"{path}.title.{tag}", [folded(title) for title in shown if title])
        return names

    def attached(self, path: str, fields: dict[str, Any]) -> None:
        """The attachments of the election, of a contest or of an option: spec/manifest.md#attachments."""
        hashes = []
        for place, item in self.items(path, fields.get("attachments", MISSING), 0, MAX_ATTACHMENTS):
            file = self.fields(place, item, "title type length sha256")
            self.text(f"{place}.title", file["title"])
            self.word(f"{place}.type", file["type"], *ATTACHMENT_TYPES)
            length = self.integer(f"{place}.length", file["length"], 1, MAX_ATTACHMENT_BYTES)
            digits = self.string(f"{place}.sha256", file["sha256"], hexadecimal)
            if digits and length:
                hashes.append(digits)
                self.attachments.append((bytes.fromhex(file["sha256"]), length))
        self.distinct(path, hashes)

    def share(self, path: str, fields: dict[str, Any]) -> tuple[str, int, int]:
        """Reads a rule and a fraction: spec/manifest.md#schema, quorum."""
        rule = self.word(f"{path}.rule", fields["rule"], "more_than", "at_least")
        parts = self.items(f"{path}.fraction", fields["fraction"], 2, 2)
        numbers = [self.integer(item_path, item, 1, 2**32 - 1) for item_path, item in parts]
        if len(numbers) != 2 or None in numbers:
            return rule, 1, 1
        if numbers[0] > numbers[1]:
            self.problems.append(f"{path}.fraction: the fraction is above 1")
        return rule, numbers[0], numbers[1]

    def distinct(self, path: str, values: list[Any]) -> None:
        if len(set(values)) != len(values):
            self.problems.append(f"{path}: something appears twice")


# Texts: spec/manifest.md#texts.


def check(condition: object, value: Any, problem: str) -> Any:
    require(condition, problem)
    return value


def line(text: str) -> str:
    require(INVISIBLE.sub("", text).strip(WHITE_SPACE), "no visible character")
    require(len(text.encode()) <= MAX_TEXT_BYTES, "too long")
    require(not any(unicodedata.category(c) == "Cc" for c in text), "a control character")
    require(not any(c in DIRECTIONS for c in text), "a character that changes the direction of the text")
    return text


def folded(title: str) -> str:
    """A title in the form in which titles are compared."""
    words = re.sub(f"[{WHITE_SPACE}]+", " ", INVISIBLE.sub("", title)).strip(" ")
    return "".join(c.lower() if c < "\u0530" else c for c in words)


def key_name(text: str, most: int) -> str:
    line(text)
    require(len(text.encode()) <= most, "too long")
    require(not any(c in WHITE_SPACE or c == "+" for c in text), "white space, or a plus sign")
    return text


def identifier(text: str) -> str:
    return check(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", text), text, "not an identifier")


def language(text: str) -> str:
    fits = re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text) and len(text) <= MAX_NAME_CHARS
    return check(fits, text, "not the tag of a language")


def hexadecimal(text: str) -> bytes:
    require(is_hex(text, 64), "not 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def key(text: str) -> Element:
    element = decode(hexadecimal(text), "key")
    require(not is_identity(element.point), "the identity is not a key")
    return element


def ed25519_key(text: str) -> Point:
    point = decode_edwards(hexadecimal(text))
    require(is_prime_order(point), "not in the subgroup of prime order")
    return point
