"""Sorts incoming tickets into categories and queues."""

import json
import logging
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader

from desk import settings
from desk.bedrock import runtime, text_of

logger = logging.getLogger(__name__)
templates = Environment(loader=FileSystemLoader(settings.TEMPLATES), autoescape=False)


@dataclass(frozen=True)
class Customer:
    name: str
    since: int


@dataclass(frozen=True)
class Ticket:
    id: str
    subject: str
    body: str
    customer: Customer


@dataclass(frozen=True)
class Label:
    category: str
    priority: str
    queue: str


FALLBACK = Label(category="feedback", priority="normal", queue="team-leads")


def classify(ticket: Ticket) -> Label:
    """The label of a ticket; tickets that can't be read go to the team leads."""
    prompt = templates.get_template("classify.j2").render(ticket=ticket, customer=ticket.customer)
    response = runtime().converse(
        modelId=settings.TRIAGE_MODEL_ID,
        messages=[{"role": "user", "content": [{"text": prompt}]}],
        inferenceConfig={"maxTokens": 400},
    )
    try:
        answer = json.loads(text_of(response))
        label = Label(answer["category"], answer["priority"], answer["queue"])
    except (json.JSONDecodeError, KeyError) as error:
        logger.warning("ticket %s: unreadable label: %s", ticket.id, error)
        return FALLBACK
    if label.queue not in settings.load_queues():
        logger.warning("ticket %s: unknown queue %s", ticket.id, label.queue)
        return FALLBACK
    return label
