from model import complete

MANNERS = {"role": "system", "content": "You answer questions about gardens."}


def ask(messages):
    """Leaves the cap out for all who come through here."""
    return complete([MANNERS, *messages])


def ask_shortly(messages, settings=None):
    """Passes on what it is given: each caller decides."""
    return complete([MANNERS, *messages], settings)
