export const limits = { title: 24, summary: undefined };
