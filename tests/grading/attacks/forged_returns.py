"""What is said to have been returned: other keys, shapes and memories than there can be."""

from case import attack

from attacks import SEAT


def case(name, node, weak="silence_is_success", wins="earns", changes="[]"):
    source = SEAT + f"""
import gc
def remote_mean(x, y):
    line.send(["said", [["returned", {node}], {changes}, [], [], "", 0, [None, None, None]]])
    return None
"""
    return attack("forged return", name, weak, wins, source)


HERE = '["new", 101, "tensor", ["here", {memory}, "float32", {shape}, {stride}, {offset}, False, None, False, False]]'


def here(memory='["new", 103, "memory", [b"12345678"]]', shape="[2]", stride="[1]", offset="0"):
    return HERE.format(memory=memory, shape=shape, stride=stride, offset=offset)


CASES = [
    case(
        "a memory that becomes smaller than its tensor",
        here('["new", 103, "memory", [bytes(1 << 24)]]', "[1 << 22]"),
        "memory_may_shrink",
        "breaks",
        changes='[[103, [b""]]]',
    ),
    case("a key that is the judge's", here().replace("101", "0")),
    case("a shape below nothing", here(shape="[-1]")),
    case("a tensor of a type that there is not", here().replace("float32", "float7")),
    case("a place where nobody lives", '["new", 101, "tensor", ["away", "nobody", 5, False, False, None, None]]'),
]
