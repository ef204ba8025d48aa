"""The verification of a record: spec/verification.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator

from ballot import (
    StyleKeys, Void, argument_holds, ballot_signature_holds, fingerprint_of, read_ballot, style_keys,
)  # fmt: skip
from board import (
    BALLOT, CANCELLATION, CEREMONY, CLOSING, CUT_OFF, DECRYPTION, OPENING, ORGANISER, PUBLICATION, ROLL_CHANGE, ROLL_SIGNATURE,
    STATEMENT, Checkpoint, board_checkpoint, bundle_path, bundle_paths, cosigned_by, hash_tile_paths, is_light_path,
    organiser_signed, read_bundle, read_checkpoint, read_entry, read_organiser, read_pointer,
)  # fmt: skip
from ceremony import Broken, Ceremony, JointKey
from contests import Outcome
from encoding import (
    MAX_ATTACHMENT_BYTES, MAX_CHECKPOINT_BYTES, MAX_ENTRIES, MAX_LIST_BYTES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES, MAX_POINTERS,
    MAX_RESULT_BYTES, MAX_ROLL_LINE_BYTES, MAX_SIGNED_BY_ONE, MAX_VOTERS, NO_DIGEST, Refused, require, written,
)  # fmt: skip
from manifest import Manifest, read_manifest
from merkle import Log
from record import Record, Unreadable, read_list, result_bytes, result_value
from report import BALLOT_CHECKS, OF_COMPLETE, Role, Place, Report
from roll_change import AddedLines, Change, NoEffect, CurrentRoll, check_alone, read_change
from roll import (
    NotParts, PARTS_FRAME_BYTES, Roll, read_parts, read_roll, read_roll_signature, roll_signature_holds, wrong_sums,
)  # fmt: skip
from tally import (
    Close, Counted, PartialDecryption, Tally, decryption_is_signed, heads_root, read_decryption, read_statement,
    statement_holds, totals, verify_decryption,
)  # fmt: skip
from transcript import sha256, tagged

MAX_BUNDLE_BYTES = 256 * (2 + 65535)


@dataclass(frozen=True)
class Pins:
    """The values that the auditor knows from another source."""

    fingerprint: str | None = None  # as `read_fingerprint` gives it
    heads: tuple[tuple[int, bytes], ...] = ()  # size and root


@dataclass
class Scan:
    """The entries of the board by their kinds: spec/verification.md#entries."""

    messages: list[tuple[int, bytes]] = field(default_factory=list)  # index and body, as in all these lists
    signatures: list[tuple[int, bytes]] = field(default_factory=list)
    statements: list[tuple[int, bytes]] = field(default_factory=list)
    decryptions: list[tuple[int, bytes]] = field(default_factory=list)
    publications: list[tuple[int, bytes]] = field(default_factory=list)
    ballots: list[tuple[int, bytes]] = field(default_factory=list)
    changes: list[tuple[int, Change]] = field(default_factory=list)  # those that are valid by themselves
    added: AddedLines = field(default_factory=AddedLines)
    opening: int | None = None
    opened: bytes = b""
    closing: int | None = None
    cancelled: int | None = None
    cut_off: int | None = None
    head: tuple[int, bytes] = (0, b"")
    signed: dict[tuple[int, int], int] = field(default_factory=dict)  # by kind and party

    def end(self) -> int | None:
        """The position of the entry that ends the voting."""
        return self.closing if self.closing is not None else self.cancelled


def verify(record: Record, stage: str = "complete", pins: Pins = Pins()) -> Report:
    verifier = Verifier(record, Report(stage), pins)
    verifier.run()
    return verifier.report


class Verifier:
    def __init__(self, record: Record, report: Report, pins: Pins):
        self.record = record
        self.report = report
        self.pins = pins
        self.size = 0

    def run(self) -> None:
        """spec/verification.md#order. Each step returns None if the verifier cannot continue."""
        report, pins = self.report, self.pins
        report.not_asked.add("roll.changes")  # unless the board has one
        if pins.fingerprint is None:
            report.not_asked.add("election.pinned")
            report.not_checked.append("that the voters were shown this fingerprint: compare it, or pin it")
        if not pins.heads:
            report.not_asked.add("board.pinned")
            report.not_checked.append("that the board showed everybody the same entries: pin a checkpoint that somebody kept earlier")
        manifest = self.manifest()
        if manifest is None:
            return
        checkpoint = self.checkpoint(manifest)
        missing: list[str] = []
        roll = self.roll(manifest, missing)
        scan = self.board(manifest, checkpoint) if checkpoint else None
        if missing:
            is_made = scan and (scan.opening is not None or any(kind == ROLL_SIGNATURE for kind, _ in scan.signed))
            authorities: list[Role] = [{"authority": number} for number in range(1, len(manifest.authorities) + 1)]
            who: list[Role] = ["board"] if is_made else authorities
            report.missing("roll.lines", {"file": "roll"}, "the file is missing", *who)
        if checkpoint is None or scan is None:
            return
        joint_key = self.ceremony(manifest, scan)
        if joint_key and manifest.threshold == len(manifest.trustees) > 1:
            report.warnings.append("all trustees are needed to decrypt")
        if joint_key is None or roll is None:
            return
        if scan.closing is None and scan.cancelled is None and report.stage != "voting":
            report.missing("board.order", "record", "the voting is not closed", "organiser")
        fingerprint = tagged("fingerprint", manifest.hash, joint_key.hash(), roll.hash)
        self.election(manifest, scan, roll, fingerprint)
        ballots = Ballots(manifest, joint_key, roll, fingerprint)
        counted = self.ballots(scan, ballots)
        if manifest.closing == "witnesses" and (scan.closing is None or not scan.statements):
            report.not_asked.add("tally.sums")
        if scan.closing is not None and report.stage == "complete":
            tally = Tally(manifest, counted)
            heads = heads_root(ballots.current.heads(ballots.heads))
            close = Close(fingerprint, *scan.head, heads, tally.digest)
            self.close(manifest, scan, close)
            self.result(manifest, scan, ballots.current, joint_key, tally, close)
            self.files(manifest, scan, checkpoint)
        elif scan.cancelled is not None and report.stage == "complete":
            # Nobody publishes a list of the files, and people see the attachments all the same.
            for path, named in sorted(attachment_paths(manifest).items()):
                self.attachment(path, named, is_listed=False)

    # Places.

    def entry(self, index: int) -> Place:
        return {"entry": {"index": index, "file": bundle_path(index // 256, self.size)}}

    # 1 to 3: manifest, checkpoint and roll.

    def read(self, check: str, path: str, maximum: int) -> tuple[bool, bytes | None]:
        """The bytes of a file, None if it is missing; with False if it cannot be read, so that nobody knows."""
        try:
            return True, self.record.read(path, maximum)
        except Unreadable as problem:
            self.report.add(check, {"file": path}, "unreadable", [], problem)
            return False, None

    def required(self, check: str, path: str, maximum: int, *who: Role) -> bytes | None:
        """The bytes of a file; None if it is missing, so that `who` is awaited, or too long, or cannot be read."""
        readable, data = self.read(check, path, maximum)
        if data is None:
            if readable:
                self.report.missing(check, {"file": path}, "the file is missing", *who)
            return None
        if len(data) > maximum:
            self.report.fail(check, {"file": path}, "the file is too long")
            return None
        return data

    def manifest(self) -> Manifest | None:
        data = self.required("manifest.valid", "manifest.json", MAX_MANIFEST_BYTES, "organiser")
        if data is None:
            return None
        self.report.saw("manifest.valid")
        try:
            return read_manifest(data)
        except Refused as problem:
            self.report.fail("manifest.valid", {"file": "manifest.json"}, problem)
            return None

    def checkpoint(self, manifest: Manifest) -> Checkpoint | None:
        data = self.required("board.checkpoint", "checkpoint", MAX_CHECKPOINT_BYTES, "board")
        if data is None:
            return None
        self.report.saw("board.checkpoint")
        try:
            return board_checkpoint(data, manifest.board)
        except Refused as problem:
            self.report.fail("board.checkpoint", {"file": "checkpoint"}, problem)
            return None

    def roll(self, manifest: Manifest, missing: list[str]) -> Roll | None:
        """Reads the roll; None if any line breaks a rule. Who is awaited for a missing one depends on the board."""
        limit = (min(MAX_VOTERS, manifest.total_weight) + 1) * MAX_ROLL_LINE_BYTES
        readable, data = self.read("roll.lines", "roll", limit)
        if data is None:
            missing += ["roll"] if readable else []
            return None
        if len(data) > limit:
            self.report.fail("roll.lines", {"file": "roll"}, "the file is too long")
            return None
        roll = read_roll(data, manifest, lambda line, why: self.report.fail("roll.lines", {"roll_line": line}, why))
        self.report.saw("roll.lines", roll.well_formed)
        return None if self.report.failures_of("roll.lines") else roll

    # 4: the board.

    def board(self, manifest: Manifest, checkpoint: Checkpoint) -> Scan | None:
        report, self.size = self.report, checkpoint.size
        if checkpoint.size > MAX_ENTRIES:
            report.fail("board.entries", "record", "the board is too large")
            return None
        log, scan = Log(), Scan()
        sizes = {size for size, _ in self.pins.heads}
        roots = {}
        for path, width in bundle_paths(checkpoint.size):
            data = self.required("board.entries", path, MAX_BUNDLE_BYTES, "board")
            if data is None:
                return None
            try:
                entries = read_bundle(data, width)
            except Refused as problem:
                report.fail("board.entries", {"file": path}, problem)
                return None
            report.saw("board.entries", len(entries))
            for entry in entries:
                log.append(entry)
                self.take(manifest, scan, log, entry)
                if log.size in sizes:
                    roots[log.size] = log.root()
        report.saw("board.order", log.size)
        report.saw("board.root")
        if log.root() != checkpoint.root:
            report.fail(
                "board.root", "record", f"the entries have the root {log.root().hex()}, but the board signed another"
            )
        for size, root in self.pins.heads:
            report.saw("board.pinned")
            if size > checkpoint.size:
                report.missing("board.pinned", "record", "the copy is older than the pinned board", "board")
            elif size != 0 and roots.get(size) != root:
                report.fail("board.pinned", "record", "the board does not continue the one that was pinned", "board")
        return scan

    def take(self, manifest: Manifest, scan: Scan, log: Log, entry: bytes) -> None:
        """spec/verification.md#entries"""
        report, index = self.report, log.size - 1
        try:
            kind, body = read_entry(entry)
        except Refused as problem:
            report.note("board.entries", self.entry(index), problem, "board")
            return
        item = (index, body)
        if kind == BALLOT:
            scan.ballots.append(item)
            return
        if kind == ROLL_CHANGE:
            report.saw("roll.changes")
            report.not_asked.discard("roll.changes")
            try:
                self.take_change(manifest, scan, index, read_change(body))
            except NoEffect as problem:
                report.note("roll.changes", self.entry(index), problem, "board")
            return
        if kind in ORGANISER:
            report.saw("organiser.signature")
            self.take_organiser(manifest, scan, log, index, kind, body)
            return
        before_opening = kind in (CEREMONY, ROLL_SIGNATURE)
        if before_opening and scan.opening is not None:
            report.note("board.order", self.entry(index), "the entry is after the opening", "board")
            return
        lists = {CEREMONY: scan.messages, ROLL_SIGNATURE: scan.signatures, STATEMENT: scan.statements}
        lists |= {DECRYPTION: scan.decryptions, PUBLICATION: scan.publications}
        party = self.signed_by(manifest, kind, body)
        if party:
            scan.signed[kind, party] = scan.signed.get((kind, party), 0) + 1
            full = scan.signed[kind, party] > MAX_SIGNED_BY_ONE
        else:
            full = kind not in (STATEMENT, ROLL_SIGNATURE) and len(lists[kind]) == MAX_POINTERS
        if full:
            report.note("board.order", self.entry(index), "too many entries of this kind", "board")
            return
        if not before_opening and scan.closing is None:
            report.note("board.order", self.entry(index), "the entry is before the closing", "board")
        lists[kind].append(item)

    def signed_by(self, manifest: Manifest, kind: int, body: bytes) -> int:
        """The party that signed a statement or a signature of the roll; 0 if the signature is not valid."""
        if kind == STATEMENT:
            statement = read_statement(body)
            return statement.trustee if statement_holds(statement, manifest) else 0
        if kind == ROLL_SIGNATURE:
            signature = read_roll_signature(body)
            return signature.authority if roll_signature_holds(signature, manifest) else 0
        return 0

    def take_change(self, manifest: Manifest, scan: Scan, index: int, change: Change) -> None:
        """Keeps a change that is valid by itself: spec/credential.md#changes."""
        if scan.opening is None:
            raise NoEffect("the change is before the opening")
        if scan.end() is not None:
            raise NoEffect("the change is after the closing or the cancellation")
        if scan.cut_off is not None:
            raise NoEffect("the change is after the cut-off")
        check_alone(change, manifest, scan.opened)
        scan.added.take(index, change)
        scan.changes.append((index, change))

    def take_organiser(self, manifest: Manifest, scan: Scan, log: Log, index: int, kind: int, body: bytes) -> None:
        report, fingerprint = self.report, body[:32]
        signed = organiser_signed(manifest, kind, body)
        if not signed or (scan.opening is not None and fingerprint != scan.opened):
            problem = "not signed by the organiser for this election"
            report.note("organiser.signature", self.entry(index), problem, "board")
        elif scan.cancelled is not None:
            report.note("board.order", self.entry(index), "an entry of the organiser after the cancellation", "board")
        elif kind == OPENING and scan.opening is None:
            scan.opening, scan.opened = index, fingerprint
        elif kind == CUT_OFF and scan.opening is not None and scan.closing is None and scan.cut_off is None:
            scan.cut_off = index
        elif kind == CLOSING and scan.opening is not None and scan.closing is None:
            scan.closing, scan.head = index, (log.size, log.root())
        elif kind == CANCELLATION and scan.opening is not None and scan.closing is None:
            scan.cancelled = index
            report.cancelled = {"entry": index, "reason": read_organiser(kind, body).reason}
            # Nothing comes after it.
            report.not_asked |= set(OF_COMPLETE)
        else:
            report.note("board.order", self.entry(index), "an entry of the organiser out of order", "board")

    # 5: the ceremony.

    def pointed(
        self, check: str, folder: str, items: list[tuple[int, bytes]], most: int = MAX_POINTERS, spare: bool = False
    ) -> list[tuple[int, str, int, bytes]]:
        """The files that entries point to: index, path, author and bytes. Files that are not as they must be are left out:
        if they are `spare`, the record may hold without them."""
        files: list[tuple[int, str, int, bytes]] = []
        hashes: set[bytes] = set()
        for index, body in items:
            self.report.saw(check, 0)
            pointer = read_pointer(body)
            path = f"{folder}/{pointer.hash.hex()}"
            if pointer.hash in hashes:
                self.report.note(check, self.entry(index), "an earlier entry names the same file", "board")
                continue
            if len(hashes) == most:
                self.report.note(check, self.entry(index), "more files than an election can have", "board")
                continue
            hashes.add(pointer.hash)
            readable, data = self.read(check, path, MAX_MESSAGE_BYTES)
            if not readable:
                continue
            if data is None:
                self.report.add(check, {"file": path}, "none" if spare else "missing", [] if spare else ["board"], "the file is missing")
            elif len(data) > MAX_MESSAGE_BYTES and not spare:
                self.report.fail(check, {"file": path}, "the file is too long")
            elif len(data) != pointer.length or sha256(data) != pointer.hash:
                effect = "none" if spare else "invalid"
                self.report.add(check, {"file": path}, effect, [], "not the file that its entry names")
            else:
                files.append((index, path, pointer.author, data))
        return files

    def ceremony(self, manifest: Manifest, scan: Scan) -> JointKey | None:
        check, messages = "ceremony.messages", []
        for index, _, author, data in self.pointed(check, "ceremony", scan.messages, 4 * len(manifest.trustees)):
            self.report.saw(check)
            self.same_author(check, index, author, data[3:5])
            messages.append(data)
        if self.report.effects.get(check) == "unreadable":
            return None
        lost = self.report.effects.get(check) == "missing"
        try:
            return Ceremony(messages, manifest).verify()
        except Broken as problem:
            for place in problem.places:
                if problem.absent and (scan.opening is None or lost):
                    absent: list[Role] = [{"trustee": trustee} for trustee in problem.absent]
                    who = ["board"] if scan.opening is not None else [place] if isinstance(place, dict) else absent
                    self.report.missing(check, place, problem, *who)
                elif isinstance(place, dict) and "trustee" in place and not problem.absent:
                    self.report.fail(check, place, problem, place)
                else:
                    self.report.fail(check, place, problem)
            return None

    def same_author(self, check: str, index: int, author: int, named: bytes) -> None:
        """Checks that an entry names the trustee of its file: spec/board.md#entries."""
        if len(named) == 2 and author != int.from_bytes(named, "little"):
            self.report.note(check, self.entry(index), "the entry names another trustee than the file", "board")

    # 6: the election.

    def parts(self, manifest: Manifest, roll: Roll, signed: dict[int, bytes | None]) -> None:
        """spec/verification.md#rollparts"""
        report, check, voters, files = self.report, "roll.parts", len(roll.voters), []
        report.saw(check, 0)
        for authority, digest in signed.items():
            path = f"parts/{authority}"
            data = self.required(check, path, PARTS_FRAME_BYTES + 32 * voters, "board")
            if data is None:
                continue
            if sha256(data) != digest:
                report.fail(check, {"file": path}, "this is not the file that the authority signed")
                continue
            report.saw(check)
            try:
                parts = read_parts(data, manifest, authority, voters)
            except NotParts as problem:
                report.fail(check, {"file": path}, problem, {"authority": authority})
                continue
            files.append(parts)
            if parts.refused is not None:
                report.fail(check, {"file": path}, parts.refused, {"authority": authority})
        if len(files) == len(manifest.authorities):
            for line in wrong_sums(files, roll):
                report.fail(check, {"roll_line": line}, "the parts of this line do not add up to its credential")

    def election(self, manifest: Manifest, scan: Scan, roll: Roll, fingerprint: bytes) -> None:
        report, report.fingerprint = self.report, fingerprint
        report.saw("roll.signature", len(scan.signatures))
        signed: dict[int, bytes | None] = {}  # the hash of the parts that each authority has signed first
        for index, body in scan.signatures:
            signature = read_roll_signature(body)
            if not 1 <= signature.authority <= len(manifest.authorities):
                report.note("roll.signature", self.entry(index), "there is no such credential authority", "board")
            elif not roll_signature_holds(signature, manifest):
                report.note("roll.signature", self.entry(index), "the signature is not valid", "board")
            elif signature.fingerprint != fingerprint:
                problem = "the signature is for the roll of another election"
                report.note("roll.signature", self.entry(index), problem, "board")
            else:
                signed.setdefault(signature.authority, signature.parts)
        for authority in range(1, len(manifest.authorities) + 1):
            if authority not in signed:
                problem = f"credential authority {authority} has not signed the roll"
                if scan.opening is None:
                    report.missing("roll.signature", "record", problem, {"authority": authority})
                else:
                    report.fail("roll.signature", "record", problem, "board")
        if len(manifest.authorities) > 1:
            self.parts(manifest, roll, signed)
        else:
            report.not_asked.add("roll.parts")
        if scan.opening is not None:
            report.saw("election.fingerprint")
            if scan.opened != fingerprint:
                report.fail("election.fingerprint", self.entry(scan.opening), "another election was opened")
        else:
            report.missing("election.fingerprint", "record", "the voting is not opened", "organiser")
        if self.pins.fingerprint is not None:
            report.saw("election.pinned")
            if self.pins.fingerprint not in (fingerprint.hex(), written("F", fingerprint)):
                report.fail("election.pinned", "record", "the fingerprint is not the pinned one")

    # 7: the ballots.

    def ballots(self, scan: Scan, ballots: Ballots) -> list[Counted]:
        for check in BALLOT_CHECKS:
            self.report.saw(check, len(scan.ballots))
        for index, data in self.with_changes(scan, ballots):
            try:
                ballots.admit(index, data, scan)
            except Void as void:
                self.report.note(void.check, self.entry(index), void, "board")
        return list(ballots.counted.values())

    def with_changes(self, scan: Scan, ballots: Ballots) -> Iterator[tuple[int, bytes]]:
        """The ballots in the order of the board. Changes of the roll take effect between them."""
        changes: list[tuple[int, Change | None, bytes]] = [(index, change, b"") for index, change in scan.changes]
        items = changes + [(index, None, data) for index, data in scan.ballots]
        for index, change, data in sorted(items, key=lambda item: item[0]):
            if change is None:
                yield index, data
                continue
            try:
                ballots.current.apply(index, change, change.revoked in ballots.heads)
            except NoEffect as problem:
                self.report.note("roll.changes", self.entry(index), problem, "board")

    # 8: the close.

    def close(self, manifest: Manifest, scan: Scan, close: Close) -> None:
        """Statements and closing rule: spec/verification.md#statements, spec/tally.md#closing-rule."""
        report, agreed = self.report, set()
        first: dict[int, Close] = {}
        if "tally.sums" not in report.not_asked:
            report.saw("tally.sums", len(scan.statements))
        for index, body in scan.statements:
            statement = read_statement(body)
            if not statement_holds(statement, manifest):
                report.note("tally.sums", self.entry(index), "the statement is not signed by a trustee", "board")
                continue
            agrees = statement.close == close
            if agrees:
                agreed.add(statement.trustee)
            earlier = first.setdefault(statement.trustee, statement.close)
            is_second = earlier != statement.close
            if is_second:
                problem = f"trustee {statement.trustee} stated something else before"
            elif not agrees:
                problem = "the statement differs from what was computed"
            else:
                continue
            who = who_answers(statement.close.difference(close), statement.trustee)
            if {earlier.fingerprint, statement.close.fingerprint} != {close.fingerprint}:
                who = ["board"]
            elif is_second:
                who = [{"trustee": statement.trustee}]
            report.note("tally.sums", self.entry(index), problem, *who)
        report.saw("closing.rule")
        if manifest.closing == "statements":
            needed = -(-(len(manifest.trustees) + manifest.threshold) // 2)
            awaited: list[Role] = [
                {"trustee": trustee} for trustee in range(1, len(manifest.trustees) + 1) if trustee not in first
            ]
            problem = f"{len(agreed)} trustees made this statement, {needed} are needed"
            if len(agreed) + len(awaited) < needed:
                report.fail("closing.rule", "record", problem)
            elif len(agreed) < needed:
                report.missing("closing.rule", "record", problem, *awaited)
        else:
            self.closing_checkpoint(manifest, close)

    def closing_checkpoint(self, manifest: Manifest, close: Close) -> None:
        report, cosigned = self.report, set()
        readable, data = self.read("closing.rule", "closing-checkpoint", MAX_CHECKPOINT_BYTES)
        if not readable:
            return
        if data is not None:
            try:
                read_checkpoint(data)
            except Refused as problem:
                report.fail("closing.rule", {"file": "closing-checkpoint"}, problem)
                return
            try:
                checkpoint = board_checkpoint(data, manifest.board)
                same = (checkpoint.size, checkpoint.root) == (close.size, close.root)
                require(same, "the closing checkpoint is not that of the board at the close")
            except Refused as problem:
                report.fail("closing.rule", "record", problem)
                return
            cosigned = cosigned_by(checkpoint, manifest)
        if len(cosigned) < manifest.witness_quorum:
            numbers = range(1, len(manifest.witnesses) + 1)
            awaited: list[Role] = [{"witness": number} for number in numbers if number not in cosigned]
            report.missing("closing.rule", "record", "too few witnesses cosigned", *awaited)

    def result(
        self, manifest: Manifest, scan: Scan, roll: CurrentRoll, joint_key: JointKey, tally: Tally, close: Close
    ) -> None:
        report = self.report
        valid: list[PartialDecryption] = []
        for index, path, author, data in self.pointed("decryption.proof", "decryption", scan.decryptions, spare=True):
            report.saw("decryption.proof")
            self.same_author("decryption.proof", index, author, data[2:4])
            who: list[Role] = ["board"]
            try:
                signed = read_decryption(data)
                require(decryption_is_signed(signed, manifest), "the partial decryption is not signed by a trustee")
                difference = signed.close.difference(close)
                who = who_answers(difference, signed.trustee)
                require(difference is None, f"the partial decryption is of another tally: its {difference} differs")
                who = [{"trustee": signed.trustee}]
                decryption = verify_decryption(signed, manifest, joint_key, tally, close)
                who = ["board"]
                twice = decryption.trustee in [earlier.trustee for earlier in valid]
                require(not twice, f"trustee {decryption.trustee} has a valid partial decryption already")
            except Refused as problem:
                report.note("decryption.proof", {"file": path}, problem, *who)
            else:
                valid.append(decryption)
        report.saw("decryption.threshold", len(valid))
        if len(valid) < manifest.threshold:
            decrypted = {decryption.trustee for decryption in valid}
            numbers = range(1, len(manifest.trustees) + 1)
            awaited: list[Role] = [{"trustee": number} for number in numbers if number not in decrypted]
            report.missing("decryption.threshold", "record", "too few valid partial decryptions", *awaited)
            return
        try:
            found = totals(manifest, tally, close.fingerprint, valid)
        except Refused as problem:
            report.fail("decryption.threshold", "record", problem)
            return
        self.warn(manifest, tally, found.outcomes)
        report.result = result_value(manifest, close.fingerprint, roll, tally, found)
        published = self.required("result.totals", "result/result.json", MAX_RESULT_BYTES, "board")
        if published is None:
            return
        report.saw("result.totals")
        if published != result_bytes(report.result):
            report.fail("result.totals", {"file": "result/result.json"}, "not the result that the ballots give")

    def warn(self, manifest: Manifest, tally: Tally, found: list[Outcome | None]) -> None:
        for contest, sums, total in zip(manifest.contests, tally.contests, found):
            if total is None:
                self.report.warnings.append(
                    f"contest {contest.id}: the totals stay encrypted: {sums.withheld(manifest)}"
                )
            elif contest.rule.unanimous(total, sums.weight):
                self.report.warnings.append(f"contest {contest.id}: everybody who voted gave one option all that they could")

    def files(self, manifest: Manifest, scan: Scan, checkpoint: Checkpoint) -> None:
        """spec/record.md#files"""
        check, report = "record.files", self.report
        if not scan.publications:
            report.missing(check, "record", "no entry of the board points to the list of files", "board")
            return
        pointers: dict[bytes, int] = {}
        for index, body in scan.publications:
            pointer = read_pointer(body)
            if pointer.hash in pointers:
                report.note(check, self.entry(index), "an earlier entry names the same file", "board")
            pointers.setdefault(pointer.hash, pointer.length)
        data = self.required(check, "SHA256SUMS", MAX_LIST_BYTES, "board")
        if data is None:
            return
        named_by = [hash for hash, length in pointers.items() if (len(data), sha256(data)) == (length, hash)]
        for _ in range(len(pointers) - len(named_by)):
            effect = "none" if named_by else "invalid"
            report.add(check, {"file": "SHA256SUMS"}, effect, [], "not the file that an entry names")
        if not named_by:
            return
        try:
            listed = read_list(data)
        except Refused as problem:
            report.fail(check, {"file": "SHA256SUMS"}, problem)
            return
        if set(listed) - {"result/result.json", "closing-checkpoint"}:
            report.not_checked.append("the content of pictures, tables and texts for people")
        named = {"manifest.json", "roll", "checkpoint", "SHA256SUMS"} | {
            path for path, _ in bundle_paths(checkpoint.size)
        }
        if len(manifest.authorities) > 1:
            named |= {f"parts/{number}" for number in range(1, len(manifest.authorities) + 1)}
        tiles = set(hash_tile_paths(checkpoint.size))
        named |= {f"ceremony/{read_pointer(body).hash.hex()}" for _, body in scan.messages}
        named |= {f"decryption/{read_pointer(body).hash.hex()}" for _, body in scan.decryptions}
        report.saw(check, len(listed))
        for path, digest in listed.items():
            data = self.required(check, path, MAX_MESSAGE_BYTES, "board")
            if data is not None and sha256(data) != digest:
                report.fail(check, {"file": path}, "the file is not the one that was published")
        try:
            paths = self.record.paths()
        except Unreadable as problem:
            report.add(check, "record", "unreadable", [], problem)
            return
        paths = [path for path in paths if path not in tiles and not is_light_path(path)]
        report.saw(check, len(paths))
        attachments = attachment_paths(manifest)
        for path in paths:
            if path in attachments:
                self.attachment(path, attachments[path])
            elif path not in named and path not in listed:
                report.note(check, {"file": path}, "the file is not part of the record")

    def attachment(self, path: str, named: list[tuple[bytes, int]], is_listed: bool = True) -> None:
        """A file that the manifest names. Nobody has signed the bytes of this copy, and no result depends on them."""
        check, place = "record.files", {"file": path}
        _, data = self.read(check, path, MAX_ATTACHMENT_BYTES)
        if data is not None and not is_listed:
            self.report.saw(check)
            self.report.not_asked.discard(check)
        if data is not None and any((sha256(data), len(data)) != file for file in named):
            self.report.note(check, place, "not the file that the manifest names")


def attachment_paths(manifest: Manifest) -> dict[str, list[tuple[bytes, int]]]:
    """Hash and length of the files that the manifest names, by their paths."""
    attachments: dict[str, list[tuple[bytes, int]]] = {}
    for digest, length in manifest.attachments:
        attachments.setdefault(f"attachments/{digest.hex()}", []).append((digest, length))
    return attachments


def who_answers(difference: str | None, trustee: int) -> list[Role]:
    """Who answers for what a trustee signed about another tally: spec/verification.md#effects."""
    if difference == "fingerprint":
        return ["board"]
    return [{"trustee": trustee}] if difference in ("heads", "digest") else []


class Ballots:
    """Applies spec/ballot.md#admission, and selects the ballots that count: spec/tally.md#selection."""

    def __init__(self, manifest: Manifest, joint_key: JointKey, roll: Roll, fingerprint: bytes):
        self.manifest = manifest
        self.roll = roll
        self.current = CurrentRoll(manifest, roll)
        self.fingerprint = fingerprint
        self.keys: list[StyleKeys] = [style_keys(style, joint_key.keys) for style in manifest.styles]
        self.trackers: set[bytes] = set()
        self.randomness: set[bytes] = set()
        self.last: dict[bytes, bytes] = {}
        self.heads: dict[bytes, int] = {}
        self.number: dict[bytes, int] = {}
        self.counted: dict[bytes, Counted] = {}

    def admit(self, index: int, data: bytes, scan: Scan) -> None:
        """Raises Void with the first rule that the ballot breaks."""
        rule("window", scan.opening is not None and index > scan.opening, "the ballot comes before the opening")
        end = scan.end()
        rule("window", end is None or index < end, "the ballot comes after the closing or the cancellation")
        try:
            fingerprint = fingerprint_of(data)
            rule("election", fingerprint == self.fingerprint, "the ballot was made for another election")
            ballot = read_ballot(data, self.manifest)
        except Refused as problem:
            raise Void("encoding", str(problem)) from None
        credential = ballot.credential.encoding
        voter = self.roll.voters.get(credential) or scan.added.before(credential, index)
        if voter is None:
            raise Void("credential", "the credential is not on the roll")
        fits = (ballot.style, ballot.weight) == (voter.style, voter.weight)
        rule("style", fits, "style and weight are not those of the voter")
        rule("signature", ballot_signature_holds(ballot, fingerprint), "the signature is not the credential's")
        style, keys = self.manifest.styles[ballot.style], self.keys[ballot.style]
        rule("argument", argument_holds(ballot, style, keys, fingerprint), "the ballot argument is not valid")
        rule("credential", self.current.line(credential) is not None, "no change with an effect has added the credential")
        rule("credential", credential not in self.current.revoked, "a change has revoked the credential")
        rule("duplicate", ballot.tracker not in self.trackers, "an admitted ballot has the same tracker")
        rule("randomness", ballot.r.encoding not in self.randomness, "an admitted ballot has the same R")
        previous = self.last.get(credential, NO_DIGEST)
        number = self.number.get(credential, 0) + 1
        few = number <= self.manifest.ballots_per_credential
        rule("predecessor", few, "the voter has cast as many ballots as the manifest allows")
        rule("predecessor", ballot.previous == previous, "the predecessor is not the voter's last ballot")
        self.trackers.add(ballot.tracker)
        self.randomness.add(ballot.r.encoding)
        self.last[credential] = ballot.tracker
        self.heads[credential] = index
        self.number[credential] = number
        self.counted[credential] = Counted(ballot.style, voter.weight, ballot.r.point, [c.point for c in ballot.c])


def rule(slug: str, holds: bool, problem: str) -> None:
    if not holds:
        raise Void(slug, problem)
