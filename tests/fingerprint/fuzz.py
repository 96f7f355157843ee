"""Looks for bytes that break a promise of the reader, led by which of its lines they reach: `make fuzz`.

It starts from the kept files of `corpus` and goes on from what it found before, which stays in `.cache/fuzz`. Bytes
that break a promise are written to `.cache/fuzz/broken-*`: shorten them, keep them in `corpus`, and mend the reader.
Options are libFuzzer's: `make fuzz ARGS="-max_total_time=600"`.
"""

import sys
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["services.fingerprint"]):
    from services.fingerprint import ebts, messages, transactions  # noqa: F401

from tests.fingerprint.promises import CORPUS, hold

FOUND: Final = Path(__file__).resolve().parents[2] / ".cache" / "fuzz"
USUAL: Final = ("-max_len=2500", "-timeout=5", "-rss_limit_mb=1024", f"-artifact_prefix={FOUND}/broken-")


def main() -> None:
    """Fuzz for a minute, or as told."""
    more = FOUND / "corpus"
    more.mkdir(parents=True, exist_ok=True)
    told = sys.argv[1:]
    if not any(option.startswith(("-max_total_time", "-runs")) for option in told):
        told.append("-max_total_time=60")
    atheris.Setup([sys.argv[0], *USUAL, *told, str(more), str(CORPUS)], hold_quietly)
    atheris.Fuzz()


def hold_quietly(data: bytes) -> None:
    """As atheris wants it: nothing returned."""
    hold(data)


if __name__ == "__main__":
    main()
