# Wrong: splits at single spaces, so double spaces and tabs break it.
def initials(name: str) -> str:
    return ".".join(word[0].upper() for word in name.split(' '))
