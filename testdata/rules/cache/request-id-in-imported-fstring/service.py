import uuid

from openai import OpenAI

from guide import CLAIMS_GUIDE

client = OpenAI()


def instructions():
    request_id = str(uuid.uuid4())
    return f"Request {request_id}\n" + CLAIMS_GUIDE


def decide(claim):
    return client.responses.create(
        model="gpt-4.1",
        instructions=instructions(),
        input=claim.summary[:4000],
        max_output_tokens=800,
    )
