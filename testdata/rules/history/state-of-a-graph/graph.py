"""Conversations in the state of a graph: for how long they are kept is not in sight, so nothing is listed by default."""

from typing import Annotated, TypedDict

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import MessagesState
from langgraph.graph.message import add_messages

llm = ChatOpenAI(model="gpt-4.1-mini", max_tokens=300)


class Desk(MessagesState):
    topic: str


class Plan(TypedDict):
    steps: list[str]
    turns: Annotated[list[AnyMessage], add_messages]


def answer(state: Desk):
    return {"messages": [llm.invoke([SystemMessage("You help at a desk."), *state["messages"]])]}


def plan(state: Plan):
    if len(state["steps"]) == 0:
        raise ValueError("nothing to plan")
    turns = state.get("turns", [])
    return {"turns": [llm.invoke(turns)]}


def last(state: MessagesState):
    return llm.invoke([HumanMessage(content=state["messages"][-1].content)])


def recent(state: MessagesState):
    return llm.invoke(state["messages"][:6])
