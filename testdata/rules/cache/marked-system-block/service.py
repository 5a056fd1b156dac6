from anthropic import Anthropic

with open("guide.txt", encoding="utf-8") as file:
    GUIDE = file.read()

client = Anthropic()


def decide_all(claims):
    for claim in claims:
        yield client.messages.create(
            model="claude-sonnet-4-6",
            max_tokens=800,
            system=[{"type": "text", "text": GUIDE, "cache_control": {"type": "ephemeral"}}],
            messages=[{"role": "user", "content": claim.summary[:4000]}],
        )
