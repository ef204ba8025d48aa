"""A record for an auditor to explore: its entries, ballots and openings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import _ballotta
from ._arguments import Buffer, Location, copied, location, text
from ._errors import BallottaError
from ._report import Report

_BUNDLE = 256
#: On a board of at most this many entries, turnout has a point for every entry.
_EVERY_ENTRY = 4096


@dataclass(frozen=True)
class Entry:
    """An entry of the board."""

    index: int
    """The position of the entry on the board, from 0."""
    kind: str
    """``ceremony``, ``roll-signature``, ``open``, ``ballot``, ``roll-change``, ``cut-off``, ``cancellation``, ``close``, ``statement``, ``decryption`` or ``publication``."""
    body: bytes = field(repr=False)
    """The bytes of the entry, without version and kind."""


@dataclass(frozen=True)
class Ballot:
    """An encrypted ballot as it is on the board, valid or not. Digests are hexadecimal."""

    index: int
    """The position of the ballot on the board, from 0."""
    tracker: str
    """The tracker that its voter wrote down, computed from the bytes."""
    credential: str
    """The public credential that the ballot names."""
    style: str | None
    """The ballot style that the ballot names; ``None`` if the manifest has no style with this number."""
    weight: int | None
    """The weight of the credential on the roll; ``None`` if the credential is not on the roll."""
    previous: str | None
    """The tracker of the ballot that this one replaces; ``None`` for a first ballot."""
    raw: bytes = field(repr=False)
    """The bytes of the signed ballot."""


@dataclass(frozen=True)
class FollowedBallot:
    """A ballot of one credential, and its state."""

    index: int
    tracker: str
    state: str
    """``counted``, ``superseded`` by a later one, or ``void``."""
    problem: str | None
    """The reason why the ballot is void."""


@dataclass(frozen=True)
class Found:
    """The state of a ballot on the board."""

    state: str
    """``counted``, ``superseded``, ``void``, ``of_another_voter``, ``number_revoked``, ``code_replaced`` or ``missing``.

    ``number_revoked``: a change of the roll has revoked this voter number; the voter looks again with the number in the newer letter.
    ``code_replaced``: the ballot was cast with the older code, which a change replaces by that of this number. ``problem`` names the
    entry with the change. Both accuse nobody.
    """
    index: int | None
    superseded_by: str | None
    """The tracker of the ballot that counts instead."""
    superseded_at: int | None
    problem: str | None


@dataclass(frozen=True)
class OpenedBallot:
    """A ballot that was opened and contains exactly these choices."""

    voter_number: str
    style: str
    """The identifier of the ballot style."""
    weight: int
    """The weight, which a voter divides in a contest of the kind ``split``."""
    choices: dict[str, Any]
    """The mark in each contest, with the identifiers of the manifest: ``"blank"``, or a ``dict`` with the keys
    ``options``, ``points``, ``list`` and ``preferences``, ``grades``, or ``ranking``."""


@dataclass(frozen=True)
class Turnout:
    """The growth of the log: after ``entries[i]`` entries it had ``ballots[i]`` ballots of ``voters[i]`` credentials."""

    entries: tuple[int, ...]
    ballots: tuple[int, ...]
    voters: tuple[int, ...]
    marks: tuple[tuple[str, int], ...]
    """The positions of other events: ``opening`` and ``close`` by the organiser, and the signed ``checkpoint``."""


class Record:
    """A record whose checkpoint, entries, key ceremony and roll are consistent. Only hashes are kept in memory.

    This class is for exploring a record. Use ``ballotta.verify`` to find out whether the record is valid.
    """

    def __init__(self, record: Location) -> None:
        self._record = _ballotta.Record(location(record))
        self._styles = [style["id"] for style in self.manifest["styles"]]

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as a ``dict``, which is a new one each time."""
        manifest: dict[str, Any] = json.loads(self._record.manifest())
        return manifest

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the election: 64 hexadecimal digits."""
        return self._record.fingerprint()

    @property
    def size(self) -> int:
        """The number of entries of the board."""
        return self._record.board()[0]

    @property
    def root(self) -> str:
        """The Merkle root of the board, which the board signed."""
        return self._record.board()[1]

    @property
    def opened(self) -> int | None:
        """The index of the entry that opened the voting; ``None`` if there is none."""
        return self._record.board()[2]

    @property
    def closed(self) -> int | None:
        """The index of the entry that closed the voting; ``None`` if there is none."""
        return self._record.board()[3]

    @property
    def eligible(self) -> dict[str, tuple[int, int]]:
        """For each ballot style, the number of voters on the roll, and their weight together."""
        return dict(zip(self._styles, self._record.roll()[2], strict=True))

    @property
    def eligible_voters(self) -> int:
        """The number of voters on the roll."""
        return self._record.roll()[0]

    def entries(self) -> Iterator[Entry]:
        """Returns the entries in the order of the board. Each is read when it is needed.

        Raises ``BallottaError`` if the record has changed or cannot be read again.
        """
        for bundle in range(-(-self.size // _BUNDLE)):
            for index, kind, body in self._record.entries(bundle):
                yield Entry(index, kind, body)

    def ballots(self) -> Iterator[Ballot]:
        """Returns the ballots in the order of the board. Each is read when it is needed; too short ones are left out."""
        for entry in self.entries():
            header = _ballotta.Record.header(entry.body) if entry.kind == "ballot" else None
            if header is None:
                continue
            style, credential, previous, tracker = header
            line = self._record.line(credential)
            yield Ballot(
                entry.index,
                tracker,
                credential,
                self._styles[style] if style < len(self._styles) else None,
                None if line is None else line[2],
                previous,
                entry.body,
            )

    def follow(self, credential: str) -> list[FollowedBallot]:
        """Verifies all ballots that name a credential, and returns them with their states.

        Raises ``BallottaError`` with ``unknown-credential`` if the credential is not on the roll.
        """
        own = self._record.follow(text("credential", credential))
        valid = [index for index, _, problem in own if problem is None]
        last = valid[-1] if valid else None

        def state(index: int, problem: str | None) -> str:
            if problem is not None:
                return "void"
            return "counted" if index == last else "superseded"

        return [
            FollowedBallot(index, tracker, state(index, problem), problem)
            for index, tracker, problem in own
        ]

    def find(self, tracker: str, voter_number: str) -> Found:
        """Returns the state of the ballot with this tracker, if it is that of the voter with this number.

        Both are typed as people have them: the tracker from notes (``T-..``, or 64 hexadecimal digits), the voter number
        from the letter with the voting code (``N-..``). Raises ``BallottaError`` with ``typing-slip`` if one of them was
        copied with a mistake, with ``unknown-number`` if no voter has this number.
        """
        return Found(*self._record.find(text("tracker", tracker), text("voter_number", voter_number)))

    def check_opening(self, opening: Buffer, tracker: str, voter_number: str) -> OpenedBallot:
        """Encrypts the choices of an opened ballot again and compares every byte.

        ``opening`` is the file that the command or a voter's page wrote, or the bytes in it. ``tracker`` is the one that
        the device showed before the opening, and ``voter_number`` that of the voter's letter. Raises ``BallottaError``;
        ``ballot-mismatch`` means that the device did not encrypt what it showed, ``other-voter`` that it showed the ballot
        of somebody else. ``number-revoked`` and ``code-replaced`` accuse nobody: the voter has an older and a newer letter, and
        checks again with the number in the other one. Nor does ``unknown-number``: no voter has this number.
        """
        bytes_ = copied("opening", opening)
        asked = (text("tracker", tracker), text("voter_number", voter_number))
        number, style, weight, choices = self._record.check_opening(bytes_, *asked)
        return OpenedBallot(number, self._styles[style], weight, json.loads(choices))

    def turnout(self) -> Turnout:
        """Returns how the log grew, in one pass over the board.

        A board of up to 4,096 entries has a point for every entry. A longer one has a point for every 256th entry,
        around the opening and the close, and at the end.
        """
        seen: set[bytes] = set()
        ballots = 0
        entries_, ballots_, voters_ = [0], [0], [0]
        around = {end for index in (self.opened, self.closed) if index is not None for end in (index, index + 1)}
        for bundle in range(-(-self.size // _BUNDLE)):
            for index, kind, body in self._record.entries(bundle):
                header = _ballotta.Record.header(body) if kind == "ballot" else None
                if header is not None:
                    ballots += 1
                    seen.add(bytes.fromhex(header[1]))
                end = index + 1
                if self.size <= _EVERY_ENTRY or end % _BUNDLE == 0 or end == self.size or end in around:
                    entries_.append(end)
                    ballots_.append(ballots)
                    voters_.append(len(seen))
        marks = [("opening", self.opened), ("close", self.closed), ("checkpoint", self.size)]
        known = tuple((name, index) for name, index in marks if index is not None)
        return Turnout(tuple(entries_), tuple(ballots_), tuple(voters_), known)

    def anonymity_sets(self, report: Report | None = None) -> dict[tuple[str, int], int]:
        """Returns the number of voters with each ballot style and weight, whose votes the totals do not distinguish.

        The last ballot of each credential between opening and close counts. With the ``report`` of a verification,
        ballots that it found void do not count.
        """
        void = {failure.place.index for failure in report.failures} if report is not None else set()
        last: dict[str, tuple[str, int]] = {}
        opened, closed = self.opened, self.closed
        for ballot in self.ballots():
            inside = (
                opened is not None
                and ballot.index > opened
                and (closed is None or ballot.index < closed)
            )
            if not inside or ballot.index in void:
                continue
            if ballot.style is not None and ballot.weight is not None:
                last[ballot.credential] = (ballot.style, ballot.weight)
        return dict(sorted(Counter(last.values()).items()))


def open_record(record: Location) -> Record:
    """Opens a record: a folder, a zip archive, or the address of either on a web server.

    Raises ``BallottaError`` if checkpoint, entries, key ceremony and roll are not consistent.
    """
    return Record(record)


def tracker_of(ballot: Buffer) -> str:
    """Returns the tracker of the signed ballot with these bytes, as 64 hexadecimal digits.

    Raises ``BallottaError`` if the bytes are too short for a ballot.
    """
    return _ballotta.tracker_of(copied("ballot", ballot))


def pack(record: Location, archive: Location) -> None:
    """Writes the record in a folder as a new zip archive. The same record always gives the same bytes."""
    _ballotta.pack(location(record), location(archive))
