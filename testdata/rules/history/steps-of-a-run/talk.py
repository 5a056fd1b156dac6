"""Somebody says something new on every turn, by a function that is handed in."""

from openai import OpenAI

client = OpenAI()


def talk(hear):
    messages = []
    while True:
        said = hear()
        messages.append({"role": "user", "content": said})
        reply = client.chat.completions.create(model="gpt-4.1-mini", max_tokens=300, messages=messages)
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
