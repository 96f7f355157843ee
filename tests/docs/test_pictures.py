"""The README's pictures are there, small, and each is shown."""

import re
import struct
from pathlib import Path
from typing import Final

import pytest

from docs.photographer import FOLDER, LARGEST

ROOT: Final = Path(__file__).parents[2]
SHOWN: Final = re.findall(
    r'<img src="(docs/pictures/[^"]+)" width="\d+%" alt="([^"]+)">', (ROOT / "README.md").read_text()
)
PALETTE: Final = 3  # PNG 1.2, 11.2.2: the colour type of a picture with at most 256 colours


@pytest.mark.parametrize(("path", "says"), SHOWN)
def test_a_picture_is_small_and_said_in_words(path: str, says: str) -> None:
    content = (ROOT / path).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", content[16:26])
    assert (depth, kind) == (8, PALETTE)
    assert width in (1280, 320)
    assert height > 0
    assert len(content) <= LARGEST
    assert len(says) > 20


def test_every_picture_is_shown() -> None:
    assert {ROOT / path for path, _ in SHOWN} == set(FOLDER.glob("*.png"))
