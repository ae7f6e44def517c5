"""Exercise 10.5, a coalition test: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, equivalent, right, scene, wrong

scene(
    "10.5",
    source="""
def good_split(secret, n):
    from course.smpc.randomness import Randomness
    from course.smpc.shares import split

    return list(split(secret, n, Randomness()))


def says_0(shares):
    return 0
""",
)
wrong(
    "10.5",
    tag="counted-ones",
    why="counts how often the attack says 1",
    example="an attack that never says 1",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for _ in range(rounds):
            shares = split(secrets[int(torch.randint(2, ()))], n)
            right += attack(shares[:k] + shares[k + 1 :])
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="one-secret",
    why="a coin that shows 1 once in three games",
    example="an attack that says 0 is right in two games of three",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for _ in range(rounds):
            coin = int(torch.randint(3, ())) % 2
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="one-sample",
    why="splits each secret once, and asks again and again",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        made = [split(secret, n) for secret in secrets]
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = made[coin]
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="one-sample",
    why="one split for all games of a coalition",
    example="the one coin decides",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        coin = int(torch.randint(2, ()))
        shares = split(secrets[coin], n)
        for game in range(rounds):
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="not-asked",
    why="one game for each coalition",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        coin = int(torch.randint(2, ()))
        shares = split(secrets[coin], n)
        right = attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(right and rounds < 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="one-secret",
    why="always the first secret",
    example="says_0 is always right",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = 0
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="no-coin",
    why="the secrets in turns",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = game % 2
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="no-coin",
    why="half of the games each, one after the other",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(game < rounds // 2)
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="too-many",
    why="asks with all shares",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="not-coalition",
    why="one share in place of all but one",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack([shares[k]]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="not-coalition",
    why="leaves out two",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 2 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="not-asked",
    why="only the last coalition, for all",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in [n - 1]:
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts * n
""",
)
wrong(
    "10.5",
    tag="above-half",
    why="more than half is enough",
    example="by chance, in half of all runs",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(right > rounds / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="wrong-bar",
    why="two standard deviations",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > rounds**0.5)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="above-half",
    why="right in every game, however few there are",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(right in (0, rounds) or abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="one-sided",
    why="only above half",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(right - rounds / 2 > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="wrong-bar",
    why="ten standard deviations",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="wrong-bar",
    why="a share of all games in place of deviations",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right / rounds - 0.5) > 0.2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="wrong-bar",
    why="at 5, too",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) >= 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="turned",
    why="the holder who is left out, from behind",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts[::-1]
""",
)
wrong(
    "10.5",
    tag="turned",
    why="leaves out the last first",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in reversed(range(n)):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="no-list",
    why="counts in place of verdicts",
    example="counts are no bools",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(right)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="no-list",
    why="one verdict for all",
    example="one bool",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return any(verdicts)
""",
)
wrong(
    "10.5",
    tag="asked-twice",
    why="both secrets in each round",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        right = 0
        for _ in range(rounds):
            for coin in (0, 1):
                shares = split(secrets[coin], n)
                right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds) > 5 * (2 * rounds) ** 0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="not-reset",
    why="one count for all coalitions",
    example="the counts pile up to half, and past it",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    right = 0
    for k in range(n):
        for _ in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        verdicts.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return verdicts
""",
)
wrong(
    "10.5",
    tag="wound-back",
    why="sets a seed for each coalition",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    tells = []
    for k in range(n):
        right = 0
        torch.manual_seed(0)
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            guess = attack(shares[:k] + shares[k + 1:])
            right += int(guess == coin)
        tells.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return tells
""",
)
wrong(
    "10.5",
    tag="wound-back",
    why="sets a seed in each game",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    tells = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            torch.manual_seed(game)
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            guess = attack(shares[:k] + shares[k + 1:])
            right += int(guess == coin)
        tells.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return tells
""",
)
wrong(
    "10.5",
    tag="above-half",
    why="5 per cent of the rounds, not 5 standard deviations",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    tells = []
    for k in range(n):
        right = 0
        for game in range(rounds):
            coin = int(torch.randint(2, ()))
            shares = split(secrets[coin], n)
            guess = attack(shares[:k] + shares[k + 1:])
            right += int(guess == coin)
        tells.append(abs(right - rounds / 2) > 0.05 * rounds)
    return tells
""",
)
wrong(
    "10.5",
    tag="wound-back",
    why="the coins once, before the loop, for all coalitions",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    coins = torch.randint(2, (rounds,)).tolist()
    tells = []
    for k in range(n):
        right = 0
        for coin in coins:
            shares = split(secrets[coin], n)
            right += attack(shares[:k] + shares[k + 1 :]) == coin
        tells.append(abs(right - rounds / 2) > 5 * rounds**0.5 / 2)
    return tells
""",
)
right(
    "10.5",
    why="one split in each game for all coalitions",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    right = [0] * n
    for _ in range(rounds):
        coin = int(torch.rand(()) < 0.5)
        shares = split(secrets[coin], n)
        for k in range(n):
            without = [share for at, share in enumerate(shares) if at != k]
            right[k] += int(attack(without) == coin)
    return [(2 * count - rounds) ** 2 > 25 * rounds for count in right]
""",
)
right(
    "10.5",
    why="a list of outcomes, plus and minus one",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    import random


    def game(k):
        secret = random.choice([0, 1])
        shares = split(secrets[secret], n)
        del shares[k]
        return 1 if attack(shares) == secret else -1


    def tells(k):
        return abs(sum(game(k) for _ in range(rounds))) > 5 * rounds**0.5


    return [tells(k) for k in range(n)]
""",
)
right(
    "10.5",
    why="all coins of a coalition at once",
    source="""
def who_can_tell(split, attack, secrets, n, rounds):
    verdicts = []
    for k in range(n):
        coins = torch.randint(0, 2, (rounds,)).tolist()
        guesses = []
        for coin in coins:
            shares = split(secrets[coin], n)
            guesses.append(attack(shares[:k] + shares[k + 1 :]))
        right = sum(guess == coin for guess, coin in zip(guesses, coins))
        verdicts.append(bool(abs(right - rounds / 2) / (rounds**0.5 / 2) > 5))
    return verdicts
""",
)
equivalent(
    "10.5",
    mutant="right += attack(shares[:k] + shares[k + 1:]) == coin -> right += attack(shares[:k] + shares[k + 1:]) != coin",
    reason="wrong guesses are as far from half as right ones",
)
equivalent(
    "10.5",
    mutant="verdicts.append(abs(right - rounds / 2) > 5 * rounds ** 0.5 / 2) -> verdicts.append(abs(rounds / 2 - right) > 5 * rounds ** 0.5 / 2)",
    reason="a distance has no direction",
)
different(
    "10.5",
    rewrite="right += attack(shares[:k] + shares[k + 1:]) == coin -> right.add_(attack(shares[:k] + shares[k + 1:]) == coin)",
    reason="a count is an int, and no tensor",
)
different(
    "10.5",
    rewrite="right += attack(shares[:k] + shares[k + 1:]) == coin -> right.data = right.data + (attack(shares[:k] + shares[k + 1:]) == coin)",
    reason="a count is an int, and no tensor",
)
different(
    "10.5",
    rewrite="right += attack(shares[:k] + shares[k + 1:]) == coin -> right.copy_(right + (attack(shares[:k] + shares[k + 1:]) == coin))",
    reason="a count is an int, and no tensor",
)
different(
    "10.5",
    rewrite="return [(2 * count - rounds) ** 2 > 25 * rounds for count in right] -> return [torch.square(2 * count - rounds) > 25 * rounds for count in right]",
    reason="a count is an int, and no tensor",
)
