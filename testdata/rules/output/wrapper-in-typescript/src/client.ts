import OpenAI from 'openai';

export class Assistant {
  private client: OpenAI;

  constructor(private options: { model?: string } = {}) {
    this.client = new OpenAI();
  }

  async ask(question: string, { maxTokens, model = 'gpt-4.1-mini' }: { maxTokens?: number; model?: string } = {}) {
    const answer = await this.client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: question }],
      max_completion_tokens: maxTokens,
    });
    return answer.choices[0]?.message?.content ?? '';
  }
}
