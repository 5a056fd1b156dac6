"""A clock in a log line, in a file name and after the last word of the prompt changes nothing for the cache."""

import logging
import time
from datetime import datetime, timezone

from openai import OpenAI

logger = logging.getLogger(__name__)
client = OpenAI()

RULES = """\
You write the captions of photographs in a regional newspaper. Name the people from left to right, then what they do,
then the place. Use the present tense. No adjectives that judge, no exclamation marks, at most thirty words. When the
photograph shows children, leave out surnames. When it shows an accident, leave out number plates and house numbers.
Write the name of the photographer in brackets at the end. If it isn't known who is shown, describe clothes and posture
instead of guessing. Sports captions begin with the score.
"""


def caption(description):
    started = time.monotonic()
    logger.info("%s caption wanted", datetime.now(timezone.utc).isoformat())
    completion = client.chat.completions.create(
        model="gpt-4.1",
        max_completion_tokens=90,
        messages=[
            {"role": "system", "content": RULES},
            {"role": "user", "content": f"Photograph: {description}\nSeen at {datetime.now(timezone.utc).isoformat()}"},
        ],
    )
    logger.info("caption after %.1f s", time.monotonic() - started)
    path = f"captions/{datetime.now():%Y%m%d-%H%M%S}.txt"
    with open(path, "w", encoding="utf-8") as file:
        file.write(completion.choices[0].message.content)
    return path
