"""Compares this verifier with the command on a record, and on tampered copies of it.

    python3 -I -S spec/reference/compare.py BALLOTTA RECORD [--mutations N] [--bytes N] [--seed S] [--stage STAGE]

Both must say the same of every copy: verdict, checks with their counts, places of failures, warnings, result. Only the
wording of problems is free. The exit code is 0 if they do.
"""

from __future__ import annotations

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rpartition("/")[0] or ".")

import argparse  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
from typing import Any  # noqa: E402

from board import bundle_path, read_bundle  # noqa: E402
from encoding import Refused  # noqa: E402
from record import Record  # noqa: E402
from verify import Pins, verify  # noqa: E402


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """The report without sentences, and with the failures in a fixed order."""
    failures = sorted(
        (failure["check"], json.dumps(failure["place"]), failure["effect"], sorted(map(json.dumps, failure["who"])))
        for failure in report["failures"]
    )
    counts = {name: len(report[name]) for name in ("warnings", "not_checked")}
    # Whether the election is a rehearsal is not a part of the report: the command adds it.
    report = {name: value for name, value in report.items() if name != "rehearsal"}
    return report | counts | {"failures": failures}


def differences(
    command: str, folder: str, stage: str = "complete", pins: Pins = Pins(), options: tuple[str, ...] = (), tampered: bool = False
) -> list[str]:
    """The differences between the two verifiers; none if they agree. A `tampered` record must not be valid."""
    call = [command, "verify", "--json", "--stage", stage, *options, folder]
    process = subprocess.run(call, capture_output=True, timeout=600, check=False)
    if process.returncode not in (0, 1, 2, 3) or not process.stdout:
        return [f"the command ended with {process.returncode}: {process.stderr.decode(errors='replace')}"]
    theirs = comparable(json.loads(process.stdout))
    ours = comparable(json.loads(json.dumps(verify(Record(folder), stage, pins).value())))
    code = {"does_not_hold": 1, "not_complete": 3, None: 2}.get(ours["verdict"], 0)
    found = [] if process.returncode == code else ["the exit codes differ"]
    if tampered and ours["verdict"] == "holds":
        found.append("no verifier noticed the change")
    for name in theirs.keys() | ours.keys():
        a, b = theirs.get(name), ours.get(name)
        if a == b:
            continue
        if isinstance(a, list) and isinstance(b, list):
            found += [f"{name}: only the command: {item}" for item in a if item not in b]
            found += [f"{name}: only the reference: {item}" for item in b if item not in a]
            if sorted(map(str, a)) == sorted(map(str, b)) or len(a) != len(b):
                found.append(f"{name}: {len(a)} and {len(b)}, or another order")
        else:
            found.append(f"{name}: the command {a}, the reference {b}")
    return found


# Mutations. Each changes a copy of the record and returns a description of the change.


class Copy:
    def __init__(self, folder: str, chance: random.Random):
        self.folder = folder
        self.chance = chance
        self.files = Record(folder).paths()

    def read(self, path: str) -> bytes:
        with open(os.path.join(self.folder, path), "rb") as file:
            return file.read()

    def write(self, path: str, data: bytes) -> None:
        target = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)

    def file(self, prefix: str = "") -> str:
        """A random file. Every folder and every file outside a folder has the same probability."""
        groups = sorted({path.split("/")[0] for path in self.files if path.startswith(prefix)})
        group = self.chance.choice(groups)
        return self.chance.choice([p for p in self.files if p.split("/")[0] == group and p.startswith(prefix)])

    def tampered(self, original: bytes) -> tuple[bytes, str]:
        data = bytearray(original)
        kind = self.chance.choice(["flip", "flip", "flip", "set", "cut", "append", "insert", "drop"])
        at = self.chance.randrange(len(data)) if data else 0
        if kind == "flip" and data:
            data[at] ^= 1 << self.chance.randrange(8)
        elif kind == "set" and data:
            data[at] = self.chance.choice([0, 0x0A, 0x20, 0x30, 0xFF])
        elif kind == "cut":
            del data[at:]
        elif kind == "append":
            data += self.chance.choice([b"\n", b"\0", b"x"])
        elif kind == "insert":
            data[at:at] = self.chance.choice([b"\n", b" ", b"\0", b"0"])
        elif data:
            del data[at]
        return bytes(data), f"{kind} at {at}"

    # Entries.

    def entries(self) -> list[bytes]:
        size = int(self.read("checkpoint").split(b"\n")[1])
        entries = []
        for number in range((size + 255) // 256):
            entries += read_bundle(self.read(bundle_path(number, size)), min(256, size - 256 * number))
        return entries

    def write_entries(self, entries: list[bytes]) -> None:
        """Writes as many entries as before, because the size is signed."""
        for number in range((len(entries) + 255) // 256):
            some = entries[256 * number : 256 * (number + 1)]
            bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in some)
            self.write(bundle_path(number, len(entries)), bundle)


def flip_a_file(copy: Copy) -> str:
    path = copy.file()
    data, how = copy.tampered(copy.read(path))
    copy.write(path, data)
    return f"{path}: {how}"


def remove_a_file(copy: Copy) -> str:
    path = copy.file()
    os.remove(os.path.join(copy.folder, path))
    return f"{path}: removed"


def add_a_file(copy: Copy) -> str:
    path = copy.chance.choice(
        ["extra", "ceremony/extra", "tile/entries/001.p/3", "tile/0/000", "result/x y", "decryption/" + "0" * 64]
    )
    copy.write(path, b"extra")
    return f"{path}: added"


def swap_entries(copy: Copy) -> str:
    entries = copy.entries()
    a, b = copy.chance.randrange(len(entries)), copy.chance.randrange(len(entries))
    entries[a], entries[b] = entries[b], entries[a]
    copy.write_entries(entries)
    return f"entries {a} and {b} swapped"


def repeat_an_entry(copy: Copy) -> str:
    entries = copy.entries()
    a, b = copy.chance.randrange(len(entries)), copy.chance.randrange(len(entries))
    entries[a] = entries[b]
    copy.write_entries(entries)
    return f"entry {a} is entry {b}"


def tamper_an_entry(copy: Copy) -> str:
    entries = copy.entries()
    kind = copy.chance.choice(sorted({entry[2] for entry in entries}))
    a = copy.chance.choice([index for index, entry in enumerate(entries) if entry[2] == kind])
    entries[a], how = copy.tampered(entries[a])
    entries[a] = entries[a] or b"\x01"
    copy.write_entries(entries)
    return f"entry {a} of kind {kind}: {how}"


def tamper_behind_a_pointer(copy: Copy) -> str:
    """Changes a file together with its entry, so that not only the hash is wrong."""
    entries = copy.entries()
    pointers = [index for index, entry in enumerate(entries) if entry[2] in (1, 6, 7)]
    a = copy.chance.choice(pointers)
    entry = entries[a]
    folder = {1: "ceremony/", 6: "decryption/", 7: ""}[entry[2]]
    old = folder + entry[9:].hex() if folder else "SHA256SUMS"
    data, how = copy.tampered(copy.read(old))
    digest = hashlib.sha256(data).digest()
    entries[a] = entry[:5] + len(data).to_bytes(4, "little") + digest
    os.remove(os.path.join(copy.folder, old))
    copy.write(folder + digest.hex() if folder else "SHA256SUMS", data)
    copy.write_entries(entries)
    return f"{old} and entry {a}: {how}"


MUTATIONS = [
    flip_a_file, flip_a_file, remove_a_file, add_a_file, swap_entries, repeat_an_entry, tamper_an_entry,
    tamper_an_entry, tamper_behind_a_pointer, tamper_behind_a_pointer,
]  # fmt: skip


def mutated(folder: str, chance: random.Random) -> str:
    """Makes one or two mutations of a copy."""
    how = []
    for _ in range(chance.choice((1, 1, 2))):
        try:
            how.append(chance.choice(MUTATIONS)(Copy(folder, chance)))
        except (Refused, OSError, ValueError, IndexError):
            how.append("no further mutation, since the record cannot be read")
    return "; ".join(how)


def compare(command: str, folder: str, mutations: int, seed: int, stage: str = "complete") -> list[str]:
    """All differences, each with the mutation that shows it."""
    found = [f"untouched: {difference}" for difference in differences(command, folder, stage)]
    for number in range(mutations):
        chance = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory() as scratch:
            copy = os.path.join(scratch, "record")
            shutil.copytree(folder, copy)
            how = mutated(copy, chance)
            found += [f"{number}: {how}: {difference}" for difference in differences(command, copy, stage)]
    return found


def positions(length: int, most: int) -> list[int]:
    """All byte positions of a short file; of a longer one the given number, from the first to the last."""
    return list(range(length)) if length <= most else sorted({n * (length - 1) // (most - 1) for n in range(most)})


def compare_bytes(command: str, folder: str, most: int) -> list[str]:
    """All differences on copies with one changed byte, for the given number of bytes of every file."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Copy(shutil.copytree(folder, os.path.join(scratch, "record")), random.Random())
        for path in copy.files:
            data = copy.read(path)
            for at in positions(len(data), most):
                copy.write(path, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
                how = differences(command, copy.folder, tampered=True)
                found += [f"{path}, byte {at}: {difference}" for difference in how]
            copy.write(path, data)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", metavar="BALLOTTA")
    parser.add_argument("record", metavar="RECORD")
    parser.add_argument("--mutations", type=int, default=0)
    parser.add_argument("--bytes", type=int, default=0, help="the number of bytes to change in every file, one at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stage", default="complete")
    arguments = parser.parse_args()
    found = compare(arguments.command, arguments.record, arguments.mutations, arguments.seed, arguments.stage)
    if arguments.bytes:
        found += compare_bytes(arguments.command, arguments.record, max(arguments.bytes, 2))
    print("\n".join(found) or "both verifiers agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
