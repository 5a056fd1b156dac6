"""A day that is written out, a value that is settled where it is filled in, and labels between values: none of them is a leak to list."""

from datetime import datetime

from anthropic import Anthropic

client = Anthropic()

INTRO_PROMPT = f"""You are the night editor of a local paper. It is {datetime.now():%A, %d %B %Y}.
Write for readers who know the town and its people, and explain nothing that they know.
A headline has at most seven words and no question mark, and it never repeats the first sentence.
Numbers up to twelve are written out, money is given in whole euros, and distances in kilometres.
Quotations are only taken over if they are in the notes word by word, with the name of who said it."""

DIGEST_PROMPT = """You sort the notes of reporters for the morning edition of a local paper.
The tone of the edition is {tone}. Keep the names of streets and clubs as the reporters wrote them.
Put what concerns all readers first, then what concerns a quarter, then what concerns a club.
Notes that say the same are joined, and the names of both reporters are given behind them.
Leave out what was printed yesterday, unless something new is in it, and say then what is new.

Notes: {notes}"""


def digest(notes):
    prompt = DIGEST_PROMPT.format(tone="calm and friendly", notes=notes)
    return send_to_queue(prompt)


def first_page(desk, notes):
    prompt = f"""Write the first page from these notes. Keep to what is in them.

Desk: {desk}
Notes: {notes}
Length: {desk.length} lines
Answer in plain text."""
    answer = client.messages.create(
        model=desk.model, max_tokens=900, system=INTRO_PROMPT, messages=[{"role": "user", "content": prompt}]
    )
    return answer.content[0].text
