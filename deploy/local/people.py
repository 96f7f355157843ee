"""`make demo`: who the demonstration people of the running system are; makes those that are missing."""

import sys

from deploy.local.__main__ import chosen
from deploy.local.process import Failed
from deploy.local.system import System


def main() -> None:
    """Make and list them.

    Raises:
        Failed: no system runs, or it is none for demonstration.
    """
    system = System(*chosen())
    if not system.demo:
        raise Failed("ECS_DEMO is off: there are no demonstration people.")
    if system.gateway.what_is_wrong():
        raise Failed(f"No system answers at {system.origin}. Start it with 'make up', then try again.")
    system.nursery.start()
    people = system.make_people()
    system.nursery.stop()
    widths = {key: max(len(str(person.get(key, ""))) for person in people) for key in ("role", "username", "password")}
    if system.mailroom:
        print(f"A page with a button for each: {system.origin}/mailroom/people")
    print(f"Log in at {system.origin}/login as:")
    for person in people:
        columns = "  ".join(str(person[key]).ljust(width) for key, width in widths.items())
        about = f": {person['about']}" if person.get("about") else ""
        print(f"  {columns}  {person['name']}{about}")
    print(f"Result files: {system.home.demo}; copy them into {system.home.folder / 'spool' / 'incoming'}.")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
