"""A record that an auditor explores."""

from __future__ import annotations

import base64
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
#: Of so long a board every entry is a point of a picture.
_EVERY_ENTRY = 4096


@dataclass(frozen=True)
class Entry:
    """An entry of the board."""

    index: int
    """Its position, from 0."""
    kind: str
    """``ceremony``, ``roll-signature``, ``open``, ``ballot``, ``close``, ``statement``, ``decryption`` or ``publication``."""
    body: bytes = field(repr=False)
    """Its bytes, without version and kind."""


@dataclass(frozen=True)
class Ballot:
    """A ballot as it stands on the board, valid or not: it is encrypted. Digests are hexadecimal."""

    index: int
    """Its position on the board, from 0."""
    tracker: str
    """What its voter wrote down, computed from the bytes."""
    credential: str
    """The public credential that it names."""
    style: str | None
    """The ballot style that it names; ``None`` if the manifest has none of that number."""
    weight: int | None
    """The weight of the credential on the roll; ``None`` if it does not stand there."""
    previous: str | None
    """The tracker of the ballot whose place it takes."""
    raw: bytes = field(repr=False)
    """The signed ballot."""


@dataclass(frozen=True)
class FollowedBallot:
    """A ballot of one credential, and what became of it."""

    index: int
    tracker: str
    state: str
    """``counted``, ``superseded`` by a later one, or ``void``."""
    problem: str | None
    """Why it is void."""


@dataclass(frozen=True)
class Found:
    """What became of a ballot."""

    state: str
    """``counted``, ``superseded``, ``void`` or ``missing``."""
    index: int | None
    superseded_by: str | None
    """The tracker of the ballot that counts instead."""
    superseded_at: int | None
    problem: str | None


@dataclass(frozen=True)
class OpenedBallot:
    """A ballot that was opened and holds exactly these choices."""

    credential: str
    style: str
    """The ballot style."""
    weight: int
    """The weight: what a voter divides in a contest of the kind ``split``."""
    choices: dict[str, Any]
    """For each contest what is marked, by the identifiers of the manifest: ``"blank"``, or a ``dict`` that is named after
    what it holds: ``options``, ``points``, ``list`` and ``preferences``, ``grades``, or ``ranking``."""


@dataclass(frozen=True)
class Turnout:
    """How the log grew: after ``entries[i]`` entries it held ``ballots[i]`` ballots of ``voters[i]`` credentials."""

    entries: tuple[int, ...]
    ballots: tuple[int, ...]
    voters: tuple[int, ...]
    marks: tuple[tuple[str, int], ...]
    """What else the board signed or the organiser did: ``opening``, ``close`` and ``checkpoint``, with their positions."""


class Record:
    """A record whose checkpoint, entries, key ceremony and roll hold together. Nothing is kept in memory but hashes.

    This is for exploring. Whether the record is valid, ``ballotta.verify`` says.
    """

    def __init__(self, record: Location) -> None:
        self._record = _ballotta.Record(location(record))
        self._styles = [style["id"] for style in self.manifest["styles"]]

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest: a new ``dict`` each time."""
        manifest: dict[str, Any] = json.loads(self._record.manifest())
        return manifest

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the election: 64 hexadecimal digits."""
        return self._record.fingerprint()

    @property
    def size(self) -> int:
        """How many entries the board has."""
        return self._record.board()[0]

    @property
    def root(self) -> str:
        """The Merkle root of the board, which the board signed."""
        return self._record.board()[1]

    @property
    def opened(self) -> int | None:
        """The entry that opened the voting."""
        return self._record.board()[2]

    @property
    def closed(self) -> int | None:
        """The entry that closed the voting."""
        return self._record.board()[3]

    @property
    def eligible(self) -> dict[str, tuple[int, int]]:
        """For each ballot style how many voters the roll has, and their weight."""
        return dict(zip(self._styles, self._record.roll()[2], strict=True))

    @property
    def eligible_voters(self) -> int:
        """How many voters the roll has."""
        return self._record.roll()[0]

    def entries(self) -> Iterator[Entry]:
        """The entries, in the order of the board, read as they are asked for.

        Raises ``BallottaError`` if the record cannot be read again as it was.
        """
        for bundle in range(-(-self.size // _BUNDLE)):
            for index, kind, body in self._record.entries(bundle):
                yield Entry(index, kind, body)

    def ballots(self) -> Iterator[Ballot]:
        """The ballots, in the order of the board, read as they are asked for. What is too short for one is left out."""
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
        """All ballots that name a credential, each verified, and what became of it.

        Raises ``BallottaError`` with ``unknown-credential`` if it does not stand on the roll.
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

    def find(self, tracker: str) -> Found:
        """What became of the ballot with this tracker."""
        return Found(*self._record.find(text("tracker", tracker)))

    def check_opening(self, opening: Buffer, tracker: str) -> OpenedBallot:
        """Encrypts the choices of an opened ballot again and compares every byte.

        ``opening`` is the file that the command or a voter's page wrote, or the bytes in it; ``tracker`` is what the device
        showed before. Raises ``BallottaError``: ``ballot-mismatch`` means that the device did not encrypt what it showed.
        """
        bytes_ = _unwrapped(copied("opening", opening))
        credential, style, weight, choices = self._record.check_opening(bytes_, text("tracker", tracker))
        return OpenedBallot(credential, self._styles[style], weight, json.loads(choices))

    def turnout(self) -> Turnout:
        """How the log grew: one pass over the board.

        At every entry of a board of up to 4,096; of a longer one at every 256th, around the opening and the close, and
        at its end.
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
        """How many voters voted with each ballot style and weight: among so many each of them hides.

        The last ballot of each credential in the window is taken; with the ``report`` of a verification, of those that
        it did not find void.
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


#: The first line of the file of an opening; behind it stand its bytes in base64.
_OPENING_FILE = b"ballotta/v1-draft.4/ballot-opening\n"


def _unwrapped(opening: bytes) -> bytes:
    if not opening.startswith(_OPENING_FILE):
        return opening
    body = opening.removeprefix(_OPENING_FILE).removesuffix(b"\n")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise BallottaError(f"the opening is not base64: {error}", "bad-encoding") from error


def open_record(record: Location) -> Record:
    """Opens a record: a folder, a zip archive, or the address of either on a web server.

    Raises ``BallottaError`` if checkpoint, entries, key ceremony and roll do not hold together.
    """
    return Record(record)


def tracker_of(ballot: Buffer) -> str:
    """The tracker of the signed ballot with these bytes: 64 hexadecimal digits.

    Raises ``BallottaError`` if they are too short for a ballot.
    """
    return _ballotta.tracker_of(copied("ballot", ballot))


def pack(record: Location, archive: Location) -> None:
    """Writes the record in a folder as a zip archive, which must not exist yet. The same record gives the same bytes."""
    _ballotta.pack(location(record), location(archive))
