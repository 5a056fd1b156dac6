"""A list of steps: it hands a model to a framework once."""

from crewai import Agent, Crew, Task
from langchain_openai import AzureChatOpenAI

thinker = AzureChatOpenAI(azure_deployment="chat")

writer = Agent(role="Writer", goal="Write about gardens", backstory="Knows plants", llm=thinker)
task = Task(description="Name five plants for shade", expected_output="Five names", agent=writer)

Crew(agents=[writer], tasks=[task]).kickoff()
