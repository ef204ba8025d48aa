"""Sums, statements, decryption, totals: spec/tally.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from contests import Outcome
from encoding import Reader, Refused, le64, require
from group import (
    BASE, IDENTITY, ORDER, Element, Point, add, discrete_logarithm, element_of, is_identity, multiply, multiply_add,
    negate, read_element, read_scalar,
)  # fmt: skip
from manifest import Manifest
from merkle import root_of
from transcript import Transcript, begin, hash_to_group, holds, read_schnorr, schnorr_holds, tagged

# Equality of logarithms: spec/tally.md#equality.


@dataclass(frozen=True)
class Equality:
    a: Element
    b: Element
    z: int


def read_equality(reader: Reader) -> Equality:
    return Equality(read_element(reader, "A"), read_element(reader, "B"), read_scalar(reader, "z"))


def equality_holds(
    transcript: Transcript, base: Element, keys: list[Element], factors: list[Element], proof: Equality
) -> bool:
    """Whether keys and factors have the same logarithms, for G and for the base."""
    transcript.append("R", base.encoding)
    transcript.append_number("n", len(keys))
    for key, factor in zip(keys, factors, strict=True):
        transcript.append("Y", key.encoding)
        transcript.append("D", factor.encoding)
    w = transcript.challenge("w")
    transcript.append("A", proof.a.encoding)
    transcript.append("B", proof.b.encoding)
    c = transcript.challenge("c")
    weights = [c * pow(w, s, ORDER) for s in range(1, len(keys) + 1)]
    left = [(weight, key.point) for weight, key in zip(weights, keys)]
    first = holds(left, [(proof.z, BASE)], proof.a.point)
    left = [(weight, factor.point) for weight, factor in zip(weights, factors)]
    return first and holds(left + [(-proof.z, base.point)], [], proof.b.point)


# Selection and sums: spec/tally.md#selection.


@dataclass
class ContestSums:
    c: list[Point]
    multiplied: bool  # whether by the weight of the roll
    r: Point = IDENTITY
    ballots: int = 0
    weight: int = 0
    ballots_of_weight: dict[int, int] = field(default_factory=dict)

    def withheld(self, manifest: Manifest) -> str | None:
        """spec/tally.md#limits"""
        if self.ballots == 0:
            return None
        if self.ballots < manifest.minimum_counted_ballots:
            return "too_few_ballots"
        if self.multiplied and min(self.ballots_of_weight.values()) < manifest.minimum_ballots_per_weight:
            return "rare_weight"
        return None


@dataclass(frozen=True)
class Counted:
    """The parts of a counted ballot that the sums need."""

    style: int
    weight: int
    r: Point
    c: list[Point]


class Tally:
    def __init__(self, manifest: Manifest, counted: list[Counted]):
        self.manifest = manifest
        self.ballots = len(counted)
        self.weight = sum(ballot.weight for ballot in counted)
        self.contests = [
            ContestSums([IDENTITY] * contest.rule.slots, contest.rule.multiplied) for contest in manifest.contests
        ]
        for ballot in counted:
            slots = iter(ballot.c)
            for number in manifest.styles[ballot.style].contests:
                sums = self.contests[number]
                multiplier = ballot.weight if sums.multiplied else 1
                sums.r = add(sums.r, multiply(multiplier, ballot.r))
                sums.c = [add(c, multiply(multiplier, next(slots))) for c in sums.c]
                sums.ballots += 1
                sums.weight += ballot.weight
                sums.ballots_of_weight[ballot.weight] = sums.ballots_of_weight.get(ballot.weight, 0) + 1
        self.bases = [element_of(sums.r) for sums in self.contests]
        encoding = b""
        for sums, base in zip(self.contests, self.bases):
            encoding += le64(sums.ballots) + le64(sums.weight) + base.encoding
            encoding += b"".join(element_of(c).encoding for c in sums.c)
        self.digest = tagged("tally", encoding)

    def decrypted(self) -> list[int]:
        """The contests for which partial decryptions have factors."""
        return [
            number
            for number, sums in enumerate(self.contests)
            if sums.withheld(self.manifest) is None and not is_identity(sums.r)
        ]


@dataclass(frozen=True)
class Close:
    """The state that is decrypted: the board up to the first closing, and the sums of its ballots."""

    fingerprint: bytes
    size: int
    root: bytes
    heads: bytes
    digest: bytes

    def difference(self, other: Close) -> str | None:
        """The first value in which they differ: fingerprint, size, root, heads or digest."""
        return next((name for name in vars(self) if getattr(self, name) != getattr(other, name)), None)

    def append_to(self, transcript: Transcript) -> None:
        transcript.append_number("size", self.size)
        transcript.append("root", self.root)
        transcript.append("heads", self.heads)
        transcript.append("sums", self.digest)


def read_close(reader: Reader) -> Close:
    fingerprint, size = reader.take(32, "fingerprint"), reader.integer(8, "size")
    root, heads = reader.take(32, "root"), reader.take(32, "heads")
    return Close(fingerprint, size, root, heads, reader.take(32, "tally digest"))


def heads_root(heads: list[tuple[int, int]]) -> bytes:
    """The root over heads, each a state and a position: spec/tally.md#heads."""
    encoded = [le64(position << 8 | state) for state, position in heads]
    return root_of(b"".join(encoded[first : first + 256]) for first in range(0, len(encoded), 256))


# Statements: spec/tally.md#statement.


@dataclass(frozen=True)
class Statement:
    trustee: int
    close: Close
    signature: tuple[Element, int]


def read_statement(body: bytes) -> Statement:
    reader = Reader(body)
    reader.version()
    trustee, close = reader.integer(2, "trustee"), read_close(reader)
    statement = Statement(trustee, close, read_schnorr(reader, "signature"))
    reader.end()
    return statement


def statement_holds(statement: Statement, manifest: Manifest) -> bool:
    """Whether the trustee exists and signed the statement."""
    if not 1 <= statement.trustee <= len(manifest.trustees):
        return False
    transcript = begin("closing-statement", "fingerprint", statement.close.fingerprint)
    statement.close.append_to(transcript)
    return schnorr_holds(transcript, manifest.trustees[statement.trustee - 1], *statement.signature)


# Partial decryptions: spec/tally.md#partial-decryption.


class HasVerificationKeys(Protocol):
    """The joint key of the ceremony."""

    def verification_keys(self, trustee: int, slots: range) -> list[Element]: ...


@dataclass(frozen=True)
class PartialDecryption:
    trustee: int
    factors: dict[int, list[Element]]  # for each contest c, one factor for each slot
    lot: Element | None = None


@dataclass(frozen=True)
class SignedDecryption:
    """A partial decryption whose content is not verified."""

    trustee: int
    close: Close
    content: bytes
    signed: bytes
    signature: tuple[Element, int]


def read_decryption(data: bytes) -> SignedDecryption:
    reader = Reader(data)
    reader.version()
    trustee, close = reader.integer(2, "trustee"), read_close(reader)
    require(len(data) - reader.position >= 64, "the signature is missing")
    content = reader.take(len(data) - reader.position - 64, "contests")
    return SignedDecryption(trustee, close, content, data[:-64], read_schnorr(reader, "signature"))


def decryption_is_signed(decryption: SignedDecryption, manifest: Manifest) -> bool:
    """Whether the trustee exists and signed the partial decryption."""
    if not 1 <= decryption.trustee <= len(manifest.trustees):
        return False
    transcript = begin("decryption-signature", "fingerprint", decryption.close.fingerprint)
    transcript.append("decryption", decryption.signed)
    return schnorr_holds(transcript, manifest.trustees[decryption.trustee - 1], *decryption.signature)


def verify_decryption(
    decryption: SignedDecryption, manifest: Manifest, joint_key: HasVerificationKeys, tally: Tally, close: Close
) -> PartialDecryption:
    """Reads the content of a signed partial decryption of this tally, and refuses one that is not valid."""
    reader, trustee = Reader(decryption.content), decryption.trustee
    factors, proofs = {}, {}
    for number in tally.decrypted():
        slots = manifest.contests[number].slots
        factors[number] = [read_element(reader, f"factor of contest {number}") for _ in slots]
        proofs[number] = read_equality(reader)
    lot = lot_proof = None
    if manifest.lot_slot is not None:
        lot, lot_proof = read_element(reader, "part of the lot"), read_equality(reader)
    reader.end()
    for number, proof in proofs.items():
        transcript = begin("partial-decryption", "fingerprint", close.fingerprint)
        close.append_to(transcript)
        transcript.append_number("trustee", trustee)
        transcript.append_number("contest", number)
        keys = joint_key.verification_keys(trustee, manifest.contests[number].slots)
        proved = equality_holds(transcript, tally.bases[number], keys, factors[number], proof)
        require(proved, f"the partial decryption of trustee {trustee} is not proved in contest {number}")
    if lot is not None and lot_proof is not None:
        transcript = begin("lot-share", "fingerprint", close.fingerprint)
        close.append_to(transcript)
        transcript.append_number("trustee", trustee)
        keys = joint_key.verification_keys(trustee, range(manifest.slots - 1, manifest.slots))
        base = hash_to_group("lot", close.fingerprint, le64(close.size), close.root)
        proved = equality_holds(transcript, base, keys, [lot], lot_proof)
        require(proved, f"the partial decryption of trustee {trustee} does not prove its part of the lot")
    return PartialDecryption(trustee, factors, lot)


# Totals: spec/tally.md#totals.


def lagrange(trustees: list[int], j: int) -> int:
    product = 1
    for i in trustees:
        if i != j:
            product = product * i * pow(i - j, -1, ORDER) % ORDER
    return product


@dataclass(frozen=True)
class Result:
    outcomes: list[Outcome | None]  # of every contest; None if it is withheld
    seed: bytes | None  # of the lot


def totals(manifest: Manifest, tally: Tally, fingerprint: bytes, valid: list[PartialDecryption]) -> Result:
    """The outcomes and the lot. Refuses if a contest has no totals."""
    require(
        len(valid) >= manifest.threshold, f"{len(valid)} valid partial decryptions, but {manifest.threshold} are needed"
    )
    chosen = valid[: manifest.threshold]
    trustees = [decryption.trustee for decryption in chosen]
    lambdas = [lagrange(trustees, j) for j in trustees]
    results: list[Outcome | None] = []
    for number, (contest, sums) in enumerate(zip(manifest.contests, tally.contests)):
        if sums.withheld(manifest):
            results.append(None)
            continue
        values: list[int] = []
        for slot, (c, bounds) in enumerate(zip(sums.c, contest.rule.bounds(sums.weight), strict=True)):
            if not is_identity(sums.r):
                shares = [(w, decryption.factors[number][slot].point) for w, decryption in zip(lambdas, chosen)]
                c = add(c, negate(multiply_add(shares)))
            found = discrete_logarithm(c, bounds, contest.rule.radix)
            if found is None:
                raise Refused(f"slot {slot} of contest {contest.id} has no totals within their bounds")
            values += found
        results.append(contest.rule.count(values, sums.weight))
    seed = None
    if manifest.lot_slot is not None:
        shares = [(w, decryption.lot.point) for w, decryption in zip(lambdas, chosen) if decryption.lot]
        seed = tagged("lot-seed", fingerprint, element_of(multiply_add(shares)).encoding)
    return Result(results, seed)


def quorum_reached(manifest: Manifest, counted: int, base: int) -> bool:
    quorum = manifest.quorum
    assert quorum is not None
    return quorum.share.reached(counted, base)
