import { convertToModelMessages, streamText } from 'ai';
import { anthropic } from '@ai-sdk/anthropic';

export async function POST(req: Request) {
  const { messages, question } = await req.json();
  const recent = messages.slice(-12);
  const result = streamText({
    model: anthropic('claude-sonnet-4-5'),
    messages: [...convertToModelMessages(recent), { role: 'user', content: question }],
    maxOutputTokens: 700,
  });
  return result.toUIMessageStreamResponse();
}
