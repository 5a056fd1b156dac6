import dedent from 'dedent';
import { RULES } from './rules';

export const early = (now = new Date()) => dedent`
  It is ${now.toISOString()}.
  You answer for the parcels desk.
  ${RULES}
`;

export const late = () => `You answer for the parcels desk.\n${RULES}\nIt is ${new Date().toISOString()}.`;

export const daily = () => `Today is ${new Date().toLocaleDateString('en-GB')}.\n${RULES}`;
