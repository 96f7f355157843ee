"""Zip and tar files made of invented members, as bytes."""

import io
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping

Files = Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]]


def a_zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members, in this order."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as file:
        warnings.simplefilter("ignore")  # that a name stands twice is meant
        for name, content in _pairs(files):
            file.writestr(name, content)
    return stream.getvalue()


def a_tar(files: Files, *, packed: bool = False, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with these members, in this order, if asked for through gzip."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz" if packed else "w", format=form) as file:
        for name, content in _pairs(files):
            entry = tarfile.TarInfo(str(name))
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _pairs(files: Files) -> Iterable[tuple[str | zipfile.ZipInfo, bytes]]:
    return files.items() if isinstance(files, Mapping) else files
