"""Exercise 02.5, count what travels: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "02.5",
    tag="elements",
    why="counts numbers, not bytes",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    numbers = lambda row: int(row["detail"].split()[0]) if row["values"] else 0
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(numbers(r) for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="payload",
    why="four bytes for each number: without the rest of the message",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    numbers = lambda row: int(row["detail"].split()[0]) if row["values"] else 0
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(4 * sum(numbers(r) for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="messages",
    why="counts messages",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(r[role] == party for r in rows) for role in ("sender", "receiver")) for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="values-only",
    why="leaves out commands",
    source="""
def traffic_per_party(rows):
    totals = {}
    for row in rows:
        if row["values"]:
            sent, received = totals.get(row["sender"], (0, 0))
            totals[row["sender"]] = (sent + row["bytes"], received)
            sent, received = totals.get(row["receiver"], (0, 0))
            totals[row["receiver"]] = (sent, received + row["bytes"])
    return totals
""",
)
wrong(
    "02.5",
    tag="swapped",
    why="received first",
    example="it names both numbers of both parties",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(r["bytes"] for r in rows if r[role] == party) for role in ("receiver", "sender"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="missing-party",
    why="only parties that sent something",
    source="""
def traffic_per_party(rows):
    return {
        party: tuple(sum(r["bytes"] for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in {row["sender"] for row in rows}
    }
""",
)
wrong(
    "02.5",
    tag="overwritten",
    why="keeps the last message of each party instead of the sum",
    source="""
def traffic_per_party(rows):
    totals = {}
    for row in rows:
        totals[row["sender"]] = (row["bytes"], totals.get(row["sender"], (0, 0))[1])
        totals[row["receiver"]] = (totals.get(row["receiver"], (0, 0))[0], row["bytes"])
    return totals
""",
)
wrong(
    "02.5",
    tag="wrong-value",
    why="does not count what owners hand to each other",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    mine = [row for row in rows if "me" in (row["sender"], row["receiver"])]
    return {
        party: tuple(sum(r["bytes"] for r in mine if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
right(
    "02.5",
    why="two counters",
    source="""
def traffic_per_party(rows):
    from collections import Counter
    sent, received = Counter(), Counter()
    for row in rows:
        sent[row["sender"]] += row["bytes"]
        received[row["receiver"]] += row["bytes"]
    return {party: (sent[party], received[party]) for party in sent | received}
""",
)
right(
    "02.5",
    why="a table of pandas, two groupings",
    source="""
def traffic_per_party(rows):
    import pandas as pd
    if not rows:
        return {}
    table = pd.DataFrame(rows)
    sent, received = table.groupby("sender")["bytes"].sum(), table.groupby("receiver")["bytes"].sum()
    return {name: (int(sent.get(name, 0)), int(received.get(name, 0))) for name in {*sent.index, *received.index}}
""",
)
