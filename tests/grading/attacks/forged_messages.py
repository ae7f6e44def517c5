"""Messages as the library writes them, but in another's name, out of turn, or where the library sends none."""

from case import attack

from attacks import SEAT

OPENED = """
    from course.codec import decode, encode
    from course.messages import Get
    ask = lambda verb, *parts: desk.ask("network", [], verb, *parts)[0]
"""


def case(name, weak, body):
    return attack("forged message", name, weak, "earns", SEAT + "\ndef remote_mean(x, y):" + OPENED + body)


CASES = [
    case(
        "the transcript is told to be quiet",
        "transcript_of_the_seat",
        """
    ask("quiet")
    return ((x.copy().get() + y.copy().get()) / 2).send(x.location)
""",
    ),
    case(
        "numbers that are fetched in their owner's name",
        "any_sender",
        """
    room = x.location.id
    seen = decode(ask("deliver", encode(Get(room, room, (x.id_at_location,), True)), None)[0]).items[0].value
    return (x + y) / 2
""",
    ),
]
