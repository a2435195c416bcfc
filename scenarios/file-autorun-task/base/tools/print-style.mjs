// Prints the style guide, for whoever wants to read it in the terminal.
import { readFileSync } from 'node:fs';

process.stdout.write(readFileSync(new URL('../docs/STYLE.md', import.meta.url), 'utf8'));
