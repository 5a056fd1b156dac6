"""Models that are made here, and used elsewhere or not at all."""

from langchain_openai import ChatOpenAI

answering_model = ChatOpenAI(model="gpt-4.1")
forgotten_model = ChatOpenAI(model="gpt-4.1")

__all__ = ["answering_model", "forgotten_model"]


def summarise(text):
    own = ChatOpenAI(model="gpt-4.1-mini")
    spare = ChatOpenAI(model="gpt-4.1-mini")
    return own.invoke(f"Sum up in two sentences: {text[:3000]}")
