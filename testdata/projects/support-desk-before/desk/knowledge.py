"""Answers from the knowledge base."""

import json
import logging
import math
from dataclasses import dataclass

from desk import settings
from desk.bedrock import runtime, text_of

logger = logging.getLogger(__name__)

TOP_K = 4


@dataclass(frozen=True)
class Article:
    title: str
    text: str
    vector: list[float]


def embed(text: str) -> list[float]:
    response = runtime().invoke_model(
        modelId=settings.EMBEDDING_MODEL_ID,
        body=json.dumps({"inputText": text, "dimensions": 512, "normalize": True}),
    )
    return json.loads(response["body"].read())["embedding"]


def nearest(question: str, articles: list[Article]) -> list[Article]:
    """The articles that are closest in meaning; vectors are normalised."""
    wanted = embed(question)
    ranked = sorted(articles, key=lambda article: -math.fsum(a * b for a, b in zip(article.vector, wanted)))
    return ranked[:TOP_K]


def answer(question: str, articles: list[Article]) -> str:
    """An answer for the search page, from the best articles only."""
    passages = "\n\n".join(f"{article.title}\n{article.text}" for article in nearest(question, articles))
    response = runtime().converse(
        modelId=settings.MODEL_ID,
        system=[{"text": f"You answer questions about products of {settings.PRODUCT_NAME} from the articles you are given."}],
        messages=[{"role": "user", "content": [{"text": f"Articles:\n{passages}\n\nQuestion: {question}"}]}],
        inferenceConfig={"maxTokens": 500},
    )
    logger.info("answered from %d articles", TOP_K)
    return text_of(response)
