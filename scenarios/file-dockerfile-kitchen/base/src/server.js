// The menu of the day, as HTML and as PDF.
import { createServer } from 'node:http';
import { execFile } from 'node:child_process';
import { today } from '@kitchen/recipes';

createServer((request, response) => {
  if (request.url !== '/menu.pdf') {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
    return response.end(today().join('\n'));
  }
  const typst = execFile('typst', ['compile', '-', '-'], { encoding: 'buffer' }, (error, pdf) => {
    response.writeHead(error ? 500 : 200, { 'Content-Type': 'application/pdf' });
    response.end(error ? undefined : pdf);
  });
  typst.stdin.end(today().map((dish) => `- ${dish.replace(/[^\p{L}\p{N} ,.()-]/gu, '')}`).join('\n'));
}).listen(8080);
