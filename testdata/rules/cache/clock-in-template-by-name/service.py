from datetime import datetime
from pathlib import Path

import boto3
from jinja2 import Environment, FileSystemLoader

COUNTRY = "Portugal"
environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"))
client = boto3.client("bedrock-runtime")


def decide(claim):
    system = environment.get_template("claims.j2").render(now=datetime.now(), country=COUNTRY)
    return client.converse(
        modelId="us.anthropic.claude-sonnet-4-6",
        system=[{"text": system}],
        messages=[{"role": "user", "content": [{"text": claim.summary[:4000]}]}],
        inferenceConfig={"maxTokens": 800},
    )
