"""Changes of the roll while the voting is open: spec/credential.md#changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from encoding import (
    MAX_AUTHORITIES, MAX_ROLL_CHANGES, MAX_VOTERS, NO_DIGEST, Reader, Refused, require,
)  # fmt: skip
from group import Element, equal, read_element, total_of
from manifest import Manifest
from roll import Roll, Voter
from transcript import Transcript, begin, read_schnorr, schnorr_holds

REASONS = {1: "lost_code", 2: "late_member", 3: "error", 4: "left"}
# What a reason must revoke and add; for an error, one of the two is enough.
SHAPES = {(1, True, True), (2, False, True), (3, True, False), (3, False, True), (3, True, True), (4, True, False)}

Signature = tuple[Element, int]


class NoEffect(Exception):
    """Why a change has no effect."""


@dataclass(frozen=True)
class Change:
    """The body of an entry of kind 9."""

    fingerprint: bytes
    sequence: int
    reason: int
    revoked: bytes  # 0^32 for none
    added: Voter | None
    parts: list[tuple[Element, Signature]]
    signed: bytes
    signatures: list[Signature]


def read_change(body: bytes) -> Change:
    reader = Reader(body)
    fingerprint, sequence = reader.take(32, "fingerprint"), reader.integer(4, "sequence")
    require(sequence > 0, "the sequence is 0")
    reason, revoked = reader.integer(1, "reason"), reader.take(32, "revoked")
    has_line = reader.integer(1, "added")
    require(has_line <= 1, "added is not 0 or 1")
    added = None
    if has_line:
        credential = read_element(reader, "credential")
        added = Voter(credential, reader.integer(2, "style"), reader.integer(8, "weight"))
    shape = (reason, revoked != NO_DIGEST, added is not None)
    require(shape in SHAPES, "the reason is unknown, or does not fit what is revoked and added")
    count = reader.integer(1, "authorities")
    require(1 <= count <= MAX_AUTHORITIES, "no number of authorities")
    parts = []
    for number in range(1, count + 1 if added and count > 1 else 1):
        public = read_element(reader, f"part {number}")
        parts.append((public, read_schnorr(reader, f"part {number}")))
    signed = body[: reader.position]
    signatures = [read_schnorr(reader, f"signature {number}") for number in range(1, count + 1)]
    reader.end()
    return Change(fingerprint, sequence, reason, revoked, added, parts, signed, signatures)


def check_alone(change: Change, manifest: Manifest, fingerprint: bytes) -> None:
    """Rules 2 to 6 of those that make a change valid by itself."""
    expect(manifest.roll_changes is not None, "the manifest allows no changes of the roll")
    expect(change.fingerprint == fingerprint, "the change belongs to another election")
    expect(len(change.signatures) == len(manifest.authorities), "another number of authorities signed the change")
    for number, (key, signature) in enumerate(zip(manifest.authorities, change.signatures), 1):
        transcript = begin("roll-change", "fingerprint", change.fingerprint)
        transcript.append_number("authority", number)
        transcript.append("change", change.signed)
        expect(schnorr_holds(transcript, key, *signature), f"credential authority {number} has not signed the change")
    if change.added is None:
        return
    for number, (public, proof) in enumerate(change.parts, 1):
        transcript = possession(change, number)
        expect(schnorr_holds(transcript, public, *proof), f"the part of credential authority {number} is not proved")
    if change.parts:
        total = total_of(public.point for public, _ in change.parts)
        expect(equal(total, change.added.credential.point), "the parts do not add up to the added credential")
    style, weight = change.added.style, change.added.weight
    expect(style < len(manifest.styles) and 1 <= weight <= manifest.max_weight, "no such style, or no such weight")


def possession(change: Change, authority: int) -> Transcript:
    transcript = begin("change-possession", "fingerprint", change.fingerprint)
    transcript.append_number("sequence", change.sequence)
    transcript.append_number("authority", authority)
    return transcript


@dataclass
class AddedLines:
    """The lines that changes add which are valid by themselves, with the position of the first such change."""

    lines: dict[bytes, tuple[int, Voter]] = field(default_factory=dict)
    changes: int = 0

    def take(self, index: int, change: Change) -> None:
        """Rule 7."""
        expect(self.changes < MAX_ROLL_CHANGES, "too many changes")
        if change.added is not None:
            credential = change.added.credential.encoding
            _, line = self.lines.get(credential, (0, change.added))
            rights = (change.added.style, change.added.weight)
            expect((line.style, line.weight) == rights, "an earlier change adds the same credential otherwise")
            self.lines.setdefault(credential, (index, change.added))
        self.changes += 1

    def before(self, credential: bytes, index: int) -> Voter | None:
        at, line = self.lines.get(credential, (index, None))
        return line if at < index else None


@dataclass
class CurrentRoll:
    """The current roll: with its changes."""

    manifest: Manifest
    opening: Roll
    added: dict[bytes, tuple[int, Voter]] = field(default_factory=dict)  # by credential, with the number of the change
    revoked: dict[bytes, int] = field(default_factory=dict)  # by credential, with the position of the change
    reasons: list[int] = field(default_factory=list)  # of the changes with an effect
    changed: int = 0  # the sum of their weights
    weight: int = 0
    voters: int = 0

    def __post_init__(self) -> None:
        self.weight, self.voters = self.opening.total_weight, len(self.opening.voters)

    def line(self, credential: bytes) -> Voter | None:
        """A line of the roll, also if it is revoked."""
        if credential in self.added:
            return self.added[credential][1]
        return self.opening.voters.get(credential)

    def lines(self) -> list[Voter]:
        """The lines that are not revoked."""
        lines = self.opening.voters | {credential: line for credential, (_, line) in self.added.items()}
        return [line for credential, line in lines.items() if credential not in self.revoked]

    def apply(self, index: int, change: Change, has_voted: bool) -> None:
        """The rules by which a change has an effect. `has_voted` says whether a ballot of the revoked credential is admitted."""
        bounds = self.manifest.roll_changes
        assert bounds is not None
        number = len(self.reasons) + 1
        expect(change.sequence == number, f"the change has the number {change.sequence}, the next one is {number}")
        expect(number <= bounds[0], "more changes than the manifest allows")
        expect(len(self.opening.voters) + len(self.reasons) < MAX_VOTERS, "the roll has too many lines")
        old = new = 0
        revoked = None
        if change.revoked != NO_DIGEST:
            revoked = self.line(change.revoked)
            if revoked is None:
                raise NoEffect("the revoked credential is not on the roll")
            expect(change.revoked not in self.revoked, "the credential was revoked before")
            expect(not has_voted, "the credential has voted")
            old = revoked.weight
        if change.added is not None:
            expect(self.line(change.added.credential.encoding) is None, "the added credential is or was on the roll")
            if change.reason == 1 and revoked is not None:
                same_rights = (revoked.style, revoked.weight) == (change.added.style, change.added.weight)
                expect(same_rights, "the new line has other rights than the old one")
            new = change.added.weight
        expect(self.changed + max(old, new) <= bounds[1], "the weights of the changes are too large")
        expect(self.weight - old + new <= self.manifest.total_weight, "the weights on the roll are too large")
        self.changed += max(old, new)
        self.weight += new - old
        if revoked is not None:
            self.revoked[change.revoked] = index
            self.voters -= 1
        if change.added is not None:
            self.added[change.added.credential.encoding] = (number, change.added)
            self.voters += 1
        self.reasons.append(change.reason)

    def counts(self) -> dict[str, int]:
        return {name: self.reasons.count(reason) for reason, name in REASONS.items()}

    def heads(self, ballots: dict[bytes, int]) -> list[tuple[int, int]]:
        """The heads: state and position. spec/tally.md#heads"""

        def head(credential: bytes) -> tuple[int, int]:
            if credential in self.revoked:
                return 2, self.revoked[credential]
            return (1, ballots[credential]) if credential in ballots else (0, 0)

        most = self.manifest.roll_changes[0] if self.manifest.roll_changes else 0
        of_changes = [(0, 0)] * most
        for credential, (number, _) in self.added.items():
            of_changes[number - 1] = head(credential)
        return [head(credential) for credential in self.opening.voters] + of_changes


def expect(holds: bool, problem: str) -> None:
    if not holds:
        raise NoEffect(problem)
