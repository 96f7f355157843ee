"""Become another program that dies with its parent: `python tether.py PARENT SIGNAL WHO -- PROGRAM ARGUMENTS`.

Runs in the child, before the program takes its place. Linux only: `PR_SET_PDEATHSIG` makes the kernel send SIGNAL to
this process when the thread that started it ends. WHO is how a program that refuses to run as root (PostgreSQL) sees
itself, `-` for all others:

- `namespace`: in a user namespace of its own root is an ordinary user, while the files keep their owner;
- `UID:GID`: where the machine gives no namespace (most containers) it becomes this user, and keeps the one capability
  that lets it reach a checkout in a folder that only root may enter.

The kernel forgets the signal when a process changes its user, so that comes first.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION = 0x20080522


def somebody() -> pwd.struct_passwd:
    """A user who is not root and has a name: initdb looks it up."""
    users = [entry for entry in pwd.getpwall() if entry.pw_uid]
    return next((entry for entry in users if entry.pw_name == "nobody"), users[0])


def enter_namespace(libc: ctypes.CDLL) -> bool:
    """See ourselves as a user that is not root; False where the machine does not let us."""
    user, group, seen = os.geteuid(), os.getegid(), somebody()
    if libc.unshare(CLONE_NEWUSER) != 0:
        return False
    try:
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{seen.pw_uid} {user} 1"),
            ("gid_map", f"{seen.pw_gid} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line)
    except OSError:
        return False
    return True


def become(libc: ctypes.CDLL, user: int, group: int) -> None:
    """Be this user, still able to enter folders that only root may."""
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    head = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    kept = 1 << CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)  # effective, permitted, inheritable, each low; then high
    if libc.capset(head, sets) == 0:  # where even root lacks it, the folders must be open anyway
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main() -> None:
    """Tie, then become the program."""
    parent, death, who, _, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if who == "namespace":
        if not enter_namespace(libc):
            sys.exit("this machine gives no user namespace")
    elif who != "-":
        become(libc, *map(int, who.split(":")))
    if libc.prctl(PR_SET_PDEATHSIG, int(death)) != 0:
        sys.exit(f"cannot tie {command[0]} to its parent: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):  # it died before we were tied
        os.kill(os.getpid(), signal.SIGKILL)
    # SIG_DFL for what a parent may have ignored: a child must be able to be told to stop
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.execv(command[0], command)
    sys.exit(f"{command[0]} cannot be started")


if __name__ == "__main__":
    main()
