"""The paths that the tests use. A test that imports this module can import the verifier."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parent
VECTORS = REFERENCE.parent / "vectors"
# Test vectors from other projects, with their sources and licences.
FOREIGN = REFERENCE.parent.parent / "tests" / "vectors"
# The command. Tests that only compare with it are skipped if it is missing; the others say once that they compare less.
COMMAND = os.environ.get("BALLOTTA_COMMAND")
NO_COMMAND = "BALLOTTA_COMMAND names no command: cargo build -p ballotta-cli, then BALLOTTA_COMMAND=$PWD/target/debug/ballotta"
if COMMAND is None:
    print(f"nothing is compared with the command: {NO_COMMAND}", file=sys.stderr)
elif shutil.which(COMMAND) is None:
    sys.exit(f"BALLOTTA_COMMAND names {COMMAND}, which cannot be run")

for folder in (str(REFERENCE), str(HERE)):
    if folder not in sys.path:
        sys.path.insert(0, folder)
