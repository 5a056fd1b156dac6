import { tool } from 'ai';
import { z } from 'zod';
import { save } from './store';

export const createDocument = ({ session, dataStream }) =>
  tool({
    description: 'Writes a notice for the board at the quay.',
    inputSchema: z.object({ title: z.string() }),
    execute: async ({ title }) => save(session, dataStream, title),
  });
