greeting = f"Hello {user.name}, you have {len(items)} items"
doubled = f"{{\"role\": \"{role}\"}}"
conversions = f"{value!r} {value!s:>10} {value:.2f} {when:%Y-%m-%d %H:%M}"
nested_format = f"{text:>{width}.{precision}}"
aligned = f"{x:=10}"
debug = f"{count=} {total = :.1f} {name=!s}"
nested = f"outer {f'inner {deep}'} {', '.join(f'{k}={v}' for k, v in pairs)}"
reused_quotes = f"{data["key"]} {"\n".join(lines)}"
raw = rf"\d{digits}\\{{x}}"
escape_by_slot = f"\t{a}\n{b}\\"
many_lines = f"""
<context>
{context}
</context>
{
    # chosen above
    question
}
"""
tuple_slot = f"{a, b} {*c, d}"
walrus = f"{(n := 3)}"
lambda_slot = f"{(lambda x: x + 1)(2)}"
conditional = f"{'yes' if ok else 'no'}"
template = t"Hello {name}"
named = f"\N{BULLET} {item}"
empty = f""
