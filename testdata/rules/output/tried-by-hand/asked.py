"""What it asks is given on the command line."""

import sys

from openai import OpenAI

client = OpenAI()

reply = client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": f"A title for: {sys.argv[1]}"}])
print(reply.choices[0].message.content)
