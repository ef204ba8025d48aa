"""Logs: spec/board.md#log."""

from __future__ import annotations

from typing import Iterable, Sequence

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
        self.append_leaf(leaf(entry))

    def append_leaf(self, hash: bytes) -> None:
        self.subtrees.append(hash)
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


# Proofs: RFC 9162, sections 2.1.3.2 and 2.1.4.2.


def is_included(hash: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the log with this size and root has the leaf hash at this index."""
    if index >= size:
        return False
    f, s, r = index, size - 1, hash
    for p in proof:
        if s == 0:
            return False
        if f & 1 or f == s:
            r = node(p, r)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            r = node(r, p)
        f, s = f >> 1, s >> 1
    return s == 0 and r == root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the log with this size and root begins with the log of the old size and root."""
    if old == 0 or old >= size:
        # The only log without entries has the root of nothing.
        return old <= size and not proof and old_root == (root if old else sha256(b""))
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    f, s = old - 1, size - 1
    while f & 1:
        f, s = f >> 1, s >> 1
    if not path:
        return False
    fr = sr = path[0]
    for c in path[1:]:
        if s == 0:
            return False
        if f & 1 or f == s:
            fr, sr = node(c, fr), node(c, sr)
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            sr = node(sr, c)
        f, s = f >> 1, s >> 1
    return s == 0 and fr == old_root and sr == root
