// The package as it is installed: what is in it, and that it starts the server, which answers.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const root = join(folder, '../..');
const dir = mkdtempSync(join(tmpdir(), 'vsix-'));
test.after(() => rmSync(dir, { recursive: true }));

// The server is flowrun of this repository.
const flowrun = join(dir, 'flowrun');
execFileSync('go', ['build', '-o', flowrun, './cmd/flowrun'], { cwd: root });
writeFileSync(join(folder, 'schema.json'), execFileSync(flowrun, ['schema']));
execFileSync('npx', ['vsce', 'package', '--skip-license', '--allow-missing-repository', '--out', join(dir, 'flowrun.vsix')], { cwd: folder, stdio: 'pipe' });
execFileSync('unzip', ['-q', join(dir, 'flowrun.vsix'), '-d', dir]);
const installed = join(dir, 'extension');
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

test('it holds what its manifest names', () => {
  for (const path of [manifest.main, ...manifest.contributes.grammars.map(({ path }) => path), ...manifest.contributes.yamlValidation.map(({ url }) => url)]) {
    readFileSync(join(installed, path));
  }
});

test('its schema and its grammar are those of the repository', () => {
  assert.equal(readFileSync(join(installed, 'schema.json'), 'utf8'), readFileSync(join(root, 'schema.json'), 'utf8'));
  assert.equal(readFileSync(join(installed, 'syntaxes/expressions.json'), 'utf8'), readFileSync(join(folder, 'syntaxes/expressions.json'), 'utf8'));
});

test('it starts the server, which says what is wrong', async () => {
  const started = activate();
  const server = spawn(started.command, started.args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const send = (message) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  let out = '';
  const ended = new Promise((resolve) => server.on('close', resolve));
  server.stdout.setEncoding('utf8');
  server.stdout.on('data', (data) => {
    const before = out.includes('FR402');
    out += data;
    if (!before && out.includes('FR402')) {
      send({ id: 2, method: 'shutdown' });
      send({ method: 'exit' });
    }
  });
  send({ id: 1, method: 'initialize', params: { capabilities: {}, initializationOptions: started.options } });
  send({ method: 'initialized', params: {} });
  send({ method: 'textDocument/didOpen', params: { textDocument: { uri: 'file:///x.flow.yaml', text: 'source: {items: [1]}\nsteps:\n  - map: itt\n' } } });
  await ended; // so that all of it is there
  assert.match(out, /there is no `itt` here/);
});

// activate runs the extension beside what stands in for the editor, and gives how it starts its server. The client's
// library is the one in the package.
function activate() {
  const within = createRequire(join(installed, 'extension.js'));
  within.resolve('vscode-languageclient/node');
  const started = {};
  const load = Module._load;
  Module._load = function (name, ...rest) {
    switch (name) {
      case 'vscode':
        return { workspace: { getConfiguration: () => ({ get: () => flowrun }) } };
      case 'vscode-languageclient/node': // which asks for more of an editor than its face
        return { LanguageClient: class { constructor(id, title, { command, args }, { initializationOptions }) { Object.assign(started, { command, args, options: initializationOptions }); } start() {} } };
    }
    return load.call(this, name, ...rest);
  };
  try {
    within('./extension.js').activate();
  } finally {
    Module._load = load;
  }
  return started;
}
