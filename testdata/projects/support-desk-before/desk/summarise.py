"""Summaries of what customers and partners send us as files."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from desk import settings
from desk.bedrock import runtime, text_of
from desk.prompts import ATTACHMENT_PROMPT, CONTRACT_QUESTIONS

templates = Environment(loader=FileSystemLoader(settings.TEMPLATES), autoescape=False)

PREVIEW_CHARS = 3_000


def summarise_attachment(path: Path) -> str:
    """A short summary of an attachment, for the side bar of the ticket."""
    document = path.read_text(encoding="utf-8", errors="replace")
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 600,
        "messages": [
            {"role": "user", "content": ATTACHMENT_PROMPT + document},
        ],
    }
    response = runtime().invoke_model(modelId=settings.MODEL_ID, body=json.dumps(body))
    payload = json.loads(response["body"].read())
    return "".join(block["text"] for block in payload["content"] if block["type"] == "text")


def review_contract(name: str, folder: Path) -> str:
    """The obligations in a partner contract, for the partner team."""
    with open(folder / name, encoding="utf-8") as file:
        contract = file.read()
    prompt = templates.get_template("contract.j2").render(questions=CONTRACT_QUESTIONS, contract=contract)
    response = runtime().converse(
        modelId=settings.MODEL_ID,
        messages=[
            {"role": "user", "content": [{"text": prompt}]},
        ],
    )
    return text_of(response)


def title_of(path: Path) -> str:
    """A title for an attachment, from its beginning."""
    beginning = path.read_text(encoding="utf-8", errors="replace")[:PREVIEW_CHARS]
    response = runtime().converse(
        modelId=settings.MODEL_ID,
        messages=[{"role": "user", "content": [{"text": f"Give this document a title of at most eight words:\n\n{beginning}"}]}],
        inferenceConfig={"maxTokens": 40},
    )
    return text_of(response).strip()
