// The grammar in YAML's own, as an editor applies it: to lines written for it, and to every example of the repository.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const ours = fileURLToPath(new URL('../syntaxes/expressions.json', import.meta.url));
const theirs = (name) => require.resolve(`tm-grammars/grammars/${name}.json`);

const load = (path) => textmate.parseRawGrammar(readFileSync(path, 'utf8'), path);
await oniguruma.loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) => (scope === 'source.yaml' ? load(theirs('yaml')) : scope === 'flowrun.expressions' ? load(ours) : null),
  getInjections: (scope) => (scope === 'source.yaml' ? ['flowrun.expressions'] : []),
});
const grammar = await registry.loadGrammar('source.yaml');

// tokens gives the parts of a text, line by line, with their scopes.
function tokens(text) {
  let stack = textmate.INITIAL;
  return text.split('\n').map((line) => {
    const result = grammar.tokenizeLine(line, stack);
    stack = result.ruleStack;
    return result.tokens.map(({ startIndex, endIndex, scopes }) => ({ text: line.slice(startIndex, endIndex), at: startIndex, end: endIndex, scopes }));
  });
}

// scopesOf gives the scopes of a word in one line.
function scopesOf(line, word, at = line.indexOf(word)) {
  const token = tokens(line)[0].find(({ at: from, end }) => from <= at && at < end);
  return token.scopes.join(' ');
}

for (const [line, word, scope] of [
  ['- filter: it.price > 3', 'it', 'variable.language.flowrun'],
  ['- filter: it.price > 3', 'price', 'variable.other.property.flowrun'],
  ['- filter: it.price > 3', '>', 'keyword.operator.flowrun'],
  ['- filter: it.price > 3', '3', 'constant.numeric.flowrun'],
  ['- filter: "it.name contains \'a\'"', 'contains', 'keyword.operator.word.flowrun'],
  ['- filter: "it.name contains \'a\'"', "'a'", 'string.quoted.single.flowrun'],
  ['- map: len(it.name)', 'len', 'entity.name.function.flowrun'],
  ['- http: "http://x/${it.id}"', 'it', 'variable.language.flowrun'],
  ['- http: "http://x/${it.id}"', '${', 'punctuation.section.embedded.begin.flowrun'],
  ['get: ${params.base}/x', 'params', 'variable.language.flowrun'],
  ['- fold: {init: 0, next: acc + it}', 'acc', 'variable.language.flowrun'],
  ['url: it.request.url', 'request', 'variable.other.property.flowrun'],
  ['on: it.symbol == "A, B" # c', 'symbol', 'variable.other.property.flowrun'],
  ["- filter: 'it.name == \"a\"'", 'name', 'variable.other.property.flowrun'],
  ['- {id: odd, filter: it % 2 == 1}', 'it', 'variable.language.flowrun'],
]) {
  test(`${word} in ${line}`, () => assert.match(scopesOf(line, word), new RegExp(`meta\\.embedded\\.flowrun.*${scope.replaceAll('.', '\\.')}`)));
}

for (const [line, word] of [
  ['# filter: it.price > 3', 'it'],
  ['- filter: it.ok # it is', '# it'],
  ['- http: "http://x/$${it.id}"', 'it'],
  ['level: "it.a ? 1 : it.b"}', '}'],
  ['- filter: it.ok', 'filter'],
  ['name: italics', 'it'],
  ['- {id: odd, filter: it % 2 == 1, from: key}', 'from'],
  ['- fold: {init: 0, next: acc + it}', '}'],
]) {
  test(`no code: ${word} in ${line}`, () => assert.doesNotMatch(scopesOf(line, word), /flowrun/));
}

// In every example, what stands in `${…}` is code, keys are keys, and no code runs on into the next line.
for (const name of readdirSync(root + 'examples/pipelines').filter((name) => name.endsWith('.yaml'))) {
  test(`examples/pipelines/${name}`, () => {
    const text = readFileSync(root + 'examples/pipelines/' + name, 'utf8');
    const lines = tokens(text);
    text.split('\n').forEach((line, n) => {
      for (const m of line.matchAll(/(?<!\$)\$\{([^}]*)\}/g)) {
        for (const token of lines[n].filter(({ at }) => at >= m.index + 2 && at < m.index + 2 + m[1].length)) {
          assert(token.scopes.includes('meta.embedded.flowrun'), `line ${n + 1}: ${token.text} is no code: ${token.scopes}`);
        }
      }
      const key = line.match(/^ *(?:- )?([a-z_]+):/);
      if (key && !line.trim().startsWith('#')) {
        const at = key[0].length - key[1].length - 1;
        const token = lines[n].find(({ at: from, end }) => from <= at && at < end);
        const inText = lines[n].some(({ scopes }) => scopes.some((scope) => scope.startsWith('string.unquoted.block')));
        const isKey = token.scopes.some((scope) => scope === 'entity.name.tag.yaml' || scope === 'constant.language.boolean.yaml'); // n and on are both
        assert(inText || isKey, `line ${n + 1}: ${key[1]} is no key: ${token.scopes}`);
      }
    });
  });
}
