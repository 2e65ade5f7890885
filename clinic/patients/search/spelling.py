"""Words one typing error apart: a letter missing, added, changed, or two neighbours swapped.

Source: the deletion index of SymSpell (Wolf Garbe): two words within one error share a form with at most one letter
left out, so that one indexed lookup finds all candidates; `within_one_error` then keeps the true ones.
"""

MIN_LETTERS = 4
MAX_LETTERS = 30


def spellings(word: str) -> set[str]:
    """The word and every form of it with one letter left out."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def within_one_error(a: str, b: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours (or nothing) makes `a` into `b`."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[1:] == shorter
