"""Asks one fixed question."""

import os

from openai import OpenAI

client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])

reply = client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": "What is a context window?"}])
print(reply.choices[0].message.content)
