"""Exploring a record."""

import base64
import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import ballotta
from ballotta import BallottaError

from .conftest import ByHand


@pytest.fixture
def record(by_hand: ByHand) -> ballotta.Record:
    return ballotta.open_record(by_hand.record)


def test_the_election(by_hand: ByHand, record: ballotta.Record) -> None:
    assert record.fingerprint == by_hand.fingerprint
    assert record.manifest == json.loads((by_hand.record / "manifest.json").read_text())
    assert record.eligible_voters == 4 and list(record.eligible.values()) == [(4, 4)]
    assert record.size == len(list(record.entries())) and len(record.root) == 64


def test_entries(record: ballotta.Record) -> None:
    entries = list(record.entries())
    assert [entry.index for entry in entries] == list(range(record.size))
    kinds = [entry.kind for entry in entries]
    assert kinds == [*["ceremony"] * 4, "roll-signature", "open", *["ballot"] * 4, "close", "statement", "decryption", "publication"]
    assert (record.opened, record.closed) == (kinds.index("open"), kinds.index("close"))
    first = next(record.entries())
    assert first == entries[0] and first.body == entries[0].body


def test_ballots(by_hand: ByHand, record: ballotta.Record) -> None:
    ballots = list(record.ballots())
    assert [ballot.tracker for ballot in ballots] == by_hand.trackers
    assert [ballotta.tracker_of(ballot.raw) for ballot in ballots] == by_hand.trackers
    assert ballotta.tracker_of(bytearray(ballots[0].raw)) == by_hand.trackers[0]
    assert ballotta.tracker_of(memoryview(ballots[0].raw)) == by_hand.trackers[0]
    assert [ballot.previous for ballot in ballots] == [None, None, None, by_hand.trackers[1]]
    assert ballots[1].credential == ballots[3].credential
    assert {ballot.weight for ballot in ballots} == {1} and len({ballot.style for ballot in ballots}) == 1


def test_following_a_credential(by_hand: ByHand, record: ballotta.Record) -> None:
    ballots = list(record.ballots())
    followed = record.follow(ballots[1].credential)
    assert [(own.tracker, own.state) for own in followed] == [
        (by_hand.trackers[1], "superseded"),
        (by_hand.trackers[3], "counted"),
    ]
    number = by_hand.voter_numbers[1]
    found = record.find(by_hand.trackers[1], number)
    assert (found.state, found.superseded_by) == ("superseded", by_hand.trackers[3])
    assert record.find(by_hand.trackers[3], number).state == "counted"
    # H2: the tracker of another voter's ballot is that of no ballot of this voter.
    assert record.find(by_hand.trackers[0], number).state == "of_another_voter"
    assert record.find("0" * 64, number).state == "missing"


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("unknown-credential", lambda record: record.follow("0" * 64)),
        ("bad-credential", lambda record: record.follow("nonsense")),
        ("typing-slip", lambda record: record.find("nonsense", "N-008J4-CT4AN-K7FS4")),
        ("typing-slip", lambda record: record.find("0" * 64, "N-008J4-CT4AN-K7FS5")),
        ("bad-encoding", lambda record: ballotta.tracker_of(b"short")),
        ("bad-opening", lambda record: record.check_opening(b"short", "0" * 64, "N-008J4-CT4AN-K7FS4")),
        ("unknown-number", lambda record: record.find("0" * 64, "N-008J4-CT4AN-K7FS4")),
    ],
)
def test_what_is_not_found(record: ballotta.Record, code: str, call: Any) -> None:
    with pytest.raises(BallottaError) as caught:
        call(record)
    assert caught.value.code == code


def test_an_opened_ballot(by_hand: ByHand, record: ballotta.Record) -> None:
    opened = record.check_opening(by_hand.opening, by_hand.opened_tracker, by_hand.voter_numbers[3])
    assert opened.choices == {"chair": {"options": ["emmy"]}} and opened.voter_number == by_hand.voter_numbers[3]
    assert (opened.style, opened.weight) == (next(iter(record.eligible)), 1)
    changed = bytearray(by_hand.opening)
    assert record.check_opening(changed, by_hand.opened_tracker, by_hand.voter_numbers[3]) == opened
    with pytest.raises(BallottaError) as caught:
        record.check_opening(by_hand.opening, by_hand.trackers[0], by_hand.voter_numbers[3])
    assert caught.value.code == "other-tracker"
    with pytest.raises(BallottaError) as caught:
        record.check_opening(by_hand.opening, by_hand.opened_tracker, by_hand.voter_numbers[0])
    assert caught.value.code == "other-voter"
    bytes_ = base64.b64decode(by_hand.opening.split(b"\n")[1])
    assert record.check_opening(bytes_, by_hand.opened_tracker, by_hand.voter_numbers[3]) == opened
    lied = bytes_.replace(b'"emmy"', b'"ada"')
    with pytest.raises(BallottaError) as caught:
        record.check_opening(lied, by_hand.opened_tracker, by_hand.voter_numbers[3])
    assert caught.value.code == "ballot-mismatch"
    with pytest.raises(BallottaError) as caught:
        record.check_opening(by_hand.opening[:-9] + b"?!", by_hand.opened_tracker, by_hand.voter_numbers[3])
    assert caught.value.code == "bad-encoding"
    # What editors and mail programs do to a text.
    edited = b"\xef\xbb\xbf" + by_hand.opening.replace(b"\n", b"\r\n") + b"\n\n"
    assert record.check_opening(edited, by_hand.opened_tracker, by_hand.voter_numbers[3]) == opened
    for other in (by_hand.opening.replace(b"/ballot-opening", b"/ballot"), by_hand.opening.replace(b"draft.5", b"draft.0")):
        with pytest.raises(BallottaError) as caught:
            record.check_opening(other, by_hand.opened_tracker, by_hand.voter_numbers[3])
        assert caught.value.code == "bad-encoding"
    for wrong in ["text", 5, None, [1, 2]]:
        with pytest.raises(TypeError, match="opening: expected bytes"):
            record.check_opening(wrong, by_hand.opened_tracker, by_hand.voter_numbers[3])  # type: ignore[arg-type]


def test_turnout_and_anonymity_sets(by_hand: ByHand, record: ballotta.Record, demo: Path) -> None:
    turnout = record.turnout()
    # At every entry of a small board: no ballot appears to be before the opening or after the close.
    assert turnout.entries == tuple(range(record.size + 1))
    assert (turnout.ballots[-1], turnout.voters[-1]) == (4, 3)
    assert record.opened is not None and record.closed is not None
    assert turnout.ballots[record.opened] == 0 and turnout.ballots[record.closed] == 4
    assert [name for name, _ in turnout.marks] == ["opening", "close", "checkpoint"]
    (style,) = record.eligible
    assert record.anonymity_sets() == {(style, 1): 3}
    report = ballotta.verify(demo)
    assert report.result is not None
    large = ballotta.open_record(demo)
    assert sum(large.anonymity_sets(report).values()) == report.result["counted_ballots"]
    assert large.turnout().voters[-1] == report.result["counted_ballots"]
    assert list(large.turnout().entries) == sorted(set(large.turnout().entries))


def test_a_record_that_does_not_hold(broken: Path) -> None:
    with pytest.raises(BallottaError) as caught:
        ballotta.open_record(broken)
    assert caught.value.code == "bad-root"


def test_a_record_that_changes(by_hand: ByHand, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "record"
    shutil.copytree(by_hand.record, folder)
    record = ballotta.open_record(folder)
    (tile,) = (path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    hashes = tile.read_bytes()
    tile.write_bytes(hashes[:-1] + bytes([hashes[-1] ^ 1]))
    with pytest.raises(BallottaError) as caught:
        list(record.ballots())
    assert caught.value.code == "record-changed"


def test_nothing_of_the_library_is_pickled_or_copied(record: ballotta.Record) -> None:
    selection = ballotta._ballotta.Selection
    assert selection is not None
    for value in [record, record._record]:
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(value)
        with pytest.raises(TypeError, match="cannot pickle"):
            copy.deepcopy(value)
