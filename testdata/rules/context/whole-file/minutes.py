from pathlib import Path

from anthropic import Anthropic

client = Anthropic()


def decisions(folder, name):
    minutes = Path(folder, name).read_text(encoding="utf-8")
    reply = client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=600,
        messages=[
            {"role": "user", "content": f"List the decisions, each with who has to act until when.\n\n{minutes}"},
        ],
    )
    return reply.content[0].text
