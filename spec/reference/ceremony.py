"""The key ceremony: spec/ceremony.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from encoding import MAX_MESSAGE_BYTES, Reader, Refused, le16, le32, le64, require
from group import ORDER, Element, Point, element_of, is_identity, multiply_add, read_element, total_of
from manifest import Manifest
from report import Place
from roll import signature_holds
from tally import Equality, equality_holds, read_equality
from transcript import begin, hash_to_group, read_schnorr, schnorr_holds, sha256, tagged

REGISTRATION, COMMITMENT, DEAL, COMPLAINT, CONFIRMATION = range(1, 6)
NAMES = {REGISTRATION: "registration", COMMITMENT: "commitment", DEAL: "deal", CONFIRMATION: "confirmation"}
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
    coefficients: list[list[Element]]  # for each slot s, from the constant term
    possession: Schnorr
    shares: list[EncryptedShares]


@dataclass(frozen=True)
class Confirmation:
    root: bytes
    factors: list[Element]
    proof: Equality


@dataclass(frozen=True)
class Message:
    """The parts of a message that are read before its signature is verified."""

    data: bytes
    kind: int
    author: int
    roster: bytes
    body: bytes


def read_message(data: bytes) -> Message:
    require(len(data) <= MAX_MESSAGE_BYTES, "the message is too long")
    reader = Reader(data[:-64])
    reader.version()
    kind, author = reader.integer(1, "kind"), reader.integer(2, "author")
    require(kind in NAMES, f"there are no messages of kind {kind}")
    roster = b"" if kind == REGISTRATION else reader.take(32, "roster")
    read_schnorr(Reader(data[-64:]), "signature")
    return Message(data, kind, author, roster, reader.rest())


def read_body(message: Message, manifest: Manifest) -> Registration | Commitment | Deal | Confirmation:
    reader = Reader(message.body)
    body: Registration | Commitment | Deal | Confirmation
    if message.kind == REGISTRATION:
        body = Registration(read_element(reader, "encryption key"), read_schnorr(reader, "possession"))
    elif message.kind == COMMITMENT:
        body = Commitment(reader.take(32, "hash of the deal"))
    elif message.kind == DEAL:
        body = read_deal(reader, manifest)
    else:
        root = reader.take(32, "ceremony root")
        factors = [read_element(reader, f"D_{s + 1}") for s in range(manifest.slots)]
        body = Confirmation(root, factors, read_equality(reader))
    reader.end()
    return body


def read_deal(reader: Reader, manifest: Manifest) -> Deal:
    threshold = reader.integer(2, "t")
    require(threshold == manifest.threshold, "the deal has another threshold than the manifest")
    coefficients = [[read_element(reader, f"A_{s + 1},{c}") for c in range(threshold)] for s in range(manifest.slots)]
    possession, shares = read_schnorr(reader, "possession"), []
    for _ in manifest.trustees:
        shares.append(EncryptedShares(read_element(reader, "E"), read_schnorr(reader, "proof of E")))
        reader.take(32 * manifest.slots + 16, "ciphertext")
    return Deal(threshold, coefficients, possession, shares)


@dataclass(frozen=True)
class JointKey:
    root: bytes
    keys: list[Element]
    sums: list[list[Point]]  # for each slot s, the sums of all dealers' A_{s,c}

    def hash(self) -> bytes:
        """spec/ceremony.md#joint-key"""
        return tagged("joint-key", self.root, b"".join(key.encoding for key in self.keys))

    def verification_keys(self, trustee: int, slots: range) -> list[Element]:
        """Y_{j,s} = sum_c [j^c] sum_d A_{d,s,c}"""
        powers = [pow(trustee, c, ORDER) for c in range(len(self.sums[0]))]
        return [element_of(multiply_add(list(zip(powers, self.sums[slot])))) for slot in slots]


class Broken(Exception):
    """A rule is broken, at the given places."""

    def __init__(self, problem: str, places: list[Place], absent: Iterable[int] = ()):
        super().__init__(problem)
        self.places = places
        self.absent = sorted(absent)  # the trustees whose messages are missing, if that is all


def demand(condition: object, problem: str) -> None:
    """A rule for all messages together is broken."""
    if not condition:
        raise Broken(problem, ["record"])


def all_hold(problem: str, broken: Iterable[bytes]) -> None:
    """A rule for single messages is broken, and no signature shows who is at fault."""
    if places := [{"file": f"ceremony/{sha256(data).hex()}"} for data in broken]:
        raise Broken(problem, list(places))


def all_keep(problem: str, culprits: Iterable[int]) -> None:
    """A rule is broken by what trustees signed."""
    if places := [{"trustee": trustee} for trustee in sorted(set(culprits))]:
        raise Broken(problem, list(places))


def read_messages(files: list[bytes]) -> list[Message]:
    messages, unreadable = [], []
    for data in files:
        try:
            messages.append(read_message(data))
        except Refused:
            unreadable.append(data)
    all_hold("the message cannot be read", unreadable)
    return messages


class Ceremony:
    """spec/ceremony.md#verification. Raises Broken for the first broken rule."""

    def __init__(self, files: list[bytes], manifest: Manifest):
        self.manifest = manifest
        self.trustees = range(1, len(manifest.trustees) + 1)
        self.files = files

    def verify(self) -> JointKey:
        m = self.manifest
        deal = 167 + 32 * m.slots * m.threshold + len(m.trustees) * (112 + 32 * m.slots)
        demand(deal <= MAX_MESSAGE_BYTES, "a deal for this number of slots and trustees is too long")
        self.messages = read_messages(self.files)
        kinds = [message.kind for message in self.messages]
        late = [m.data for n, m in enumerate(self.messages) if m.kind < max(kinds[: n + 1])]
        all_hold("the message was published after one of a later step", late)
        registrations = self.step(REGISTRATION, b"")
        self.verify_registrations({j: body for j, (_, body) in registrations.items()})
        parts = [m.hash, le64(len(m.trustees)), le64(m.threshold), le64(m.slots), le32(ATTEMPT)]
        for j in self.trustees:
            parts += [m.trustees[j - 1].encoding, registrations[j][0].data]
        roster = tagged("roster", *parts)
        commitments = {j: body.deal for j, (_, body) in self.step(COMMITMENT, roster).items()}
        deals = self.step(DEAL, roster)
        other = [j for j in self.trustees if sha256(deals[j][0].data) != commitments[j]]
        all_keep("the deal is not the one that was committed to", other)
        self.verify_deals({j: body for j, (_, body) in deals.items()}, roster)
        joint_key = self.joint_key(deals, roster)
        confirmations = self.step(CONFIRMATION, roster, joint_key.root)
        self.verify_confirmations({j: body for j, (_, body) in confirmations.items()}, joint_key, roster)
        return joint_key

    def step(self, kind: int, roster: bytes, root: bytes = b"") -> dict[int, tuple[Message, Any]]:
        """The messages of a step with their decoded bodies, by author. Confirmations must be of the joint key of `root`."""
        messages = [message for message in self.messages if message.kind == kind]
        all_hold(f"a {NAMES[kind]} of no trustee", (m.data for m in messages if m.author not in self.trustees))
        unsigned = [m.data for m in messages if not message_signature_holds(m, self.manifest)]
        all_hold(f"the {NAMES[kind]} is not signed by its author", unsigned)
        all_hold(f"the {NAMES[kind]} is of another roster", (m.data for m in messages if m.roster != roster))
        found: dict[int, tuple[Message, Any]] = {}
        unreadable, twice, elsewhere = [], [], []
        for message in messages:
            if message.author in found:
                twice.append(message.author)
            try:
                body = read_body(message, self.manifest)
                found[message.author] = message, body
                if isinstance(body, Confirmation) and body.root != root:
                    elsewhere.append(message.data)
            except Refused:
                unreadable.append(message.author)
        all_keep(f"a {NAMES[kind]} cannot be read", unreadable)
        # A trustee that was shown other deals has confirmed them: nobody can say that it made two confirmations of these.
        all_hold("the confirmation is of another joint key", elsewhere)
        all_keep(f"two different messages for one step, {NAMES[kind]}", twice)
        if kind != CONFIRMATION:
            absent = sorted(set(self.trustees) - found.keys())
            if absent:
                raise Broken(f"no {NAMES[kind]}", [{"trustee": trustee} for trustee in absent], absent)
        return found

    def verify_registrations(self, registrations: dict[int, Registration]) -> None:
        unproved = []
        for j, body in registrations.items():
            transcript = begin("encryption-key-possession", "manifest", self.manifest.hash)
            transcript.append_number("attempt", ATTEMPT)
            transcript.append_number("trustee", j)
            if not schnorr_holds(transcript, body.encryption_key, *body.possession):
                unproved.append(j)
        all_keep("the encryption key is not proved", unproved)
        keys = {j: body.encryption_key.encoding for j, body in registrations.items()}
        taken = [key.encoding for key in self.manifest.trustees] + list(keys.values())
        all_keep("a key serves another purpose or another trustee", [j for j in keys if taken.count(keys[j]) > 1])

    def verify_deals(self, deals: dict[int, Deal], roster: bytes) -> None:
        all_keep("the constant terms are not proved", [j for j in deals if not terms_proved(deals[j], j, roster)])
        all_keep("an ephemeral key is not proved", [j for j in deals if not ephemerals_proved(deals[j], j, roster)])
        ephemerals = [shares.ephemeral.encoding for deal in deals.values() for shares in deal.shares]
        twice = {key for key in ephemerals if ephemerals.count(key) > 1}
        sharing = [j for j in deals if any(shares.ephemeral.encoding in twice for shares in deals[j].shares)]
        all_keep("an ephemeral key appears in two places", sharing)

    def joint_key(self, deals: dict[int, tuple[Message, Deal]], roster: bytes) -> JointKey:
        sums = []
        for slot in range(self.manifest.slots):
            coefficients = [deals[j][1].coefficients[slot] for j in self.trustees]
            sums.append([total_of(a.point for a in of_power) for of_power in zip(*coefficients)])
        keys = [element_of(of_slot[0]) for of_slot in sums]
        demand(not any(is_identity(key.point) for key in keys), "a key of a slot is the identity")
        return JointKey(tagged("ceremony", roster, *(sha256(deals[j][0].data) for j in self.trustees)), keys, sums)

    def verify_confirmations(self, confirmations: dict[int, Confirmation], joint_key: JointKey, roster: bytes) -> None:
        unproved = [j for j, body in confirmations.items() if not confirmation_holds(body, j, joint_key, roster)]
        all_keep("the backup is not proved", unproved)
        needed = self.manifest.minimum_confirmed
        if len(confirmations) < needed:
            problem = f"{len(confirmations)} confirmations, {needed} are needed"
            raise Broken(problem, ["record"], set(self.trustees) - confirmations.keys())


def message_signature_holds(message: Message, manifest: Manifest) -> bool:
    if message.kind == REGISTRATION:
        transcript = begin("trustee-registration", "manifest", manifest.hash)
        transcript.append_number("attempt", ATTEMPT)
    else:
        transcript = begin("ceremony-message", "roster", message.roster)
    transcript.append_number("trustee", message.author)
    transcript.append("message", message.data[:-64])
    return signature_holds(message.data[-64:], manifest.trustees[message.author - 1], transcript)


def terms_proved(deal: Deal, dealer: int, roster: bytes) -> bool:
    """spec/ceremony.md#polynomials"""
    transcript = begin("deal-possession", "roster", roster)
    transcript.append_number("trustee", dealer)
    transcript.append_number("t", deal.threshold)
    for of_slot in deal.coefficients:
        for a in of_slot:
            transcript.append("A", a.encoding)
    w = transcript.challenge("w")
    weights = [pow(w, s, ORDER) for s in range(1, len(deal.coefficients) + 1)]
    statement = multiply_add(list(zip(weights, (of_slot[0].point for of_slot in deal.coefficients))))
    return not is_identity(statement) and schnorr_holds(transcript, element_of(statement), *deal.possession)


def ephemerals_proved(deal: Deal, dealer: int, roster: bytes) -> bool:
    """spec/ceremony.md#shares"""
    for receiver, shares in enumerate(deal.shares, 1):
        transcript = begin("share-ephemeral", "roster", roster)
        transcript.append_number("trustee", dealer)
        transcript.append_number("receiver", receiver)
        if not schnorr_holds(transcript, shares.ephemeral, *shares.possession):
            return False
    return True


def confirmation_holds(body: Confirmation, trustee: int, joint_key: JointKey, roster: bytes) -> bool:
    base = hash_to_group("backup-test", joint_key.root, le16(trustee))
    transcript = begin("backup-decryption", "roster", roster)
    transcript.append("root", joint_key.root)
    transcript.append_number("trustee", trustee)
    keys = joint_key.verification_keys(trustee, range(len(joint_key.keys)))
    return equality_holds(transcript, base, keys, body.factors, body.proof)
