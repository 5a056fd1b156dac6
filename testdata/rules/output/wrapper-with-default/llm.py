from openai import OpenAI

_client = OpenAI()


def complete(messages, model="gpt-4.1", max_tokens=400):
    """Every call of the project goes through here."""
    completion = _client.chat.completions.create(model=model, messages=messages, max_tokens=max_tokens)
    return completion.choices[0].message.content
