import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const pages = ['README.md', 'SECURITY.md', ...readdirSync(path.join(root, 'docs')).map((page) => `docs/${page}`)];

/** What stands in backquotes and begins with a folder of ours. */
const named = /`((?:app|lib|native|test|tools|bench)\/[\w./-]*\w)`/g;

test.each(pages)('what %s names is there', (page) => {
  const text = readFileSync(path.join(root, page), 'utf8');
  const names = [...text.matchAll(named)].map(([, name = '']) => name);
  const missing = names.filter(
    (name) => !existsSync(path.join(root, name)) && !existsSync(path.join(root, `${name}.ts`)),
  );
  expect(missing).toEqual([]);
});
