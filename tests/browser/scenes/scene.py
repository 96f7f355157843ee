"""One page as one person sees it in one situation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.browser.cast.desks import Cast
from tests.browser.walker import Walker
from tests.visitor import Visitor

Act = Callable[[Walker], Awaitable[None]]
Address = str | Callable[[Cast], str]

VISITOR: Final = ""  # nobody in particular


@dataclass(frozen=True)
class Scene:
    """A page to look at.

    Attributes:
        name: what the scene is called, also its picture's name.
        route: the page's path as the table of access has it; empty for what no service answers.
        sees: a sentence that shows that the scene is what it says.
        path: the address; the route where it is the same.
        who: which member of the cast opens it; `VISITOR` for anybody.
        act: what that person does before the page is looked at.
        status: of the page that is looked at.
        needs: members of the cast without whom the page would be empty.
    """

    name: str
    route: str
    sees: str
    path: Address = ""
    who: str = VISITOR
    act: Act | None = None
    status: int = 200
    needs: tuple[str, ...] = ()

    def address(self, cast: Cast) -> str:
        """Where it is."""
        if callable(self.path):
            return self.path(cast)
        return self.path or self.route

    def browser(self, cast: Cast) -> Visitor | None:
        """Whose session it is seen in."""
        for one in self.needs:
            getattr(cast, one)
        if not self.who:
            return None
        found = getattr(cast, self.who)
        return found if isinstance(found, Visitor) else found.browser


def presses(button: str, *, within: str = "") -> Act:
    """Press one button."""

    async def act(walker: Walker) -> None:
        await walker.press(button, within=within)

    return act


def fills(button: str, fields: Mapping[str, str]) -> Act:
    """Fill in fields, named by their labels, and press."""

    async def act(walker: Walker) -> None:
        for name, value in fields.items():
            await walker.fill(name, value)
        await walker.press(button)

    return act
