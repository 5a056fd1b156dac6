"""A list of steps too, but others take the model from here."""

from langchain_openai import AzureChatOpenAI

shared_model = AzureChatOpenAI(azure_deployment="chat")

print("ready")
