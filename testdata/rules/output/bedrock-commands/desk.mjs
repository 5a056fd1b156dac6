import { BedrockRuntimeClient, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';

const client = new BedrockRuntimeClient({ region: process.env.AWS_REGION });
const inferenceConfig = { temperature: 0 };

export async function answer(question) {
  const command = new ConverseCommand({
    modelId: 'amazon.nova-lite-v1:0',
    messages: [{ role: 'user', content: [{ text: question }] }],
    inferenceConfig,
  });
  const { output } = await client.send(command);
  return output.message.content[0].text;
}

export async function route(question) {
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 12, messages: [{ role: 'user', content: question }] };
  const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
  const reply = await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }));
  return JSON.parse(new TextDecoder().decode(reply.body)).content[0].text;
}
