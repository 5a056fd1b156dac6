"""Notes for the colleague who takes over a chat."""

from jinja2 import Environment, FileSystemLoader

from desk import settings
from desk.bedrock import runtime, text_of

templates = Environment(loader=FileSystemLoader(settings.TEMPLATES), autoescape=False, trim_blocks=True)


def handover_note(history: list[dict]) -> str:
    """What the next colleague has to know of the chat so far."""
    turns = [{"role": turn["role"], "text": text_in(turn)} for turn in history]
    prompt = templates.get_template("handover.j2").render(history=turns)
    response = runtime().converse(
        modelId=settings.MODEL_ID,
        messages=[{"role": "user", "content": [{"text": prompt}]}],
        inferenceConfig={"maxTokens": 350},
    )
    return text_of(response)


def text_in(turn: dict) -> str:
    return " ".join(block["text"] for block in turn["content"] if "text" in block)
