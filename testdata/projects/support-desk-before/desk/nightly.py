"""The report that team leads find in their inbox in the morning; runs at night, nobody waits for it."""

import json
import logging
import uuid
from datetime import date, datetime

from desk import settings
from desk.bedrock import runtime, text_of
from desk.classify import Ticket
from desk.prompts import QA_RUBRIC

logger = logging.getLogger(__name__)

EXCERPT = 4_000


def review(tickets: list[Ticket]) -> list[dict]:
    """Rates the conversations of the day."""
    client = runtime()
    ratings = []
    for ticket in tickets:
        response = client.converse(
            modelId=settings.MODEL_ID,
            system=[{"text": QA_RUBRIC}],
            messages=[{"role": "user", "content": [{"text": ticket.body[:EXCERPT]}]}],
            inferenceConfig={"maxTokens": 700, "temperature": 0},
        )
        try:
            ratings.append(json.loads(text_of(response)))
        except json.JSONDecodeError:
            logger.warning("ticket %s: rating is no JSON", ticket.id)
    return ratings


def second_opinion(tickets: list[Ticket]) -> dict[str, str]:
    """Rates complaints once more, for the auditors, each under a reference of its own."""
    client = runtime()
    opinions = {}
    for ticket in tickets:
        reference = uuid.uuid4().hex
        prompt = f"""Audit {reference}, opened {datetime.now():%Y-%m-%d %H:%M:%S}.

{QA_RUBRIC}
Transcript:
{ticket.body[:EXCERPT]}"""
        response = client.converse(
            modelId=settings.MODEL_ID,
            messages=[{"role": "user", "content": [{"text": prompt}]}],
        )
        opinions[reference] = text_of(response)
    return opinions


def digest(ratings: list[dict]) -> str:
    """One paragraph for the team leads."""
    totals = sorted(rating["total"] for rating in ratings if rating.get("total") is not None)
    prompt = f"Describe in one paragraph how the day went for the desk. Totals of the conversations: {totals}. Day: {date.today()}"
    response = runtime().converse(
        modelId=settings.MODEL_ID,
        messages=[{"role": "user", "content": [{"text": prompt}]}],
        inferenceConfig={"maxTokens": 250},
    )
    return text_of(response)


def main(tickets: list[Ticket]) -> str:
    started = datetime.now()
    report = digest(review(tickets))
    opinions = second_opinion([ticket for ticket in tickets if "complaint" in ticket.subject.lower()])
    logger.info("report of %s took %s, %d second opinions", date.today(), datetime.now() - started, len(opinions))
    return report
