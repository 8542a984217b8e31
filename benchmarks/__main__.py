"""make bench: every figure a ratio against peers, measured side by side in one run on this machine.

`python -m benchmarks --section B` measures one section and leaves the stored figures of the others as they are.
Writes benchmarks/results.json and the tables between the markers in README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import scalars, tensors
from benchmarks.race import PEERS, ROOT, WorkerFailed

RESULTS, README = ROOT / "benchmarks" / "results.json", ROOT / "README.md"
MARKERS = ("<!-- benchmarks -->", "<!-- /benchmarks -->")
SECTIONS = {"A": scalars, "B": tensors}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed as ratios against peers.")
    parser.add_argument("--section", choices=SECTIONS, help="measure this one only: A scalars, B tensors")
    section = parser.parse_args(arguments).section
    if not PEERS.exists():
        print("The peers are not installed; `make bench PEERS=1` measures against them too.\n")
    for name in [section] if section else SECTIONS:
        try:
            results = {"machine": machine(), **SECTIONS[name].measured()}
        except WorkerFailed as failure:
            raise SystemExit(f"section {name} is not measured: {failure}") from None
        print(SECTIONS[name].as_markdown(results), end="\n\n")
        if PEERS.exists():  # a table without peers does not replace one with them
            store(name, results)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }


def store(section: str, results: dict[str, Any]) -> None:
    """Puts one section's results beside those of the others, and writes the README's tables from all of them."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    stored[section] = results
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    before, _, rest = README.read_text(encoding="utf-8").partition(MARKERS[0])
    _, _, after = rest.partition(MARKERS[1])
    tables = f"{MARKERS[0]}\n{as_markdown(stored)}\n{MARKERS[1]}"
    README.write_text(f"{before}{tables}{after}", encoding="utf-8")


def as_markdown(results: dict[str, Any]) -> str:
    """The stored sections as README tables."""
    return "\n\n".join(module.as_markdown(results[name]) for name, module in SECTIONS.items() if name in results)


if __name__ == "__main__":
    main()
