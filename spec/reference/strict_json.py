"""A strict JSON parser: spec/manifest.md#json.

The parser of the standard library accepts duplicate names, fractions, lone surrogates and any depth, so it is not used.
"""

from __future__ import annotations

import re
from typing import Any

from encoding import Refused, require

MAX_DEPTH = 127
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"0|[1-9][0-9]*")
PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def parse(data: bytes) -> Any:
    """Parses JSON to dict, list, str, unsigned integers below 2^64, True, False and None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("the file is not UTF-8") from None
    parser = Parser(text)
    value = parser.value(0)
    parser.space()
    require(parser.position == len(text), "something follows the JSON value")
    return value


class Parser:
    def __init__(self, text: str):
        self.text = text
        self.position = 0

    def space(self) -> None:
        match = SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def starts(self, token: str) -> bool:
        """Takes the token, if it is next."""
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def expect(self, token: str) -> None:
        require(self.starts(token), f"not JSON: {token!r} is missing at character {self.position}")

    def value(self, depth: int) -> Any:
        self.space()
        if self.starts("{"):
            return self.object(depth + 1)
        if self.starts("["):
            return self.array(depth + 1)
        if self.starts('"'):
            return self.string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.starts(word):
                return value
        return self.number()

    def number(self) -> int:
        match = NUMBER.match(self.text, self.position)
        if match is None:
            raise Refused(f"not JSON: no value, or a number with a sign, at character {self.position}")
        self.position = match.end()
        behind = self.text[self.position : self.position + 1]
        require(len(match[0]) <= 20 and int(match[0]) < 2**64, "a number is not below 2^64")
        require(behind not in (".", "e", "E") or not behind, "a number has a fraction or an exponent")
        return int(match[0])

    def object(self, depth: int) -> dict[str, Any]:
        require(depth <= MAX_DEPTH, "the nesting is too deep")
        fields: dict[str, Any] = {}
        self.space()
        if self.starts("}"):
            return fields
        while True:
            self.space()
            self.expect('"')
            name = self.string()
            require(name not in fields, f"the name {name!r} appears twice")
            self.space()
            self.expect(":")
            fields[name] = self.value(depth)
            self.space()
            if self.starts("}"):
                return fields
            self.expect(",")

    def array(self, depth: int) -> list[Any]:
        require(depth <= MAX_DEPTH, "the nesting is too deep")
        items: list[Any] = []
        self.space()
        if self.starts("]"):
            return items
        while True:
            items.append(self.value(depth))
            self.space()
            if self.starts("]"):
                return items
            self.expect(",")

    def string(self) -> str:
        parts: list[str] = []
        while True:
            if match := PLAIN.match(self.text, self.position):
                parts.append(match[0])
                self.position = match.end()
            if self.starts('"'):
                return "".join(parts)
            self.expect("\\")
            parts.append(self.escape())

    def escape(self) -> str:
        letter = self.text[self.position : self.position + 1]
        self.position += 1
        if letter != "u":
            require(letter in ESCAPES, f"not JSON: an escape at character {self.position}")
            return ESCAPES[letter]
        unit = self.four_digits()
        if 0xD800 <= unit < 0xDC00:
            require(self.starts("\\u"), "a surrogate without its pair")
            low = self.four_digits()
            require(0xDC00 <= low < 0xE000, "a surrogate without its pair")
            return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        require(not 0xDC00 <= unit < 0xE000, "a surrogate without its pair")
        return chr(unit)

    def four_digits(self) -> int:
        digits = self.text[self.position : self.position + 4]
        require(re.fullmatch(r"[0-9A-Fa-f]{4}", digits), "not JSON: an escape without four digits")
        self.position += 4
        return int(digits, 16)
