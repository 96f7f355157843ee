"""Fingerprint's own environment."""

from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field

from services.fingerprint import sources
from services.fingerprint.bundles import Limits
from services.fingerprint.sources import Source
from shared.settings import ServiceSettings, SettingRefused

_LIMITS: Final = Limits()


class Settings(ServiceSettings):
    """Where result files arrive, and how patient and how strict their reader is."""

    service: ClassVar[str] = "fingerprint"

    held_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="The share of clean answers held for a look; by default the policy's, in a demonstration 0.",
    )
    spool_still_seconds: float = Field(
        default=1.0, gt=0, description="How long a file's size and time must stand still before it is read."
    )
    spool_cut_seconds: float | None = Field(
        default=None,
        gt=0,
        description="How long a file that ends too early must stand still before it is given up; see `cut_seconds`.",
    )

    spool_lease_seconds: float = Field(
        default=10.0,
        ge=1,
        description="How long an importer that is not heard of holds what it reads, before others take that over.",
    )
    spool_stall_seconds: float = Field(
        default=30.0, gt=0, description="After how long a read that does not go on is left behind."
    )
    sources: Path | None = Field(
        default=None, description="A YAML file of the folders that results come through, besides `spool` in the home."
    )
    bundle_packed: int = Field(default=_LIMITS.packed, gt=0, description="The largest .zip or .tar.gz, in bytes.")
    bundle_unpacked: int = Field(
        default=_LIMITS.unpacked, gt=0, description="The most bytes in all files of a .zip or .tar.gz."
    )
    bundle_ratio: int = Field(
        default=_LIMITS.ratio, gt=0, description="To how many times its size a .zip or .tar.gz may unpack."
    )
    bundle_members: int = Field(default=_LIMITS.members, gt=0, description="The most files in a .zip or .tar.gz.")

    @property
    def cut_seconds(self) -> float:
        """Ten minutes, so that a stalled upload can go on; ten seconds in a demonstration, where somebody watches."""
        return self.spool_cut_seconds or (10.0 if self.demo else 600.0)

    @property
    def spool(self) -> Source:
        """The source that is always there, wherever it lies. Raises as `every_source` does."""
        return next(one for one in self.every_source() if one.name == sources.SPOOL)

    @property
    def bundle_limits(self) -> Limits:
        """What a bundle may cost."""
        return Limits(
            packed=self.bundle_packed,
            unpacked=self.bundle_unpacked,
            ratio=self.bundle_ratio,
            members=self.bundle_members,
        )

    @property
    def uploads(self) -> Source:
        """Where what staff upload is put for the importers."""
        return sources.uploads(self.home)

    def every_source(self) -> tuple[Source, ...]:
        """The sources that partners write to.

        Raises:
            SettingRefused: the file of sources says what cannot hold.
        """
        try:
            return sources.read(self.sources, self.home)
        except sources.BadSources as bad:
            raise SettingRefused(f"The {self.service} service cannot start: {bad}") from None
