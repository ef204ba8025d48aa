"""The paths that the tests use. A test that imports this module can import the verifier."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parent
VECTORS = REFERENCE.parent / "vectors"
# Test vectors from other projects, with their sources and licences.
FOREIGN = REFERENCE.parent.parent / "tests" / "vectors"
# The command. Tests that need it are skipped with a message if it is missing.
COMMAND = os.environ.get("BALLOTTA_COMMAND")

for folder in (str(REFERENCE), str(HERE)):
    if folder not in sys.path:
        sys.path.insert(0, folder)
