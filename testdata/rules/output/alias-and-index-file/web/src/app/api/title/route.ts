import { generateText } from 'ai';
import model, { limits } from '@/lib/llm';

export async function POST(request: Request) {
  const { topic, text } = await request.json();
  const title = await generateText({ model, prompt: `A title for: ${topic}`, maxOutputTokens: limits.title });
  const summary = await generateText({ model, prompt: `Two sentences on: ${text}`, maxOutputTokens: limits.summary });
  return Response.json({ title: title.text, summary: summary.text });
}
