"""Evidence against a board or a trustee: spec/evidence.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ballot import credential_of, fingerprint_of, own_signature_holds, previous_of, read_ballot, tracker_of
from board import (
    BALLOT, CANCELLATION, CLOSING, OPENING, Checkpoint, Receipt, board_signed, organiser_signed, read_checkpoint, read_entry,
    read_receipt,
)  # fmt: skip
from encoding import (
    MAX_CHECKPOINT_BYTES, MAX_ENTRY_BYTES, MAX_EVIDENCE_BYTES, MAX_MANIFEST_BYTES, MAX_RECEIPT_BYTES, Reader, Refused,
    le64, require,
)  # fmt: skip
from manifest import Manifest, read_manifest
from merkle import is_consistent, is_included, leaf
from tally import Statement, read_statement, statement_holds
from transcript import tagged

KINDS = [
    "fork", "inconsistent", "omission", "promised_after_closing", "promised_before_opening", "double_promise",
    "void_though_promised", "wrong_head", "two_statements",
]  # fmt: skip


class Broken(Exception):
    """The evidence convicts nobody: the rule that it breaks; 0 if the board did not sign a checkpoint or a receipt."""

    def __init__(self, rule: int):
        super().__init__(f"rule {rule}")
        self.rule = rule


@dataclass(frozen=True)
class Proved:
    """An entry of a log with the proof of its inclusion."""

    data: bytes
    proof: list[bytes]

    def is_in(self, index: int, size: int, root: bytes) -> bool:
        return is_included(leaf(self.data), index, size, root, self.proof)


@dataclass(frozen=True)
class Evidence:
    kind: str
    manifest: Manifest
    fields: list[Any]

    def judge(self) -> int:
        """Whom it convicts: 0 for the board, or the number of a trustee. Raises Broken if it convicts nobody."""
        for note in self.fields:
            if isinstance(note, (Checkpoint, Receipt)):
                board = self.manifest.board
                rule(0, note.origin == board.name and board_signed(note, board))
        return getattr(self, self.kind)(*self.fields) or 0

    def is_bound(self, fingerprint: bytes, joint_key: bytes, roll: bytes) -> bool:
        return tagged("fingerprint", self.manifest.hash, joint_key, roll) == fingerprint

    # The rules of each kind.

    def fork(self, one: Checkpoint, other: Checkpoint) -> None:
        rule(1, one.size == other.size)
        rule(2, one.root != other.root)

    def inconsistent(self, older: Checkpoint, newer: Checkpoint, root: bytes, proof: list[bytes]) -> None:
        rule(1, root != older.root)
        rule(2, is_consistent(older.size, root, newer.size, newer.root, proof))

    def omission(self, receipt: Receipt, checkpoint: Checkpoint, hash: bytes, proof: list[bytes]) -> None:
        rule(1, hash != receipt.leaf)
        rule(2, is_included(hash, receipt.index, checkpoint.size, checkpoint.root, proof))

    def promised_after_closing(self, *fields: Any) -> None:
        self.promised_outside(CLOSING, *fields)

    def promised_before_opening(self, *fields: Any) -> None:
        self.promised_outside(OPENING, *fields)

    def promised_outside(
        self, kind: int, receipt: Receipt, joint_key: bytes, roll: bytes, checkpoint: Checkpoint, index: int,
        entry: Proved,
    ) -> None:  # fmt: skip
        rule(1, self.is_bound(receipt.fingerprint, joint_key, roll))
        rule(2, index < receipt.index if kind == CLOSING else index > receipt.index)
        body = body_of(kind, entry.data)
        if body is None and kind == CLOSING:
            kind, body = CANCELLATION, body_of(CANCELLATION, entry.data)
        rule(3, body and body[:32] == receipt.fingerprint and organiser_signed(self.manifest, kind, body))
        rule(4, entry.is_in(index, checkpoint.size, checkpoint.root))

    def double_promise(self, one: Receipt, other: Receipt) -> None:
        rule(1, one.fingerprint == other.fingerprint)
        same_index = one.index == other.index
        rule(2, one.text != other.text if same_index else one.tracker == other.tracker)

    def void_though_promised(self, receipt: Receipt, joint_key: bytes, roll: bytes, entry: bytes) -> None:
        rule(1, leaf(entry) == receipt.leaf)
        body = body_of(BALLOT, entry)
        if body is None or not is_as_promised(body, receipt):
            return
        rule(3, self.is_bound(receipt.fingerprint, joint_key, roll))
        rule(4, not self.has_form(body))

    def has_form(self, body: bytes) -> bool:
        """Rule 5 of spec/ballot.md#admission."""
        try:
            read_ballot(body, self.manifest)
        except Refused:
            return False
        return True

    def wrong_head(
        self, statement: Statement, joint_key: bytes, voters: int, root: bytes, voter: int, heads: Proved,
        entry: Proved | None, lines: Proved | None,
    ) -> int:  # fmt: skip
        close = statement.close
        rule(1, statement_holds(statement, self.manifest))
        rule(2, self.is_bound(close.fingerprint, joint_key, tagged("roll", le64(voters), root)))
        rule(3, voter < voters)
        changes = self.manifest.roll_changes
        count = voters + (changes[0] if changes else 0)
        rule(4, heads.is_in(voter // 256, (count + 255) // 256, close.heads))
        # The heads that the block of this voter has.
        if len(heads.data) != 8 * min(256, count - voter // 256 * 256):
            return statement.trustee
        head = heads.data[8 * (voter % 256) :][:8]
        position = int.from_bytes(head[1:], "little")
        if head[0] > (2 if changes else 1) or (head[0] == 0 and position):
            return statement.trustee
        rule(6, head[0] == 1)
        if entry is None:
            rule(7, position >= close.size)
            return statement.trustee
        rule(8, entry.is_in(position, close.size, close.root))
        body = body_of(BALLOT, entry.data)
        if is_ballot_of(body, close.fingerprint):
            if lines is None:
                raise Broken(9)
            rule(10, lines.is_in(voter // 32, (voters + 31) // 32, root))
            of_voter = lines.data.split(b"\n")[voter % 32 :][:1]
            rule(11, not of_voter or of_voter[0].split(b" ")[0] != credential_of(body or b"").hex().encode())
        return statement.trustee

    def two_statements(self, one: Statement, other: Statement) -> int:
        rule(1, statement_holds(one, self.manifest) and statement_holds(other, self.manifest))
        rule(2, (one.trustee, one.close.fingerprint) == (other.trustee, other.close.fingerprint))
        rule(3, one.close != other.close)
        return one.trustee


def rule(number: int, holds: object) -> None:
    if not holds:
        raise Broken(number)


def body_of(kind: int, entry: bytes) -> bytes | None:
    """The body of an entry, if it can be read and is of this kind."""
    try:
        found, body = read_entry(entry)
    except Refused:
        return None
    return body if found == kind else None


def is_ballot_of(body: bytes | None, fingerprint: bytes) -> bool:
    """Rules 3 and 4 of spec/ballot.md#admission."""
    try:
        return body is not None and fingerprint_of(body) == fingerprint
    except Refused:
        return False


def is_as_promised(body: bytes, receipt: Receipt) -> bool:
    """What can be said of a promised ballot without a manifest."""
    if not is_ballot_of(body, receipt.fingerprint):
        return False
    promised = (tracker_of(body), previous_of(body)) == (receipt.tracker, receipt.previous)
    return promised and own_signature_holds(body)


# Layout: spec/evidence.md#layout.


def read_evidence(data: bytes) -> Evidence:
    require(len(data) <= MAX_EVIDENCE_BYTES, "the evidence is too long")
    reader = EvidenceReader(data)
    reader.version()
    number = reader.integer(1, "kind")
    require(1 <= number <= len(KINDS), f"there is no evidence of kind {number}")
    manifest = read_manifest(reader.part(MAX_MANIFEST_BYTES, "manifest"))
    fields = list(getattr(reader, KINDS[number - 1])())
    reader.end()
    return Evidence(KINDS[number - 1], manifest, fields)


class EvidenceReader(Reader):
    """Has one method for each kind."""

    def checkpoint(self) -> Checkpoint:
        return read_checkpoint(self.part(MAX_CHECKPOINT_BYTES, "checkpoint"))

    def receipt(self) -> Receipt:
        return read_receipt(self.part(MAX_RECEIPT_BYTES, "receipt"))

    def hash(self) -> bytes:
        return self.take(32, "hash")

    def proof(self) -> list[bytes]:
        count = self.integer(1, "proof")
        require(count <= 64, "the proof is too long")
        return [self.hash() for _ in range(count)]

    def proved(self, most: int) -> Proved:
        return Proved(self.part(most, "proved bytes"), self.proof())

    def fork(self) -> tuple[Any, ...]:
        return self.checkpoint(), self.checkpoint()

    def inconsistent(self) -> tuple[Any, ...]:
        return self.checkpoint(), self.checkpoint(), self.hash(), self.proof()

    def omission(self) -> tuple[Any, ...]:
        return self.receipt(), self.checkpoint(), self.hash(), self.proof()

    def promised_after_closing(self) -> tuple[Any, ...]:
        notes = self.receipt(), self.hash(), self.hash(), self.checkpoint()
        return *notes, self.integer(8, "index"), self.proved(MAX_ENTRY_BYTES)

    promised_before_opening = promised_after_closing

    def double_promise(self) -> tuple[Any, ...]:
        return self.receipt(), self.receipt()

    def void_though_promised(self) -> tuple[Any, ...]:
        return self.receipt(), self.hash(), self.hash(), self.part(MAX_ENTRY_BYTES, "entry")

    def statement(self) -> Statement:
        return read_statement(self.part(MAX_ENTRY_BYTES, "statement"))

    def two_statements(self) -> tuple[Any, ...]:
        return self.statement(), self.statement()

    def wrong_head(self) -> tuple[Any, ...]:
        statement = self.statement()
        numbers = self.hash(), self.integer(8, "voters"), self.hash(), self.integer(4, "voter")
        heads, fault = self.proved(2048), self.integer(1, "fault")
        require(fault <= 2, "there is no such fault")
        entry = self.proved(MAX_ENTRY_BYTES) if fault else None
        return statement, *numbers, heads, entry, self.proved(8192) if fault == 2 else None
