import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { type ClientOptions, AzureOpenAI as Azure } from "openai";
import * as path from 'node:path';
import type { Message } from './types';
import { type Role } from './types';
import './polyfill';
import fs = require('fs');
const { ConverseCommand, BedrockRuntimeClient: Runtime } = require('@aws-sdk/client-bedrock-runtime');
const yaml = require('js-yaml'), ora = require('ora').default;
const { generateText } = await import('ai');

const client = new Anthropic({ apiKey: process.env.KEY! });
const bare = new Date;

export const ask = async (question: string, { model = 'claude-x', history = [] as Message[], ...rest }: Options = {}) => {
  const reply = await client.messages.create({
    model,
    max_tokens: 1_024,
    system: [{ type: 'text', text: PROMPT, cache_control: { type: "ephemeral" } }],
    messages: [...history, { role: 'user', content: `Q: ${question.trim()}` }],
    ...rest,
  } satisfies Params);
  return reply?.content[0]?.text ?? '';
};

export default async function main(this: unknown, ...args: string[]): Promise<void> {
  const text = fs.readFileSync(path.join(__dirname, 'prompt.md'), 'utf8') as string;
  await Promise.all(args.map(async (arg, at) => {
    const answer = await ask(arg);
    console.log(at, answer);
  }));
  app.post('/chat', (req, res) => res.json({ async go() { return 1 }, get late() { return now() }, ['k' + 1]: 2, "a-b": 3, 4: 5 }));
  void send(<Body>text, client!.messages!);
  (await open()).close?.();
}

export { ask as query, client };
export { a, b as c } from './other';
export * from './all';
export * as everything from './all';
export type { T } from './types';
