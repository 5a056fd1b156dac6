import { Assistant } from './client';

const assistant = new Assistant();

export const label = async (order: string) => assistant.ask(`One word for: ${order}`, { maxTokens: 8 });

export const explain = async (order: string) => assistant.ask(`Explain what went wrong with: ${order}`);
