"""Where things are, for the tests; importing this lets them import the verifier."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parent
VECTORS = REFERENCE.parent / "vectors"
# Vectors of others, with their sources and licences.
FOREIGN = REFERENCE.parent.parent / "tests" / "vectors"
# The command: the tests that need it say so when they skip.
COMMAND = os.environ.get("BALLOTTA_COMMAND")

for folder in (str(REFERENCE), str(HERE)):
    if folder not in sys.path:
        sys.path.insert(0, folder)
