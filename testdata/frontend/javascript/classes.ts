@injectable()
export class Bot extends Base<string> implements Chat {
  private history: Message[] = [];
  static readonly MODEL = 'gpt-4o';
  #secret = 1;
  declare later: string;
  handler = async (event: Event) => { await this.say(event.text); };

  constructor(private readonly client: OpenAI, model?: string, { limit = 3 }: Options = {}) {
    super(client);
    this.model = model ?? Bot.MODEL;
  }

  get size() { return this.history.length; }
  set size(n: number) { this.history.length = n; }
  static of(client: OpenAI): Bot { return new this(client); }
  static { Bot.count = 0; }
  abstract todo(): void;

  @traced async say(text: string): Promise<string> {
    this.history.push({ role: 'user', content: text });
    return super.say(this.history.slice(-10), this.#secret);
  }
  async *stream() { yield 1; }
  'quoted name'() {}
}

class Derived extends Bot { extra = make(); }
class Plain { list = []; static make = () => new Plain(); }
const Local = class { run() { return call(); } };
use(class extends Local { go() { call(); } });
enum Model { Small = 'gpt-4o-mini', Large = "gpt-4o", Auto }
declare module 'x' { export const y: number; }
interface Props { a: string }
namespace Tools { export const limit = 5; }
type Id = string;
export default class { }
