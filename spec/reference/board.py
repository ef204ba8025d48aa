"""Entries, log, checkpoints and tiles: spec/board.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Iterator

from encoding import (
    MAX_CHECKPOINT_BYTES, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_KEY_NAME_BYTES, MAX_MESSAGE_BYTES, MAX_REASON_BYTES, MAX_RECEIPT_BYTES,
    MAX_TIME, NO_DIGEST, Reader, Refused, decimal, is_hex, require,
)  # fmt: skip
from group import BASE, ORDER, decode_edwards, is_small_order, multiply_add, same_point
from manifest import Manifest, NoteKey
from roll import signature_holds
from roll_change import read_change
from schema import WHITE_SPACE, line
from tally import read_statement
from transcript import begin, read_schnorr, sha256

# Entries: spec/board.md#entries.

CEREMONY, OPENING, BALLOT, CLOSING, STATEMENT, DECRYPTION, PUBLICATION, ROLL_SIGNATURE, ROLL_CHANGE = range(1, 10)
CUT_OFF, CANCELLATION = 12, 13
ORGANISER = (OPENING, CLOSING, CUT_OFF, CANCELLATION)


@dataclass(frozen=True)
class Pointer:
    author: int
    length: int
    hash: bytes


def read_entry(data: bytes) -> tuple[int, bytes]:
    """The kind and body of an entry."""
    require(len(data) <= MAX_ENTRY_BYTES, "the entry is too long")
    reader = Reader(data)
    reader.version()
    kind, body = reader.integer(1, "kind"), reader.rest()
    require(CEREMONY <= kind <= ROLL_CHANGE or kind in (CUT_OFF, CANCELLATION), f"there are no entries of kind {kind}")
    require(body, "the entry has no body")
    if kind in (CEREMONY, DECRYPTION, PUBLICATION):
        read_pointer(body)
    elif kind == STATEMENT:
        read_statement(body)
    elif kind == ROLL_CHANGE:
        read_change(body)
    elif kind == ROLL_SIGNATURE:
        reader = Reader(body)
        reader.take(66 if len(body) == 130 else 34, "what is signed")  # with or without a hash of parts
        read_schnorr(reader, "signature")
        reader.end()
    elif kind in ORGANISER:
        read_organiser(kind, body)
    return kind, body


@dataclass(frozen=True)
class OrganiserEntry:
    """An opening, closing, cut-off or cancellation: spec/board.md#entries-of-the-organiser."""

    kind: int
    fingerprint: bytes
    not_before: int
    reason: str  # of a cancellation
    signature: bytes


def read_organiser(kind: int, body: bytes) -> OrganiserEntry:
    reader = Reader(body)
    fingerprint, not_before, reason = reader.take(32, "fingerprint"), 0, ""
    if kind == CANCELLATION:
        length = reader.integer(2, "reason")
        require(length <= MAX_REASON_BYTES, "the reason is too long")
        try:
            reason = line(reader.take(length, "reason").decode())
        except UnicodeDecodeError:
            raise Refused("the reason is not UTF-8") from None
    else:
        not_before = reader.integer(8, "not before")
        require(not_before <= MAX_TIME, "the time is after the year 9999")
    signature = body[-64:]
    read_schnorr(reader, "signature")
    reader.end()
    return OrganiserEntry(kind, fingerprint, not_before, reason, signature)


def read_pointer(body: bytes) -> Pointer:
    reader = Reader(body)
    pointer = Pointer(reader.integer(2, "author"), reader.integer(4, "length"), reader.take(32, "hash"))
    reader.end()
    require(pointer.length <= MAX_MESSAGE_BYTES, "the file is too long")
    return pointer


def organiser_signed(manifest: Manifest, kind: int, body: bytes) -> bool:
    """Whether the organiser signed the body of one of its entries, for the fingerprint in it."""
    entry = read_organiser(kind, body)
    transcript = begin("organiser-entry", "fingerprint", entry.fingerprint)
    transcript.append_number("action", kind)
    if kind == CANCELLATION:
        transcript.append("reason", entry.reason.encode())
    else:
        transcript.append_number("not-before", entry.not_before)
    return signature_holds(entry.signature, manifest.organiser, transcript)


# Tiles: spec/board.md#tiles.


def tile_path(level: str, number: int, count: int) -> str:
    """The path of a tile of a level that has this many entries or hashes."""
    digits = str(number).zfill((len(str(number)) + 2) // 3 * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = f"tile/{level}/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    width = min(256, count - 256 * number)
    return path if width == 256 else f"{path}.p/{width}"


def bundle_path(number: int, size: int) -> str:
    """The path of a bundle in a log of this size."""
    return tile_path("entries", number, size)


def bundle_paths(size: int) -> Iterator[tuple[str, int]]:
    """The paths of all bundles of a log, with the number of their entries."""
    for number in range((size + 255) // 256):
        yield bundle_path(number, size), min(256, size - 256 * number)


def hash_tile_paths(size: int) -> Iterator[str]:
    """The paths of all tiles of hashes of a log."""
    for level in range(8):
        count = size >> 8 * level
        for number in range((count + 255) // 256):
            yield tile_path(str(level), number, count)


LIGHT_FILES = {
    "light/election", "light/places", "light/heads", "light/changes", "light/lengths", "light/close",
    "light/middle", "light/roll/middle", "light/voters/middle",
}
TILE = re.compile(r"light/(?:roll|voters)/tile/(0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?")


def is_light_path(path: str) -> bool:
    """Whether a file is one for light clients: spec/light.md#files. They are not read."""
    tile = TILE.fullmatch(path)
    if not tile:
        return path in LIGHT_FILES
    level, groups, _, width = tile.groups()
    return int(level) < 64 and not groups.startswith("x000/") and int(width or 1) < 256


def read_bundle(data: bytes, width: int) -> list[bytes]:
    reader, entries = Reader(data), []
    for number in range(width):
        length = int.from_bytes(reader.take(2, f"entry {number}"), "big")
        require(length > 0, f"entry {number}: empty")
        entries.append(reader.take(length, f"entry {number}"))
    reader.end()
    return entries


# Checkpoints: spec/board.md#checkpoints.


@dataclass(frozen=True)
class NoteSignature:
    name: str
    key_id: bytes
    body: bytes


@dataclass(frozen=True)
class Checkpoint:
    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[NoteSignature]


def canonical_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Refused("not base64") from None
    require(base64.b64encode(data).decode() == text, "base64 that is not canonical")
    return data


def read_note(data: bytes, most: int) -> tuple[list[str], list[NoteSignature]]:
    """The lines of a signed note, and its signatures."""
    require(len(data) <= most, "the note is too long")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("the note is not UTF-8") from None
    require(not any(c < " " and c != "\n" for c in note), "the note has a control character")
    require(note.endswith("\n") and "\n\n" in note, "the note has no signatures")
    text, _, below = note[:-1].rpartition("\n\n")
    return text.split("\n"), [read_note_signature(line) for line in below.split("\n")]


def read_hash(text: str) -> bytes:
    hash = canonical_base64(text)
    require(len(hash) == 32, "a hash has not 32 bytes")
    return hash


def read_checkpoint(data: bytes) -> Checkpoint:
    lines, signatures = read_note(data, MAX_CHECKPOINT_BYTES)
    require(len(lines) == 3, "the text of a checkpoint has three lines")
    size = decimal(lines[1], 2**64 - 1)
    if size is None:
        raise Refused("the size is not a number")
    return Checkpoint(text_of(lines), read_name(lines[0]), size, read_hash(lines[2]), signatures)


def text_of(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def read_note_signature(line: str) -> NoteSignature:
    words = line.split(" ")
    require(len(words) == 3 and words[0] == "\u2014", "not the line of a signature")
    name, data = read_name(words[1]), canonical_base64(words[2])
    require(len(data) > 4, "a signature is too short")
    return NoteSignature(name, data[:4], data[4:])


def read_name(name: str) -> str:
    require(0 < len(name.encode()) <= MAX_KEY_NAME_BYTES, "the name of a key is empty or too long")
    bad = any(c in WHITE_SPACE or c == "+" or unicodedata.category(c) == "Cc" for c in name)
    require(not bad, "the name of a key has a character that it must not have")
    return name


def key_id(key: NoteKey, kind: int) -> bytes:
    return sha256(key.name.encode() + b"\n" + bytes([kind]) + key.key)[:4]


def ed25519_holds(key: NoteKey, message: bytes, signature: bytes) -> bool:
    """RFC 8032, strictly: [s]B = R + [k]A without cofactor, canonical, and R not of small order."""
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    try:
        r = decode_edwards(signature[:32])
    except Refused:
        return False
    if s >= ORDER or is_small_order(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key.key + message).digest(), "little") % ORDER
    return same_point(multiply_add([(s, BASE), (-k, key.point)]), r)


def board_checkpoint(data: bytes, board: NoteKey) -> Checkpoint:
    """Reads a checkpoint of the board, and refuses everything else."""
    checkpoint = read_checkpoint(data)
    require(checkpoint.origin == board.name, f"the checkpoint is of the log {checkpoint.origin}, not of {board.name}")
    require(board_signed(checkpoint, board), "the checkpoint is not signed by the board")
    return checkpoint


def board_signed(note: Checkpoint | Receipt, board: NoteKey) -> bool:
    mine = [s for s in note.signatures if (s.name, s.key_id) == (board.name, key_id(board, 1))]
    return bool(mine) and all(ed25519_holds(board, note.text, s.body) for s in mine)


def cosigned_by(checkpoint: Checkpoint, manifest: Manifest) -> set[int]:
    """The witnesses of the manifest that cosigned, from 1; none if a signature of any of them is not valid."""
    return set(cosigned_at(checkpoint, manifest))


def cosigned_at(checkpoint: Checkpoint, manifest: Manifest) -> dict[int, int]:
    """The same witnesses, each with the last of its times."""
    cosigned = {}
    for number, witness in enumerate(manifest.witnesses, 1):
        found = [s for s in checkpoint.signatures if (s.name, s.key_id) == (witness.name, key_id(witness, 4))]
        if not all(cosignature_holds(witness, checkpoint.text, s.body) for s in found):
            return {}
        if found:
            cosigned[number] = max(int.from_bytes(s.body[:8], "big") for s in found)
    return cosigned


def cosignature_holds(witness: NoteKey, text: bytes, body: bytes) -> bool:
    time = int.from_bytes(body[:8], "big")
    if len(body) != 72 or time >= 2**63:
        return False
    return ed25519_holds(witness, b"cosignature/v1\ntime %d\n" % time + text, body[8:])


# Receipts: spec/board.md#receipts.

RECEIPT = "ballotta/v1-draft.5/receipt"


@dataclass(frozen=True)
class Receipt:
    text: bytes
    origin: str
    fingerprint: bytes
    index: int
    leaf: bytes
    tracker: bytes
    previous: bytes  # 0^32 if there is none
    signatures: list[NoteSignature]  # exactly one


def read_receipt(data: bytes) -> Receipt:
    lines, signatures = read_note(data, MAX_RECEIPT_BYTES)
    require(len(lines) == 7 and lines[0] == RECEIPT, "not the text of a receipt of this draft")
    _, origin, fingerprint, number, leaf, tracker, previous = lines
    index = decimal(number, MAX_ENTRIES - 1)
    if index is None:
        raise Refused("the index is not a number, or too large")
    for digits in (fingerprint, tracker, *([] if previous == "-" else [previous])):
        require(is_hex(digits, 64), "a fingerprint or a tracker is not hexadecimal")
    before = NO_DIGEST if previous == "-" else bytes.fromhex(previous)
    require(previous == "-" or before != NO_DIGEST, "no predecessor is written as -")
    require(len(signatures) == 1, "a receipt has one signature")
    fields = bytes.fromhex(fingerprint), index, read_hash(leaf), bytes.fromhex(tracker), before
    return Receipt(text_of(lines), read_name(origin), *fields, signatures)


def board_receipt(data: bytes, board: NoteKey) -> Receipt:
    """Reads a receipt of the board, and refuses everything else."""
    receipt = read_receipt(data)
    require(receipt.origin == board.name, f"the receipt is of the log {receipt.origin}, not of {board.name}")
    require(board_signed(receipt, board), "the receipt is not signed by the board")
    return receipt
