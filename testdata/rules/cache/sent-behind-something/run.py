from prompts import plan_voyages_prompt, review_changes_prompt


def work(bot, files, author, now):
    found = bot.ask(files + "\n\n" + review_changes_prompt.format(user_name=author, current_time=now()))
    return found, bot.ask(plan_voyages_prompt.format(user_name=author, current_time=now()))
