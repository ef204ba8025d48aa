"""Logs: spec/board.md#log."""

from __future__ import annotations

from typing import Iterable

from transcript import sha256


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry)


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


class Log:
    """The root of a growing log, kept as the roots of its full subtrees, from the largest to the smallest."""

    def __init__(self) -> None:
        self.size = 0
        self.subtrees: list[bytes] = []

    def append(self, entry: bytes) -> None:
        self.subtrees.append(leaf(entry))
        self.size += 1
        count = self.size
        while count % 2 == 0:
            right = self.subtrees.pop()
            self.subtrees[-1] = node(self.subtrees[-1], right)
            count //= 2

    def root(self) -> bytes:
        if not self.subtrees:
            return sha256(b"")
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = node(left, root)
        return root


def root_of(entries: Iterable[bytes]) -> bytes:
    log = Log()
    for entry in entries:
        log.append(entry)
    return log.root()
