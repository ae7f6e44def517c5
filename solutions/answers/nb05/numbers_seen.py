"""Exercise 05.5, whose numbers reached whom: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, right, wrong

wrong(
    "05.5",
    tag="trusted-blind",
    why="the aggregator sees nothing: only you and people count",
    example="the example has an aggregator that sees something",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["receiver"] in ["me", *people] and row["values"] and row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="trusted-blind",
    why="looks only at what came to you",
    example="the example has an aggregator that sees something",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["receiver"] == "me" and row["values"] and row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="means-counted",
    why="counts every sender, the aggregator's average too",
    example="the average of the example counts as well",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["values"]:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="last-only",
    why="keeps the last message of each person only",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["values"] and row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="messages",
    why="counts messages",
    example="one message, nine numbers",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["values"] and row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + 1
    return seen
""",
)
wrong(
    "05.5",
    tag="bytes",
    why="adds up bytes, of requests as well",
    example="99 bytes, nine numbers",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["bytes"]
    return seen
""",
)
wrong(
    "05.5",
    tag="requests",
    why="lists those who answered without numbers",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="turned-round",
    why="who gave what to whom",
    example="bob gives, and receives nothing",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["values"] and row["sender"] in people:
            found = seen[row["sender"]]
            found[row["receiver"]] = found.get(row["receiver"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="missing-party",
    why="leaves out who received nothing",
    example="bob and me are missing",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        if row["values"] and row["sender"] in people:
            found = seen.setdefault(row["receiver"], {})
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="missing-party",
    why="only receivers take part",
    example="bob is missing",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in [row["receiver"]]:
            seen.setdefault(party, {})
        if row["values"] and row["sender"] in people:
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
wrong(
    "05.5",
    tag="you-blind",
    why="only what is sent counts, not a reply to get",
    source="""
def numbers_seen(rows, people):
    seen = {}
    for row in rows:
        for party in (row["sender"], row["receiver"]):
            seen.setdefault(party, {})
        if row["values"] and row["sender"] in people and row.get("kind") != "reply":
            found = seen[row["receiver"]]
            found[row["sender"]] = found.get(row["sender"], 0) + row["numbers"]
    return seen
""",
)
right(
    "05.5",
    why="with a table of pandas",
    source="""
def numbers_seen(rows, people):
    import pandas

    table = pandas.DataFrame(rows)
    seen = {party: {} for party in {*table.sender, *table.receiver}}
    told = table[table["values"] & table.sender.isin(people)]
    for (party, person), count in told.groupby(["receiver", "sender"]).numbers.sum().items():
        seen[party][person] = int(count)
    return seen
""",
)
right(
    "05.5",
    why="pair by pair",
    source="""
def numbers_seen(rows, people):
    parties = {name for row in rows for name in (row["sender"], row["receiver"])}

    def came(party, person):
        return sum(r["numbers"] for r in rows if (r["sender"], r["receiver"]) == (person, party) and r["values"])

    return {
        party: {person: came(party, person) for person in people if came(party, person) > 0} for party in parties
    }
""",
)
right(
    "05.5",
    why="counters",
    source="""
def numbers_seen(rows, people):
    from collections import Counter, defaultdict

    seen = defaultdict(Counter)
    for row in rows:
        seen[row["sender"]]
        update = {row["sender"]: row["numbers"]} if row["values"] and row["sender"] in people else {}
        seen[row["receiver"]].update(update)
    return {party: dict(found) for party, found in seen.items()}
""",
)
different(
    "05.5",
    rewrite="for (party, person), count in told.groupby(['receiver', 'sender']).numbers.sum().items():"
    " -> for (party, person), count in torch.sum(told.groupby(['receiver', 'sender']).numbers).items():",
    reason="a column of pandas is no tensor",
)
