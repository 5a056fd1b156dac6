"""Models that can't write much more than a long answer have a cap of their own."""

from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from openai import OpenAI

client = OpenAI()


def ask(question, name):
    return client.chat.completions.create(model=name, messages=[{"role": "user", "content": f"A title for: {question}"}])


def small(question):
    """4,096 tokens at most."""
    return client.chat.completions.create(model="gpt-4-turbo", messages=[{"role": "user", "content": f"A title for: {question}"}])


def whole_window(question):
    """8,192 tokens with the question."""
    return client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": f"A title for: {question}"}])


def large(question):
    return client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": f"A title for: {question}"}])


def desk(question):
    """Sends 1,024 in versions before 1.0."""
    return ChatAnthropic(model="claude-sonnet-4-5").invoke(question)


def unnamed(question):
    """The class takes a model of 4,096 tokens."""
    return ChatOpenAI(temperature=0).invoke(question)


class Clerk:
    """Whoever makes it may name another model, and nobody here does."""

    def __init__(self, model_name="gpt-3.5-turbo"):
        self.model_name = model_name

    def answer(self, question):
        return client.chat.completions.create(model=self.model_name, messages=[{"role": "user", "content": f"A title for: {question}"}])


def drafted(question, model="gpt-4.1"):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": f"A title for: {question}"}])
