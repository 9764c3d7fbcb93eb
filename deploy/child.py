"""Becomes the program it is given, dying with the process that started it.

PostgreSQL refuses to run as root. `--namespace` makes root an ordinary user in a user namespace of
its own, so files stay root's; `--setuid` changes the user, for where such namespaces are closed.
Run by `deploy.embedded` as `child.py PARENT [--namespace|--setuid UID GID] FOLDER PROGRAM ...`; a
program of its own because code between fork and exec of a threaded process may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER), "unshare")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    write("/proc/self/gid_map", f"{gid} {outer_gid} 1")


def change_user(uid: int, gid: int) -> None:
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    # One capability stays: without it a checkout below a folder that only root may enter would need
    # the modes of folders changed that are not ours. Where we do not hold it, we go on without.
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, sets) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
    else:
        libc.capset(header, (ctypes.c_uint32 * 6)())


def main(parent: int, arguments: list[str]) -> None:
    if arguments[0] in ("--namespace", "--setuid"):
        become = enter_namespace if arguments[0] == "--namespace" else change_user
        become(int(arguments[1]), int(arguments[2]))
        arguments = arguments[3:]
    # Only now: a change of credentials clears the death signal.
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    folder, *program = arguments
    os.chdir(folder)
    # Python ignores these; a program that inherits that behaves otherwise than in a shell.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    os.execv(program[0], program)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2:])
    except OSError as error:
        sys.exit(f"cannot start {sys.argv[-1]}: {error}")
