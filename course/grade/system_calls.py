"""The system calls that no answer needs, refused by the kernel: a filter for `bwrap --seccomp`.

Refused is what reaches into other processes, what makes new namespaces and mounts (a file system without a limit, say),
memory that no limit counts, and what has more holes than uses here. They fail with "Operation not permitted"; clone3
"is not implemented", so that the C library takes clone, whose flags a filter can see.

A filter is a program for classic BPF: instructions of eight bytes, code, two jumps, a constant.
Sources: seccomp(2), linux/filter.h, linux/audit.h, the tables of the kernel for both machines.
"""

from __future__ import annotations

import errno
import platform
import struct

# name: x86_64, aarch64
REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "pivot_root": (155, 41), "mount": (165, 40),
    "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "fanotify_init": (300, 262), "kexec_load": (246, 104), "open_by_handle_at": (304, 265),
}
CLONE, CLONE3 = (56, 220), (435, 435)
NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the tables, AUDIT_ARCH of linux/audit.h

LOAD, IS, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, JGE, JSET, BPF_RET|K
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; the low half of an argument comes first
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000


def seccomp(machine: str | None = None) -> bytes:
    """The program for this machine, or the one named; b"" for machines that are not in the tables."""
    if (machine or platform.machine()) not in MACHINES:
        return b""
    column, audit = MACHINES[machine or platform.machine()]
    program = [
        step(LOAD, MACHINE), step(IS, audit, 1, 0), step(RETURN, KILL),  # 32-bit calls have other numbers
        step(LOAD, NUMBER), step(AT_LEAST, 0x40000000, 0, 1), step(RETURN, KILL),  # so have x32's
        *answer(CLONE3[column], errno.ENOSYS),
    ]
    for numbers in REFUSED.values():
        program += answer(numbers[column], errno.EPERM)
    program += [
        step(IS, CLONE[column], 0, 3), step(LOAD, FIRST_ARGUMENT), step(ANY_BIT, NEW_NAMESPACES, 0, 1),
        step(RETURN, FAIL | errno.EPERM), step(RETURN, ALLOW),
    ]
    return b"".join(program)


def answer(number: int, error: int) -> list[bytes]:
    """Let that call fail with that error."""
    return [step(IS, number, 0, 1), step(RETURN, FAIL | error)]


def step(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction, struct sock_filter; the jumps are over so many instructions."""
    return struct.pack("=HBBI", code, if_true, if_false, constant)
