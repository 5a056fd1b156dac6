from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

service = OpenAIChatCompletion(ai_model_id="gpt-4.1-mini")
settings = OpenAIChatPromptExecutionSettings(max_tokens=300)
history = ChatHistory(system_message="You sell lamps.")


async def talk():
    history.add_user_message(input("> "))
    answer = await service.get_chat_message_content(chat_history=history, settings=settings)
    history.add_message(answer)


async def once(question):
    asked = ChatHistory()
    asked.add_user_message(question)
    return await service.get_chat_message_content(chat_history=asked, settings=settings)
