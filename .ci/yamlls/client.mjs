// A client of the YAML language server, without an editor: it opens texts, and asks what an editor would show.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('node_modules/yaml-language-server/out/server/src/server.js', import.meta.url));

export class Client {
  #process;
  #read = Buffer.alloc(0);
  #next = 1;
  #answers = new Map(); // by request
  #published = new Map(); // by document: what waits for its diagnostics
  #documents = 0;

  // start gives a client whose server is ready. Settings are the editor's, under `yaml`.
  static async start(settings) {
    const client = new Client();
    client.settings = settings;
    client.#process = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    client.#process.stdout.on('data', (chunk) => client.#receive(chunk));
    await client.#request('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
          hover: { contentFormat: ['markdown'] },
          publishDiagnostics: {},
        },
      },
    });
    client.#send({ method: 'initialized', params: {} });
    client.#send({ method: 'workspace/didChangeConfiguration', params: { settings: { yaml: settings } } });
    return client;
  }

  async stop() {
    await this.#request('shutdown', null);
    this.#send({ method: 'exit' });
    await new Promise((done) => this.#process.once('exit', done));
  }

  // diagnostics opens a text and gives what the server says is wrong with it.
  async diagnostics(text) {
    const { uri, list } = await this.#open(text);
    this.#close(uri);
    return list;
  }

  // hover gives what is shown for the place of the bar `¦` in a text, as Markdown.
  async hover(text) {
    const answer = await this.#at('textDocument/hover', text);
    return answer?.contents?.value ?? '';
  }

  // completion gives what is offered at the place of the bar `¦`.
  async completion(text) {
    const answer = await this.#at('textDocument/completion', text);
    return answer?.items ?? answer ?? [];
  }

  async #at(method, text) {
    const before = text.slice(0, text.indexOf('¦')).split('\n');
    const position = { line: before.length - 1, character: before.at(-1).length };
    const { uri } = await this.#open(text.replace('¦', ''));
    const answer = await this.#request(method, { textDocument: { uri }, position });
    this.#close(uri);
    return answer;
  }

  async #open(text) {
    const uri = `file:///pipeline-${++this.#documents}.flow.yaml`;
    const published = new Promise((done) => this.#published.set(uri, done));
    this.#send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'yaml', version: 1, text } } });
    return { uri, list: await published };
  }

  #close(uri) {
    this.#send({ method: 'textDocument/didClose', params: { textDocument: { uri } } });
  }

  #request(method, params) {
    const id = this.#next++;
    this.#send({ id, method, params });
    return new Promise((done, fail) => this.#answers.set(id, { done, fail, method }));
  }

  #send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.#process.stdin.write(body);
  }

  #receive(chunk) {
    this.#read = Buffer.concat([this.#read, chunk]);
    for (;;) {
      const end = this.#read.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#read.subarray(0, end))[1]);
      if (this.#read.length < end + 4 + length) return;
      const message = JSON.parse(this.#read.subarray(end + 4, end + 4 + length));
      this.#read = this.#read.subarray(end + 4 + length);
      this.#dispatch(message);
    }
  }

  #dispatch(message) {
    if (message.method && message.id !== undefined) {
      // The server stalls until its questions are answered.
      const result = message.method === 'workspace/configuration' ? message.params.items.map(({ section }) => this.#setting(section)) : null;
      this.#send({ id: message.id, result });
    } else if (message.method === 'textDocument/publishDiagnostics') {
      const done = this.#published.get(message.params.uri);
      this.#published.delete(message.params.uri);
      done?.(message.params.diagnostics);
    } else if (message.id !== undefined) {
      const { done, fail, method } = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      if (message.error) fail(new Error(`${method}: ${message.error.message}`));
      else done(message.result);
    }
  }

  #setting(section) {
    return section === 'yaml' ? this.settings : {};
  }
}
