def größe(数):
	if 数:
		return f"🦀 {数} — 👩‍👩‍👧 é"
	else:
		return "	 tab and   blank"  # 🦀
zeichen = größe("𝔘𝔫𝔦")[:1]
no_line_break_at_the_end = "🦀"