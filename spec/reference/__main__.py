"""python3 -I -S spec/reference verify RECORD, or evidence FILE: the second verifier."""

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rpartition("/")[0] or ".")

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

from board import board_checkpoint, read_checkpoint  # noqa: E402
from encoding import (  # noqa: E402
    MAX_CHECKPOINT_BYTES, MAX_EVIDENCE_BYTES, MAX_MANIFEST_BYTES, Refused, read_fingerprint,
)  # fmt: skip
from evidence import Broken, read_evidence  # noqa: E402
from manifest import read_manifest  # noqa: E402
from record import Record  # noqa: E402
from report import STAGES  # noqa: E402
from verify import Pins, verify  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="reference", description="The second verifier of Ballotta.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("verify", help="verify everything in a record that can be checked")
    verb.add_argument("record", help="the folder of the record")
    verb.add_argument("--stage", choices=STAGES, default="complete", help="how far the election must have come")
    verb.add_argument("--fingerprint", help="the fingerprint that the voters were shown: F-.. or 64 digits")
    verb.add_argument(
        "--checkpoint",
        metavar="FILE",
        action="append",
        default=[],
        help="a checkpoint of the board that somebody kept earlier; the option can be given several times",
    )
    verb.add_argument("--json", action="store_true", help="write one JSON value to the standard output")
    of_evidence = verbs.add_parser("evidence", help="verify evidence against a board or a trustee, without a record")
    of_evidence.add_argument("file", help="the file with the evidence")
    arguments = parser.parse_args()
    if arguments.verb == "evidence":
        return judge(arguments.file)
    if not os.path.isdir(arguments.record):
        parser.error(f"{arguments.record} is not a folder")
    fingerprint = None
    try:
        if arguments.fingerprint is not None:
            fingerprint = read_fingerprint(arguments.fingerprint)
    except Refused as problem:
        parser.error(f"--fingerprint: {problem}")
    record, heads = Record(arguments.record), []
    for path in arguments.checkpoint:
        try:
            with open(path, "rb") as file:
                note = file.read(MAX_CHECKPOINT_BYTES + 1)
            checkpoint = read_checkpoint(note)
        except (OSError, Refused) as problem:
            parser.error(f"--checkpoint: {problem}")
        try:
            board_checkpoint(note, read_manifest(record.read("manifest.json", MAX_MANIFEST_BYTES) or b"").board)
        except Refused as problem:
            print(f"error: {path} is not a checkpoint of this board: {problem}", file=sys.stderr)
            return 1
        heads.append((checkpoint.size, checkpoint.root))
    report = verify(record, arguments.stage, Pins(fingerprint, tuple(heads)))
    if arguments.json:
        output = json.dumps(report.value(), indent=2, ensure_ascii=False)
    else:
        output = report.text()
    sys.stdout.buffer.write(output.encode("utf-8", "replace") + b"\n")
    verdicts = {None: 2, "does_not_hold": 1, "not_complete": 3}
    return verdicts.get(report.verdict(), 0)


def judge(path: str) -> int:
    """Says whom evidence convicts: spec/evidence.md."""
    try:
        with open(path, "rb") as file:
            evidence = read_evidence(file.read(MAX_EVIDENCE_BYTES + 1))
    except (OSError, Refused) as problem:
        print(f"error: {path} is not evidence: {problem}", file=sys.stderr)
        return 2
    print(f"manifest {evidence.manifest.hash.hex()}: compare it with the one that you know")
    try:
        trustee = evidence.judge()
    except Broken as problem:
        print(f"convicts nobody: it breaks {problem} of {evidence.kind}")
        return 1
    print(f"convicts {f'trustee {trustee}' if trustee else 'the board'}: {evidence.kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
