from crewai import Agent

from shared import shared_model


def writer(topic):
    return Agent(role="Writer", goal=f"Write about {topic}", backstory="Knows it", llm=shared_model)
