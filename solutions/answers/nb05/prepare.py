"""Exercise 05.1, strangers in the same table: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene("05.1", source="import pandas")
wrong(
    "05.1",
    tag="own-statistics",
    why="scales each table by its own mean and deviation",
    example="one stranger has no deviation: nan",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - table[name].mean()) / table[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="all-rows",
    why="statistics from all data, the strangers' too",
    source="""
def prepare(train, test, kinds):
    everybody = pandas.concat([train, test])
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - everybody[name].mean()) / everybody[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="all-rows",
    why="the mean of train, the deviation of everybody",
    source="""
def prepare(train, test, kinds):
    everybody = pandas.concat([train, test])
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - train[name].mean()) / everybody[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="all-rows",
    why="the mean of everybody, the deviation of train",
    source="""
def prepare(train, test, kinds):
    everybody = pandas.concat([train, test])
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - everybody[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="by-appearance",
    why="codes by order of appearance in train",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in train[name].unique())
            else:
                columns.append((table[name] - train[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="by-appearance",
    why="codes by order of appearance in each table: a lone stranger has one category",
    example="one stranger has one column",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in table[name].unique())
            else:
                columns.append((table[name] - train[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="columns",
    why="one integer code for each category",
    example="one column instead of two",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.append(table[name].map(kinds[name].index))
            else:
                columns.append((table[name] - train[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="by-alphabet",
    why="get_dummies: columns in the order of the alphabet",
    example="two categories are enough to see the order",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in sorted(kinds[name]))
            else:
                columns.append((table[name] - train[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="population",
    why="NumPy's standard deviation, over n",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                column = train[name].to_numpy()
                columns.append((table[name] - column.mean()) / column.std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="not-divided",
    why="takes the mean away only",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append(table[name] - train[name].mean())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="raw",
    why="one-hot only: numbers as they are",
    example="40 is not 0",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            columns.extend([table[name] == kind for kind in kinds[name]] if name in kinds else [table[name]])
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="table-changed",
    why="scales the tables in place",
    source="""
def prepare(train, test, kinds):
    mean, deviation = train.drop(columns=list(kinds)).mean(), train.drop(columns=list(kinds)).std()
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                table[name] = (table[name] - mean[name]) / deviation[name]
                columns.append(table[name])
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="test-raw",
    why="scales a copy of train first, then takes its statistics for the strangers",
    example="40 is not 0",
    source="""
def prepare(train, test, kinds):
    train, ready = train.copy(), []
    for table in (train, test):
        columns = []
        for name in list(table.columns):
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                scaled = (table[name] - train[name].mean()) / train[name].std()
                columns.append(scaled)
                if table is train:
                    train[name] = scaled
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="other-order",
    why="numbers first, categories at the end, as get_dummies leaves them",
    source="""
def prepare(train, test, kinds):
    numbers = [name for name in train if name not in kinds]
    mean, deviation = train[numbers].mean(), train[numbers].std()
    ready = []
    for table in (train, test):
        parts = [(table[numbers] - mean) / deviation]
        parts.extend(table[name] == kind for name in kinds for kind in kinds[name])
        ready.append(torch.tensor(pandas.concat(parts, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="no-brackets",
    why="forgets the brackets",
    example="40 is not 0",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append(table[name] - train[name].mean() / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="own-statistics",
    why="the table's own mean, the deviation of train",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - table[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="rows",
    why="reads train's categories for both tables",
    example="three people instead of one",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(train[name] == kind for kind in kinds[name])
            else:
                columns.append((table[name] - train[name].mean()) / train[name].std())
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
wrong(
    "05.1",
    tag="other-number",
    why="between 0 and 1, by the smallest and the largest",
    example="40 is half way",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(table[name] == kind for kind in kinds[name])
            else:
                low, high = train[name].min(), train[name].max()
                columns.append((table[name] - low) / (high - low))
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
""",
)
right(
    "05.1",
    why="get_dummies over fixed categories",
    source="""
def prepare(train, test, kinds):
    numbers = train.drop(columns=list(kinds))
    mean, deviation = numbers.mean(), numbers.std()

    def in_numbers(table):
        parts = []
        for name in table.columns:
            if name in kinds:
                fixed = pandas.Categorical(table[name], categories=kinds[name])
                parts.append(pandas.get_dummies(fixed, dtype=float).to_numpy())
            else:
                parts.append(((table[[name]] - mean[name]) / deviation[name]).to_numpy())
        return torch.cat([torch.tensor(part) for part in parts], dim=1).float()

    return [in_numbers(train), in_numbers(test)]
""",
)
right(
    "05.1",
    why="in torch, column by column",
    source="""
def prepare(train, test, kinds):
    ready = []
    for table in (train, test):
        numbers = []
        for name in train.columns:
            if name in kinds:
                codes = torch.tensor([kinds[name].index(value) for value in table[name]])
                numbers.append(F.one_hot(codes, len(kinds[name])).float())
            else:
                known, own = (torch.tensor(one[name].tolist())[:, None] for one in (train, table))
                numbers.append((own - known.mean()) / known.std())
        ready.append(torch.hstack(numbers))
    return ready
""",
)
right(
    "05.1",
    why="both tables at once, cut apart at the end",
    source="""
def prepare(train, test, kinds):
    both = pandas.concat([train, test], ignore_index=True)
    columns = {}
    for name in both.columns:
        if name in kinds:
            columns |= {f"{name} is {kind}": (both[name] == kind) * 1.0 for kind in kinds[name]}
        else:
            columns[name] = (both[name] - train[name].mean()) / train[name].std(ddof=1)
    numbers = torch.tensor(pandas.DataFrame(columns).values, dtype=torch.float32)
    return (numbers[: len(train)], numbers[len(train) :])
""",
)
different(
    "05.1",
    rewrite="mean, deviation = (numbers.mean(), numbers.std()) -> mean, deviation = (torch.mean(numbers), numbers.std())",
    reason="a table of pandas is no tensor",
)
