# Wrong: drops a ballot if its first name has withdrawn.
def ballot_winner(ballots: list[list[str]], withdrawn: set[str]) -> str | None:
    votes: dict[str, int] = {}
    for ballot in ballots:
        if ballot and ballot[0] not in withdrawn:
            votes[ballot[0]] = votes.get(ballot[0], 0) + 1
    if not votes:
        return None
    return min(votes, key=lambda name: (-votes[name], name))
