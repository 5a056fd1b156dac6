import OpenAI from "openai";
import texts from "./texts.json";

const client = new OpenAI();

export async function fare(question: string) {
  return client.chat.completions.create({
    model: "gpt-4.1",
    max_completion_tokens: 200,
    messages: [
      { role: "system", content: `It is ${new Date().toISOString()}.\n${texts.fares}` },
      { role: "user", content: question },
    ],
  });
}
