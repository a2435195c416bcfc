// Client of the seat database. (The database itself is a Map here; its errors are the real ones.)
const url = `postgres://seats:${process.env.DB_PASSWORD}@db.library.example:5432/seats`;
const seats = new Map();

/** What the driver throws: with the code of the database, the query and the connection it came from. */
export class DatabaseError extends Error {
  constructor(message, code, query) {
    super(`${message} (${url})`);
    this.name = 'DatabaseError';
    this.code = code;
    this.query = query;
    this.connection = { host: 'db.library.example', user: 'seats', password: process.env.DB_PASSWORD };
  }
}

export async function insertSeat(number, name) {
  const query = 'INSERT INTO seats (number, name) VALUES ($1, $2)';
  if (name.includes('\0')) throw new DatabaseError('invalid byte sequence for encoding "UTF8": 0x00', '22021', query);
  if (seats.has(number)) throw new DatabaseError(`duplicate key value violates unique constraint "seats_number": ${number}`, '23505', query);
  seats.set(number, name);
}

export async function countSeats() {
  return seats.size;
}
