"""Four conversations that can't grow without end, each bounded in its own way."""

from collections import deque

from openai import OpenAI

client = OpenAI()
MODEL = "gpt-4.1"
KEEP = 20


def trim_history(messages):
    """Drops the oldest half once there are too many, never the system message."""
    if len(messages) <= KEEP:
        return messages
    return messages[:1] + messages[-KEEP // 2 :]


class HelperBot:
    def __init__(self):
        self.messages = [{"role": "system", "content": "You are a librarian."}]

    def ask(self, text):
        self.messages.append({"role": "user", "content": text})
        self.messages = trim_history(self.messages)
        reply = client.chat.completions.create(model=MODEL, messages=self.messages, max_completion_tokens=300)
        self.messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        return self.messages[-1]["content"]


class DequeBot:
    def __init__(self):
        self.turns = deque(maxlen=12)

    def ask(self, text):
        self.turns.append({"role": "user", "content": text})
        reply = client.chat.completions.create(model=MODEL, messages=list(self.turns), max_completion_tokens=300)
        self.turns.append({"role": "assistant", "content": reply.choices[0].message.content})
        return self.turns[-1]["content"]


class SummaryBot:
    def __init__(self):
        self.summary = ""
        self.turns = []

    def ask(self, text):
        if len(self.turns) > KEEP:
            self.summary = self.summarise(self.turns)
            self.turns = []
        self.turns.append({"role": "user", "content": text})
        known = {"role": "system", "content": f"Known so far: {self.summary}"}
        reply = client.chat.completions.create(model=MODEL, messages=[known, *self.turns], max_completion_tokens=300)
        self.turns.append({"role": "assistant", "content": reply.choices[0].message.content})
        return self.turns[-1]["content"]

    def summarise(self, turns):
        text = "\n".join(turn["content"] for turn in turns)
        reply = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": f"Summarise in five sentences:\n{text}"}],
            max_completion_tokens=200,
        )
        return reply.choices[0].message.content


class CutBot:
    def __init__(self):
        self.messages = []

    def ask(self, text):
        self.messages.append({"role": "user", "content": text})
        if len(self.messages) > KEEP:
            del self.messages[: KEEP // 2]
        reply = client.chat.completions.create(model=MODEL, messages=self.messages, max_completion_tokens=300)
        self.messages.append({"role": "assistant", "content": reply.choices[0].message.content})
        return self.messages[-1]["content"]
