"""The key ceremony: spec/ceremony.md."""

from __future__ import annotations

from dataclasses import dataclass

from encoding import MAX_MESSAGE_BYTES, Reader, le16, le32, le64, require
from group import ORDER, Element, Point, element_of, is_identity, multiply_add, read_element, total_of
from manifest import Manifest
from roll import signature_holds
from tally import Equality, equality_holds, read_equality
from transcript import begin, hash_to_group, read_schnorr, schnorr_holds, sha256, tagged

REGISTRATION, COMMITMENT, DEAL, COMPLAINT, CONFIRMATION = range(1, 6)
ATTEMPT = 1
Schnorr = tuple[Element, int]


@dataclass(frozen=True)
class Registration:
    encryption_key: Element
    possession: Schnorr


@dataclass(frozen=True)
class Commitment:
    deal: bytes


@dataclass(frozen=True)
class EncryptedShares:
    ephemeral: Element
    possession: Schnorr


@dataclass(frozen=True)
class Deal:
    threshold: int
    coefficients: list[list[Element]]  # of slot s, from the constant term
    possession: Schnorr
    shares: list[EncryptedShares]


@dataclass(frozen=True)
class Confirmation:
    root: bytes
    factors: list[Element]
    proof: Equality


@dataclass(frozen=True)
class Message:
    data: bytes
    kind: int
    author: int
    roster: bytes
    body: Registration | Commitment | Deal | Confirmation


def read_message(data: bytes, manifest: Manifest) -> Message:
    """Rule 1 of spec/ceremony.md#verification."""
    require(len(data) <= MAX_MESSAGE_BYTES, "the message is too long")
    reader = Reader(data)
    reader.version()
    kind, author = reader.integer(1, "kind"), reader.integer(2, "author")
    require(kind in (REGISTRATION, COMMITMENT, DEAL, CONFIRMATION), f"there are no messages of kind {kind}")
    roster = b"" if kind == REGISTRATION else reader.take(32, "roster")
    body: Registration | Commitment | Deal | Confirmation
    if kind == REGISTRATION:
        body = Registration(read_element(reader, "encryption key"), read_schnorr(reader, "possession"))
    elif kind == COMMITMENT:
        body = Commitment(reader.take(32, "hash of the deal"))
    elif kind == DEAL:
        body = read_deal(reader, manifest)
    else:
        root = reader.take(32, "ceremony root")
        factors = [read_element(reader, f"D_{s + 1}") for s in range(manifest.slots)]
        body = Confirmation(root, factors, read_equality(reader))
    read_schnorr(reader, "signature")
    reader.end()
    return Message(data, kind, author, roster, body)


def read_deal(reader: Reader, manifest: Manifest) -> Deal:
    threshold = reader.integer(2, "t")
    require(threshold == manifest.threshold, "the deal has another threshold than the manifest")
    coefficients = [
        [read_element(reader, f"A_{s + 1},{c}") for c in range(threshold)] for s in range(manifest.slots)
    ]
    possession, shares = read_schnorr(reader, "possession"), []
    for _ in manifest.trustees:
        shares.append(EncryptedShares(read_element(reader, "E"), read_schnorr(reader, "proof of E")))
        reader.take(32 * manifest.slots + 16, "ciphertext")
    return Deal(threshold, coefficients, possession, shares)


@dataclass(frozen=True)
class JointKey:
    root: bytes
    keys: list[Element]
    sums: list[list[Point]]  # of slot s: the sums of all dealers' A_{s,c}

    def verification_keys(self, trustee: int, slots: range) -> list[Element]:
        """Y_{j,s} = sum_c [j^c] sum_d A_{d,s,c}"""
        powers = [pow(trustee, c, ORDER) for c in range(len(self.sums[0]))]
        return [element_of(multiply_add(list(zip(powers, self.sums[slot])))) for slot in slots]


class Broken(Exception):
    """A rule is broken: by the message with this index, or by a trustee, or by nobody in particular."""

    def __init__(self, problem: str, message: int | None = None, trustee: int | None = None):
        super().__init__(problem)
        self.message = message
        self.trustee = trustee


def demand(condition: object, problem: str, message: int | None = None, trustee: int | None = None) -> None:
    if not condition:
        raise Broken(problem, message, trustee)


def verify_ceremony(messages: list[Message], manifest: Manifest) -> JointKey:
    """Rules 2 to 12, of messages in the order of their publication. The first broken rule is raised."""
    count, threshold, slots = len(manifest.trustees), manifest.threshold, manifest.slots
    found: dict[int, dict[int, tuple[int, Message]]] = {kind: {} for kind in range(1, 6)}
    last_kind = REGISTRATION
    for index, message in enumerate(messages):
        demand(message.kind >= last_kind, "the message comes too late", index)
        last_kind = message.kind
        demand(1 <= message.author <= count, "there is no such trustee", index)
        demand(message_signature_holds(message, manifest), "the signature does not hold", index)
        demand(message.author not in found[message.kind], "a second message of its kind", index)
        found[message.kind][message.author] = index, message
    for kind, name in ((REGISTRATION, "registration"), (COMMITMENT, "commitment"), (DEAL, "deal")):
        missing = [trustee for trustee in range(1, count + 1) if trustee not in found[kind]]
        demand(not missing, f"no {name} of trustees {missing}", trustee=missing[0] if missing else None)

    encryption_keys: set[bytes] = {key.encoding for key in manifest.trustees}
    for author, (index, message) in sorted(found[REGISTRATION].items()):
        transcript = begin("encryption-key-possession", "manifest", manifest.hash)
        transcript.append_number("attempt", ATTEMPT)
        transcript.append_number("trustee", author)
        key = message.body.encryption_key
        demand(schnorr_holds(transcript, key, *message.body.possession), "the encryption key is not proved", index)
        demand(key.encoding not in encryption_keys, "the encryption key is another key, too", index)
        encryption_keys.add(key.encoding)

    parts = [manifest.hash, le64(count), le64(threshold), le64(slots), le32(ATTEMPT)]
    for author, key in enumerate(manifest.trustees, 1):
        parts += [key.encoding, found[REGISTRATION][author][1].data]
    roster = tagged("roster", *parts)
    for index, message in enumerate(messages):
        demand(message.kind == REGISTRATION or message.roster == roster, "another roster", index)

    ephemerals: set[bytes] = set()
    for author, (index, message) in sorted(found[DEAL].items()):
        commitment = found[COMMITMENT][author][1].body.deal
        demand(sha256(message.data) == commitment, "not the deal that the trustee committed to", index)
        verify_deal(message.body, author, roster, index)
        for shares in message.body.shares:
            demand(shares.ephemeral.encoding not in ephemerals, "an ephemeral key stands twice", index)
            ephemerals.add(shares.ephemeral.encoding)

    deals = [found[DEAL][author][1] for author in range(1, count + 1)]
    sums = [[total_of(d.body.coefficients[s][c].point for d in deals) for c in range(threshold)] for s in range(slots)]
    keys = [element_of(of_slot[0]) for of_slot in sums]
    demand(not any(is_identity(key.point) for key in keys), "a key of a slot is the identity")
    joint_key = JointKey(tagged("ceremony", roster, *(sha256(d.data) for d in deals)), keys, sums)

    for author, (index, message) in sorted(found[CONFIRMATION].items()):
        demand(message.body.root == joint_key.root, "the confirmation is of another joint key", index)
        demand(confirmation_holds(message.body, author, joint_key, roster, slots), "the backup is not proved", index)
    confirmed = len(found[CONFIRMATION])
    demand(confirmed >= manifest.minimum_confirmed, f"{confirmed} confirmations, {manifest.minimum_confirmed} are needed")
    return joint_key


def message_signature_holds(message: Message, manifest: Manifest) -> bool:
    if message.kind == REGISTRATION:
        transcript = begin("trustee-registration", "manifest", manifest.hash)
        transcript.append_number("attempt", ATTEMPT)
    else:
        transcript = begin("ceremony-message", "roster", message.roster)
    transcript.append_number("trustee", message.author)
    transcript.append("message", message.data[:-64])
    return signature_holds(message.data[-64:], manifest.trustees[message.author - 1], transcript)


def verify_deal(deal: Deal, dealer: int, roster: bytes, index: int) -> None:
    transcript = begin("deal-possession", "roster", roster)
    transcript.append_number("trustee", dealer)
    transcript.append_number("t", deal.threshold)
    for of_slot in deal.coefficients:
        for a in of_slot:
            transcript.append("A", a.encoding)
    w = transcript.challenge("w")
    weights = [pow(w, s, ORDER) for s in range(1, len(deal.coefficients) + 1)]
    constant_terms = [of_slot[0].point for of_slot in deal.coefficients]
    statement = element_of(multiply_add(list(zip(weights, constant_terms))))
    demand(schnorr_holds(transcript, statement, *deal.possession), "the constant terms are not proved", index)
    for receiver, shares in enumerate(deal.shares, 1):
        transcript = begin("share-ephemeral", "roster", roster)
        transcript.append_number("trustee", dealer)
        transcript.append_number("receiver", receiver)
        demand(schnorr_holds(transcript, shares.ephemeral, *shares.possession), "an ephemeral key is not proved", index)


def confirmation_holds(body: Confirmation, trustee: int, joint_key: JointKey, roster: bytes, slots: int) -> bool:
    base = hash_to_group("backup-test", joint_key.root, le16(trustee))
    transcript = begin("backup-decryption", "roster", roster)
    transcript.append("root", joint_key.root)
    transcript.append_number("trustee", trustee)
    keys = joint_key.verification_keys(trustee, range(slots))
    return equality_holds(transcript, base, keys, body.factors, body.proof)
