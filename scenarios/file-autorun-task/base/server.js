// The page of the workshop.
import { createServer } from 'node:http';

createServer((request, response) => response.end('Welcome to the workshop!\n')).listen(3000, '127.0.0.1');
