"""The state's dated rules about certificates, from `policy/<state>/`; read once, validated at import."""

from typing import Final

from services.certificate.rules.classes import rulebook

BOOK: Final = rulebook()
