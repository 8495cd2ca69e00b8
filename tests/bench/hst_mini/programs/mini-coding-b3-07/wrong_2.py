# Wrong: breaks ties by who got a vote first.
def ballot_winner(ballots: list[list[str]], withdrawn: set[str]) -> str | None:
    votes: dict[str, int] = {}
    for ballot in ballots:
        for name in ballot:
            if name not in withdrawn:
                votes[name] = votes.get(name, 0) + 1
                break
    if not votes:
        return None
    return max(votes, key=lambda name: votes[name])
