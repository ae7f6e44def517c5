"""Pointers: a pointer stands here for a tensor that lives there, and using it writes a message.

Reading order: metadata (what is public), pointer (what a pointer is), calls (how a torch call becomes a message),
surface (what torch and Python find on a pointer).
"""

from course.pointers.calls import call, call_at, refuse
from course.pointers.metadata import Metadata
from course.pointers.pointer import (
    Gradients,
    ParameterPointer,
    PointerTensor,
    SpentPointer,
    become_pointers,
    bring_home,
    by_location,
    check_sendable,
    check_together,
    hand_over,
    make_pointer,
    place,
    send_to,
    spec_of,
)
from course.pointers.surface import METADATA, VALUES, add_operations, may_open

__all__ = [
    "Gradients",
    "METADATA",
    "Metadata",
    "ParameterPointer",
    "PointerTensor",
    "SpentPointer",
    "VALUES",
    "add_operations",
    "become_pointers",
    "bring_home",
    "by_location",
    "call",
    "call_at",
    "check_sendable",
    "check_together",
    "hand_over",
    "make_pointer",
    "may_open",
    "place",
    "refuse",
    "send_to",
    "spec_of",
]
