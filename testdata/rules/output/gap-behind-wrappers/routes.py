from chat import ask, ask_shortly


def kind(question):
    return ask([{"role": "user", "content": f"Be kind: {question}"}])


def stern(question):
    return ask([{"role": "user", "content": f"Be stern: {question}"}])


def capped(question):
    return ask_shortly([{"role": "user", "content": question}], {"max_output_tokens": 80})


def uncapped(question):
    return ask_shortly([{"role": "user", "content": question}])
