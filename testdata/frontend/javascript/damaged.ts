const prompt = `unfinished ${name
const after = call({ a: 1 );
function broken( {
  return ask('x'
}
class {
const ok = fine();
