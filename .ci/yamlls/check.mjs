// Proves schema.json with the language server that editors use: what is right has no diagnostics, what is wrong in a way
// that a schema can say has one on its line, and hover and completion show what the components' own words say.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from './client.mjs';
import { cases } from './corpus.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schema = JSON.parse(readFileSync(root + 'schema.json', 'utf8'));
const modeline = (path) => `# yaml-language-server: $schema=${pathToFileURL(path)}\n`;
const head = modeline(root + 'schema.json');
const scratch = mkdtempSync(join(tmpdir(), 'yamlls-'));
let passed = 0;
const failures = [];

// check begins one assertion: they run at the same time, and all go on when one fails.
const running = [];
function check(name, test) {
  running.push(
    test().then(
      () => passed++,
      (err) => failures.push(`${name}: ${err.message}`),
    ),
  );
}

const client = await Client.start({ schemaStore: { enable: false }, validate: true, hover: true, completion: true });
const messages = async (text) => (await client.diagnostics(head + text)).map((d) => d.message);

// What is right.
for (const name of readdirSync(root + 'examples/pipelines').filter((name) => name.endsWith('.yaml'))) {
  check(name, async () => {
    const text = readFileSync(root + 'examples/pipelines/' + name, 'utf8').replace(/^# yaml-language-server: .*\n/, '');
    assert.deepEqual(await messages(text), []);
  });
}

// What is wrong.
const { structural, exceptions } = JSON.parse(readFileSync(root + 'dsl/testdata/schema.json', 'utf8'));
const syntax = ['FR101', 'FR105'];
const readable = [ // by a parser that is more generous
  'an empty file', 'only comments', 'a mapping as a key', 'a byte that is no text', 'a zero byte', 'a control character',
  'in a flow mapping, a comma', 'in a flow mapping, a question mark', 'a tab in a block of text',
];
const partly = ['timeouts of nothing', 'keys that make no sense']; // a pattern does not tell 0s, nor a schema what another file has
for (const { title, text, expected } of cases(root + 'dsl/testdata/wrong')) {
  const wanted = expected.filter(({ code }) => structural.includes(code));
  const onlySyntax = expected.length > 0 && expected.every(({ code }) => syntax.includes(code));
  if (exceptions[title] || readable.includes(title) || (wanted.length === 0 && !onlySyntax)) continue;
  check(title, async () => {
    const lines = (await client.diagnostics(head + text)).map((d) => d.range.start.line); // the modeline is line 0
    assert(lines.length > 0, `nothing is wrong with\n${text}`);
    for (const { line, code } of wanted) {
      const either = code === 'FR205'; // of two components, the server blames one or the other
      assert(lines.includes(line) || either || partly.includes(title), `${code} of line ${line} is not among the lines ${lines}\n${text}`);
    }
  });
}

// Its words.
const source = 'source: {range: {from: 1, to: 3}}\n';
for (const [text, message] of [
  ['steps:\n  - fliter: it > 1\n', /^a step is one of map, filter, .* and may have id, from/],
  ['steps:\n  - map: it\n    filter: it > 1\n', /^a step has exactly one component; this one is `map` already$/],
  ['steps:\n  - id: x\n', /^a step needs a component: map, filter/],
  ['steps:\n  - map: it\n    concurrency: 5\n', /^of no use with `map`: it is for calls/],
  ['steps:\n  - sleep: 5\n', /^write a duration as 250ms/],
  ['steps:\n  - take: many\n', /^write a whole number/],
  ['steps:\n  - filter: [it > 1]\n', /^write an expression, in quotes/],
  ['steps:\n  - sleep: 1s\n    concurrency: {max: 5, order: completed}\n', /Valid values: "input", "completion", "key"/],
  ['steps: none\n', /^begin each step by `- `$/],
  ['version: 2\n', /^this flowrun reads version 1/],
]) {
  check(text, async () => {
    const all = await messages(source + text);
    assert(all.length === 1 && message.test(all[0]), `${JSON.stringify(all)} is not ${message}`);
  });
}
check('no source', async () => assert.match((await messages('sink: {stdout: {}}\n'))[0], /^a pipeline begins with a source/));

// Hover, over every common key and every component.
const first = (markdown) => markdown.split('\n')[0];
const plain = (markdown) => markdown.replace(/[\\`*_]/g, '').replace(/&nbsp;/g, ' ');
for (const [place, before] of [
  ['step', source + 'steps:\n  - '],
  ['source', 'source:\n    '],
  ['sink', source + 'sink:\n    '],
]) {
  const rules = schema.definitions[place].allOf.slice(2);
  for (const key of Object.keys(schema.definitions).filter((name) => name.startsWith(place + '.')).map((name) => name.split('.')[1])) {
    check(`hover over ${key} of a ${place}`, async () => {
      const component = rules.find((rule) => rule.then.allOf[0].properties[key]).if.required[0];
      const shown = plain(await client.hover(`${head}${before}${component}: x\n    ¦${key}: x\n`));
      const doc = plain(first(schema.definitions[`${place}.${key}`].markdownDescription));
      assert(shown.includes(doc), `${shown} is not ${doc}`);
    });
  }
  for (const rule of rules) {
    const name = rule.if.required[0];
    check(`hover over ${name}`, async () => {
      const shown = plain(await client.hover(`${head}${before}¦${name}: {}\n`));
      const doc = plain(first(rule.then.allOf[0].properties[name].markdownDescription));
      assert(shown.includes(doc), `${shown} is not ${doc}`);
    });
  }
}
for (const key of Object.keys(schema.properties)) {
  check(`hover over ${key}`, async () => {
    const shown = plain(await client.hover(`${head}¦${key}: x\n`));
    assert(shown.includes(plain(first(schema.properties[key].markdownDescription))), shown);
  });
}

// Completion.
const skeleton = 7; // the kind of what inserts all required options at once
const offered = async (text) => (await client.completion(head + text)).filter(({ kind }) => kind !== skeleton).map(({ label }) => label);
const components = (place) => schema.definitions[place].allOf.slice(2).map((rule) => rule.if.required[0]);
const keys = (place) => Object.keys(schema.definitions).filter((name) => name.startsWith(place + '.')).map((name) => name.split('.')[1]);
for (const [name, text, want] of [
  ['the top', source + '¦', Object.keys(schema.properties).filter((key) => key !== 'source')],
  ['an empty step', source + 'steps:\n  - ¦\n', [...components('step'), ...keys('step')]],
  ['an empty source', 'source:\n  ¦\n', [...components('source'), ...keys('source')]],
  ['an empty sink', source + 'sink:\n  ¦\n', [...components('sink'), ...keys('sink')]],
  ['a call', source + 'steps:\n  - sleep: 1s\n    ¦\n', keys('step')],
  ['a step that computes', source + 'steps:\n  - map: it\n    ¦\n', ['id', 'from', 'description', 'when', 'on_error']],
  ['options', source + 'steps:\n  - chunks:\n      ¦\n', ['size', 'timeout', 'max_bytes']],
  ['options that are left', source + 'steps:\n  - fold:\n      init: 0\n      ¦\n', ['next']],
  ['words', source + 'steps:\n  - sleep: 1s\n    concurrency:\n      max: 2\n      order: ¦\n', ['input', 'completion', 'key']],
  ['a type of a param', source + 'params:\n  n:\n    type: ¦\n', ['string', 'int', 'float', 'bool', 'duration', 'size', 'list', 'object', 'secret']],
]) {
  check(`completion in ${name}`, async () => assert.deepEqual([...new Set(await offered(text))].sort(), [...want].sort()));
}
check('completion inserts what is needed', async () => {
  const items = await client.completion(head + source + 'steps:\n  - ¦\n');
  const insert = (label) => items.find((item) => item.label === label).insertText;
  assert.equal(insert('filter'), 'filter: ');
  assert.equal(insert('fold'), 'fold:\n  init: $1\n  next: $2');
  assert(items.every(({ documentation }) => (documentation?.value ?? documentation ?? '') !== ''), 'something is offered without a word');
});

// A schema that is broken, or not there, is said.
for (const [name, text] of [['broken', '{"properties": {'], ['wrong', '{"properties": {"source": {"$ref": "#/nowhere"}}}']]) {
  check(`a ${name} schema`, async () => {
    const path = join(scratch, `${name}.json`);
    writeFileSync(path, text);
    assert((await client.diagnostics(modeline(path) + source)).length > 0, 'nothing is said');
  });
}
check('no schema', async () => assert((await client.diagnostics(modeline(join(scratch, 'none.json')) + source)).length > 0, 'nothing is said'));

await Promise.all(running);
await client.stop();
rmSync(scratch, { recursive: true });
for (const failure of failures) console.error(`FAIL ${failure}\n`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
