// Removes spaces at the ends of lines in the files that are named.
import { readFileSync, writeFileSync } from 'node:fs';

for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.split('\n').map((line) => line.trimEnd()).join('\n'));
}
