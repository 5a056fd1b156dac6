"""The connection to Amazon Bedrock."""

from functools import lru_cache

import boto3
from botocore.config import Config

from desk import settings


@lru_cache(maxsize=1)
def runtime():
    """One client for the process; adaptive retries keep us under the account's quota."""
    config = Config(retries={"max_attempts": 4, "mode": "adaptive"}, read_timeout=120)
    return boto3.client("bedrock-runtime", region_name=settings.REGION, config=config)


def text_of(response: dict) -> str:
    """The text of a Converse response, without tool use."""
    return "".join(block.get("text", "") for block in response["output"]["message"]["content"])
