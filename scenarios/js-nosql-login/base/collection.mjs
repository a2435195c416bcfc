// A small in-memory collection with the query language of document databases.

const OPERATORS = {
  $eq: (value, wanted) => value === wanted,
  $ne: (value, wanted) => value !== wanted,
  $gt: (value, wanted) => value > wanted,
  $gte: (value, wanted) => value >= wanted,
  $lt: (value, wanted) => value < wanted,
  $lte: (value, wanted) => value <= wanted,
  $in: (value, wanted) => wanted.includes(value),
  $nin: (value, wanted) => !wanted.includes(value),
  $exists: (value, wanted) => (value !== undefined) === wanted,
  $regex: (value, wanted) => typeof value === 'string' && new RegExp(wanted).test(value),
};

function isOperator(condition) {
  return condition !== null && typeof condition === 'object' && Object.keys(condition).some((key) => key.startsWith('$'));
}

function matches(document, query) {
  return Object.entries(query).every(([field, condition]) => {
    if (field === '$or') return condition.some((part) => matches(document, part));
    if (!isOperator(condition)) return document[field] === condition;
    return Object.entries(condition).every(([name, wanted]) => {
      if (!(name in OPERATORS)) throw new TypeError(`unknown operator: ${name}`);
      return OPERATORS[name](document[field], wanted);
    });
  });
}

export class Collection {
  #documents;

  constructor(documents) {
    this.#documents = documents;
  }

  async findOne(query) {
    return this.#documents.find((document) => matches(document, query)) ?? null;
  }

  async find(query) {
    return this.#documents.filter((document) => matches(document, query));
  }
}
