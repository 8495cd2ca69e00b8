# Wrong: keeps only letters that are in upper case already.
def initials(name: str) -> str:
    return ".".join(word[0] for word in name.split() if word[0].isupper())
