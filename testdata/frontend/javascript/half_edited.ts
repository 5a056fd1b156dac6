import { ask } from './llm';

export async function answer(question: string) {
  const prompt = `You answer briefly.\n${question}`;
  const reply = await ask({ prompt, maxTokens: 200, );
  return reply.
}

const after = ask({ prompt: 'still read' });
