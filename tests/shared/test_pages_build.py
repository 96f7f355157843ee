"""The built look: nothing foreign, everything hashed and compressed, small."""

import json
import re
from pathlib import Path

from shared.pages import build


def test_every_file_of_the_style_sheet_lies_beside_it() -> None:
    static = build.build()
    manifest = json.loads((static / "manifest.json").read_bytes())
    style = (static / manifest["ecs.css"]).read_text()
    references = set(re.findall(r"url\(([^)]*)\)", style)) - {'""'}
    assert references
    assert {name for name in references if not (static / name).is_file()} == set()
    assert "//" not in re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)


def test_names_carry_the_hash_of_the_content() -> None:
    static = build.build()
    manifest = json.loads((static / "manifest.json").read_bytes())
    assert {"ecs.css", "ecs.js", "icon.svg", "public-sans-regular.woff2", "public-sans-bold.woff2"} <= set(manifest)
    assert all(re.search(r"\.[0-9a-f]{10}\.\w+$", name) for name in manifest.values())


def test_text_files_are_there_compressed_twice_over() -> None:
    files = [path for path in build.build().iterdir() if path.suffix in {".css", ".js", ".svg"}]
    assert all(Path(f"{path}.br").exists() and Path(f"{path}.gz").exists() for path in files)


def test_building_again_without_a_change_does_nothing() -> None:
    before = (build.build() / "manifest.json").stat().st_mtime_ns
    assert (build.build() / "manifest.json").stat().st_mtime_ns == before


def test_the_lock_file_names_no_registry() -> None:
    assert "http" not in re.sub(r'"(url|funding)": "[^"]*"', "", (build.ROOT / "package-lock.json").read_text())
