"""A source's folder as one importer works it: what is complete is claimed, read, and removed once it is kept.

A file is claimed by renaming it into `reading/<importer>/`. So a new file under the same name is another file, of two
importers one gets it, and whoever takes over an importer's work finds it there under its claim.

All of it is done in a `Worker`'s thread; what must be counted on afterwards is done by the event loop.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Set
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from services.fingerprint import bundles
from services.fingerprint.actions import results
from services.fingerprint.ebts import DEFAULT_LIMITS, Unreadable
from services.fingerprint.sources import UPLOAD, Rule, Source
from services.fingerprint.spool.files import (
    Gone,
    Held,
    Oversize,
    Sight,
    claimed_name,
    given_name,
    read,
    shortened,
    sight_of,
)
from services.fingerprint.spool.groups import Group, Loose, Patience
from services.fingerprint.spool.incoming import Complete, Incoming, Token, lines
from services.fingerprint.spool.worker import Pulse

LONGEST_PAUSE: Final = 60.0
SAID_AGAIN_SECONDS: Final = 60.0
# So often it is looked whether a file that is too large to be kept is still there.
LARGE_SECONDS: Final = 3600.0
_LARGEST_TOKEN: Final = 16_000_000
_TOKEN: Final = ".token"  # noqa: S105 - the beginning of a file's name

_log = logging.getLogger(__name__)


class Folder:
    """One source, worked by one importer."""

    def __init__(self, source: Source, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        self.source = source
        self.patience = patience
        self.clock = clock
        self.held: dict[UUID, Held] = {}
        # What is wrong that a person may have to see to: code of troubles.SENTENCES -> how often.
        self.troubles: Counter[str] = Counter()
        self._incoming_path = os.fspath(source.incoming)
        self._reading_path = os.fspath(source.reading)
        self._incoming = Incoming(source, patience.still, patience.cut, clock)
        self._mine = ""
        self._said: dict[str, float] = {}

    def begin(self, importer: UUID, pulse: Pulse) -> None:
        """Work as this importer from now on; what was held as another is not ours any more.

        Raises:
            OSError: the folders cannot be made.
        """
        pulse.beat()
        self.held = {}
        self._incoming = Incoming(self.source, self.patience.still, self.patience.cut, self.clock)
        self._mine = f"{self._reading_path}/{importer}"
        self.make()

    def make(self) -> None:
        """Make what is missing of the folders."""
        for path in (self._incoming_path, self._reading_path, self._mine):
            os.makedirs(path, mode=0o700, exist_ok=True)

    def inside(self, pulse: Pulse) -> list[str]:
        """The folders in `reading`, one each for an importer, and files of before importers had folders."""
        pulse.beat("")
        return os.listdir(self._reading_path)

    def adopt(self, name: str, pulse: Pulse) -> int:
        """Take over what an importer held that is no more; how many files."""
        path = f"{self._reading_path}/{name}"
        if not os.path.isdir(path):
            return int(self._adopt_file(path, name))
        count = 0
        with os.scandir(path) as entries:
            found = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        for one in found:
            pulse.beat()
            if one.startswith(_TOKEN):
                self._go_on_with(f"{path}/{one}", one, pulse)
            elif one.startswith("."):
                os.unlink(f"{path}/{one}")  # unpacked by somebody who was killed before its name was gone
            else:
                count += self._adopt_file(f"{path}/{one}", one)
        os.rmdir(path)
        return count

    def gather(self, group: Group, hanging: Set[str], pulse: Pulse) -> None:
        """Claim and read what is complete, until the group is full."""
        troubles: Counter[str] = Counter()
        try:
            self._again(group, hanging, pulse)
            self._look_for_new(group, hanging, pulse)
        except OSError as error:
            self._say("a folder of results cannot be worked", error)
            troubles["folder"] += 1
            self._make_again()
        troubles["waits"] = self._incoming.overdue
        troubles["unheeded"] = self._incoming.unheeded
        every = list(self.held.values())
        troubles["file"] = sum(1 for held in every if held.tries)
        troubles["large"] = sum(1 for held in every if held.large)
        self.troubles = +troubles

    def release(self, done: Iterable[tuple[Held, Sight]], pulse: Pulse) -> None:
        """Remove clear files that are kept now. One that was written to meanwhile is read again as another."""
        for held, sight in done:
            pulse.beat()
            held.kept = sight
            self._remove(held)

    def put_back(self, held: Held, pause: float | None = None) -> None:
        """A file was not taken in: it is looked at again, after its own growing pause or this one."""
        held.busy = False
        if pause is None:
            held.tries += 1
            pause, held.pause = held.pause, min(held.pause * 2, LONGEST_PAUSE)
        held.due = self.clock() + pause

    def leave(self, held: Held) -> None:
        """A file is too large to be kept: it stays, until a person removes it."""
        if not held.large:
            _log.error("a file is too large to be kept and stays", extra={"source": self.source.name})
        held.large = True
        self.put_back(held, LARGE_SECONDS)

    def hangs(self, path: str) -> None:
        """Reading this file hangs: others go on, and it is tried again later."""
        for held in list(self.held.values()):
            if held.path == path:
                self.put_back(held)
                _log.error("reading a file hangs; others go on", extra={"source": self.source.name})

    def _again(self, group: Group, hanging: Set[str], pulse: Pulse) -> None:
        """Look at what is held: adopted, still growing, or failed before."""
        for held in list(self.held.values()):
            if group.full:
                return
            if held.busy or held.due > self.clock() or held.path in hanging:
                continue
            pulse.beat(held.path)
            if held.kept is not None:
                self._remove(held)
            elif self._stands_still(held):
                self._read(held, group, pulse)

    def _stands_still(self, held: Held) -> bool:
        """Whether a held file has not changed for long enough to be read (again)."""
        sight, now = sight_of(held.path), self.clock()
        if sight is None:
            _log.warning("a file that was held has vanished", extra={"source": self.source.name})
            del self.held[held.claim]
            return False
        if sight != held.sight:
            held.sight, held.since, held.cut = sight, now, False
        wanted = self.patience.cut if held.cut else self.patience.still
        if now - held.since >= wanted:
            return True
        held.due = now + min(self.patience.still, wanted)
        return False

    def _look_for_new(self, group: Group, hanging: Set[str], pulse: Pulse) -> None:
        if group.full:
            return
        pulse.beat("")
        self._incoming.look(pulse)
        for token in self._incoming.tokens():
            self._claim_all(token, pulse)
            self._again(group, hanging, pulse)
        for complete in self._incoming.complete():
            if held := self._claim(complete):
                self._read(held, group, pulse)
            if group.full:
                return

    def _claim(self, complete: Complete) -> Held | None:
        """Rename a file into our folder, if it is still what was seen."""
        path = f"{self._incoming_path}/{complete.name}"
        # Whatever a list names is held to its sum when it is read, so it need not be what was seen.
        if complete.wanted is None and complete.sight is not None and (now := sight_of(path)) != complete.sight:
            if now is not None and self.source.rule is Rule.STILL:
                self._incoming.seen_again(complete.name, now)
            return None
        claim = uuid4() if self.source.name != UPLOAD else given_name(complete.name)[0]
        target = f"{self._mine}/{claimed_name(claim, complete.name)}"
        try:
            os.rename(path, target)
        except FileNotFoundError:
            if os.path.lexists(path):
                raise  # it is our own folder that is missing
            return None  # another importer was faster, or the partner took it back
        moment = self.clock()
        since = moment - self.patience.still
        held = Held(claim, target, complete.name, complete.sight, since, moment, wanted=complete.wanted)
        self.held[claim] = held
        return held

    def _claim_all(self, token: Token, pulse: Pulse) -> None:
        """Take a signal or manifest, then its files: so a crash between leaves it with us, and not without them.

        One that came since it was looked at is for newer files, and is looked at again with them.
        """
        if self._is_outdated(token, pulse):
            return
        number = token.files[0].sight.number if token.files and token.files[0].sight else 0
        path, kept = f"{self._incoming_path}/{token.name}", f"{self._mine}/{_TOKEN}.{number}~{shortened(token.name)}"
        try:
            os.rename(path, kept)
        except FileNotFoundError:
            if os.path.lexists(path):
                raise  # it is our own folder that is missing
            return  # another importer was faster
        if sight_of(kept) != token.sight:
            os.rename(kept, path)
            return
        for complete in token.files:
            pulse.beat()
            self._claim(complete)
        os.unlink(kept)

    def _is_outdated(self, token: Token, pulse: Pulse) -> bool:
        """Whether a file of it is another by now. One that is gone went with another list, or to another importer."""
        for one in token.files:
            pulse.beat()
            if (now := sight_of(f"{self._incoming_path}/{one.name}")) is not None and now != one.sight:
                return True
        return False

    def _go_on_with(self, path: str, name: str, pulse: Pulse) -> None:
        """Claim what is left of the files of a token that an importer held."""
        if self.source.rule is Rule.SIGNAL:
            number, _, given = name.removeprefix(f"{_TOKEN}.").partition("~")
            if complete := self._signalled(number, given.removesuffix(self.source.suffix), pulse):
                self._claim(complete)
        else:
            try:
                wanted = lines(read(path, _LARGEST_TOKEN, pulse.beat, lambda _: False).content or b"")
            except Gone:
                wanted = {}
            for file, digest in wanted.items():
                self._claim(Complete(file, None, digest))
        os.unlink(path)

    def _signalled(self, number: str, name: str, pulse: Pulse) -> Complete | None:
        """The file that a signal was for, if it is still there; of a long name only the end is known."""
        end = os.fsencode(name)
        with os.scandir(self._incoming_path) as entries:
            for entry in entries:
                pulse.beat()
                sight = sight_of(entry.path) if os.fsencode(entry.name).endswith(end) else None
                if sight is not None and str(sight.number) == number:
                    return Complete(entry.name, sight)
        return None

    def _adopt_file(self, path: str, name: str) -> bool:
        """Hold what another held, under the same claim."""
        claim, given = given_name(name)
        target = f"{self._mine}/{claimed_name(claim, given)}"
        try:
            os.rename(path, target)
        except FileNotFoundError:
            return False
        now = self.clock()
        since = now if self.source.rule is Rule.STILL else now - self.patience.still
        self.held[claim] = Held(claim, target, given, sight_of(target), since, now)
        return True

    def _read(self, held: Held, group: Group, pulse: Pulse) -> None:
        """Read a file that is held, and add it to the group; what goes wrong puts it off."""
        pulse.beat(held.path)
        try:
            found = read(held.path, DEFAULT_LIMITS.submission, pulse.beat, partial(self._is_bundle, held.name))
        except Gone:
            pulse.beat()
            held.sight = None  # see whether it is there, and let it stand still anew
            held.due = self.clock()
            return
        except Oversize:
            pulse.beat()
            self.leave(held)
            return
        except OSError as error:
            pulse.beat()
            if not held.tries:
                self._say("a file cannot be read and waits", error)
            self.put_back(held)
            return
        pulse.beat("")
        if held.sight != found.sight:
            held.sight, now = found.sight, self.clock()
            if held.since > now - self.patience.still or held.cut:
                held.since, held.cut, held.due = now, False, now + self.patience.still
                return
        if found.content is None and not found.digest:
            group.bundles.append(held)
            return
        if held.wanted is not None and found.digest != held.wanted:
            self.put_back(held)
            return
        message = Unreadable("too_large") if found.content is None else results.understood(found.content)
        if isinstance(message, Unreadable) and message.ends_early and self.waits_for_rest(held):
            return
        group.files.append(Loose(held, found, message))
        group.size += found.sight.size if found.content is not None else 0

    def waits_for_rest(self, held: Held) -> bool:
        """Whether the rest of a file that ends early may still come; it is put off then."""
        now = self.clock()
        if self.source.rule is not Rule.STILL or now - held.since >= self.patience.cut:
            return False
        held.cut, held.busy, held.due = True, False, now + min(self.patience.still, self.patience.cut)
        return True

    def _is_bundle(self, name: str, head: bytes) -> bool:
        return self.source.name == UPLOAD or bundles.looks_like_one(name, head[: bundles.HEAD])

    def _remove(self, held: Held) -> None:
        """Remove a file that is kept, if it is still what was kept."""
        try:
            now = sight_of(held.path)
            if now is not None and now != held.kept:
                self.hold_anew(held)
                return
            if now is not None:
                os.unlink(held.path)
        except FileNotFoundError:
            pass
        except OSError as error:
            if not held.tries:
                self._say("a file is kept, and its clear copy cannot be removed", error)
            self.put_back(held)
            return
        self.held.pop(held.claim, None)

    def hold_anew(self, held: Held, pulse: Pulse | None = None) -> None:
        """What was kept has changed since: it is another file, under a claim of its own.

        Raises:
            OSError: it cannot be renamed.
        """
        if pulse is not None:
            pulse.beat(held.path)
        claim = uuid4()
        target = f"{self._mine}/{claimed_name(claim, held.name)}"
        os.rename(held.path, target)
        now = self.clock()
        self.held[claim] = Held(claim, target, held.name, sight_of(target), now, now + self.patience.still)
        self.held.pop(held.claim, None)

    def _make_again(self) -> None:
        try:
            self.make()
        except OSError:
            return  # said already, with why the folder cannot be worked

    def _say(self, what: str, error: OSError) -> None:
        # A name may be a person's, so none is said.
        if time.monotonic() - self._said.get(what, float("-inf")) >= SAID_AGAIN_SECONDS:
            self._said[what] = time.monotonic()
            _log.error(what, extra={"source": self.source.name, "error": error.strerror})
