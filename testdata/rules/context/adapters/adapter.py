import anthropic
import boto3

client = anthropic.Anthropic()
bedrock = boto3.client("bedrock-runtime")


def convert(messages):
    converted = []
    for message in messages:
        if message["role"] == "tool":
            result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": message["content"]}
            converted.append({"role": "user", "content": [result]})
        else:
            converted.append({"role": message["role"], "content": message["content"]})
    return converted


def complete(messages, as_json):
    system = messages[0]["content"]
    rules = "Answer with one object of JSON and nothing else: no prose before it, none after it, no fence around it. " * 6
    blocks = [{"type": "text", "text": system}, {"type": "text", "text": rules}]
    return client.messages.create(model="claude-haiku-4-5", max_tokens=300, system=blocks, messages=convert(messages[1:]))


def send(messages):
    turns = []
    for message in messages:
        parts = []
        for part in message["parts"]:
            if part["kind"] == "file":
                parts.append({"document": {"format": "pdf", "name": "file", "source": {"bytes": part["data"]}}})
            else:
                parts.append({"text": part["text"]})
        turns.append({"role": message["role"], "content": parts})
    return bedrock.converse(modelId="amazon.nova-lite-v1:0", messages=turns, inferenceConfig={"maxTokens": 300})
