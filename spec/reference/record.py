"""The files of a record, and the two that it computes: spec/record.md."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from contests import Outcome
from decisions import Circumstances, Lots, motion_value, seats_value, winners_value
from encoding import MAX_LIST_BYTES, Refused, is_hex, require
from lists import Lists
from manifest import Contest, Manifest
from roll_change import CurrentRoll
from tally import Result, Tally, quorum_reached

RESULT_FORMAT = "ballotta/v1-draft.5/result"


class Unreadable(Exception):
    """A file that exists cannot be read, so that nobody knows what the record says."""

    def __init__(self, problem: object):
        super().__init__(f"the file cannot be read: {problem}")


class Record:
    """A record in a folder."""

    def __init__(self, folder: str):
        self.folder = folder

    def read(self, path: str, maximum: int) -> bytes | None:
        """The bytes of a file, at most one more than the maximum; None if it is missing. Only regular files are opened,
        since a pipe might never end."""
        target = os.path.join(self.folder, path)
        try:
            if not stat.S_ISREG(os.stat(target).st_mode):
                return None
            with open(target, "rb") as file:
                return file.read(min(os.fstat(file.fileno()).st_size, maximum + 1))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as problem:
            raise Unreadable(problem) from None

    def paths(self) -> list[str]:
        """The paths of all files. A symbolic link counts as a file, whatever its target is."""

        def refuse(problem: OSError) -> None:
            raise Unreadable(problem)

        found = []
        for folder, folders, names in os.walk(self.folder, onerror=refuse):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in names + links:
                path = os.path.relpath(os.path.join(folder, name), self.folder).replace(os.sep, "/")
                found.append(os.fsencode(path).decode("utf-8", "replace"))
        return sorted(found)


def is_path(text: str) -> bool:
    """Whether a text is the path of a file in a record, on every system: spec/record.md#files."""
    visible = all("!" <= c <= "~" and c not in "\\:" for c in text)
    return visible and all(part not in ("", ".", "..") for part in text.split("/"))


def read_list(data: bytes) -> dict[str, bytes]:
    """Reads SHA256SUMS: a hash for every path."""
    require(len(data) <= MAX_LIST_BYTES, "the list is too long")
    require(all(0x20 < byte < 0x7F or byte in b" \n" for byte in data), "the list has characters that are not visible")
    require(not data or data.endswith(b"\n"), "the list does not end in a line feed")
    listed: dict[str, bytes] = {}
    last = ""
    for number, line in enumerate(data.decode().split("\n")[:-1], 1):
        digest, path = line[:64], line[66:]
        require(is_hex(digest, 64) and line[64:66] == "  ", f"line {number}: not a hash and two spaces")
        require(is_path(path), f"line {number}: not the path of a file in a record")
        require(path > last, f"line {number}: the paths do not ascend")
        listed[path], last = bytes.fromhex(digest), path
    return listed


def result_value(
    manifest: Manifest, fingerprint: bytes, roll: CurrentRoll, tally: Tally, result: Result
) -> dict[str, Any]:
    """The content of result/result.json as a value: spec/record.md#result."""
    quorum = None
    if manifest.quorum:
        heads = manifest.quorum.of == "heads"
        counted = tally.ballots if heads else tally.weight
        base = (roll.voters if heads else roll.weight) if manifest.quorum.base == "roll" else counted
        quorum = {
            "counted": counted,
            "base": base,
            "fraction": [manifest.quorum.share.numerator, manifest.quorum.share.denominator],
            "rule": manifest.quorum.share.rule,
            "reached": quorum_reached(manifest, counted, base),
        }
    contests = []
    for number, (contest, sums, outcome) in enumerate(zip(manifest.contests, tally.contests, result.outcomes)):
        styles = {i for i, style in enumerate(manifest.styles) if number in style.contests}
        eligible = sum(voter.weight for voter in roll.lines() if voter.style in styles)
        circumstances = Circumstances(quorum is None or quorum["reached"], sums.weight, eligible, result.seed)
        contests.append(contest_value(contest, sums.ballots, sums.withheld(manifest), outcome, circumstances))
    return {
        "format": RESULT_FORMAT,
        "fingerprint": fingerprint.hex(),
        "eligible_voters": roll.voters,
        "eligible_weight": roll.weight,
        **({"roll_changes": roll.counts()} if manifest.roll_changes else {}),
        "counted_ballots": tally.ballots,
        "counted_weight": tally.weight,
        "quorum": quorum,
        "lot": result.seed.hex() if result.seed else None,
        "contests": contests,
    }


def contest_value(
    contest: Contest, ballots: int, withheld: str | None, outcome: Outcome | None, circumstances: Circumstances
) -> dict[str, Any]:
    names, rule = contest.options, contest.rule

    def ids(options: list[int]) -> list[str]:
        return [names[i] for i in options]

    value: dict[str, Any] = {
        "id": contest.id,
        "ballots": ballots,
        "weight": circumstances.weight,
        "withheld": withheld,
        "options": [{"id": name} | found for name, found in zip(names, outcome.options)] if outcome else [],
        "blank": outcome.blank if outcome else None,
        "ranked_by": rule.ranked_by,
        "ranking": [ids(tie) for tie in outcome.ranking] if outcome else [],
    }
    lots = Lots(circumstances.seed, contest.id, names)
    if outcome and contest.winners:
        value["winners"] = winners_value(contest.winners, outcome, lots, circumstances)
    if outcome and contest.passes:
        value["passes"] = motion_value(contest.passes, outcome, circumstances)
    if outcome and outcome.pairs:
        rankings = {name: outcome.pairs[name] for name in ("schulze", "ranked_pairs", "copeland")}
        winner = outcome.pairs["condorcet_winner"]
        value["pairs"] = {
            "matrix": outcome.pairs["matrix"],
            "condorcet_winner": None if winner is None else names[winner],
        } | {name: [ids(tie) for tie in ranking] for name, ranking in rankings.items()}
    if outcome and isinstance(rule, Lists) and rule.seats:
        value["seats"] = seats_value(rule.seats, rule.lists, outcome, lots, circumstances)
    return value


def result_bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
