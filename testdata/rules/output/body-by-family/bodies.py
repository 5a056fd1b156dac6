"""Each family has its own name for the cap; Titan and Llama send a small default of their own."""

import json

import boto3

runtime = boto3.client("bedrock-runtime")


def claude(question):
    body = json.dumps(
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 300,
            "messages": [{"role": "user", "content": question}],
        }
    )
    return runtime.invoke_model(modelId="us.anthropic.claude-sonnet-4-6", body=body)


def nova(question):
    request = {
        "messages": [{"role": "user", "content": [{"text": question}]}],
        "inferenceConfig": {"maxTokens": 300},
    }
    return runtime.invoke_model(modelId="us.amazon.nova-pro-v1:0", body=json.dumps(request))


def titan(question):
    config = {"maxTokenCount": 300, "temperature": 0}
    return runtime.invoke_model(
        modelId="amazon.titan-text-express-v1",
        body=json.dumps({"inputText": question, "textGenerationConfig": config}),
    )


def titan_by_default(question):
    return runtime.invoke_model(modelId="amazon.titan-text-express-v1", body=json.dumps({"inputText": question}))


def llama_by_default(question):
    return runtime.invoke_model(modelId="us.meta.llama3-3-70b-instruct-v1:0", body=json.dumps({"prompt": question}))


def embed(text):
    return runtime.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=json.dumps({"inputText": text}))
