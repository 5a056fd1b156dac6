"""Decides claims from the command line until the input ends."""

import sys
from pathlib import Path

from anthropic import Anthropic

GUIDE = (Path(__file__).parent / "prompts" / "claims.txt").read_text(encoding="utf-8")
client = Anthropic()

for line in sys.stdin:
    message = client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=800,
        system=GUIDE,
        messages=[{"role": "user", "content": line[:4000]}],
    )
    sys.stdout.write(message.content[0].text + "\n")
