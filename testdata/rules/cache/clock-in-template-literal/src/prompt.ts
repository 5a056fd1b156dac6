import dedent from 'dedent';
import { format } from 'date-fns';
import { RULES } from './rules';

export const early = (now = new Date()) => dedent`
  It is ${now.toISOString()}.
  You answer for the parcels desk.
  ${RULES}
`;

export const late = () => `You answer for the parcels desk.\n${RULES}\nIt is ${new Date().toISOString()}.`;

export const dated = (day = new Date().toISOString().slice(0, 10)) => `It is ${day}, ${format(new Date(), 'dd MMM yyyy')}.\n${RULES}`;

export const daily = () => `Today is ${new Date().toLocaleDateString('en-GB')}.\n${RULES}`;
