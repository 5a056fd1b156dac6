import OpenAI from 'openai';
import { daily, dated, early, late } from './prompt';

const client = new OpenAI();

export async function answer(question: string) {
  console.log(`asked at ${new Date().toISOString()}`);
  const first = await client.responses.create({ model: 'gpt-4.1', instructions: early(), input: question, max_output_tokens: 300 });
  const second = await client.responses.create({ model: 'gpt-4.1', instructions: late(), input: question, max_output_tokens: 300 });
  const third = await client.responses.create({ model: 'gpt-4.1', instructions: dated(), input: question, max_output_tokens: 300 });
  console.log(third.usage, daily().length);
  return first.output_text + second.output_text;
}
