"""The only file that knows the SDK: the settings of a request come from whoever asks."""

from openai import OpenAI

client = OpenAI()


def complete(messages, settings=None):
    return client.responses.create(model="gpt-4.1", input=messages, **(settings or {}))
