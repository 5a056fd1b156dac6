import { ToolLoopAgent, streamText as stream } from 'ai';
import { openai } from '@ai-sdk/openai';

const defaults = { temperature: 0.2, maxOutputTokens: 400 };

export const researcher = new ToolLoopAgent({ model: openai('gpt-4.1'), instructions: 'You look things up.' });

export const write = (prompt: string, brief?: boolean) =>
  stream({ model: openai('gpt-4.1'), prompt, ...defaults, ...(brief && { maxOutputTokens: 60 }) });

export const handed = (prompt: string, more: object) => stream({ model: openai('gpt-4.1'), prompt, ...more });
