"""Where things lie: the checkout, and the programs that packages bring."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from deploy.local.process import Failed

ROOT: Final = Path(__file__).resolve().parents[2]


def package(name: str) -> Path:
    """The folder of an installed package, without importing it: only the programs in it are wanted.

    Raises:
        Failed: it is not installed.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Failed(f"The package {name} is not installed. Run 'make up', which installs it.")
    return Path(spec.origin).parent
