from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.functions import KernelArguments

kernel = Kernel()
kernel.add_service(OpenAIChatCompletion())


async def intent(text):
    settings = OpenAIChatPromptExecutionSettings(max_tokens=20)
    return await kernel.invoke_prompt(prompt="Name the intent: {{$text}}", arguments=KernelArguments(text=text, settings=settings))


async def summary(text):
    settings = OpenAIChatPromptExecutionSettings(temperature=0)
    return await kernel.invoke_prompt(prompt="Summarise: {{$text}}", arguments=KernelArguments(text=text, settings=settings))


async def whatever_the_service_sends(text):
    return await kernel.invoke_prompt(prompt="Translate: {{$text}}", arguments=KernelArguments(text=text))
