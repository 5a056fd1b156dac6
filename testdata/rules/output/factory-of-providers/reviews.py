from providers import complete


async def verdict(review):
    """The default of the wrapper holds."""
    return await complete([{"role": "user", "content": f"Good or bad, in one word: {review[:2000]}"}])


async def reply(review):
    """The default is switched off."""
    return await complete([{"role": "user", "content": f"Write a reply to: {review[:2000]}"}], max_tokens=None)
