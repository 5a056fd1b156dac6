import { convertToModelMessages, streamText } from 'ai';
import { anthropic } from '@ai-sdk/anthropic';

export async function POST(req: Request) {
  const { messages } = await req.json();
  const result = streamText({
    model: anthropic('claude-sonnet-4-5'),
    system: 'You help with parcels.',
    messages: convertToModelMessages(messages),
    maxOutputTokens: 700,
  });
  return result.toUIMessageStreamResponse();
}
