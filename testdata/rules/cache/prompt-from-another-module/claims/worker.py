import boto3

from claims.guide import CLAIMS_GUIDE

MODEL = "us.anthropic.claude-sonnet-4-6"


def decide(queue):
    client = boto3.client("bedrock-runtime")
    for claim in queue:
        response = client.converse(
            modelId=MODEL,
            system=[{"text": CLAIMS_GUIDE}],
            messages=[{"role": "user", "content": [{"text": claim.summary[:6000]}]}],
            inferenceConfig={"maxTokens": 800},
        )
        claim.store(response["output"]["message"]["content"][0]["text"])
