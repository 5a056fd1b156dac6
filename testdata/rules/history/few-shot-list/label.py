"""Examples are appended in a loop, and one request is sent after it."""

import json

from openai import OpenAI

client = OpenAI()


def label(comment, examples_path="examples.json"):
    with open(examples_path, encoding="utf-8") as file:
        examples = json.load(file)
    messages = [{"role": "system", "content": "Label the comment as praise, question or complaint."}]
    for example in examples[:8]:
        messages.append({"role": "user", "content": example["comment"]})
        messages.append({"role": "assistant", "content": example["label"]})
    messages.append({"role": "user", "content": comment})
    completion = client.chat.completions.create(model="gpt-4.1-mini", messages=messages, max_completion_tokens=5)
    return completion.choices[0].message.content
