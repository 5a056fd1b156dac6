class Memory:
    """What was said, in order."""

    def __init__(self):
        self.turns = []

    def add(self, role, text):
        self.turns.append({"role": role, "content": text})
