#!/usr/bin/env node
'use strict';
const { readFile } = require('fs/promises');
const OpenAI = require('openai');

const openai = new OpenAI();

exports.title = async function (text) {
  return openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Title: ' + text }] });
};
exports.readFile = readFile;
module.exports = { openai, complete: title, made: make() };
module.exports.handler = async (event, { limit }) => ({ limit, body: event.body });

if (require.main === module) {
  main();
}
function main() { later = exports.title; }
