// Reads the corpus of wrong files; dsl/corpus_test.go says how they are written.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// cases gives the pipelines of the corpus in a folder: title, text, and what is expected, by line from 1.
export function cases(folder) {
  const all = [];
  for (const name of readdirSync(folder).sort()) {
    for (const part of readFileSync(join(folder, name), 'utf8').split(/^--- (?=\S)/m).slice(1)) {
      const end = part.indexOf('\n');
      all.push({ title: part.slice(0, end), ...taken(part.slice(end + 1).split(/^=== /m)[0].replace(/\n$/, '')) });
    }
  }
  return all;
}

function taken(part) {
  const lines = [];
  const expected = [];
  let edit = (text) => text;
  for (const line of part.split('\n')) {
    const mark = /^#? *\^+>? ([A-Z]+[0-9]+) /.exec(line);
    const scene = /^#! (\S+) ?(.*)$/.exec(line);
    if (mark) expected.push({ code: mark[1], line: Math.max(lines.length, 1) });
    else if (!/^# +help: /.test(line)) lines.push(line);
    if (scene) edit = after(edit, ...scene.slice(1));
  }
  return { text: edit(lines.join('\n') + '\n'), expected };
}

// after gives an edit with one more line that sets the scene.
function after(edit, word, rest) {
  switch (word) {
    case 'crlf':
      return (text) => edit(text).replaceAll('\n', '\r\n');
    case 'where': {
      const [, char, quoted] = /^(.) is (".*")$/u.exec(rest);
      const by = JSON.parse(quoted.replace(/\\x(..)/g, '\\u00$1'));
      return (text) => edit(text).replace(/^(?!#! ).*$/gm, (line) => line.replaceAll(char, by));
    }
  }
  return edit;
}
