import { anthropic } from '@ai-sdk/anthropic';
import { streamText } from 'ai';
import { SYSTEM } from '../../../lib/prompts';
import { createDocument } from '../../../lib/tools';

export async function POST(req: Request) {
  const { question, session, dataStream } = await req.json();
  const result = streamText({
    model: anthropic('claude-sonnet-4-5'),
    system: SYSTEM,
    prompt: question,
    maxOutputTokens: 700,
    tools: { createDocument: createDocument({ session, dataStream }) },
  });
  return result.toUIMessageStreamResponse();
}
