"""Taking back the message of a failed turn is no limit: the list grows all the same."""

import anthropic

client = anthropic.Anthropic()


def chat(read, write):
    messages = []
    while True:
        messages.append({"role": "user", "content": read()})
        try:
            reply = client.messages.create(model="claude-sonnet-4-6", max_tokens=500, messages=messages)
        except anthropic.APIError:
            messages.pop()
            continue
        messages.append({"role": "assistant", "content": reply.content})
        write(reply.content[0].text)
