"""The copilot that agents talk to in their terminal."""

import logging
import sys

from desk import settings
from desk.bedrock import runtime, text_of
from desk.prompts import AGENT_HANDBOOK

logger = logging.getLogger(__name__)


def run() -> None:
    """Talks until the agent closes the terminal."""
    client = runtime()
    messages = []
    while True:
        try:
            question = input("agent> ").strip()
        except EOFError:
            break
        if not question:
            continue
        messages.append({"role": "user", "content": [{"text": question}]})
        response = client.converse(
            modelId=settings.MODEL_ID,
            system=[{"text": AGENT_HANDBOOK}],
            messages=messages,
            inferenceConfig={"maxTokens": 900, "temperature": 0.2},
        )
        messages.append(response["output"]["message"])
        logger.debug("usage: %s", response["usage"])
        sys.stdout.write(text_of(response) + "\n")


if __name__ == "__main__":
    run()
