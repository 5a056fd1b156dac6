"""What differs between deployments."""

import os
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"

REGION = os.environ.get("AWS_REGION", "us-east-1")
MODEL_ID = "us.anthropic.claude-opus-4-8"
TRIAGE_MODEL_ID = "openai.gpt-5.5"
EMBEDDING_MODEL_ID = "amazon.titan-embed-text-v2:0"
PRODUCT_NAME = "Larkspur Home Energy"


def load_queues(path: Path = ROOT / "config" / "desk.yaml") -> dict:
    """Queues with their answer times in minutes."""
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)["queues"]
