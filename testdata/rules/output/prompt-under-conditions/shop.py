"""A prompt that grows under many conditions, and a list that holds itself: two ways to much work."""

from openai import OpenAI

client = OpenAI()


def answer(question, notes):
    prompt = "You answer questions for a shop.\n"
    if notes.get("tone"):
        prompt = prompt + "Mind the rules for tone.\n"
    if notes.get("audience"):
        prompt += f"About audience: {notes['audience']}\n"
    if notes.get("region"):
        prompt = prompt + "Mind the rules for region.\n"
    if notes.get("language"):
        prompt += f"About language: {notes['language']}\n"
    if notes.get("product"):
        prompt = prompt + "Mind the rules for product.\n"
    if notes.get("warranty"):
        prompt += f"About warranty: {notes['warranty']}\n"
    if notes.get("returns"):
        prompt = prompt + "Mind the rules for returns.\n"
    if notes.get("shipping"):
        prompt += f"About shipping: {notes['shipping']}\n"
    if notes.get("billing"):
        prompt = prompt + "Mind the rules for billing.\n"
    if notes.get("privacy"):
        prompt += f"About privacy: {notes['privacy']}\n"
    if notes.get("outage"):
        prompt = prompt + "Mind the rules for outage.\n"
    if notes.get("upsell"):
        prompt += f"About upsell: {notes['upsell']}\n"
    if notes.get("survey"):
        prompt = prompt + "Mind the rules for survey.\n"
    if notes.get("callback"):
        prompt += f"About callback: {notes['callback']}\n"
    if notes.get("loyalty"):
        prompt = prompt + "Mind the rules for loyalty.\n"
    if notes.get("partner"):
        prompt += f"About partner: {notes['partner']}\n"
    if notes.get("holiday"):
        prompt = prompt + "Mind the rules for holiday.\n"
    if notes.get("recall"):
        prompt += f"About recall: {notes['recall']}\n"
    if notes.get("legal"):
        prompt = prompt + "Mind the rules for legal.\n"
    if notes.get("safety"):
        prompt += f"About safety: {notes['safety']}\n"
    if notes.get("urgent"):
        prompt = prompt + "Mind the rules for urgent.\n"
    if notes.get("vip"):
        prompt += f"About vip: {notes['vip']}\n"
    if notes.get("trial"):
        prompt = prompt + "Mind the rules for trial.\n"
    if notes.get("renewal"):
        prompt += f"About renewal: {notes['renewal']}\n"
    return client.chat.completions.create(
        model="gpt-4.1-mini",
        messages=[{"role": "system", "content": prompt}, {"role": "user", "content": question}],
    )


def doubled(question):
    text = "Please. "
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    text = text + text
    return client.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": text + question}])


def circular(question):
    trail = [question]
    trail.append(trail)
    state = {"trail": trail}
    state["state"] = state
    return client.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": f"{state} {question}"}])
