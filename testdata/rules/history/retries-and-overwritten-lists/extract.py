import json

from openai import OpenAI

client = OpenAI()


def extract(invoice):
    """Tries three times at most, and tells the model what was wrong."""
    messages = [{"role": "user", "content": f"Return number, date and sum as JSON: {invoice[:3000]}"}]
    for _ in range(3):
        reply = client.chat.completions.create(model="gpt-4.1-mini", messages=messages, max_completion_tokens=120)
        text = reply.choices[0].message.content
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            messages.append({"role": "assistant", "content": text})
            messages.append({"role": "user", "content": f"That is no JSON: {error}"})
    return None


def translate_lines():
    """The list starts anew with each line."""
    while True:
        line = input("> ")
        messages = [{"role": "system", "content": "Translate into Dutch."}]
        messages.append({"role": "user", "content": line})
        reply = client.chat.completions.create(model="gpt-4.1-mini", messages=messages, max_completion_tokens=200)
        print(reply.choices[0].message.content)
