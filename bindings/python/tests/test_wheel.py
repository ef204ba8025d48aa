"""What the wheel contains apart from the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import ballotta

#: The newest version 2.N of glibc that the wheel may need, so that old systems can install it.
NEWEST_GLIBC = 28


def test_licences_and_addresses() -> None:
    wheel = metadata.distribution("ballotta")
    licences = [file for file in wheel.files or [] if "LICENSE" in file.name]
    assert {file.name for file in licences} == {"LICENSE-MIT", "LICENSE-APACHE"}
    root = Path(__file__).parents[3]
    for file in licences:
        assert file.read_text(encoding="utf-8") == (root / file.name).read_text(encoding="utf-8")
    assert wheel.metadata["License-Expression"] == "MIT OR Apache-2.0"
    addresses = dict(address.split(", ") for address in wheel.metadata.get_all("Project-URL") or [])
    assert set(addresses) == {"Repository", "Documentation", "Changelog"}
    assert all(address.startswith("https://") for address in addresses.values())


def test_the_script(demo: Path) -> None:
    script = Path(sys.executable).parent / "ballotta-audit"
    ran = subprocess.run([script, "verify", demo], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, f"{ballotta.verify(demo)}\n")
    assert subprocess.run([script], capture_output=True, text=True, timeout=60).stderr.startswith("usage: ballotta-audit ")
    module = [sys.executable, "-m", "ballotta"]
    assert "usage: python -m ballotta " in subprocess.run(module, capture_output=True, text=True, timeout=60).stderr


def test_old_systems() -> None:
    if "BALLOTTA_PORTABLE" not in os.environ:
        pytest.skip("this wheel is for this machine only: `cargo xtask test --full` tests the one for old systems")
    wheel = metadata.distribution("ballotta").read_text("WHEEL")
    assert wheel is not None
    versions = re.findall(r"^Tag: cp310-abi3-manylinux_2_(\d+)_", wheel, re.MULTILINE)
    assert versions and all(int(version) <= NEWEST_GLIBC for version in versions), wheel
