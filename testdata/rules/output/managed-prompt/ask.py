import boto3

FAQ_PROMPT = "arn:aws:bedrock:eu-west-1:111122223333:prompt/9QX2ABCD7F:3"
runtime = boto3.client("bedrock-runtime", region_name="eu-west-1")


def ask(question):
    return runtime.converse(modelId=FAQ_PROMPT, promptVariables={"question": {"text": question}})
