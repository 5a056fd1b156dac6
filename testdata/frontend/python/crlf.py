PROMPT = """First
second {x}
\
third"""
OTHER = f"a" \
    f"{b}"
if a:
    call("x")  # end

last = 1
