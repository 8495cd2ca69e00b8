# Wrong: counts every name that has not withdrawn, not just the first one.
def ballot_winner(ballots: list[list[str]], withdrawn: set[str]) -> str | None:
    votes: dict[str, int] = {}
    for ballot in ballots:
        for name in ballot:
            if name not in withdrawn:
                votes[name] = votes.get(name, 0) + 1
    if not votes:
        return None
    return min(votes, key=lambda name: (-votes[name], name))
