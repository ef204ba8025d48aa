"""The client of a voter, which reads a few parts of a record: spec/light.md.

Files are read as a whole, and the part that the client needs is taken out of them. This does not change what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from ballot import credential_of, fingerprint_of, own_signature_holds, tracker_of
from board import (
    BALLOT, CANCELLATION, CLOSING, OPENING, ROLL_CHANGE, ROLL_SIGNATURE, STATEMENT, board_checkpoint, bundle_path, cosigned_at,
    organiser_signed, read_entry, read_organiser, tile_path,
)  # fmt: skip
from encoding import MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES, MAX_ROLL_CHANGES, MAX_VOTERS, Reader, Refused, le64, require
from group import read_element
from manifest import read_manifest
from merkle import is_consistent, is_included, leaf, node
from record import Record
from roll_change import Change, NoEffect, check_alone, read_change
from roll import read_line, read_roll_signature, roll_signature_holds, voter_number
from tally import Close, read_statement, statement_holds
from transcript import tagged

MAX_OPENING_BYTES = 65536
MAX_STATEMENT_BYTES = 32768
MAX_BLOCKS = 16
MAX_FILE = 1 << 36


class NotFound(Refused):
    """A file that the client needs is missing or too short."""


class Part:
    """A file that the client reads in parts."""

    def __init__(self, record: Record, path: str):
        self.path, self.data = path, record.read(path, MAX_FILE)

    def take(self, start: int, count: int) -> bytes:
        part = (self.data or b"")[start : start + count]
        if len(part) != count:
            raise NotFound(f"{self.path} is missing or too short")
        return part


class Tiles:
    """The tiles of hashes of a log, under a folder: spec/board.md#tiles."""

    def __init__(self, record: Record, folder: str, size: int, root: bytes):
        self.record, self.folder, self.size, self.root = record, folder, size, root

    def subtree(self, start: int, end: int) -> bytes:
        """The root over the entries from `start` to `end - 1`."""
        count, k = end - start, 1
        while 2 * k < count:
            k *= 2
        if count & (count - 1):
            return node(self.subtree(start, start + k), self.subtree(start + k, end))
        # A full subtree, from hashes of one tile.
        level, width = 0, count
        while width >= 256:
            level, width = level + 1, width // 256
        first = start >> 8 * level
        file = Part(self.record, self.folder + tile_path(str(level), first // 256, self.size >> 8 * level))
        hashes = [file.take(32 * (i % 256), 32) for i in range(first, first + width)]
        while len(hashes) > 1:
            hashes = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    def inclusion(self, index: int) -> list[bytes]:
        """RFC 9162, section 2.1.3.1."""
        proof, start, end = [], 0, self.size
        while end - start > 1:
            k = start + (1 << (end - start - 1).bit_length() - 1)
            proof.append(self.subtree(k, end) if index < k else self.subtree(start, k))
            start, end = (start, k) if index < k else (k, end)
        return proof[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """RFC 9162, section 2.1.4.1."""
        proof, start, end = [], 0, self.size
        while 0 < old != end:
            k = start + (1 << (end - start - 1).bit_length() - 1)
            proof.append(self.subtree(k, end) if old <= k else self.subtree(start, k))
            start, end = (start, k) if old <= k else (k, end)
        return ([self.subtree(start, end)] if start else []) + proof[::-1]

    def require_included(self, data: bytes, index: int) -> None:
        holds = index < self.size and is_included(leaf(data), index, self.size, self.root, self.inclusion(index))
        require(holds, f"{self.folder}: entry {index} is not in the log")

    def require_begins_with(self, size: int, root: bytes) -> None:
        require(size <= self.size, "the board is older than one that was seen")
        holds = is_consistent(size, root, self.size, self.root, self.consistency(size))
        require(holds, "the board shows two histories")


@dataclass(frozen=True)
class Line:
    """The line of a voter on the roll, with its place, counted from 0."""

    place: int
    credential: bytes
    style: int
    weight: int


@dataclass(frozen=True)
class Head:
    """The ballot that the head of a voter names, or the change that revokes the credential."""

    index: int
    tracker: bytes  # empty for a change


@dataclass(frozen=True)
class Status:
    """spec/light.md#after-the-close"""

    confirmed: bool
    state: str  # own, other, none, revoked
    head: Head | None


@dataclass(frozen=True)
class Freshness:
    """spec/board.md#age-of-a-copy"""

    state: str  # no_limit, not_open, fresh, old
    cosigned: int | None = None  # the witnesses that have cosigned lately
    youngest: int | None = None  # the age of the youngest cosignature of an old copy, in seconds


class Light:
    """An election as the light client sees it: spec/light.md#election."""

    def __init__(self, record: Record, seen: tuple[int, bytes] | None = None):
        self.record = record
        self.manifest = read_manifest(self.required("manifest.json", MAX_MANIFEST_BYTES))
        checkpoint = board_checkpoint(self.required("checkpoint", MAX_CHECKPOINT_BYTES), self.manifest.board)
        self.cosigned = cosigned_at(checkpoint, self.manifest)  # the times
        self.board = Tiles(record, "", checkpoint.size, checkpoint.root)
        if seen is not None:
            self.board.require_begins_with(*seen)
        self.read_election(self.required("light/election", MAX_FILE))
        self.lengths = Part(record, "light/lengths")
        self.read_window()

    def required(self, path: str, most: int) -> bytes:
        data = self.record.read(path, most)
        if data is None:
            raise NotFound(f"{path} is missing")
        return data

    def read_election(self, data: bytes) -> None:
        reader = Reader(data)
        reader.version()
        ceremony_root, self.voters = reader.take(32, "ceremony root"), reader.integer(8, "voters")
        root = reader.take(32, "root of the blocks")
        require(0 < self.voters <= MAX_VOTERS, "the number of voters")
        keys = [read_element(reader, f"Y_{slot + 1}").encoding for slot in range(self.manifest.slots)]
        reader.end()
        joint_key = tagged("joint-key", ceremony_root, b"".join(keys))
        roll = tagged("roll", le64(self.voters), root)
        self.fingerprint = tagged("fingerprint", self.manifest.hash, joint_key, roll)
        self.roll = Tiles(self.record, "light/roll/", (self.voters + 31) // 32, root)

    # Entries of the board.

    def entry(self, index: int) -> bytes:
        """An entry that is not yet proved to be on the board."""
        require(index < self.board.size, "the board has no such entry")
        first = index // 256 * 256
        data = self.lengths.take(2 * first, 2 * (index - first + 1))
        lengths = [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]
        bundle = Part(self.record, bundle_path(index // 256, self.board.size))
        start = sum(2 + length for length in lengths[:-1])
        require(int.from_bytes(bundle.take(start, 2), "big") == lengths[-1], "light/lengths is wrong")
        return bundle.take(start + 2, lengths[-1])

    def entries(self, first: int, most: int) -> Iterator[tuple[int, int, bytes, bytes]]:
        """Index, kind, body and bytes of the entries that can be read and begin within a number of bytes."""
        read = 0
        for index in range(first, self.board.size):
            if read >= most:
                return
            entry = self.entry(index)
            read += 2 + len(entry)
            try:
                kind, body = read_entry(entry)
            except Refused:
                continue
            yield index, kind, body, entry

    def read_window(self) -> None:
        """Opening, closing and statements: spec/light.md#election, rules 4 and 5."""
        self.opening, self.closed, self.stated, announced, wrong = None, None, None, self.announced_close(), None
        self.cancelled = None  # the reason
        if announced is not None:
            # The closing of another election is refused with the opening, which says so.
            entry = self.entry(announced - 1)
            self.board.require_included(entry, announced - 1)
            if self.is_end(entry):
                self.closed = announced
            else:
                wrong = Refused("the closing is not the organiser's")
            stated = self.read_statements(announced)
            self.stated = stated if self.closed is not None and self.cancelled is None else None
        if self.stated is not None:
            return
        self.read_opening()
        if self.opening is None:
            self.closed, self.cancelled = None, None
        elif wrong is not None:
            raise wrong
        elif self.closed is not None:
            require(self.opening < self.closed - 1, "the end of the voting is before the opening")

    def read_opening(self) -> None:
        signed, authorities = set(), self.manifest.authorities
        for index, kind, body, entry in self.entries(0, MAX_OPENING_BYTES):
            if kind == ROLL_SIGNATURE:
                signature = read_roll_signature(body)
                number = signature.authority
                if signature.fingerprint == self.fingerprint and roll_signature_holds(signature, self.manifest):
                    self.board.require_included(entry, index)
                    signed.add(number)
            if kind == OPENING and organiser_signed(self.manifest, kind, body):
                require(body[:32] == self.fingerprint, "the voting was opened for another fingerprint")
                require(len(signed) == len(authorities), "an authority has not signed the roll")
                self.board.require_included(entry, index)
                self.opening = index
                return

    def announced_close(self) -> int | None:
        data = self.record.read("light/close", 9)
        if data is None:
            return None
        require(len(data) == 8, "light/close has not 8 bytes")
        return int.from_bytes(data, "little") or None

    def is_end(self, entry: bytes) -> bool:
        try:
            kind, body = read_entry(entry)
        except Refused:
            return False
        ends = kind in (CLOSING, CANCELLATION) and body[:32] == self.fingerprint
        if ends and organiser_signed(self.manifest, kind, body):
            self.cancelled = read_organiser(kind, body).reason if kind == CANCELLATION else None
            return True
        return False

    # The voter: spec/light.md#voter.

    def find(self, credential: bytes) -> Line | None:
        """The line of a credential, or of the one that begins with the 65 bits of a voter number."""
        prefix, count = credential[:8], self.roll.size
        places, roll = Part(self.record, "light/places"), Part(self.record, "roll")
        first = max((block for block in range(count) if places.take(16 * block, 8) < prefix), default=0)
        styles = {style.id: number for number, style in enumerate(self.manifest.styles)}
        begins = False
        for block in range(first, min(count, first + MAX_BLOCKS)):
            start, end = (int.from_bytes(places.take(16 * place + 8, 8), "little") for place in (block, block + 1))
            data = roll.take(start, end - start)
            self.roll.require_included(data, block)
            lines = [read_line(line, styles, self.manifest.max_weight) for line in data.split(b"\n")[:-1]]
            require(lines, "a block without lines")
            begins = begins or block == 0 or lines[0][0][:8] < prefix
            for number, line in enumerate(lines):
                if line[0].startswith(credential) or voter_number(line[0]) == credential:
                    return Line(32 * block + number, *line)
            if lines[-1][0][:8] > prefix:
                return self.added(credential, begins, "the blocks do not show that the credential is not on the roll")
        shown = begins and first + MAX_BLOCKS >= count
        return self.added(credential, shown, "too many credentials begin with the same bytes")

    def added(self, credential: bytes, is_absent: bool, problem: str) -> Line | None:
        """The line that a change adds; otherwise the blocks must show that the roll does not have the credential."""
        for index, _, prefix in self.announced_changes():
            if prefix != credential[:8]:
                continue
            change = self.change(index)
            line = change.added
            if line and (line.credential.encoding.startswith(credential) or voter_number(line.credential.encoding) == credential):
                place = self.voters + change.sequence - 1
                return Line(place, line.credential.encoding, line.style, line.weight)
        require(is_absent, problem)
        return None

    def announced_changes(self) -> list[tuple[int, bytes, bytes]]:
        """For each change its position, and the beginnings of the credentials that it revokes and adds."""
        if self.manifest.roll_changes is None:
            return []
        data = self.record.read("light/changes", 24 * MAX_ROLL_CHANGES + 1)
        if data is None:
            return []
        require(len(data) <= 24 * MAX_ROLL_CHANGES and len(data) % 24 == 0, "light/changes has another length")
        found = [data[at : at + 24] for at in range(0, len(data), 24)]
        return [(int.from_bytes(change[:8], "little"), change[8:16], change[16:]) for change in found]

    def change(self, index: int) -> Change:
        """A change of the roll that is on the board, and that all credential authorities have signed."""
        entry = self.entry(index)
        self.board.require_included(entry, index)
        kind, body = read_entry(entry)
        require(kind == ROLL_CHANGE, "no change of the roll")
        change = read_change(body)
        try:
            check_alone(change, self.manifest, self.fingerprint)
        except NoEffect as problem:
            raise Refused(str(problem)) from None
        return change

    def number_of_heads(self) -> int:
        """spec/tally.md#heads"""
        return self.voters + (self.manifest.roll_changes[0] if self.manifest.roll_changes else 0)

    # Ballots.

    def head(self, line: Line) -> Head | None:
        """The last ballot of a voter, as the board shows it: spec/light.md#during-the-voting."""
        return self.named(Part(self.record, "light/heads").take(8 * line.place, 8), line)

    def freshness(self, now: int) -> Freshness:
        """Whether enough witnesses have cosigned lately, at the time `now` in seconds since 1970: spec/board.md#age-of-a-copy."""
        limit, quorum = self.manifest.max_age, self.manifest.witness_quorum
        if limit is None:
            return Freshness("no_limit")
        if self.closed is not None or self.opening is None:
            return Freshness("not_open")
        ages = [max(now - time, 0) for time in self.cosigned.values()]
        cosigned = sum(age <= limit for age in ages)
        return Freshness("fresh", cosigned) if cosigned >= quorum else Freshness("old", cosigned, min(ages, default=None))

    def predecessor(self, line: Line) -> bytes | None:
        """The tracker of the voter's last ballot, which a new ballot replaces. The voting must be open, the credential not revoked, and
        a further ballot allowed, as far as the heads show it."""
        require(self.cancelled is None, "the election is cancelled: no ballot counts")
        require(self.closed is None, "the voting is closed")
        require(self.opening is not None, "the voting is not open")
        head = self.head(line)
        require(head is None or head.tracker, "a change of the roll has revoked the credential")
        require(head is None or self.manifest.ballots_per_credential > 1, "the voter has cast the only ballot that is allowed")
        return head and head.tracker

    def named(self, head: bytes, line: Line) -> Head | None:
        require(head[0] <= 2 and (head[0] > 0 or head == bytes(8)), "no head")
        if head[0] == 0:
            return None
        index = int.from_bytes(head[1:], "little")
        if head[0] == 2:
            require(self.change(index).revoked == line.credential, "a change about another voter")
            return Head(index, b"")
        entry = self.entry(index)
        self.board.require_included(entry, index)
        kind, body = read_entry(entry)
        require(kind == BALLOT and fingerprint_of(body) == self.fingerprint, "no ballot of this election")
        require(credential_of(body) == line.credential, "a ballot of another voter")
        require(own_signature_holds(body), "the ballot is not signed by its credential")
        return Head(index, tracker_of(body))

    def status(self, line: Line, tracker: bytes) -> Status:
        """What the client says of the ballot with a tracker: spec/light.md#after-the-close."""
        require(self.cancelled is None, "the election is cancelled: no ballot counts")
        close = self.stated
        if close is None:
            head = self.head(line)
        else:
            first = line.place // 256 * 256
            heads = Part(self.record, "light/heads").take(8 * first, 8 * min(256, self.number_of_heads() - first))
            tiles = Tiles(self.record, "light/voters/", (self.number_of_heads() + 255) // 256, close.heads)
            tiles.require_included(heads, first // 256)
            head = self.named(heads[8 * (line.place - first) :][:8], line)
        state = "none" if head is None else "own" if head.tracker == tracker else "other"
        state = state if head is None or head.tracker else "revoked"
        return Status(close is not None, state, head)

    def read_statements(self, size: int) -> Close | None:
        """The tally of the first `size` entries that enough trustees have stated: spec/tally.md#closing-rule."""
        trustees: dict[Close, set[int]] = {}
        for _, kind, body, _ in self.entries(size, MAX_STATEMENT_BYTES):
            if kind != STATEMENT:
                continue
            statement = read_statement(body)
            close = statement.close
            is_ours = (close.fingerprint, close.size) == (self.fingerprint, size)
            if is_ours and statement_holds(statement, self.manifest):
                trustees.setdefault(close, set()).add(statement.trustee)
        needed = (len(self.manifest.trustees) + self.manifest.threshold + 1) // 2
        for close, some in trustees.items():
            if len(some) >= needed:
                self.board.require_begins_with(close.size, close.root)
                return close
        return None
