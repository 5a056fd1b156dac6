"""Values that are fixed when the process starts don't break the prefix."""

from anthropic import Anthropic

from settings import EDITION, PAPER, STARTED_ON

client = Anthropic()

SYSTEM = f"""You are the proof-reader of {PAPER}, edition {EDITION}. Style guide as of {STARTED_ON}.

Mark mistakes of spelling, grammar and punctuation, and nothing else. Quote the words before and after each mistake so
that it can be found, then write the correction. Leave quotations, proper names and dialect alone. Numbers up to twelve
are written as words, except with units. Percent is a word in running text and a sign in tables. Months are never
shortened. Titles of books stand in italics, which appear as asterisks here. If there is no mistake, write "clean".
"""


def proof(paragraph):
    return client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=400,
        system=SYSTEM,
        messages=[{"role": "user", "content": paragraph}],
    )
