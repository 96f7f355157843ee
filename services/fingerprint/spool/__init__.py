"""The spool: results appear as files in the folders of sources, each is read once, and only its encrypted copy stays.

A file that is complete, as its source tells (`incoming`), is claimed by renaming it (`folder`), read in a thread that
may hang without harm (`worker`), and taken in with others in one transaction, which commits only while the importer
holds its lease (`importer`, `lease`). Bundles are taken in member by member (`unpacking`). After the commit the clear
file is removed, unless somebody went on writing it: then what it holds now is another file.

A crash at any point leaves files in `reading` under their claims, where whoever takes over finds them; what is in the
ledger under its claim is only removed. A file that ends before its records do may still be growing: it is given up
only after standing still for longer. See docs/decisions/0033.
"""

import os
import socket

from services.fingerprint.settings import Settings
from services.fingerprint.spool.groups import Patience
from services.fingerprint.spool.importer import Importer, Terms
from services.fingerprint.vault import vault_of
from shared.service import Service

__all__ = ["Importer", "Patience", "Terms", "share_of", "terms_of", "watch"]


async def watch(service: Service) -> None:
    """The loop of the service: take in whatever appears in the folders of the sources, for ever."""
    settings = service.settings
    if not isinstance(settings, Settings):
        raise TypeError("the spool reads fingerprint's settings")
    host = f"{socket.gethostname()}:{os.fspath(settings.home.absolute())}"
    sources = (*settings.every_source(), settings.uploads)
    await Importer(sources, service.database, vault_of(service.keys), host, terms_of(settings)).run()


def terms_of(settings: Settings) -> Terms:
    """How an importer works, as set."""
    return Terms(
        patience=Patience(settings.spool_still_seconds, settings.cut_seconds),
        lease=settings.spool_lease_seconds,
        stall=settings.spool_stall_seconds,
        held_share=share_of(settings),
        limits=settings.bundle_limits,
    )


def share_of(settings: Settings) -> float | None:
    """The share of clean answers held: as set, none in a demonstration, else (None) the policy's."""
    if settings.held_share is not None:
        return settings.held_share
    return 0.0 if settings.demo else None
