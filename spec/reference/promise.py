"""What became of a ballot that a board has promised: spec/board.md#receipts."""

from __future__ import annotations

from ballot import Void, credential_of, fingerprint_of
from board import BALLOT, board_receipt, bundle_paths, read_bundle, read_entry
from encoding import Refused, require
from merkle import leaf
from record import Record
from report import Report
from roll import voter_number
from tally import Counted
from verify import MAX_BUNDLE_BYTES, Ballots, Pins, Scan, Verifier


class Admitted(Verifier):
    """Keeps what the verifier finds on the way: the entries, and the ballots that are admitted."""

    def __init__(self, record: Record):
        super().__init__(record, Report("voting"), Pins())
        self.scan: Scan | None = None
        self.admitted: dict[int, bytes] = {}
        self.ballot_box: Ballots | None = None
        self.run()

    def ballots(self, scan: Scan, ballots: Ballots) -> list[Counted]:
        self.scan, self.ballot_box = scan, ballots
        for index, data in self.with_changes(scan, ballots):
            try:
                ballots.admit(index, data, scan)
                self.admitted[index] = credential_of(data)
            except Void:
                pass
        return []

    def change_of_code(self, number: bytes, credential: bytes) -> str | None:
        """Whether a change of the roll explains that the ballot is not one with this number."""
        assert self.scan is not None and self.ballot_box is not None
        current = self.ballot_box.current
        if any(voter_number(revoked) == number for revoked in current.revoked):
            return "number_revoked"
        for _, change in self.scan.changes:
            line = change.added
            # A change without an effect has replaced no code.
            if change.revoked != credential or line is None or line.credential.encoding not in current.added:
                continue
            if voter_number(line.credential.encoding) == number:
                return "code_replaced"
        voters = [*self.ballot_box.roll.voters, *current.added]
        require(any(voter_number(voter) == number for voter in voters), "no voter has this number")
        return None

    def entry_bytes(self, index: int) -> bytes:
        path, width = list(bundle_paths(self.size))[index // 256]
        return read_bundle(self.record.read(path, MAX_BUNDLE_BYTES) or b"", width)[index % 256]


def promised(record: Record, data: bytes, tracker: bytes, number: bytes) -> str:
    """The state of the ballot that a receipt promises, with the tracker and the voter number that the voter kept."""
    board = Admitted(record)
    if board.scan is None or board.ballot_box is None:
        raise Refused("the record cannot be read")
    receipt = board_receipt(data, board.ballot_box.manifest.board)
    require(receipt.fingerprint == board.ballot_box.fingerprint, "the receipt is of another election")
    require(receipt.tracker == tracker, "the receipt is of another ballot")
    if receipt.index >= board.size:
        return "not_yet" if board.scan.end() is None else "promise_broken"
    entry = board.entry_bytes(receipt.index)
    if leaf(entry) != receipt.leaf:
        return "promise_broken"
    try:
        kind, body = read_entry(entry)
        require(kind == BALLOT, "the entry is no ballot")
        fingerprint_of(body)
    except Refused:
        return "void"
    credential = credential_of(body)
    if voter_number(credential) != number:
        return board.change_of_code(number, credential) or "of_another_voter"
    if receipt.index not in board.admitted:
        return "void"
    require(board.scan.cancelled is None, "the election is cancelled: no ballot counts")
    return "counted" if board.ballot_box.heads[credential] == receipt.index else "superseded"
