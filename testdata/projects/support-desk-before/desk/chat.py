"""Conversations with customers in the chat window."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timezone

import boto3
from botocore.exceptions import ClientError

from desk import settings
from desk.bedrock import text_of
from desk.prompts import CHAT_POLICY

logger = logging.getLogger(__name__)

APOLOGY = "I can't reach our systems at the moment. Please try again in a minute."


@dataclass
class ChatSession:
    """One customer in one chat window."""

    session_id: str
    history: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = boto3.client("bedrock-runtime", region_name=settings.REGION)

    def respond(self, message: str) -> str:
        """Answers one message of the customer."""
        logger.info("session %s: message at %s", self.session_id, datetime.now(timezone.utc).isoformat())
        self.history.append({"role": "user", "content": [{"text": message}]})
        now = datetime.now(timezone.utc).isoformat()
        system = f"""You are Nora, the support assistant of {settings.PRODUCT_NAME}, a maker of home batteries and smart thermostats.

The current time is {now}.

{CHAT_POLICY}"""
        response = self.client.converse(
            modelId=settings.MODEL_ID,
            system=[{"text": system}],
            messages=self.history,
        )
        self.history.append(response["output"]["message"])
        return text_of(response)


SESSIONS: dict[str, ChatSession] = {}


def handle_message(event: dict, _context: object = None) -> dict:
    """Entry point of the chat gateway."""
    session_id = event["session"]
    session = SESSIONS.setdefault(session_id, ChatSession(session_id))
    try:
        reply = session.respond(event["message"])
    except ClientError:
        logger.exception("session %s: no answer", session_id)
        del SESSIONS[session_id]
        reply = APOLOGY
    return {"session": session_id, "reply": reply}
