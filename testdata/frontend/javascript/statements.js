let a = 1, b, c = 0x10, d = 1e3, e = .5, f = 10n;
var { x, y: { z = 2, w: [first, , third = 3, ...others] }, 'k-k': k, [dyn]: computed, ...rest } = props.inner;
const [one, two] = await Promise.all([load(), save()]);
const { data } = await fetchAll();
[a, b] = [b, a];
({ a, b: this.b } = options);
a = b = c;
count += 2; total -= 1; name ||= 'x'; cache.value ??= {}; i++; --j;
delete map[key];
done = (last = next()) && !ok || typeof q === 'string';
if (a == null) go(); else if (b !== undefined && c >= 2) { stop() } else if (x in y) ; else { rest }
for (let i = 0; i < 3; i++) push(i);
for (let i = 1; i <= items.length; i++) { push(items[i]); }
for (let i = n; i > 0; i--) { if (i) continue; break; }
for (;;) { tick(), tock() }
for (const [key, value] of Object.entries(map)) use(key, value);
for (const { role, content } of messages) use(role, content);
for await (const chunk of stream) process.stdout.write(chunk);
for (const key in map) use(key);
while (ask()) { work() }
do { again() } while (more);
switch (kind) {
  case 'a': one(); break;
  case pick(): { two(); break; }
  default: return none();
}
try { risky() } catch ({ message }) { report(message) } finally { close() }
outer: for (const q of qs) { continue outer; }
throw new Error(`bad ${a}`);
function* ids(n = 1, ...more) { yield n; yield* more; }
async function* pages() { for (;;) yield await page() }
const named = function inner(p) { const r = p; return r; };
const twice = x => y => x * y;
const plain = () => ({ a: 1 });
const asserted = /re/g.test(a) ? void 0 : -1;
const spread = { ...base, nested: { ...more } }, list = [...head, , tail];
label: { scoped() }
;
debugger;
// the end
