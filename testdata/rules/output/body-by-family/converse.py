import boto3

runtime = boto3.client("bedrock-runtime")


def ask(question):
    return runtime.converse(
        modelId="us.amazon.nova-pro-v1:0",
        messages=[{"role": "user", "content": [{"text": question}]}],
        inferenceConfig={"temperature": 0},
    )
