"""Pointers: a pointer stands here for a tensor that lives there, and using it writes a message.

Reading order: metadata (what is public), pointer (what a pointer is), travel (how values go and come), calls (how a
call of torch becomes a message), surface (what torch and Python find on a pointer).
"""

from course.pointers.calls import call, call_at, refuse
from course.pointers.metadata import Metadata
from course.pointers.pointer import (
    Gradients,
    ParameterPointer,
    PointerTensor,
    SpentPointer,
    check_together,
    forget_gradients,
    make_pointer,
    place,
    spec_of,
)
from course.pointers.surface import METADATA, VALUES, add_operations, may_open
from course.pointers.travel import become_pointers, bring_home, by_location, check_sendable, hand_over, send_to

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
    "forget_gradients",
    "hand_over",
    "make_pointer",
    "may_open",
    "place",
    "refuse",
    "send_to",
    "spec_of",
]
