"""What people write in their own words."""


def say_nothing(words: str) -> bool:
    """Whether a reader finds no letter and no digit in it: blanks, dots, characters that nobody sees."""
    return not any(character.isalnum() for character in words)
